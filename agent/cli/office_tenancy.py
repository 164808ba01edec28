"""`menshen office person set | due`, `household leave`: leases change, words lapse, families move out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from agent.cli.office_book import (
    action,
    author,
    day_text,
    family,
    from_option,
    now,
    open_book,
    show_table,
    until_option,
)
from agent.cli.words import say
from agent.errors import BadInput
from agent.office import access, lifecycle, people
from agent.office.people import Home, Role

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.office_book import Actions
    from agent.office.book import Book

DUE_DAYS = 30
FURTHEST_DAYS = 36_500
"""A century: nobody asks what is due later, and no calendar ends sooner."""


def add_to_person(person: Actions) -> None:
    """Add these actions to `office person`."""
    setting = action(person, "set")
    setting.add_argument("person", metavar="PERSON", help=say("office.opt_person"))
    setting.add_argument("--phone", help=say("office.col_phone"))
    setting.add_argument("--home", help=say("office.col_home"))
    setting.add_argument("--role", type=Role, choices=list(Role))
    setting.add_argument("--group", action="append", help=say("office.opt_group"))
    setting.add_argument("--from", dest="valid_from", metavar="DATE", help=say("office.opt_from"))
    setting.add_argument("--until", metavar="DATE", help=say("office.opt_until"))
    setting.add_argument("--longer", choices=("yes", "no"), help=say("office.opt_longer"))
    setting.add_argument("--override", choices=("yes", "no"), help=say("office.opt_override"))
    setting.set_defaults(run=run_set)

    due = action(person, "due")
    due.add_argument("--days", type=int, default=DUE_DAYS, metavar="N", help=say("office.opt_days"))
    due.set_defaults(run=run_due)


def add(actions: Actions) -> None:
    """Add `office household`."""
    household = family(actions, "household")
    leaving = action(household, "leave")
    leaving.add_argument("home", metavar="HOME", help=say("office.opt_home"))
    leaving.set_defaults(run=run_household_leave)


def run_set(args: Namespace) -> int:
    """Change what is given of a person, and nothing else."""
    with open_book(args) as book:
        before = people.one(book, args.person)
        after = replace(
            before,
            details=before.details if args.phone is None else replace(before.details, phone=args.phone),
            home=before.home if args.home is None else _home(args.home),
            role=args.role or before.role,
            groups=before.groups if args.group is None else _groups(book, args.group),
            valid_from=from_option(book, args.valid_from) or before.valid_from,
            valid_until=until_option(book, args.until) or before.valid_until,
            longer=before.longer if args.longer is None else args.longer == "yes",
            override=before.override if args.override is None else args.override == "yes",
        )
        with book.change("person.changed", by=author(args), at=now()) as edit:
            if people.save(edit, after):
                edit.note(before.id)
        print(say("office.done", revision=book.revision))
        print(say("office.push_hint"))
    return 0


def run_due(args: Namespace) -> int:
    """List whose verification or lease ends within so many days, the first to end first."""
    with open_book(args) as book:
        until = now() + timedelta(days=max(-FURTHEST_DAYS, min(args.days, FURTHEST_DAYS)))
        ends = [
            (end, what, person)
            for person in people.everybody(book)
            for end, what in (
                (person.valid_until, "due_lease"),
                (None if person.verification is None else person.verification.until, "due_verification"),
            )
            if end is not None and end <= until
        ]
        ends.sort(key=lambda each: (each[0], each[2].id))
        show_table(
            ("col_until", "col_what", "col_id", "col_name", "col_home"),
            [
                (
                    day_text(book, end),
                    say(f"office.{what}"),
                    person.id,
                    person.details.name,
                    "" if person.home is None else str(person.home),
                )
                for end, what, person in ends
            ],
        )
    return 0


def run_household_leave(args: Namespace) -> int:
    """End the rights of everybody in a household, a unit (3-1-) or a building (3--)."""
    with open_book(args) as book:
        count = lifecycle.leave_household(book, _home(args.home, whole=True), by=author(args), at=now())
        if not count:
            raise BadInput(say("office.nobody_there"))
        print(say("office.left", count=count, revision=book.revision))
        print(say("office.push_hint"))
    return 0


def _home(text: str, *, whole: bool = False) -> Home:
    parts = [part.strip().upper() for part in text.split("-")]
    if whole and len(parts) == len(("building", "unit", "room")) and parts[0] and not parts[2]:
        return Home(*parts)
    home = people.home_of(text)
    if home is None:
        raise BadInput(say("intake.home"))
    return home


def _groups(book: Book, names: list[str]) -> tuple[str, ...]:
    known = access.groups(book)
    for name in names:
        if name not in known:
            raise BadInput(say("office.unknown_group", group=name))
    return tuple(names)
