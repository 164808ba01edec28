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
from agent.cli.office_cards import card_number
from agent.cli.office_purge import add_to_person as add_purge
from agent.cli.office_tenancy import add_to_person, check_number, groups_option, home_option, phone_of
from agent.cli.words import say
from agent.errors import BadInput
from agent.office import credentials, lifecycle, people
from agent.office.identity import Document, normal
from agent.office.people import Role
from agent.office.printed import Style

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
    adding.add_argument("--longer", action="store_true", help=say("office.opt_longer"))
    adding.add_argument("--verified", metavar="HOW", help=say("office.opt_how"))
    adding.add_argument("--verified-until", metavar="DATE", help=say("office.opt_verified_until"))
    for name in ("consent", "care", "note"):
        adding.add_argument(f"--{name}", default="", metavar="TEXT", help=say(f"office.opt_{name}"))
    adding.add_argument("--card", action="append", default=[], metavar="CARD", help=say("office.opt_card"))
    adding.add_argument("--style", metavar="STYLE", help=say("office.opt_style", known=", ".join(Style)))
    adding.set_defaults(run=run_add)

    add_to_person(person)

    listing = action(person, "list", json=True)
    listing.add_argument("--home", metavar="HOME", help=say("office.opt_home"))
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
    add_purge(person)


def run_add(args: Namespace) -> int:
    """Write a new person."""
    name = args.name or _asked("office.ask_name")
    number = normal(args.number or _asked("office.ask_number"))
    with open_book(args) as book:
        at = now()
        check_number(book, args.document, number)
        person = people.Person(
            people.new_id(),
            people.Details(
                name, args.document, number, phone_of(args.phone), args.note, args.consent, args.care
            ),
            args.role,
            groups_option(book, args.group),
            home_option(args.home, whole=False) if args.home else None,
            from_option(book, args.valid_from),
            until_option(book, args.until),
            longer=args.longer,
            verification=people.Verification(
                at, author(args), args.verified, until_option(book, args.verified_until)
            )
            if args.verified
            else None,
        )
        cards = [card_number(text, args.style) for text in args.card]
        lifecycle.add_person(book, person, by=author(args), at=at, cards=cards)
        print(say("office.added", person=person.id))
        if cards:
            print(say("office.push_hint"))
    return 0


def run_list(args: Namespace) -> int:
    """List everybody: for those who sit in the office, so with names."""
    with open_book(args) as book:
        if args.home is None:
            everybody = list(people.everybody(book))
        else:
            everybody = [people.load(book, each) for each in people.in_home(book, home_option(args.home))]
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
                    say(f"book.role_{person.role}"),
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
            ("col_document", f"{say(f'book.document_{details.document}')} …{details.number[-SHOWN_DIGITS:]}"),
            ("col_phone", details.phone),
            ("col_consent", details.consent),
            ("col_care", details.care),
            ("col_note", details.note),
            ("col_home", "" if person.home is None else str(person.home)),
            ("col_role", say(f"book.role_{person.role}")),
            ("col_groups", ", ".join(person.groups)),
            ("col_until", day_text(book, person.valid_until)),
            ("col_verified", _verified_text(book, person)),
        ):
            print(f"{say(f'office.{label}')}: {text}")
        show_table(
            ("col_kind", "col_card", "col_state", "col_until"),
            [
                (
                    say(f"book.kind_{each.kind}"),
                    each.number or each.id,
                    say(f"book.state_{each.state}"),
                    day_text(book, each.valid_until),
                )
                for each in credentials.held_by(book, person.id)
            ],
        )
    return 0


def run_verify(args: Namespace) -> int:
    """Note that the office has checked who this is."""
    with open_book(args) as book:
        person, at = people.one(book, args.person), now()
        word = people.Verification(at, author(args), args.how, until_option(book, args.until))
        after = replace(person, verification=word)
        lifecycle.change_person(book, after, by=author(args), at=at, what="person.verified")
        print(say("office.done", revision=book.revision))
    return 0


def run_unverify(args: Namespace) -> int:
    """Take the word back: the person and all that is bound to them leave every list."""
    with open_book(args) as book:
        person = people.one(book, args.person)
        after = replace(person, verification=None)
        lifecycle.change_person(book, after, by=author(args), at=now(), what="person.unverified")
        print(say("office.done", revision=book.revision))
    return 0


def run_leave(args: Namespace) -> int:
    """End a person's rights now, and all their cards and phones."""
    with open_book(args) as book:
        lifecycle.leave(book, people.one(book, args.person).id, by=author(args), at=now())
        print(say("office.done", revision=book.revision))
        print(say("office.push_hint"))
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
        "consent": details.consent,
        "care": details.care,
        "note": details.note,
        "home": None if person.home is None else str(person.home),
        "role": person.role,
        "groups": list(person.groups),
        "until": None if person.valid_until is None else person.valid_until.isoformat(),
        "verified": person.verification is not None,
        "verified_until": (
            None
            if person.verification is None or person.verification.until is None
            else person.verification.until.isoformat()
        ),
        "credentials": [
            {"id": each.id, "kind": each.kind, "state": each.state, "number": each.number or None}
            for each in credentials.held_by(book, person.id)
        ],
    }
