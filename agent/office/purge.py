"""The end of purpose: what is personal of somebody who has left is erased, and the office signs that it is.

Erased are the person's row with its search digests, the numbers of their cards, the households that they
belonged to where nobody does now, and every earlier version of all these, of cards given back too. What stays
is opaque: the id, so that the record of doors keeps its meaning, and digests of stopped cards. Copies of the
book from before are not ours to erase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import aliases, credentials, people
from agent.office.database import scrub
from agent.office.identity import Document
from protocols.mqtt.model import read_stamp, stamp
from protocols.tokens.token import sign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from agent.office.book import Book
    from agent.office.edit import Edit

PURGED = "person.purged"
"""The line of history of a purge: its detail names the persons."""

PURGE_TYP = "menshen-purge+jwt"
"""A purge receipt: the office's signed word that nothing personal of an opaque id is left in the book."""


def purge(book: Book, persons: Sequence[str], *, by: str, at: datetime) -> list[str]:
    """Erase what is personal of `persons`, as one change, and return a signed receipt for each.

    Raises BadInput while one of them has not left, or still holds a card or a phone; StoreError when another
    program holds the file so that its old pages cannot be overwritten: the same again finishes the work.
    """
    for person in persons:
        _check_gone(book, person, at)
    with book.change(PURGED, by=by, at=at) as edit:
        homes = {home for person in persons for home in _homes(edit, person)}
        for person in persons:
            _erase(edit, person)
        edit.forget_cards_of(persons)
        _empty_homes(edit, homes)
        edit.note(" ".join(persons))
    scrub(book.database)
    key = book.signing_key()
    receipts = [
        sign(
            {"v": 1, "person": person, "purged_at": stamp(at), "by": by, "revision": book.revision},
            key,
            PURGE_TYP,
        )
        for person in persons
    ]
    book.database.executemany(
        "INSERT OR IGNORE INTO purge_receipt (person, at, token) VALUES (?, ?, ?)",
        [(person, stamp(at), token) for person, token in zip(persons, receipts, strict=True)],
    )
    return receipts


def ended(book: Book, before: datetime) -> list[str]:
    """Return the persons whose right ended before that moment, who hold nothing, and are not purged yet.

    Among them those whom an undo took out of the book before that moment, who are in its earlier versions.
    """
    rows = book.database.execute(
        "SELECT id FROM person WHERE valid_until < :before AND document_digest IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM credential WHERE credential.person = person.id AND credential.state IN (:on, :off)) "
        "UNION SELECT before.id FROM before JOIN revision ON number = before.revision "
        "WHERE kind = 'person' AND NOT EXISTS (SELECT 1 FROM person WHERE person.id = before.id) "
        "GROUP BY before.id HAVING max(at) < :before ORDER BY id",
        {"before": stamp(before), "on": CredentialState.ACTIVE, "off": CredentialState.SUSPENDED},
    )
    return [row["id"] for row in rows]


def receipts(book: Book) -> list[tuple[str, str, str]]:
    """Return every purge receipt that was given: person, moment, token."""
    rows = book.database.execute("SELECT person, at, token FROM purge_receipt ORDER BY at, person")
    return [tuple(row) for row in rows]


def was_here(book: Book, person: str) -> bool:
    """Say whether somebody is in the book only as what an undo took out, or a purge erased after that."""
    found = book.database.execute(
        "SELECT 1 FROM before WHERE kind = 'person' AND id = :id UNION "
        "SELECT 1 FROM revision WHERE what = :purged AND instr(' ' || detail || ' ', ' ' || :id || ' ')",
        {"id": person, "purged": PURGED},
    ).fetchone()
    return found is not None and book.row("person", person) is None


def _check_gone(book: Book, person: str, at: datetime) -> None:
    """Raise BadInput while somebody may still enter."""
    row = book.row("person", person)
    if row is None and was_here(book, person):
        return
    if row is None:
        raise BadInput(f"there is no person {person}", f"没有人员 {person}")
    held = credentials.held_by(book, person)
    if any(each.state in {CredentialState.ACTIVE, CredentialState.SUSPENDED} for each in held):
        raise BadInput(
            f"{person} still holds cards or phones; first: menshen office person leave {person}",
            f"{person} 仍持有卡或手机钥匙；请先执行 menshen office person leave {person}",
        )
    purged = row["document_digest"] is None and row["name_digest"] is None
    if not purged and (row["valid_until"] is None or read_stamp(row["valid_until"]) > at):
        raise BadInput(
            f"{person} has not left; first: menshen office person leave {person}",
            f"{person} 尚未迁出；请先执行 menshen office person leave {person}",
        )


def _erase(edit: Edit, person: str) -> None:
    row = edit.get("person", person)
    if row is not None:
        nothing = people.Details("", Document.OTHER, "")
        people.save(edit, people.Person(person, nothing, people.Role(row["role"]), ()))
    edit.forget("person", person)
    for each in credentials.held_by(edit, person):
        aliases.bury(edit, each.id)
        edit.forget("credential", each.id)


def _homes(edit: Edit, person: str) -> list[str]:
    """Return the households to which a person belongs, or ever did."""
    rows = edit.database.execute(
        "SELECT household FROM person WHERE id = :id UNION SELECT json_extract(image, '$.household') "
        "FROM before WHERE kind = 'person' AND id = :id",
        {"id": person},
    )
    return [home for (home,) in rows if home is not None]


def _empty_homes(edit: Edit, homes: set[str]) -> None:
    for home in sorted(homes):
        if (
            edit.database.execute("SELECT 1 FROM person WHERE household = ? LIMIT 1", (home,)).fetchone()
            is None
        ):
            edit.drop("household", home)
            edit.forget("household", home)
