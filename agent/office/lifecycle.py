"""From arrival to departure: the whole changes of the book, each one revision with who and when.

These are what a program calls that has an open book; the command line does no more than that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import credentials, people
from agent.office.book import SKIPPED
from protocols.mqtt.topics import LARGEST_NUMBER

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from agent.office.book import Book
    from agent.office.edit import Edit
    from protocols.wiegand.identity import CardNumber


def add_person(
    book: Book, person: people.Person, *, by: str, at: datetime, cards: Sequence[CardNumber] = ()
) -> str:
    """Write a new person with their cards, and return the id.

    Raises BadInput when that document is in the book already, for a card that cannot be theirs, and for
    terms that nobody has: a lease without an end, an end before the beginning.
    """
    _free_document(book, person)
    _check_terms(person)
    with book.change("person.added", by=by, at=at) as edit:
        people.save(edit, person)
        edit.note(person.id)
        for number in cards:
            edit.note(credentials.issue(edit, person.id, number))
    return person.id


def change_person(
    book: Book, person: people.Person, *, by: str, at: datetime, what: str = "person.changed"
) -> None:
    """Write `person`, who is in the book, as they are now. what: what the history calls that.

    Raises BadInput for a document of somebody else, terms that nobody has, and somebody who was purged.
    """
    before = people.load(book, person.id)
    if not before.details.number:
        raise BadInput(
            f"{person.id} was erased; register them anew: menshen office person add",
            f"{person.id} 的信息已清除；请重新登记：menshen office person add",
        )
    _free_document(book, person)
    if _terms(person) != _terms(before):  # what stands so from before does not bar another change
        _check_terms(person)
    with book.change(what, by=by, at=at) as edit:
        if people.save(edit, person):
            edit.note(person.id)


def _terms(person: people.Person) -> tuple[object, ...]:
    return bool(person.details.name), person.role, person.valid_from, person.valid_until


def _check_terms(person: people.Person) -> None:
    if not person.details.name:
        raise BadInput("no name; give it with --name", "缺少姓名；请用 --name 填写")
    if person.role is people.Role.TENANT and person.valid_until is None:
        raise BadInput(
            "a tenant needs the day the lease ends; give it with --until",
            "租户必须填写租约到期日；请用 --until 填写",
        )
    begins, ends = person.valid_from, person.valid_until
    if begins is not None and ends is not None and ends <= begins:
        raise BadInput(
            "this ends before it begins; mend --from or --until", "结束早于开始；请更正 --from 或 --until"
        )


def _free_document(book: Book, person: people.Person) -> None:
    """Raise BadInput when the document of `person` is somebody else's in the book."""
    digest = people.document_digest(book.sealer, person.details)
    known = book.database.execute("SELECT id FROM person WHERE document_digest = ?", (digest,)).fetchone()
    if known is not None and known["id"] != person.id:
        raise BadInput(f"this document is {known['id']}'s already", f"此证件已登记给 {known['id']}")


def issue_card(
    book: Book,
    person: str,
    number: CardNumber,
    *,
    by: str,
    at: datetime,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    accept_collisions: bool = False,
) -> str:
    """Bind the card `number` to `person`, and return its digest. Raises BadInput.

    Collides, which is one, when readers take it for another's: unless `accept_collisions` is written out.
    """
    with book.change("card.issued", by=by, at=at, accept_collisions=accept_collisions) as edit:
        key = credentials.issue(edit, person, number, valid_from=valid_from, valid_until=valid_until)
        edit.note(f"{person} {key}")
    return key


def add_phone(book: Book, person: str, public: str, *, by: str, at: datetime) -> str:
    """Bind the phone whose public key text is `public` to `person`, and return its digest."""
    with book.change("phone.added", by=by, at=at) as edit:
        key = credentials.add_phone(edit, person, public)
        edit.note(f"{person} {key}")
    return key


