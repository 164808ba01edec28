"""`menshen journal replay`: what a day of presentations would have come to under another list."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.cli.words import say
from agent.errors import BadInput
from agent.roster.candidate import make_candidate
from agent.roster.replay import Difference, Kind, presentation, replay, why_of
from agent.store.database import copy_database
from agent.store.reader import JournalReader
from agent.store.roster_table import open_roster
from agent.store.rows import EPOCH
from protocols.mqtt.roster import Credential, Group, Person, Schedule

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Mapping

    from agent.office.book import Book
    from agent.roster.replay import Presentation
    from agent.store.roster_table import RosterTable

_MODELS: Mapping[str, type[Person | Credential | Group | Schedule]] = MappingProxyType(
    {"schedule": Schedule, "group": Group, "person": Person, "credential": Credential}
)

DIGEST_TOLD = 8
"""Hex digits of a digest that are shown: enough to find it again, and it is no number of a card."""


def add(parser: ArgumentParser) -> None:
    """Add what can be said beside the journal's file."""
    lists = parser.add_mutually_exclusive_group(required=True)
    lists.add_argument("--roster", type=Path, metavar="FILE", help=say("journal.roster"))
    lists.add_argument("--book", type=Path, metavar="DIR", help=say("journal.book"))
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help=say("office.opt_passphrase_file")
    )
    parser.add_argument("--gateway", metavar="GATEWAY", help=say("journal.gateway"))
    parser.add_argument("--revision", type=int, metavar="N", help=say("journal.revision"))
    parser.add_argument("--since", metavar="TIME", help=say("journal.since"))
    parser.add_argument("--until", metavar="TIME", help=say("journal.until"))
    parser.add_argument("--json", action="store_true", help=say("journal.json"))
    parser.set_defaults(run=run)


def run(args: Namespace) -> int:
    """Print every presentation that would come to something else, and how many there were."""
    since, until = _time(args.since), _time(args.until)
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        reader = stack.enter_context(closing(JournalReader(args.file, immutable=args.copy)))
        path = Path(stack.enter_context(TemporaryDirectory(prefix="menshen-replay-"))) / "roster.db"
        book = None if args.book is None else stack.enter_context(closing(_book(args)))
        table = _list_in_file(args.roster, path) if book is None else _list_in_book(args, book, path)
        stack.callback(table.close)
        recorded = _recorded(reader, since, until, counts)
        for found in replay(recorded, table.lookup, table.rules()):
            counts[found.kind.value] += 1
            print(_json(found) if args.json else _line(found, book))
    if not args.json:
        told = {kind.value: counts[kind.value] for kind in Kind}
        print(say("journal.replayed", count=counts["all"], **told))
    return 0


def _list_in_file(roster: Path, path: Path) -> RosterTable:
    """Return a copy of a gateway's list; the daemon that owns the file is not disturbed."""
    copy_database(roster, path)
    opened = open_roster(path, EPOCH)  # the time would name a copy set aside, and the folder goes
    if opened.quarantined is not None:
        opened.table.close()
        raise BadInput(say("journal.bad_roster", file=roster, why=opened.quarantined.why))
    return opened.table


def _book(args: Namespace) -> Book:
    from agent.cli.office_book import open_book  # noqa: PLC0415 - the office's room, only where it is used

    if args.gateway is None:
        raise BadInput(say("journal.needs_gateway"))
    return open_book(args)


def _list_in_book(args: Namespace, book: Book, path: Path) -> RosterTable:
    """Return the list that a gateway would be sent out of the office's book."""
    from agent.office.roster import Rosters  # noqa: PLC0415 - the office's room, only where it is used

    newest = book.roster_revision if args.revision is None else args.revision
    bodies = Rosters(book.database).changes(args.gateway, 0, newest).rows
    rows = [_MODELS[kind].read(json.dumps(body).encode()) for kind in _MODELS for body in bodies[kind]]
    if not rows:
        raise BadInput(say("journal.no_such_list", gateway=args.gateway, revision=newest))
    return make_candidate(path, rows, EPOCH)


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


def _person(book: Book | None, person: str | None) -> str:
    """Return who it is: by name for who has the office's book, else by opaque id."""
    if person is None:
        return say("journal.nobody")
    if book is None or book.row("person", person) is None:
        return person
    from agent.office import people  # noqa: PLC0415 - the office's room, only where it is used

    known = people.load(book, person)
    return " ".join(filter(None, (known.details.name, str(known.home or ""), person)))


def _line(found: Difference, book: Book | None) -> str:
    return say(
        f"journal.{found.kind.value}",
        at=found.was.at.astimezone().isoformat(sep=" ", timespec="seconds"),
        door=found.was.door,
        digest=found.was.digest.hex()[:DIGEST_TOLD],
        person=_person(book, found.person),
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
