"""`menshen office history | undo`: who changed what, and the way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.cli.office_book import action, author, day_text, now, open_book, show_table
from agent.cli.office_shifts import show_shifts
from agent.cli.words import known, say
from agent.errors import StoreError
from agent.office import history, lifecycle, people
from agent.office.undo import undo
from protocols.mqtt.model import read_stamp

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.office_book import Actions
    from agent.office.book import Book


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    history = action(actions, "history", json=True)
    history.add_argument("--about", metavar="PERSON", help=say("office.opt_about"))
    history.add_argument("--verify", action="store_true", help=say("office.opt_verify"))
    history.set_defaults(run=run_history)
    undoing = action(actions, "undo")
    undoing.add_argument("revision", type=int, metavar="REVISION", help=say("office.opt_revision"))
    undoing.add_argument("--dry-run", action="store_true", help=say("office.opt_dry_run"))
    undoing.set_defaults(run=run_undo)
    skip = action(actions, "skip-to")
    skip.add_argument("revision", type=int, metavar="REVISION", help=say("office.opt_skip"))
    skip.set_defaults(run=run_skip)


def run_history(args: Namespace) -> int:
    """Print every change, oldest first; or say whether anybody has altered one."""
    with open_book(args) as book:
        if args.verify:
            return _verify(book)
        found = book.history(None if args.about is None else people.one(book, args.about).id)
        if args.json:
            for change in found:
                print(json.dumps(change, ensure_ascii=False))
            return 0
        show_table(
            ("col_revision", "col_at", "col_by", "col_what", "col_detail"),
            [
                (
                    str(change["number"]),
                    day_text(book, read_stamp(change["at"])),
                    change["by"],
                    _what(change["what"]),
                    change["detail"],
                )
                for change in found
            ],
        )
    return 0


def _what(code: str) -> str:
    key = f"book.change_{code.replace('.', '_')}"
    return say(key) if known(key) else code


def _verify(book: Book) -> int:
    wrong = history.first_wrong(book.database, book.sealer)
    if wrong is not None:
        raise StoreError(say("desk.history_wrong", revision=wrong))
    print(say("desk.history_holds", revision=book.revision))
    bare = history.unmarked(book.database)
    if bare:
        print(say("desk.history_bare", count=bare))
    return 0


def run_undo(args: Namespace) -> int:
    """Make the book as it was at a revision, as a new one."""
    with open_book(args) as book:
        at, rehearsed = now(), args.dry_run
        done = undo(book, args.revision, by=author(args), at=at, keep=not rehearsed)
        show_shifts(book, done.shifts)
        if rehearsed:
            print(say("desk.dry", count=done.rows))
            return 0
        print(say("office.done", revision=book.revision))
        print(say("office.push_hint"))
    return 0


def run_skip(args: Namespace) -> int:
    """Go on from a revision above what the gateways have."""
    with open_book(args) as book:
        lifecycle.skip_to(book, args.revision, by=author(args), at=now())
        print(say("office.done", revision=book.revision))
        print(say("office.push_hint"))
    return 0
