"""`menshen phone enrol | open`: a resident's phone, as a command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.broker_options import add_broker, settings_of
from agent.cli.words import known, say

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.app import Commands

NOT_OPENED = 1
DEFAULT_KEY = Path.home() / ".local" / "share" / "menshen-phone" / "phone.key"
ANSWER_WITHIN_S = 15.0


def register(commands: Commands) -> None:
    """Add `phone` and what it can do."""
    phone = commands.add_parser("phone", help=say("app.phone"), description=say("app.phone"))
    actions = phone.add_subparsers(metavar="ACTION", required=True, dest="action")

    enrol = actions.add_parser("enrol", help=say("phone.enrol"), description=say("phone.enrol"))
    enrol.add_argument("--key", type=Path, default=DEFAULT_KEY, metavar="FILE", help=say("phone.key"))
    enrol.add_argument("--json", action="store_true", help=say("check.json"))
    enrol.set_defaults(run=run_enrol)

    opening = actions.add_parser("open", help=say("phone.open"), description=say("phone.open"))
    opening.add_argument("--door", required=True, metavar="DOOR", help=say("phone.door"))
    opening.add_argument("--gateway", required=True, metavar="GW", help=say("phone.gateway"))
    opening.add_argument("--key", type=Path, default=DEFAULT_KEY, metavar="FILE", help=say("phone.key"))
    opening.add_argument("--client", metavar="NAME", help=say("phone.client"))
    opening.add_argument(
        "--within", type=float, default=ANSWER_WITHIN_S, metavar="SECONDS", help=say("phone.within")
    )
    opening.add_argument("--json", action="store_true", help=say("check.json"))
    add_broker(opening, required=True)
    opening.set_defaults(run=run_open)


def run_enrol(args: Namespace) -> int:
    """Make the phone's key and print its public half."""
    from agent.keyfiles import make_signing_key  # noqa: PLC0415 - cryptography only where it is used
    from protocols.tokens.keys import kid, public_text  # noqa: PLC0415 - the same

    public = make_signing_key(args.key).public_key()
    if args.json:
        print(json.dumps({"key": public_text(public), "kid": kid(public), "file": str(args.key)}))
    else:
        print(say("phone.enrolled", path=args.key, key=public_text(public), kid=kid(public)))
    return 0


def run_open(args: Namespace) -> int:
    """Ask for the door; 0 only when the gateway says that it is open."""
    from agent.broker import Broker  # noqa: PLC0415 - the same
    from agent.clock import SystemClock  # noqa: PLC0415 - only where it is used
    from agent.errors import BadInput  # noqa: PLC0415 - the same
    from agent.keyfiles import read_signing_key  # noqa: PLC0415 - the same
    from agent.phone.client import Phone  # noqa: PLC0415 - the same
    from protocols.mqtt.topics import is_name  # noqa: PLC0415 - the same
    from protocols.tokens.keys import kid  # noqa: PLC0415 - the same

    key = read_signing_key(args.key)
    client = args.client or f"phone-{kid(key.public_key())[:12]}"
    for name in (args.gateway, args.door, client):
        if not is_name(name):
            raise BadInput(f"{name!r} cannot be a name: 1 to 64 characters, none of + # /")
    with Broker(settings_of(args), client) as broker:
        phone = Phone(broker, key, gateway=args.gateway, client=client, clock=SystemClock())
        outcome = phone.open(args.door, args.within)
    if args.json:
        print(
            json.dumps(
                {
                    "door": args.door,
                    "outcome": outcome.outcome,
                    "reason": outcome.reason,
                    "took_s": outcome.took_s,
                }
            )
        )
    elif outcome.opened:
        print(say("phone.opened", door=args.door))
    else:
        word = outcome.outcome if outcome.outcome in {"refused", "failed"} else "outcome"
        print(say(f"phone.{word}", door=args.door, reason=_reason(outcome.reason)), file=sys.stderr)
    return 0 if outcome.opened else NOT_OPENED


def _reason(code: str | None) -> str:
    if code is None:
        return "?"
    return say(f"reason.{code}") if known(f"reason.{code}") else code
