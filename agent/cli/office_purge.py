"""`menshen office person purge | purged`: the end of purpose, and the signed word that it was kept."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.office_book import action, author, day_text, now, open_book, show_table
from agent.cli.words import say
from agent.errors import BadInput
from agent.office import people, purge

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.office_book import Actions
    from agent.office.book import Book


def add_to_person(person: Actions) -> None:
    """Add these actions to `office person`."""
    purging = action(person, "purge", json=True)
    purging.add_argument("person", nargs="*", metavar="PERSON", help=say("office.opt_person"))
    purging.add_argument("--ended-days", type=int, metavar="N", help=say("office.opt_ended"))
    purging.add_argument("--dry-run", action="store_true", help=say("office.opt_dry_run"))
    purging.add_argument("--receipts", type=Path, metavar="FILE", help=say("office.opt_purge_receipts"))
    purging.set_defaults(run=run_purge)
    action(person, "purged", json=True).set_defaults(run=run_purged)


def run_purge(args: Namespace) -> int:
    """Erase what is personal of persons who have left, and print the signed receipt of each."""
    if bool(args.person) == (args.ended_days is not None) or (args.ended_days or 0) < 0:
        raise BadInput(say("desk.purge_whom"))
    with open_book(args) as book:
        at = now()
        if args.ended_days is None:
            persons = [
                text if purge.was_here(book, text) else people.one(book, text).id for text in args.person
            ]
        else:
            persons = purge.ended(book, at - timedelta(days=args.ended_days))
        if args.dry_run or not persons:
            show_table(("col_id", "col_name", "col_home", "col_until"), [_line(book, key) for key in persons])
            print(say("desk.purge_dry", count=len(persons)))
            return 0
        given = purge.purge(book, list(dict.fromkeys(persons)), by=author(args), at=at)
        for token in given:
            print(json.dumps({"receipt": token}) if args.json else token)
        if args.receipts is not None:
            _append(args.receipts, given)
        if not args.json:
            print(say("desk.purge_count", count=len(given)))
            print(say("office.push_hint"))
    return 0


def run_purged(args: Namespace) -> int:
    """List the purge receipts that were given."""
    with open_book(args) as book:
        kept = purge.receipts(book)
        if args.json:
            for person, at, token in kept:
                print(json.dumps({"person": person, "at": at, "receipt": token}))
        else:
            show_table(
                ("col_at", "col_id", "col_receipt"), [(at, person, token) for person, at, token in kept]
            )
    return 0


def _line(book: Book, key: str) -> tuple[str, str, str, str]:
    if purge.was_here(book, key):
        return key, "", "", ""
    person = people.load(book, key)
    return key, person.details.name, str(person.home or ""), day_text(book, person.valid_until)


def _append(path: Path, receipts: list[str]) -> None:
    try:
        with path.open("a", encoding="ascii") as file:
            file.writelines(f"{token}\n" for token in receipts)
    except OSError as error:
        raise BadInput(say("office.report_unwritten", path=path, why=error.strerror)) from error
