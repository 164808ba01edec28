"""Options that several groups share, so that they are spelt the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.words import say

if TYPE_CHECKING:
    import argparse

CONFIG_FILE = Path("/etc/menshen/config.toml")


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add `-c FILE`, the configuration; `args.config` is a Path."""
    help_text = f"{say('check.file')} ({CONFIG_FILE})"
    parser.add_argument("-c", "--config", metavar="FILE", type=Path, default=CONFIG_FILE, help=help_text)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`; `args.json` is a bool."""
    parser.add_argument("--json", action="store_true", help=say("check.json"))
