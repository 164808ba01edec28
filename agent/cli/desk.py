"""`menshen desk`: what the duty desk orders of a gateway, and the key that it signs with."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.cli.broker_options import add_broker, fill_in, settings_of, to_keep
from agent.cli.ordering import add_key, add_sending, reason_text, refuse_what_no_topic_holds, sending
from agent.cli.words import known, say
from agent.errors import EX_IOERR, EX_NOPERM, EX_UNAVAILABLE, BadInput
from protocols.tokens.command import EVERY_DOOR, Do, Mode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.broker import BrokerSettings
    from agent.cli.app import Commands
    from agent.orders.command import Wish
    from agent.orders.sender import Outcome, Sender

DEFAULT_KEY: Final = Path.home() / ".local" / "share" / "menshen-desk" / "desk.key"
CLIENT: Final = "desk"
"""The desk's name in the broker's access rules, which let it hear `res/desk`."""
OPEN: Final = "open"
FIRE_OVER: Final = "fire-over"
MODES: Final = {"hold": Mode.HELD, "lock": Mode.LOCKED, "normal": Mode.NORMAL}
SCOPES: Final = (Do.OPEN, Do.MODE, Do.FIRE_OVER)
"""What a duty desk is usually trusted with."""
EXIT_CODES: Final = {"refused": EX_NOPERM, "failed": EX_IOERR}
"""By outcome; no answer is EX_UNAVAILABLE."""


def register(commands: Commands) -> None:
    """Add `desk` and what it can do."""
    desk = commands.add_parser("desk", help=say("app.desk"), description=say("app.desk"))
    actions = desk.add_subparsers(metavar="ACTION", required=True, dest="action")

    key = _action(actions, "key")
    key.add_argument("--json", action="store_true", help=say("check.json"))
    key.set_defaults(run=run_key)

    broker = _action(actions, "broker")
    add_broker(broker, required=True)
    broker.set_defaults(run=run_broker)

    for name in (OPEN, *MODES, FIRE_OVER):
        order = _action(actions, name)
        order.add_argument("gateway", metavar="GW", help=say("phone.gateway"))
        if name == FIRE_OVER:
            order.set_defaults(doors=[EVERY_DOOR])
        else:
            order.add_argument(
                "doors", metavar="DOOR", nargs="+" if name in MODES else 1, help=say("phone.door")
            )
        add_sending(order)
        add_broker(order)
        order.set_defaults(run=run_order)


def run_key(args: Namespace) -> int:
    """Make the desk's key where there is none, and say how gateways come to trust it."""
    from agent.keyfiles import make_signing_key, read_signing_key  # noqa: PLC0415 - only where it is used
    from protocols.tokens.keys import kid, public_text  # noqa: PLC0415 - the same

    key = read_signing_key(args.key) if args.key.exists() else make_signing_key(args.key)
    public = key.public_key()
    if args.json:
        print(json.dumps({"key": public_text(public), "kid": kid(public), "file": str(args.key)}))
    else:
        print(say("duty.key_is", path=args.key, trust=_trust(key), kid=kid(public)))
    return 0


def run_broker(args: Namespace) -> int:
    """Keep the broker's settings beside the key."""
    kept = json.dumps(to_keep(args), ensure_ascii=False, indent=1)
    file = _broker_file(args)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(f"{kept}\n", encoding="utf-8")
    return 0


def run_order(args: Namespace) -> int:
    """Order it door by door; 0 only when the gateway has carried out everything.

    Where the gateway does not answer for one door, it is not asked for the next.
    """
    from agent.orders.sender import UNANSWERED, UNSENT, Outcome  # noqa: PLC0415 - paho only where it is used

    client = args.client or CLIENT
    refuse_what_no_topic_holds(
        args.gateway, client, *(door for door in args.doors if args.action != FIRE_OVER)
    )
    key, settings = _key(args), _broker(args)
    code, lost, told = 0, None, set[str]()
    with sending(settings, f"desk-{os.getpid()}", key, args.gateway, client) as sender:
        for door in args.doors:
            wish = _wish(args.action, door)
            outcome = sender.order(wish, args.within) if lost is None else Outcome(UNSENT, lost)
            if outcome.outcome in {UNSENT, UNANSWERED}:
                lost = outcome.reason
            if not outcome.carried_out:
                code = code or EXIT_CODES.get(outcome.outcome, EX_UNAVAILABLE)
            where = sys.stdout if outcome.carried_out or args.json else sys.stderr
            for words in _told(args, sender, wish, outcome, key):
                if words not in told:  # what mends one door may mend them all
                    print(words, file=where, flush=True)
                told.add(words)
    return code


