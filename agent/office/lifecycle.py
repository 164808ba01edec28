"""From arrival to departure: the whole changes of the book, each one revision with who and when.

These are what a program calls that has an open book; the command line does no more than that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import aliases, credentials, people, visits
from agent.office.book import SKIPPED
from agent.office.edit import row_from
from agent.office.identity import Document
from protocols.mqtt.model import stamp
from protocols.mqtt.topics import LARGEST_NUMBER
from protocols.tokens.token import sign

if TYPE_CHECKING:
    from datetime import datetime

    from agent.office.book import Book
    from agent.office.edit import Edit
    from protocols.wiegand.identity import CardNumber

STOPPED = (CredentialState.LOST, CredentialState.REVOKED)
PURGE_TYP = "menshen-purge+jwt"
"""A purge receipt: the office's signed word that nothing personal of an opaque id is left in the book."""


def add_person(book: Book, person: people.Person, *, by: str, at: datetime) -> str:
    """Write a new person and return the id. Raises BadInput when that document is in the book already."""
    digest = people.document_digest(book.sealer, person.details)
    known = book.database.execute("SELECT id FROM person WHERE document_digest = ?", (digest,)).fetchone()
    if known is not None and known["id"] != person.id:
        raise BadInput(f"this document is {known['id']}'s already", f"此证件已登记给 {known['id']}")
    with book.change("person.added", by=by, at=at) as edit:
        people.save(edit, person)
        edit.note(person.id)
    return person.id


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
        count = _leave(edit, person, at)
        edit.note(person)
    return count


def leave_household(book: Book, home: people.Home, *, by: str, at: datetime) -> int:
    """End the rights of everybody in a household at once; return how many persons those were.

    A home without a room is a whole unit, and without a unit too, a whole building.
    """
    persons = people.in_home(book, home)
    with book.change("household.left", by=by, at=at) as edit:
        for person in persons:
            _leave(edit, person, at)
        edit.note(" ".join(persons))
    return len(persons)


def purge(book: Book, person: str, *, by: str, at: datetime) -> str:
    """Erase what is personal of somebody who has left, here and in all earlier versions.

    Returns the purge receipt, a token signed by the office. What stays is the opaque id, so that the record
    of doors keeps its meaning. Raises BadInput while the person may still enter.
    """
    row = book.row("person", person)
    if row is None:
        raise BadInput(f"there is no person {person}", f"没有人员 {person}")
    held = credentials.held_by(book, person)
    if any(each.state in {CredentialState.ACTIVE, CredentialState.SUSPENDED} for each in held):
        raise BadInput(
            f"{person} still holds cards or phones; first: menshen office person leave {person}",
            f"{person} 仍持有卡或手机钥匙；请先执行 menshen office person leave {person}",
        )
    empty = people.Person(
        person, people.Details("", Document.OTHER, ""), people.Role(row["role"]), (), verification=None
    )
    with book.change("person.purged", by=by, at=at) as edit:
        people.save(edit, empty)
        for each in held:
            aliases.bury(edit, each.id)
        edit.note(person)
        edit.forget("person", person)
        for each in held:
            edit.forget("credential", each.id)
        revision = edit.revision
    # The write-ahead log still holds the pages of before; fold it in and start it anew.
    book.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    payload = {"v": 1, "person": person, "purged_at": stamp(at), "by": by, "revision": revision}
    return sign(payload, book.signing_key(), PURGE_TYP)


def undo(book: Book, revision: int, *, by: str, at: datetime) -> int:
    """Make the book as it was at `revision`, as a new revision; return how many rows that put back.

    What was purged since does not come back, and what was lost or revoked since stays so: a lost card is
    lost whatever the book says. Passes that were signed since are out, and so they are revoked. Raises
    BadInput for a revision that is not in the past.
    """
    if not 0 <= revision < book.revision:
        raise BadInput(
            f"revision {revision} is not in the past; the newest is {book.revision}",
            f"版本 {revision} 不在过去；最新版本为 {book.revision}",
        )
    # What readers cannot tell apart afterwards is left off the lists: the way back is never barred by it.
    with book.change("book.undone", by=by, at=at, accept_collisions=True) as edit:
        count = 0
        images = edit.database.execute(
            "SELECT kind, id, image, min(revision) FROM before WHERE revision > ? GROUP BY kind, id",
            (revision,),
        ).fetchall()
        for row in images:
            if row["image"] is None:
                count += _dropped(edit, row["kind"], row["id"])
            else:
                count += edit.put(row["kind"], _still_stopped(edit, row["kind"], row_from(row["image"])))
        edit.note(f"to:{revision} rows:{count}")
    return count


def skip_to(book: Book, revision: int, *, by: str, at: datetime) -> None:
    """Go on from `revision`, above what the gateways have: after the book came back from an old backup.

    A gateway refuses every revision that is not above its own, so a book that has lost its newest pages must
    step over them. Nothing else changes. Raises BadInput when that is not forward.
    """
    if not book.revision < revision <= LARGEST_NUMBER:
        raise BadInput(f"the book is at revision {book.revision} already", f"登记簿已在版本 {book.revision}")
    book.log(SKIPPED, f"from:{book.revision}", by=by, at=at, number=revision)


def _dropped(edit: Edit, table: str, key: str) -> bool:
    now = edit.get(table, key)
    if table == "pass" and now is not None:
        return visits.revoke(edit, now)  # whoever has it keeps it: only the list can stop it
    if table == "credential" and now is not None and now["state"] in STOPPED:
        aliases.bury(edit, key)
        return True
    return edit.drop(table, key)


def _still_stopped(edit: Edit, table: str, row: dict[str, Any]) -> dict[str, Any]:
    now = edit.get(table, row["id"])
    if table == "pass":
        return row | {"state": row["state"] if now is None else now["state"]}
    if table == "credential" and now is not None and now["state"] in STOPPED:
        return row | {"state": now["state"]}
    return row


def _leave(edit: Edit, person: str, at: datetime) -> int:
    before = people.load(edit, person)
    if before.valid_until is None or before.valid_until > at:
        people.save(edit, replace(before, valid_until=at))
    count = 0
    for each in credentials.held_by(edit, person):
        if each.state in {CredentialState.ACTIVE, CredentialState.SUSPENDED}:
            credentials.set_state(edit, each.id, CredentialState.REVOKED)
            count += 1
    return count
