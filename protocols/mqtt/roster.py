"""The roster on the wire: rows, deltas, heads and chunks, and the digest that says two lists are equal.

A row's digest is SHA-256 over its kind, a line feed, and its canonical JSON: the fields that version 1
knows, None as null, keys sorted, no spaces, UTF-8, times as RFC 3339 UTC with milliseconds. A list's digest
is the sum of its rows' digests modulo 2**256: order-free, and brought up to date row by row without reading
the list again. Such a sum is no proof against a forger who may choose rows; it need not be, for rows come
only out of messages that the office signed. It proves equality, not authenticity.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, assert_never

from pydantic import Field, model_validator

from protocols.mqtt.errors import MessageError
from protocols.mqtt.model import Document, Instant, Name

if TYPE_CHECKING:
    from collections.abc import Iterable

CHUNK_ROWS: Final = 2000
CHUNK_BYTES: Final = 1024 * 1024
CHUNKS: Final = 2048
"""The most chunks of a snapshot: four million rows, and a head of some 140 KiB."""
DELTA_ROWS: Final = 20_000
"""The most rows of one delta; a larger change is a snapshot."""
GROUPS_A_PERSON: Final = 64
RIGHTS_A_GROUP: Final = 1024
WINDOWS_A_SCHEDULE: Final = 256
LIST_MODULUS: Final = 2**256

_canonical: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

Digest128 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Digest256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
KeyText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
Minute = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Weekday = Annotated[int, Field(ge=1, le=7)]


class RowKind(StrEnum):
    """The four tables of a roster."""

    PERSON = "person"
    CREDENTIAL = "credential"
    GROUP = "group"
    SCHEDULE = "schedule"


class Person(Document):
    """An opaque person and the office's word on them. No name, number or telephone ever stands here."""

    id: Name
    verified: bool
    verified_until: Instant | None = None
    from_: Instant | None = Field(default=None, validation_alias="from", serialization_alias="from")
    until: Instant | None = None
    groups: Annotated[tuple[Name, ...], Field(max_length=GROUPS_A_PERSON)] = ()
    household: Name | None = None
    override: bool = False
    longer: bool = False


class Credential(Document):
    """A card or a phone key, by the keyed digest of its identity. `key`: of a phone, and only of a phone.

    A visitor's pass speaks for itself, so the list names one only to say that it was revoked before its end;
    `until` is that end. Its visitor need not be on the list.
    """

    digest: Digest128
    kind: Literal["card", "phone", "pass"]
    person: Name
    state: Literal["active", "suspended", "lost", "revoked"]
    from_: Instant | None = Field(default=None, validation_alias="from", serialization_alias="from")
    until: Instant | None = None
    key: KeyText | None = None

    @model_validator(mode="after")
    def _key_of_a_phone(self) -> Self:
        if (self.key is not None) != (self.kind == "phone"):
            raise ValueError("a phone has a key, a card has none")
        return self

    @model_validator(mode="after")
    def _pass_is_revoked(self) -> Self:
        if self.kind == "pass" and (self.state != "revoked" or self.until is None):
            raise ValueError("a pass is on the list only as revoked, until its end")
        return self


class Right(Document):
    """May pass `door` while `schedule` is open."""

    door: Name
    schedule: Name


class Group(Document):
    """Doors × schedules that its members share."""

    name: Name
    rights: Annotated[tuple[Right, ...], Field(max_length=RIGHTS_A_GROUP)] = ()


class Window(Document):
    """Minutes of the day, "08:00" to "20:00"; "24:00" ends it. An end not after the start is tomorrow’s."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)]
    start: Minute
    end: Minute

    @model_validator(mode="after")
    def _of_the_clock(self) -> Self:
        if self.start == "24:00":
            raise ValueError("a window starts before the day's end")
        if len(set(self.days)) != len(self.days):
            raise ValueError("a weekday stands once")
        return self


class Schedule(Document):
    """A named set of weekly windows in one IANA time zone, whose name the reader has yet to look up."""

    name: Name
    zone: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
    windows: Annotated[tuple[Window, ...], Field(max_length=WINDOWS_A_SCHEDULE)] = ()


Row = Person | Credential | Group | Schedule


def row_kind(row: Row) -> RowKind:
    """Return the table that `row` belongs to."""
    match row:
        case Person():
            return RowKind.PERSON
        case Credential():
            return RowKind.CREDENTIAL
        case Group():
            return RowKind.GROUP
        case Schedule():
            return RowKind.SCHEDULE
        case _:
            assert_never(row)


def row_key(row: Row) -> str:
    """Return what names `row` within its table."""
    match row:
        case Person():
            return row.id
        case Credential():
            return row.digest
        case Group() | Schedule():
            return row.name
        case _:
            assert_never(row)


def row_digest(kind: str, row: Row) -> bytes:
    """Return the 32 bytes that stand for `row` in its list. `kind`: as RowKind spells it."""
    text = _canonical(row.model_dump(mode="json"))
    return hashlib.sha256(f"{kind}\n{text}".encode()).digest()


@dataclass(frozen=True, slots=True)
class ListDigest:
    """Digest and number of the rows of a list, of all four tables together."""

    total: int = 0
    count: int = 0

    @classmethod
    def of(cls, rows: Iterable[Row]) -> ListDigest:
        """Return what stands for `rows`, in any order."""
        total = count = 0
        for row in rows:
            total += int.from_bytes(row_digest(row_kind(row), row))
            count += 1
        return cls(total % LIST_MODULUS, count)

    @classmethod
    def parse(cls, text: str, count: int) -> ListDigest:
        """Return the digest written as 64 hex digits. Raises MessageError."""
        try:
            raw = bytes.fromhex(text)
        except ValueError as error:
            raise MessageError("a list's digest is hex") from error
        if len(raw) * 8 != LIST_MODULUS.bit_length() - 1 or raw.hex() != text or count < 0:
            raise MessageError("a list's digest is 64 lower hex digits, its count not negative")
        return cls(int.from_bytes(raw), count)

    def plus(self, digest: bytes) -> ListDigest:
        """Return this list with one more row, whose digest is `digest`."""
        return ListDigest((self.total + int.from_bytes(digest)) % LIST_MODULUS, self.count + 1)

    def minus(self, digest: bytes) -> ListDigest:
        """Return this list without a row that it holds, whose digest is `digest`."""
        if self.count < 1:
            raise ValueError("an empty list has no row to take away")
        return ListDigest((self.total - int.from_bytes(digest)) % LIST_MODULUS, self.count - 1)

    @property
    def hex(self) -> str:
        """The 64 hex digits on the wire."""
        return self.total.to_bytes(32).hex()


class Removed(Document):
    """Rows that are no longer on the list, by their names within each table."""

    persons: tuple[Name, ...] = ()
    credentials: tuple[Digest128, ...] = ()
    groups: tuple[Name, ...] = ()
    schedules: tuple[Name, ...] = ()


class Rows(Document):
    """Rows of each table, and the version, which comes first in whatever carries them."""

    v: Literal[1] = 1
    persons: tuple[Person, ...] = ()
    credentials: tuple[Credential, ...] = ()
    groups: tuple[Group, ...] = ()
    schedules: tuple[Schedule, ...] = ()

    def rows(self) -> tuple[Row, ...]:
        """Return all rows, table by table."""
        return (*self.persons, *self.credentials, *self.groups, *self.schedules)
