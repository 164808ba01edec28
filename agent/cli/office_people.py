"""`menshen office person`: who lives and works here, and what the office has checked."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
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
from agent.cli.office_tenancy import add_to_person
from agent.cli.words import say
from agent.errors import BadInput
from agent.office import access, credentials, lifecycle, people
from agent.office.identity import Document, flaw_of, normal
from agent.office.people import Role

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent.cli.office_book import Actions
    from agent.office.book import Book

SHOWN_DIGITS = 4


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    person = family(actions, "person")
    adding = action(person, "add")
    adding.add_argument("--name", help=say("office.col_name"))
    adding.add_argument("--number", help=say("office.col_document"))
    adding.add_argument("--document", type=Document, choices=list(Document), default=Document.RESIDENT)
    adding.add_argument("--phone", default="", help=say("office.col_phone"))
    adding.add_argument("--home", default="", help=say("office.col_home"))
    adding.add_argument("--role", type=Role, choices=list(Role), default=Role.OWNER)
    adding.add_argument("--group", action="append", default=[], help=say("office.opt_group"))
    adding.add_argument("--from", dest="valid_from", metavar="DATE", help=say("office.opt_from"))
    adding.add_argument("--until", metavar="DATE", help=say("office.opt_until"))
    adding.add_argument("--longer", action="store_true")
    adding.add_argument("--verified", metavar="HOW", help=say("office.opt_how"))
    adding.set_defaults(run=run_add)

    add_to_person(person)

    listing = action(person, "list", json=True)
    listing.set_defaults(run=run_list)

    showing = _about_one(person, "show")
    showing.add_argument("--json", action="store_true", help=say("check.json"))
    showing.set_defaults(run=run_show)

    verifying = _about_one(person, "verify")
    verifying.add_argument("--how", required=True, help=say("office.opt_how"))
    verifying.add_argument("--until", metavar="DATE", help=say("office.opt_until"))
    verifying.set_defaults(run=run_verify)

    _about_one(person, "unverify").set_defaults(run=run_unverify)
    _about_one(person, "leave").set_defaults(run=run_leave)
    _about_one(person, "purge").set_defaults(run=run_purge)


def run_add(args: Namespace) -> int:
    """Write a new person."""
    name = args.name or _asked("office.ask_name")
    number = normal(args.number or _asked("office.ask_number"))
    with open_book(args) as book:
        at = now()
        flaw = flaw_of(args.document, number, at.astimezone(book.zone).date())
        if flaw is not None:
            raise BadInput(say("office.bad_number", flaw=say(f"intake.number_{flaw}")))
        known = access.groups(book)
        for group in args.group:
            if group not in known:
                raise BadInput(say("office.unknown_group", group=group))
        home = people.home_of(args.home) if args.home else None
        if args.home and home is None:
            raise BadInput(say("intake.home"))
        person = people.Person(
            people.new_id(),
            people.Details(name, args.document, number, args.phone),
            args.role,
            tuple(args.group),
            home,
            from_option(book, args.valid_from),
            until_option(book, args.until),
            longer=args.longer,
            verification=people.Verification(at, author(args), args.verified) if args.verified else None,
        )
        lifecycle.add_person(book, person, by=author(args), at=at)
        print(say("office.added", person=person.id))
    return 0


def run_list(args: Namespace) -> int:
    """List everybody: for those who sit in the office, so with names."""
    with open_book(args) as book:
        everybody = list(people.everybody(book))
        if args.json:
            for person in everybody:
                print(json.dumps(_as_object(book, person), ensure_ascii=False))
            return 0
        show_table(
            ("col_id", "col_name", "col_home", "col_role", "col_groups", "col_until", "col_verified"),
            [
                (
                    person.id,
                    person.details.name,
                    "" if person.home is None else str(person.home),
                    person.role.value,
                    ", ".join(person.groups),
                    day_text(book, person.valid_until),
                    _verified_text(book, person),
                )
                for person in everybody
            ],
        )
    return 0


def run_show(args: Namespace) -> int:
    """Show one person, with cards and phones."""
    with open_book(args) as book:
        person = people.one(book, args.person)
        if args.json:
            print(json.dumps(_as_object(book, person), ensure_ascii=False))
            return 0
        details = person.details
        for label, text in (
            ("col_id", person.id),
            ("col_name", details.name),
            ("col_document", f"{details.document} …{details.number[-SHOWN_DIGITS:]}"),
            ("col_phone", details.phone),
            ("col_home", "" if person.home is None else str(person.home)),
            ("col_role", person.role.value),
            ("col_groups", ", ".join(person.groups)),
            ("col_until", day_text(book, person.valid_until)),
            ("col_verified", _verified_text(book, person)),
        ):
            print(f"{say(f'office.{label}')}: {text}")
        show_table(
            ("col_kind", "col_card", "col_state", "col_until"),
            [
                (each.kind.value, each.number or each.id, each.state.value, day_text(book, each.valid_until))
                for each in credentials.held_by(book, person.id)
            ],
        )
    return 0


def run_verify(args: Namespace) -> int:
    """Note that the office has checked who this is."""
    with open_book(args) as book:
        person, at = people.one(book, args.person), now()
        word = people.Verification(at, author(args), args.how, until_option(book, args.until))
        with book.change("person.verified", by=author(args), at=at) as edit:
            people.save(edit, replace(person, verification=word))
            edit.note(person.id)
        print(say("office.done", revision=book.revision))
    return 0


def run_unverify(args: Namespace) -> int:
    """Take the word back: the person and all that is bound to them leave every list."""
    with open_book(args) as book:
        person = people.one(book, args.person)
        with book.change("person.unverified", by=author(args), at=now()) as edit:
            people.save(edit, replace(person, verification=None))
            edit.note(person.id)
        print(say("office.done", revision=book.revision))
    return 0


def run_leave(args: Namespace) -> int:
    """End a person's rights now, and all their cards and phones."""
    with open_book(args) as book:
        lifecycle.leave(book, people.one(book, args.person).id, by=author(args), at=now())
        print(say("office.done", revision=book.revision))
        print(say("office.push_hint"))
    return 0


def run_purge(args: Namespace) -> int:
    """Erase what is personal of a person who has left, and print the signed receipt of it."""
    with open_book(args) as book:
        person = people.one(book, args.person)
        print(lifecycle.purge(book, person.id, by=author(args), at=now()))
    return 0


def _about_one(actions: Actions, name: str) -> ArgumentParser:
    parser = action(actions, name)
    parser.add_argument("person", metavar="PERSON", help=say("office.opt_person"))
    return parser


def _asked(question: str) -> str:
    if not sys.stdin.isatty():
        raise BadInput(say("office.needs_name"))
    return input(say(question)).strip()


def _verified_text(book: Book, person: people.Person) -> str:
    word = person.verification
    if word is None:
        return say("office.no")
    until = "" if word.until is None else f" → {day_text(book, word.until)}"
    return f"{day_text(book, word.at)} {word.how}{until}"


def _as_object(book: Book, person: people.Person) -> dict[str, object]:
    details = person.details
    return {
        "id": person.id,
        "name": details.name,
        "document": details.document,
        "number": details.number,
        "phone": details.phone,
        "home": None if person.home is None else str(person.home),
        "role": person.role,
        "groups": list(person.groups),
        "until": None if person.valid_until is None else person.valid_until.isoformat(),
        "verified": person.verification is not None,
        "credentials": [
            {"id": each.id, "kind": each.kind, "state": each.state, "number": each.number or None}
            for each in credentials.held_by(book, person.id)
        ],
    }
