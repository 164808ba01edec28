"""`menshen office card | phone`: give out, stop, replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.cli.office_book import (
    accept_option,
    action,
    author,
    family,
    from_option,
    now,
    open_book,
    show_collisions,
    until_option,
)
from agent.cli.words import say
from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import collisions, credentials, lifecycle, people
from agent.office.printed import CardFlaw, Style, read_card, read_style

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent.cli.office_book import Actions
    from agent.office.book import Book
    from protocols.wiegand.identity import CardNumber

STATES = {
    "suspend": CredentialState.SUSPENDED,
    "resume": CredentialState.ACTIVE,
    "lost": CredentialState.LOST,
    "revoke": CredentialState.REVOKED,
}


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    card = family(actions, "card")
    issuing = action(card, "issue")
    issuing.add_argument("person", metavar="PERSON", help=say("office.opt_person"))
    _number(issuing)
    issuing.add_argument("--from", dest="valid_from", metavar="DATE", help=say("office.opt_from"))
    issuing.add_argument("--until", metavar="DATE", help=say("office.opt_until"))
    accept_option(issuing)
    issuing.set_defaults(run=run_issue)
    for name, state in STATES.items():
        stopping = action(card, name)
        _number(stopping)
        stopping.add_argument("--why", default="", help=say("office.opt_why"))
        stopping.set_defaults(run=run_state, state=state)
    releasing = action(card, "release")
    _number(releasing)
    releasing.set_defaults(run=run_release)
    replacing = action(card, "replace")
    _number(replacing)
    replacing.add_argument("new", metavar="NEW", help=say("office.opt_card"))
    replacing.add_argument("--why", default="", help=say("office.opt_why"))
    accept_option(replacing)
    replacing.set_defaults(run=run_replace)
    action(card, "collisions").set_defaults(run=run_collisions)

    phone = family(actions, "phone")
    adding = action(phone, "add")
    adding.add_argument("person", metavar="PERSON", help=say("office.opt_person"))
    adding.add_argument("--key", required=True, metavar="KEY", help=say("office.opt_key"))
    adding.set_defaults(run=run_phone_add)
    for name, state in STATES.items():
        stopping = action(phone, name)
        stopping.add_argument("key", metavar="KEY", help=say("desk.opt_phone"))
        stopping.add_argument("--why", default="", help=say("office.opt_why"))
        stopping.set_defaults(run=run_phone_state, state=state)


def run_issue(args: Namespace) -> int:
    """Bind a card to a person."""
    with open_book(args) as book:
        person = people.one(book, args.person).id
        number = card_number(args.number, args.style)
        key = lifecycle.issue_card(
            book,
            person,
            number,
            by=author(args),
            at=now(),
            valid_from=from_option(book, args.valid_from),
            valid_until=until_option(book, args.until),
            accept_collisions=args.accept_collisions,
        )
        print(say("office.issued", person=person, revision=book.revision))
        _show_collisions_of(book, key)
        print(say("office.push_hint"))
    return 0


def run_state(args: Namespace) -> int:
    """Suspend, resume, lose or revoke a card."""
    with open_book(args) as book:
        key = card_key(book, args.number, args.style)
        lifecycle.set_state(book, key, args.state, by=author(args), at=now(), why=args.why)
        _say_done(book, credentials.load(book, key).person)
    return 0


def run_release(args: Namespace) -> int:
    """Let a card be issued anew."""
    with open_book(args) as book:
        key = card_key(book, args.number, args.style)
        with book.change("card.released", by=author(args), at=now()) as edit:
            credentials.release(edit, key)
            edit.note(key)
        print(say("office.done", revision=book.revision))
        print(say("office.push_hint"))
    return 0


def run_replace(args: Namespace) -> int:
    """Revoke one card and issue another to the same person."""
    with open_book(args) as book:
        key = card_key(book, args.number, args.style)
        number = card_number(args.new, args.style)
        accepted = args.accept_collisions
        with book.change("card.replaced", by=author(args), at=now(), accept_collisions=accepted) as edit:
            fresh = credentials.replace(edit, key, number, args.why)
            edit.note(f"{key} {fresh}")
        _say_done(book, credentials.load(book, fresh).person)
        _show_collisions_of(book, fresh)
    return 0


def run_collisions(args: Namespace) -> int:
    """List the cards that some readers cannot tell apart, and that therefore do not open there."""
    with open_book(args) as book:
        show_collisions(collisions.standing(book.database))
    return 0


def run_phone_add(args: Namespace) -> int:
    """Bind a phone's key to a person."""
    with open_book(args) as book:
        person = people.one(book, args.person).id
        lifecycle.add_phone(book, person, args.key, by=author(args), at=now())
        print(say("office.issued", person=person, revision=book.revision))
        print(say("office.push_hint"))
    return 0


def run_phone_state(args: Namespace) -> int:
    """Suspend, resume, lose or revoke a phone."""
    with open_book(args) as book:
        # Whoever has lost a phone cannot tell its key: `person show` tells its id.
        listed = book.row("credential", args.key) is not None
        key = args.key if listed else credentials.phone_digest(book.digest_key, args.key)
        lifecycle.set_state(book, key, args.state, by=author(args), at=now(), why=args.why)
        _say_done(book, credentials.load(book, key).person)
    return 0


def card_number(text: str, style_text: str | None) -> CardNumber:
    """Return the number that a person typed. Raises BadInput with the mend."""
    style = None if style_text is None else read_style(style_text)
    if style_text is not None and style is None:
        raise BadInput(say("intake.card_style", known=", ".join(Style)))
    number = read_card(text, style)
    if isinstance(number, CardFlaw):
        flaw = say(f"intake.card_{number}", known=", ".join(Style))
        raise BadInput(say("office.unknown_card", flaw=flaw))
    return number


def card_key(book: Book, text: str, style_text: str | None) -> str:
    """Return the digest of the card that a person named: by its number, or by its id in the book."""
    if book.row("credential", text) is not None:
        return text
    return credentials.digest_of(book.digest_key, str(card_number(text, style_text)))


def _number(parser: ArgumentParser) -> None:
    parser.add_argument("number", metavar="CARD", help=say("office.opt_card"))
    parser.add_argument("--style", metavar="STYLE", help=say("office.opt_style", known=", ".join(Style)))


def _show_collisions_of(book: Book, key: str) -> None:
    found = collisions.standing(book.database)
    show_collisions(each for each in found if any(claim.card == key for claim in each.claims))


def _say_done(book: Book, person: str) -> None:
    """Say that it is done, and of whom: a card that was mistyped may be another's."""
    print(say("desk.done_of", person=person, revision=book.revision))
    print(say("office.push_hint"))
