"""`menshen check`: every problem of a configuration at once, with its place and the mend."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from agent.cli.options import add_config, add_json
from agent.cli.problem_words import code_of, in_words, told
from agent.cli.words import language, say
from agent.config.load import Loaded, load
from agent.errors import EX_CONFIG, ConfigError

if TYPE_CHECKING:
    import argparse

    from agent.cli.app import Commands


def register(commands: Commands) -> None:
    """Add the group."""
    parser = commands.add_parser("check", help=say("app.check"), description=say("app.check"))
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check the file and say what was found. 0: it can be used; EX_CONFIG: it cannot."""
    try:
        loaded = load(args.config, os.environ)
    except ConfigError as error:
        if args.json:
            _print_json(ok=False, problems=error.problems)
        else:
            print(in_words(error, language()), file=sys.stderr)
            print(say("check.problems", count=len(error.problems), file=args.config), file=sys.stderr)
        return EX_CONFIG
    if args.json:
        _print_json(ok=True, warnings=loaded.warnings, step_downs=loaded.step_downs)
    else:
        _print_words(loaded, str(args.config))
    return 0


def _print_json(
    *,
    ok: bool,
    problems: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
    step_downs: tuple[str, ...] = (),
) -> None:
    found = {
        "ok": ok,
        "problems": problems,
        "codes": [code_of(problem) for problem in problems],
        "warnings": warnings,
        "step_downs": step_downs,
    }
    print(json.dumps(found, ensure_ascii=False))


def _print_words(loaded: Loaded, file: str) -> None:
    for text in loaded.warnings:
        print(say("check.warning", text=told(text, language())))
    for text in loaded.step_downs:
        print(say("check.step_down", text=told(text, language())))
    config = loaded.config
    print(
        say(
            "check.good",
            file=file,
            gateway=config.gateway,
            doors=len(config.doors),
            readers=sum(len(port.readers) for port in config.ports),
            ports=len(config.ports),
        )
    )
