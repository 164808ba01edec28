"""`menshen run`: the daemon."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agent.cli.options import add_config
from agent.cli.words import say

if TYPE_CHECKING:
    import argparse

    from agent.cli.app import Commands


def register(commands: Commands) -> None:
    """Add the group."""
    parser = commands.add_parser("run", help=say("app.run"), description=say("app.run"))
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve the doors until told to stop."""
    from agent.config.load import load  # noqa: PLC0415 - loads pydantic, which help does not need
    from agent.main import run as serve  # noqa: PLC0415 - loads every driver and the broker's client

    return serve(load(args.config, os.environ), os.environ)