def _wish(action: str, door: str) -> Wish:
    from agent.orders.command import Wish  # noqa: PLC0415 - cryptography only where it is used

    if action in MODES:
        return Wish(Do.MODE, door, MODES[action])
    return Wish(Do.OPEN if action == OPEN else Do.FIRE_OVER, door)


def _told(args: Namespace, sender: Sender, wish: Wish, outcome: Outcome, key: Ed25519PrivateKey) -> list[str]:
    """Return what became of one order: for programs a line, for people what it means and how to mend it."""
    from agent.orders.sender import GATEWAY_OFFLINE  # noqa: PLC0415 - paho only where it is used
    from protocols.mqtt.model import stamp  # noqa: PLC0415 - the same

    seen = sender.last_heard() if outcome.reason == GATEWAY_OFFLINE else None
    door = None if wish.door == EVERY_DOOR else wish.door
    if args.json:
        said = {
            "gateway": args.gateway,
            "door": door,
            "do": args.action,
            "outcome": outcome.outcome,
            "reason": outcome.reason,
            "took_s": outcome.took_s,
            "last_heard": None if seen is None else stamp(seen),
        }
        return [json.dumps(said, ensure_ascii=False)]
    if outcome.carried_out:
        return [say(f"duty.did_{args.action}", gateway=args.gateway, door=wish.door)]
    place = args.gateway if door is None else f"{args.gateway} {door}"
    why = reason_text(outcome.reason) if seen is None else say("duty.last_heard", at=_here(seen))
    end = say(f"duty.{outcome.outcome}", place=place, reason=why, within=f"{args.within:g}")
    return [end, *_mend(args, sender, wish, outcome, key)]


def _mend(args: Namespace, sender: Sender, wish: Wish, outcome: Outcome, key: Ed25519PrivateKey) -> list[str]:
    """Return how to mend what kept the order from being carried out, where we know."""
    from agent.clock import SystemClock  # noqa: PLC0415 - only where it is used
    from agent.orders.command import LIFE_S  # noqa: PLC0415 - the same
    from protocols.tokens.keys import public_text  # noqa: PLC0415 - the same

    word = next(
        (f"duty.mend_{each}" for each in (outcome.reason, outcome.outcome) if known(f"duty.mend_{each}")),
        None,
    )
    if word is None:
        return []
    values = {
        "gateway": args.gateway,
        "door": wish.door,
        "scope": wish.do.value,
        "client": args.client or CLIENT,
        "key": public_text(key.public_key()),
        "trust": _trust(key),
        "now": _here(SystemClock().utc()),
        "life": LIFE_S,
        "doors": ", ".join(sender.doors()) if outcome.reason == "unknown_door" else "",
    }
    return [say(word, **values)]


def _trust(key: Ed25519PrivateKey) -> str:
    """Return the lines of a gateway's configuration that trust this desk."""
    from protocols.tokens.keys import public_text  # noqa: PLC0415 - cryptography only where it is used

    scopes = ", ".join(f'"{scope.value}"' for scope in SCOPES)
    public = public_text(key.public_key())
    return f'    [[trust]]\n    name = "duty-desk"\n    key = "{public}"\n    scopes = [{scopes}]'


def _key(args: Namespace) -> Ed25519PrivateKey:
    from agent.keyfiles import read_signing_key  # noqa: PLC0415 - cryptography only where it is used

    if not args.key.exists():
        raise BadInput(say("duty.no_key", path=args.key))
    return read_signing_key(args.key)


def _broker(args: Namespace) -> BrokerSettings:
    """Return the broker of the options, or the one that is kept. Raises BadInput."""
    file = _broker_file(args)
    kept: object = {}
    if args.broker is None and file.exists():
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadInput(say("duty.broker_broken", path=file)) from error
    if not isinstance(kept, dict) or not all(isinstance(text, str) for text in kept.values()):
        raise BadInput(say("duty.broker_broken", path=file))
    if not fill_in(args, kept.get):
        raise BadInput(say("duty.no_broker"))
    return settings_of(args)


def _broker_file(args: Namespace) -> Path:
    file: Path = args.key
    return file.with_suffix(".broker.json")


def _here(at: datetime) -> str:
    """Return a moment as the clock on the desk's wall shows it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _action(actions: Commands, name: str) -> ArgumentParser:
    parser = actions.add_parser(name, help=say(f"duty.{name}"), description=say(f"duty.{name}"))
    add_key(parser, DEFAULT_KEY, "duty.key_file")
    return parser
