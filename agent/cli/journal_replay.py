"""`menshen journal replay`: what a day of presentations would have come to under another list."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from agent.cli.words import say
from agent.errors import BadInput
from agent.roster.replay import Difference, Kind, presentation, replay, why_of
from agent.store.database import copy_database
from agent.store.reader import JournalReader
from agent.store.roster_table import open_roster
from agent.store.rows import EPOCH

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from agent.roster.replay import Presentation

DIGEST_TOLD = 8
"""Hex digits of a digest that are shown: enough to find it again, and it is no number of a card."""


def add(parser: ArgumentParser) -> None:
    """Add what can be said beside the journal's file."""
    parser.add_argument("--roster", type=Path, required=True, metavar="FILE", help=say("journal.roster"))
    parser.add_argument("--since", metavar="TIME", help=say("journal.since"))
    parser.add_argument("--until", metavar="TIME", help=say("journal.until"))
    parser.add_argument("--json", action="store_true", help=say("journal.json"))
    parser.set_defaults(run=run)


def run(args: Namespace) -> int:
    """Print every presentation that would come to something else, and how many there were."""
    since, until = _time(args.since), _time(args.until)
    counts: Counter[str] = Counter()
    reader = JournalReader(args.file, immutable=args.copy)
    try:
        with TemporaryDirectory(prefix="menshen-replay-") as folder:
            copy = Path(folder) / "roster.db"
            copy_database(args.roster, copy)
            opened = open_roster(copy, EPOCH)  # the time would name a copy set aside, and the folder goes
            try:
                if opened.quarantined is not None:
                    why = opened.quarantined.why
                    raise BadInput(say("journal.bad_roster", file=args.roster, why=why))
                recorded = _recorded(reader, since, until, counts)
                for found in replay(recorded, opened.table.lookup, opened.table.rules()):
                    counts[found.kind.value] += 1
                    print(_json(found) if args.json else _line(found))
            finally:
                opened.table.close()
    finally:
        reader.close()
    if not args.json:
        told = {kind.value: counts[kind.value] for kind in Kind}
        print(say("journal.replayed", count=counts["all"], **told))
    return 0


def _recorded(
    reader: JournalReader, since: datetime | None, until: datetime | None, counts: Counter[str]
) -> Iterator[Presentation]:
    for row in reader.walk():
        if (since is not None and row.at < since) or (until is not None and row.at >= until):
            continue
        try:
            body = row.data()
        except ValueError:
            continue  # a damaged row is `verify`'s to tell of
        found = presentation(row.kind, row.door, body, seq=row.seq, at=row.at, clock=row.clock)
        if found is not None:
            counts["all"] += 1
            yield found


def _line(found: Difference) -> str:
    return say(
        f"journal.{found.kind.value}",
        at=found.was.at.astimezone().isoformat(sep=" ", timespec="seconds"),
        door=found.was.door,
        digest=found.was.digest.hex()[:DIGEST_TOLD],
        person=found.person or say("journal.nobody"),
        was=found.was.why,
        now=why_of(found.now),
    )


def _json(found: Difference) -> str:
    was = found.was
    return json.dumps(
        {
            "change": found.kind.value,
            "seq": was.seq,
            "at": was.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "door": was.door,
            "credential": was.digest.hex(),
            "person": found.person,
            "was": was.why,
            "now": why_of(found.now),
        },
        ensure_ascii=False,
    )


def _time(text: str | None) -> datetime | None:
    """Return the time in `text`, in this machine's zone where it names none."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        raise BadInput(say("journal.bad_time", text=text)) from error
