"""Persons in the book: who they are (sealed), where they live, and what the office has checked."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from agent.errors import BadInput
from agent.office.identity import Document, normal
from protocols.mqtt.model import read_stamp, stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import datetime

    from agent.office.edit import Edit
    from agent.office.seal import Sealer

PHONES_BETWEEN = "、"
"""Between a person's telephone numbers; the first is the one that they are found by."""
ID_BYTES = 8  # 64 random bits: no two persons of any town meet, and nothing can be told from one
_PHONE = re.compile(r"\+?[0-9]{7,15}")
_IN_PHONES = re.compile(r"[\s\-()]")
_BETWEEN_PHONES = re.compile(r"[;；、,，/\n]+")
_PARTS = re.compile(r"[^\W_]+", re.ASCII)


class Role(StrEnum):
    """What a person is to the building."""

    OWNER = "owner"
    TENANT = "tenant"
    FAMILY = "family"
    STAFF = "staff"
    VISITOR = "visitor"
    PROPERTY = "property"
    PATROL = "patrol"


@dataclass(frozen=True, slots=True, repr=False)
class Details:
    """What is personal. Sealed in the book, and nowhere else. Not printed."""

    name: str
    document: Document
    number: str
    phone: str = ""
    note: str = ""
    consent: str = ""
    care: str = ""

    def as_object(self) -> dict[str, str]:
        """Return what is sealed."""
        return {
            "name": self.name,
            "document": self.document.value,
            "number": self.number,
            "phone": self.phone,
            "note": self.note,
            "consent": self.consent,
            "care": self.care,
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """The office's word that it has checked who somebody is, and until when that holds."""

    at: datetime
    by: str
    how: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """A household: building, unit and room, each as written on the door."""

    building: str
    unit: str
    room: str

    def __str__(self) -> str:
        return "-".join(part for part in (self.building, self.unit, self.room) if part)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the office knows them. `id` is all that ever leaves."""

    id: str
    details: Details
    role: Role
    groups: tuple[str, ...]
    home: Home | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    longer: bool = False
    override: bool = False
    verification: Verification | None = None


class Reading(Protocol):
    """What reading persons takes: an open book, or an edit of it."""

    @property
    def database(self) -> sqlite3.Connection:
        """The book's file."""

    @property
    def sealer(self) -> Sealer:
        """What opens what is sealed."""


def new_id() -> str:
    """Draw an opaque id for a person."""
    return f"p-{secrets.token_hex(ID_BYTES)}"


def read_phones(text: str) -> str | None:
    """Return the telephone numbers in a text as the book keeps them, "" for none; None for what is none."""
    text = unicodedata.normalize("NFKC", text).strip().removesuffix(".0")
    whole = _IN_PHONES.sub("", text)
    if not whole or _PHONE.fullmatch(whole) is not None:
        return whole
    phones = [_IN_PHONES.sub("", part) for part in _BETWEEN_PHONES.split(text) if part.strip()]
    return PHONES_BETWEEN.join(phones) if all(map(_PHONE.fullmatch, phones)) else None


def home_of(text: str) -> Home | None:
    """Return the household written as 3-1-1201, 3栋1单元1201室 or 3号楼-1201; None when it cannot be one."""
    parts = _PARTS.findall(unicodedata.normalize("NFKC", text).upper())
    match parts:
        case [building, unit, room]:
            return Home(building, unit, room)
        case [building, room]:
            return Home(building, "", room)
        case _:
            return None


def save(edit: Edit, person: Person) -> bool:
    """Write `person` into the book, whole; return False when they stand so already."""
    details = person.details
    home = None if person.home is None else _household(edit, person.home)
    before = edit.get("person", person.id)
    sealer = edit.sealer
    text = json.dumps(details.as_object(), ensure_ascii=False, sort_keys=True)
    place = f"person/{person.id}"
    # A nonce is drawn for each sealing: what did not change keeps its bytes, so that it counts as unchanged.
    if before is not None and sealer.open(before["sealed"], place) == text:
        sealed = before["sealed"]
    else:
        sealed = sealer.seal(text, place)
    word = person.verification
    return edit.change(
        "person",
        {
            "id": person.id,
            "sealed": sealed,
            **person_digests(sealer, details),
            "household": home,
            "role": person.role.value,
            "groups": json.dumps(sorted(set(person.groups)), ensure_ascii=False),
            "valid_from": _text(person.valid_from),
            "valid_until": _text(person.valid_until),
            "longer": int(person.longer),
            "override": int(person.override),
            "verified_at": None if word is None else stamp(word.at),
            "verified_by": None if word is None else word.by,
            "verified_how": None if word is None else word.how,
            "verified_until": None if word is None else _text(word.until),
        },
        before,
    )


def load(book: Reading, key: str) -> Person:
    """Return the person with the id `key`. Raises BadInput when there is none."""
    row = book.database.execute("SELECT * FROM person WHERE id = ?", (key,)).fetchone()
    if row is None:
        raise BadInput(f"there is no person {key}", f"没有人员 {key}")
    return _person(book, dict(row))


def everybody(book: Reading) -> Iterator[Person]:
    """Yield all persons, by id."""
    for row in book.database.execute("SELECT * FROM person ORDER BY id"):
        yield _person(book, dict(row))


def find(book: Reading, text: str) -> list[Person]:
    """Return the persons whom `text` names: an id, a document number, a phone, a name or a household."""
    digest, key = book.sealer.digest, normal(text)
    home = home_of(text)
    documents = json.dumps([digest("document", f"{kind}:{key}") for kind in Document])
    rows = book.database.execute(
        "SELECT * FROM person WHERE id = ? OR name_digest = ? OR phone_digest = ? "
        "OR document_digest IN (SELECT value FROM json_each(?)) "
        "OR household = (SELECT id FROM household WHERE digest = ?) ORDER BY id",
        (text.strip(), digest("name", key), digest("phone", key), documents, digest("home", str(home))),
    )
    return [_person(book, dict(row)) for row in rows]


def one(book: Reading, text: str) -> Person:
    """Return the one person whom `text` names. Raises BadInput when there is none, or more."""
    found = find(book, text)
    if not found:
        raise BadInput(
            "nobody in the book has this id, document, phone, name or household",
            "登记簿中没有此编号、证件号、手机号、姓名或房号的人",
        )
    if len(found) > 1:
        ids = ", ".join(person.id for person in found)
        raise BadInput(
            f"{len(found)} persons answer to that; name one by id: {ids}",
            f"有 {len(found)} 人符合；请用编号指明其一：{ids}",
        )
    return found[0]


def document_digest(sealer: Sealer, details: Details) -> str:
    """Return the search digest of a person's document: two persons never share one."""
    return sealer.digest("document", f"{details.document}:{normal(details.number)}")


def person_digests(sealer: Sealer, details: Details) -> dict[str, str | None]:
    """Return the search digests of a person, by column; None for what is not known."""
    return {
        "name_digest": sealer.digest("name", normal(details.name)) if details.name else None,
        "document_digest": document_digest(sealer, details) if details.number else None,
        "phone_digest": (
            sealer.digest("phone", normal(details.phone.partition(PHONES_BETWEEN)[0]))
            if details.phone
            else None
        ),
    }


def home_digests(sealer: Sealer, home: Home) -> dict[str, str]:
    """Return the search digests of a household, by column: of the room, its unit and its building."""
    return {
        "digest": sealer.digest("home", str(home)),
        "unit_digest": sealer.digest("unit", f"{home.building}-{home.unit}"),
        "building_digest": sealer.digest("building", home.building),
    }


def home_at(book: Reading, key: str) -> Home | None:
    """Return the household with the id `key`; None where it was purged, and an undo has a member back."""
    row = book.database.execute("SELECT sealed FROM household WHERE id = ?", (key,)).fetchone()
    return None if row is None else Home(**json.loads(book.sealer.open(row["sealed"], f"household/{key}")))


def in_home(book: Reading, home: Home) -> list[str]:
    """Return the ids of those in `home`: without a room the whole unit, without both the building."""
    digest = book.sealer.digest
    # Each digest is of another kind of text, so that only the one meant can be equal.
    if home.room:
        wanted = digest("home", str(home))
    elif home.unit:
        wanted = digest("unit", f"{home.building}-{home.unit}")
    else:
        wanted = digest("building", home.building)
    rows = book.database.execute(
        "SELECT id FROM person WHERE household IN (SELECT id FROM household "
        "WHERE ? IN (digest, unit_digest, building_digest)) ORDER BY id",
        (wanted,),
    )
    return [row["id"] for row in rows]


def _household(edit: Edit, home: Home) -> str:
    whole = edit.sealer.digest("home", str(home))
    found = edit.database.execute("SELECT id FROM household WHERE digest = ?", (whole,)).fetchone()
    if found is not None:
        return str(found["id"])
    key = f"h-{secrets.token_hex(ID_BYTES)}"
    text = json.dumps({"building": home.building, "unit": home.unit, "room": home.room}, ensure_ascii=False)
    edit.change(
        "household",
        {
            "id": key,
            "sealed": edit.sealer.seal(text, f"household/{key}"),
            **home_digests(edit.sealer, home),
        },
        None,
    )
    return key


def _person(book: Reading, row: dict[str, Any]) -> Person:
    details = json.loads(book.sealer.open(row["sealed"], f"person/{row['id']}"))
    word = None
    if row["verified_at"] is not None:
        word = Verification(
            read_stamp(row["verified_at"]),
            row["verified_by"],
            row["verified_how"],
            _at(row["verified_until"]),
        )
    return Person(
        id=row["id"],
        details=Details(**{**details, "document": Document(details["document"])}),
        role=Role(row["role"]),
        groups=tuple(json.loads(row["groups"])),
        home=None if row["household"] is None else home_at(book, row["household"]),
        valid_from=_at(row["valid_from"]),
        valid_until=_at(row["valid_until"]),
        longer=bool(row["longer"]),
        override=bool(row["override"]),
        verification=word,
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _at(text: str | None) -> datetime | None:
    return None if text is None else read_stamp(text)
