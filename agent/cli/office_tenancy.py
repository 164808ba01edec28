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
from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import access, lifecycle, people
from agent.office.identity import Document, flaw_of, normal
from agent.office.people import Details, Home, Role, read_phones

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent.cli.office_book import Actions
    from agent.office.book import Book

DUE_DAYS = 30
DUE_VERIFICATION = "office.due_verification"
FURTHEST_DAYS = 36_500
"""A century: nobody asks what is due later, and no calendar ends sooner."""


def add_to_person(person: Actions) -> None:
    """Add these actions to `office person`."""
    setting = action(person, "set")
    setting.add_argument("person", metavar="PERSON", help=say("office.opt_person"))
    setting.add_argument("--name", help=say("office.col_name"))
    setting.add_argument("--document", type=Document, choices=list(Document))
    setting.add_argument("--number", help=say("office.col_document"))
    setting.add_argument("--phone", help=say("office.col_phone"))
    for name in ("consent", "care", "note"):
        setting.add_argument(f"--{name}", metavar="TEXT", help=say(f"office.opt_{name}"))
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
    _about_home(household, "leave").set_defaults(run=run_household_leave)
    for name, state in (("suspend", CredentialState.SUSPENDED), ("resume", CredentialState.ACTIVE)):
        _about_home(household, name).set_defaults(run=run_household_state, state=state)
    setting = _about_home(household, "set")
    setting.add_argument("--until", metavar="DATE", help=say("office.opt_until"))
    setting.add_argument("--add-group", action="append", default=[], help=say("office.opt_group"))
    setting.add_argument("--remove-group", action="append", default=[], help=say("office.opt_group"))
    setting.set_defaults(run=run_household_set)


def run_set(args: Namespace) -> int:
    """Change what is given of a person, and nothing else."""
    with open_book(args) as book:
        before = people.one(book, args.person)
        after = replace(
            before,
            details=_details(book, before.details, args),
            home=before.home if args.home is None else home_option(args.home, whole=False),
            role=args.role or before.role,
            groups=before.groups if args.group is None else groups_option(book, args.group),
            valid_from=from_option(book, args.valid_from) or before.valid_from,
            valid_until=until_option(book, args.until) or before.valid_until,
            longer=before.longer if args.longer is None else args.longer == "yes",
            override=before.override if args.override is None else args.override == "yes",
        )
        lifecycle.change_person(book, after, by=author(args), at=now())
        print(say("office.done", revision=book.revision))
        print(say("office.push_hint"))
    return 0


def run_due(args: Namespace) -> int:
    """List whose verification or lease ends within so many days, the first first; and who has none at all."""
    with open_book(args) as book:
        at = now()
        until = at + timedelta(days=args.days)
        everybody = [each for each in people.everybody(book) if each.details.number]  # not the purged
        ends = sorted(
            (
                (end, what, person)
                for person in everybody
                for end, what in (
                    (person.valid_until, "office.due_lease"),
                    (None if person.verification is None else person.verification.until, DUE_VERIFICATION),
                )
                if end is not None and end <= until
            ),
            key=lambda each: (each[0], each[2].id),
        )
        never = [
            (None, "desk.due_never", person)
            for person in everybody
            if person.verification is None and (person.valid_until is None or person.valid_until > at)
        ]
        show_table(
            ("col_until", "col_ends", "col_id", "col_name", "col_home"),
            [
                (
                    day_text(book, end),
                    say(what),
                    person.id,
                    person.details.name,
                    "" if person.home is None else str(person.home),
                )
                for end, what, person in (*ends, *never)
            ],
        )
    return 0


def run_household_leave(args: Namespace) -> int:
    """End the rights of everybody in a household, a unit (3-1-) or a building (3--)."""
    with open_book(args) as book:
        count = lifecycle.leave_household(book, home_option(args.home), by=author(args), at=now())
        if not count:
            raise BadInput(say("office.nobody_there"))
        print(say("office.left", count=count, revision=book.revision))
        print(say("office.push_hint"))
    return 0


def run_household_state(args: Namespace) -> int:
    """Suspend or resume every card and phone in a household, a unit or a building."""
    with open_book(args) as book:
        home = home_option(args.home)
        _somebody(book, home)
        count = lifecycle.set_household(book, home, args.state, by=author(args), at=now())
        print(say("desk.household_done", count=count, revision=book.revision))
        print(say("office.push_hint"))
    return 0


def run_household_set(args: Namespace) -> int:
    """Give everybody in a household, a unit or a building another end or other groups."""
    with open_book(args) as book:
        home = home_option(args.home)
        _somebody(book, home)
        changed, ended = lifecycle.change_household(
            book,
            home,
            by=author(args),
            at=now(),
            until=until_option(book, args.until),
            add=groups_option(book, args.add_group),
            remove=args.remove_group,
        )
        print(say("desk.household_changed", count=changed, revision=book.revision))
        if ended:
            print(say("desk.household_ended", count=ended))
        print(say("office.push_hint"))
    return 0


def phone_of(text: str) -> str:
    """Return telephone numbers as the book keeps them. Raises BadInput."""
    phones = read_phones(text)
    if phones is None:
        raise BadInput(say("office.bad_phone", flaw=say("intake.phone")))
    return phones


def _details(book: Book, before: Details, args: Namespace) -> Details:
    given = {
        name: value
        for name in ("name", "document", "consent", "care", "note")
        if (value := getattr(args, name)) is not None
    }
    if args.phone is not None:
        given["phone"] = phone_of(args.phone)
    if args.number is not None:
        given["number"] = normal(args.number)
    after = replace(before, **given)
    if (after.document, after.number) != (before.document, before.number):
        check_number(book, after.document, after.number)
    return after


def check_number(book: Book, document: Document, number: str) -> None:
    """Raise BadInput, with the mend, for what cannot be a number of `document`."""
    flaw = flaw_of(document, number, now().astimezone(book.zone).date())
    if flaw is not None:
        raise BadInput(say("office.bad_number", flaw=say(f"intake.number_{flaw}")))


def _about_home(actions: Actions, name: str) -> ArgumentParser:
    parser = action(actions, name)
    parser.add_argument("home", metavar="HOME", help=say("office.opt_home"))
    return parser


def _somebody(book: Book, home: Home) -> None:
    if not people.in_home(book, home):
        raise BadInput(say("office.nobody_there"))


def home_option(text: str, *, whole: bool = True) -> Home:
    """Return the household that a person typed; `whole`: a unit (3-1-) or a building (3--) too."""
    parts = [part.strip().upper() for part in text.split("-")]
    if whole and len(parts) == len(("building", "unit", "room")) and parts[0] and not parts[2]:
        return Home(*parts)
    home = people.home_of(text)
    if home is None:
        raise BadInput(say("intake.home"))
    return home


def groups_option(book: Book, names: list[str]) -> tuple[str, ...]:
    """Return the groups that a person named. Raises BadInput for one that the book does not have."""
    known = access.groups(book)
    for name in names:
        if name not in known:
            raise BadInput(say("office.unknown_group", group=name))
    return tuple(names)
