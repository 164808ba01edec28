"""`menshen decode`: explain captured bits, bytes and tokens to the person at the door."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from agent.cli.words import say

if TYPE_CHECKING:
    from agent.cli.app import Commands

KINDS = ("agent.cli.decode_wiegand", "agent.cli.decode_osdp", "agent.cli.decode_token")


def register(commands: Commands) -> None:
    """Add the group: each kind is a module with a `register` of its own."""
    parser = commands.add_parser("decode", help=say("app.decode"), description=say("app.decode"))
    kinds = parser.add_subparsers(metavar="KIND", required=True, dest="kind")
    for module in KINDS:
        if find_spec(module) is not None:
            import_module(module).register(kinds)
