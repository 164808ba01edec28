"""`menshen status`: what the daemon sees of doors, readers, roster, journal and broker."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent.cli.diagnosis import by_device
from agent.cli.live import Seen, look
from agent.cli.options import add_config, add_json
from agent.cli.problem_words import told
from agent.cli.why import why
from agent.cli.words import language, say
from agent.clock import SystemClock
from agent.config.load import data_dir_of
from agent.doors.snapshot import to_json
from agent.errors import EX_TEMPFAIL

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from agent.cli.app import Commands
    from agent.doors.snapshot import DeviceView, DoorView, JournalView, RosterView, Snapshot

DIGEST_SHOWN = 12
"""Digits of the list's digest: enough to compare two gateways by eye."""


def register(commands: Commands) -> None:
    """Add the group."""
    parser = commands.add_parser("status", help=say("app.status"), description=say("app.status"))
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show the picture. 0: it is fresh; EX_TEMPFAIL: the daemon is late; EX_UNAVAILABLE: none runs."""
    seen = look(data_dir_of(args.config), SystemClock())
    if seen.stale:
        print(say("status.stale", age_s=seen.age_s), file=sys.stderr)
    if args.json:
        print(to_json(seen.snapshot))
    else:
        print("\n".join(lines(seen.snapshot)))
    return exit_code(seen)


def exit_code(seen: Seen) -> int:
    """Return what a script should know of the picture's age."""
    return EX_TEMPFAIL if seen.stale else 0


def lines(picture: Snapshot) -> Iterator[str]:
    """Give the picture as lines for a person."""
    yield say(
        "status.gateway",
        gateway=picture.gateway,
        version=picture.version,
        pid=picture.pid,
        since=_time(picture.started_at),
        clock=picture.clock,
    )
    if picture.fire:
        yield say(f"status.fire_{picture.fire_waits_for or 'line'}")
    for door in picture.doors:
        yield _door(door)
    for each in picture.flapping:
        yield say(
            "status.flapping", name=each.name, role=each.role, door=each.door or "-", times=each.per_minute
        )
    for port in picture.ports:
        yield say("status.port", name=port.name, kind=port.kind, place=port.place)
        figures = by_device(port)
        yield from _figures(figures.pop(""))
        for device in port.devices:
            yield _device(device)
            yield from _figures(figures.get(device.name, {}))
    yield _roster(picture.roster)
    yield _journal(picture.journal)
    if not picture.journal.writable:
        yield say("status.unwritable")
    broker = picture.broker
    yield say(
        "status.broker", link=broker.link, place=broker.place, since=_time(broker.since), why=broker.why or ""
    ).rstrip()
    if picture.refused:
        counts = "  ".join(f"{reason} {count}" for reason, count in sorted(picture.refused.items()))
        yield say("status.refused", counts=counts)
    for text in picture.step_downs:
        yield say("status.step_down", text=told(text, language()))
    for text in picture.warnings:
        yield say("status.warning", text=told(text, language()))


def _door(door: DoorView) -> str:
    more = "".join(f"  {text}" for text in (door.title, door.alarm, door.fault) if text)
    return say("status.door", name=door.name, lock=door.lock, contact=door.contact, mode=door.mode, more=more)


def _device(device: DeviceView) -> str:
    if not device.online:
        reasons = "  ".join((why(device.why or ""), *device.troubles)).strip()
        return say("status.offline", name=device.name, since=_time(device.since), why=reasons).rstrip()
    identity = "  ".join((*(f"{key} {value}" for key, value in device.identity.items()), *device.troubles))
    return say("status.online", name=device.name, identity=identity).rstrip()


def _figures(figures: Mapping[str, int | float | str]) -> Iterator[str]:
    """Give the figures that say something; `--json` has them all."""
    if told := "  ".join(f"{name} {value}" for name, value in figures.items() if value):
        yield say("status.line", figures=told)


def _roster(roster: RosterView) -> str:
    if roster.revision == 0:
        return say("status.no_roster")
    return say(
        "status.roster",
        revision=roster.revision,
        count=roster.count,
        at=_time(roster.enforced_at),
        digest=roster.digest[:DIGEST_SHOWN],
    )


def _journal(journal: JournalView) -> str:
    hours = journal.hours_to_full
    return say(
        "status.journal",
        events=journal.events,
        unsent=journal.unsent,
        unconfirmed=journal.unconfirmed,
        fill=journal.fill,
        forecast="" if hours is None else say("status.forecast", hours=hours),
    )


def _time(at: datetime | None) -> str:
    """Return a time of the day that this machine's people live in."""
    return "-" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
