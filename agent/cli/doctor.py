"""`menshen doctor`: what does not work, and which wire to look at, in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.cli.diagnosis import Finding, diagnose
from agent.cli.live import Seen, look
from agent.cli.options import add_config, add_json
from agent.cli.problem_words import told
from agent.cli.why import why
from agent.cli.words import language, say
from agent.clock import SystemClock
from agent.config.load import data_dir_of

if TYPE_CHECKING:
    import argparse

    from agent.cli.app import Commands

SOMETHING_FOUND = 1


def register(commands: Commands) -> None:
    """Add the group."""
    parser = commands.add_parser("doctor", help=say("app.doctor"), description=say("app.doctor"))
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Say what was found. 0: nothing; 1: something; EX_UNAVAILABLE: no daemon runs."""
    found = findings(look(data_dir_of(args.config), SystemClock()))
    if args.json:
        print(json.dumps([{"finding": each.key, **each.about} for each in found], ensure_ascii=False))
    else:
        print("\n".join(words(found)))
    return SOMETHING_FOUND if found else 0


def findings(seen: Seen) -> tuple[Finding, ...]:
    """Return what is to be looked at; a daemon that is late with its picture comes first."""
    late = (Finding("late", {"age_s": seen.age_s}),) if seen.stale else ()
    return late + diagnose(seen.snapshot)


def words(found: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return the findings as numbered lines."""
    if not found:
        return (say("doctor.nothing"),)
    return tuple(
        f"{number}. {say(f'doctor.{each.key}', **_about(each))}" for number, each in enumerate(found, 1)
    )


def _about(finding: Finding) -> dict[str, object]:
    """Return what the finding is about; what others have said of it in the person's language."""
    tongue = language()
    found = dict(finding.about)
    for name, value in finding.about.items():
        if name == "text" and isinstance(value, str):
            found[name] = told(value, tongue)
        elif name == "why":
            found[name] = why(value)
    return found
