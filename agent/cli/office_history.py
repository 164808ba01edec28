"""`menshen office history | undo`: who changed what, and the way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.cli.office_book import action, author, day_text, now, open_book, show_table
from agent.cli.words import say
from agent.office import lifecycle
from protocols.mqtt.model import read_stamp

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.office_book import Actions


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    action(actions, "history", json=True).set_defaults(run=run_history)
    undo = action(actions, "undo")
    undo.add_argument("revision", type=int, metavar="REVISION", help=say("office.opt_revision"))
    undo.set_defaults(run=run_undo)
    skip = action(actions, "skip-to")
    skip.add_argument("revision", type=int, metavar="REVISION", help=say("office.opt_skip"))
    skip.set_defaults(run=run_skip)


def run_history(args: Namespace) -> int:
    """Print every change, oldest first."""
    with open_book(args) as book:
        if args.json:
            for change in book.history():
                print(json.dumps(change, ensure_ascii=False))
            return 0
        show_table(
            ("col_revision", "col_at", "col_by", "col_what", "col_detail"),
            [
                (
                    str(change["number"]),
                    day_text(book, read_stamp(change["at"])),
                    change["by"],
                    change["what"],
                    change["detail"],
                )
                for change in book.history()
            ],
        )
    return 0


def run_undo(args: Namespace) -> int:
    """Make the book as it was at a revision, as a new one."""
    with open_book(args) as book:
        lifecycle.undo(book, args.revision, by=author(args), at=now())
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
