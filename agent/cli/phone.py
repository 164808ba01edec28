"""`menshen phone enrol | open`: a resident's phone, as a command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.broker_options import add_broker, settings_of
from agent.cli.ordering import (
    add_key,
    add_sending,
    reason_text,
    refuse_what_no_topic_holds,
    sending,
)
from agent.cli.words import say

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.app import Commands

NOT_OPENED = 1
DEFAULT_KEY = Path.home() / ".local" / "share" / "menshen-phone" / "phone.key"


def register(commands: Commands) -> None:
    """Add `phone` and what it can do."""
    phone = commands.add_parser("phone", help=say("app.phone"), description=say("app.phone"))
    actions = phone.add_subparsers(metavar="ACTION", required=True, dest="action")

    enrol = actions.add_parser("enrol", help=say("phone.enrol"), description=say("phone.enrol"))
    add_key(enrol, DEFAULT_KEY, "phone.key")
    enrol.add_argument("--json", action="store_true", help=say("check.json"))
    enrol.set_defaults(run=run_enrol)

    opening = actions.add_parser("open", help=say("phone.open"), description=say("phone.open"))
    opening.add_argument("--door", required=True, metavar="DOOR", help=say("phone.door"))
    opening.add_argument("--gateway", required=True, metavar="GW", help=say("phone.gateway"))
    add_key(opening, DEFAULT_KEY, "phone.key")
    add_sending(opening)
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
    from agent.keyfiles import read_signing_key  # noqa: PLC0415 - the same
    from agent.orders.command import Wish  # noqa: PLC0415 - the same
    from protocols.tokens.command import Do  # noqa: PLC0415 - the same
    from protocols.tokens.keys import kid  # noqa: PLC0415 - the same

    key = read_signing_key(args.key)
    client = args.client or f"phone-{kid(key.public_key())[:12]}"
    refuse_what_no_topic_holds(args.gateway, args.door, client)
    with sending(settings_of(args), client, key, args.gateway, client) as phone:
        outcome = phone.order(Wish(Do.OPEN, args.door), args.within)
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
    elif outcome.carried_out:
        print(say("phone.opened", door=args.door))
    else:
        word = "refused" if outcome.outcome == "refused" else "failed"
        print(say(f"phone.{word}", door=args.door, reason=reason_text(outcome.reason)), file=sys.stderr)
    return 0 if outcome.carried_out else NOT_OPENED