def set_state(book: Book, key: str, state: CredentialState, *, by: str, at: datetime, why: str = "") -> int:
    """Suspend, lose, revoke or resume the credential `key`, and return the revision of the book after."""
    with book.change(f"credential.{state}", by=by, at=at) as edit:
        credentials.set_state(edit, key, state, why)
        edit.note(key)
    return book.revision


def leave(book: Book, person: str, *, by: str, at: datetime) -> int:
    """End a person's rights at `at`, and all their cards and phones; return how many those were."""
    with book.change("person.left", by=by, at=at) as edit:
        count = end_rights(edit, person, at)
        edit.note(person)
    return count


def leave_household(book: Book, home: people.Home, *, by: str, at: datetime) -> int:
    """End the rights of everybody in a household at once; return how many persons those were.

    A home without a room is a whole unit, and without a unit too, a whole building.
    """
    persons = people.in_home(book, home)
    with book.change("household.left", by=by, at=at) as edit:
        for person in persons:
            end_rights(edit, person, at)
        edit.note(" ".join(persons))
    return len(persons)


def change_household(
    book: Book,
    home: people.Home,
    *,
    by: str,
    at: datetime,
    until: datetime | None = None,
    add: Sequence[str] = (),
    remove: Collection[str] = (),
) -> tuple[int, int]:
    """Give everybody in a household, a unit or a building another end or other groups.

    Returns how many that changed, and how many were passed over because their right has ended: tenants of
    before, whose cards must not open again because those of now stay longer.
    """
    changed = ended = 0
    with book.change("household.changed", by=by, at=at) as edit:
        for key in people.in_home(edit, home):
            before = people.load(edit, key)
            if before.valid_until is not None and before.valid_until <= at:
                ended += 1
                continue
            groups = tuple(name for name in (*before.groups, *add) if name not in remove)
            after = replace(before, groups=groups, valid_until=until or before.valid_until)
            if people.save(edit, after):
                edit.note(key)
                changed += 1
    return changed, ended


def set_household(book: Book, home: people.Home, state: CredentialState, *, by: str, at: datetime) -> int:
    """Suspend (or activate again) every card and phone in a household, a unit or a building at once.

    Returns how many that changed. What is lost or revoked stays so.
    """
    other = CredentialState.ACTIVE if state is CredentialState.SUSPENDED else CredentialState.SUSPENDED
    count = 0
    with book.change(f"household.{state}", by=by, at=at) as edit:
        for person in people.in_home(book, home):
            for each in credentials.held_by(edit, person):
                if each.state is other:
                    credentials.set_state(edit, each.id, state)
                    count += 1
            edit.note(person)
    return count


def skip_to(book: Book, revision: int, *, by: str, at: datetime) -> None:
    """Go on from `revision`, above what the gateways have: after the book came back from an old backup.

    A gateway refuses every revision that is not above its own, so a book that has lost its newest pages must
    step over them. Nothing else changes. Raises BadInput when that is not forward, or further than counts go.
    """
    if revision <= book.revision:
        raise BadInput(f"the book is at revision {book.revision} already", f"登记簿已在版本 {book.revision}")
    if revision > LARGEST_NUMBER:
        raise BadInput(
            f"no revision is above {LARGEST_NUMBER}; give the highest of any gateway, and one",
            f"版本号不能大于 {LARGEST_NUMBER}；请写各网关最高版本加一",
        )
    book.log(SKIPPED, f"from:{book.revision}", by=by, at=at, number=revision)


def end_rights(edit: Edit, person: str, at: datetime) -> int:
    """End a person's rights at `at`, within a change; return how many cards and phones that stopped."""
    before = people.load(edit, person)
    if before.valid_until is None or before.valid_until > at:
        people.save(edit, replace(before, valid_until=at))
    count = 0
    for each in credentials.held_by(edit, person):
        if each.state in {CredentialState.ACTIVE, CredentialState.SUSPENDED}:
            credentials.set_state(edit, each.id, CredentialState.REVOKED)
            count += 1
    return count
