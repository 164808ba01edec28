"""`menshen demo`: a whole simulated building on this terminal: first a story, then yours to play with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agent.cli.words import say
from agent.errors import BadInput

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.app import Commands

BROKERS: Final = ("mosquitto", "amqtt")
LONGEST_S: Final = 7 * 24 * 3600.0
"""A week at a trade fair."""


def register(commands: Commands) -> None:
    """Add the group."""
    parser = commands.add_parser("demo", help=say("app.demo"), description=say("app.demo"))
    parser.add_argument("--headless", action="store_true", help=say("demo.headless"))
    parser.add_argument("--seconds", type=float, metavar="N", help=say("demo.seconds"))
    parser.add_argument("--broker", choices=BROKERS, help=say("demo.broker"))
    parser.set_defaults(run=run)


def run(args: Namespace) -> int:
    """Tell the story, and let the person play unless --headless. 0 when all of the story happened."""
    if args.seconds is not None and not 0 < args.seconds <= LONGEST_S:
        raise BadInput(say("demo.seconds_wrong"))
    from agent.demo.broker import BrokerKind  # noqa: PLC0415 - the demo loads all there is: only when asked
    from agent.demo.show import show  # noqa: PLC0415 - the same

    kind = None if args.broker is None else BrokerKind(args.broker)
    return show(headless=args.headless, seconds=args.seconds, kind=kind)
