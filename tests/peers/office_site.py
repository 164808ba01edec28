"""A small property office for tests: a book, two gateways, some residents; and a gateway that answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.office import access, credentials, people
from agent.office.book import Book
from agent.office.identity import Document, check_character
from protocols.mqtt.model import stamp
from protocols.mqtt.roster import ListDigest, Row, row_key, row_kind
from protocols.mqtt.roster_messages import Chunk, Delta, Head
from protocols.mqtt.topics import Kind, plain, take_apart
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import RECEIPT_TYP, ROSTER_DELTA_TYP, ROSTER_HEAD_TYP, open_token, sign
from protocols.wiegand.identity import CardNumber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from agent.office.messages import Message

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ADDRESS = "menshen/v1/{}/roster/receipt"


@dataclass(slots=True)
class HandClock:
    """A wall clock that a test moves."""

    at: datetime = START

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


def resident_number(serial: int) -> str:
    """Return a resident identity number that holds; another for every serial below 10 million."""
    body = f"110105{1950 + serial // 1000 % 50}01{1 + serial // 50_000 % 28:02}{serial % 1000:03}"
    return body + check_character(body)


def make_book(directory: Path, *, at: datetime = START, reads: Sequence[str] = ("uid32",)) -> Book:
    """Make a book with the groups `residents` (lobby, garage) and `staff` (all), at gw01 and gw02.

    reads: what readers at gw01 make of a card; by default of its four bytes, so that a card is one row.
    """
    book = Book.make(directory, at=at, by="tester")
    with book.change("set up", by="tester", at=at) as edit:
        access.set_schedule(edit, access.ALWAYS, ["00:00-24:00"], "Asia/Shanghai")
        access.set_schedule(edit, "office-hours", ["mon-fri 08:00-18:00"], "Asia/Shanghai")
        access.set_group(edit, "residents", [("lobby", "always"), ("garage", "always")])
        access.set_group(edit, "staff", [("plant", "office-hours"), ("lobby", "always")])
        access.set_gateway(edit, "gw01", ("lobby", "garage"), reads)
        access.set_gateway(edit, "gw02", ("plant",))
    return book


def add_person(book: Book, name: str, serial: int, **changes: object) -> str:
    """Add a verified person and return the id."""
    person = people.Person(
        id=people.new_id(),
        details=people.Details(name, Document.RESIDENT, resident_number(serial), f"1380000{serial:04}"),
        role=people.Role.OWNER,
        groups=("residents",),
        home=people.Home("3", "1", f"{1000 + serial}"),
        verification=people.Verification(START, "tester", "seen"),
    )
    values = {field: getattr(person, field) for field in people.Person.__slots__} | changes
    with book.change("person.added", by="tester", at=START) as edit:
        people.save(edit, people.Person(**values))
    return str(values["id"])


def add_card(book: Book, person: str, value: int) -> str:
    """Issue the card `uid32:value` and return its digest."""
    with book.change("card.issued", by="tester", at=START) as edit:
        return credentials.issue(edit, person, CardNumber("uid32", value))


@dataclass
class PaperGateway:
    """A gateway that keeps its list as the messages say, strictly, and answers with signed receipts."""

    name: str
    doors: tuple[str, ...]
    office: Ed25519PublicKey
    clock: Callable[[], datetime]
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    revision: int = 0
    deltas: int = 0
    wanted: dict[str, object] | None = None
    chunks: dict[tuple[int, int], bytes] = field(default_factory=dict)

    @property
    def public(self) -> str:
        return public_text(self.key.public_key())

    @property
    def state(self) -> ListDigest:
        return ListDigest.of(self.rows.values())

    def take(self, message: Message) -> None:
        place = take_apart(message.topic)
        if place.gateway != self.name:
            return
        match place.kind:
            case Kind.CHUNK:
                assert place.revision is not None
                assert place.chunk is not None
                assert message.retain
                self.chunks[place.revision, place.chunk] = message.payload
            case Kind.DELTA:
                assert not message.retain
                self._delta(Delta.read(self._opened(message, ROSTER_DELTA_TYP)))
            case Kind.HEAD:
                assert message.retain
                self._head(Head.read(self._opened(message, ROSTER_HEAD_TYP)))
            case _:
                raise AssertionError(f"the office has no business on {message.topic}")

    def receipt_message(self) -> tuple[str, bytes]:
        at = stamp(self.clock())
        payload = {
            "v": 1,
            "gw": self.name,
            "revision": self.revision,
            "digest": self.state.hex,
            "enforced_at": at,
            "wanted": self.wanted,
            "receipts": [self.receipt(door, at) for door in self.doors] if self.revision else [],
        }
        return plain(self.name, Kind.RECEIPT), json.dumps(payload).encode()

    def receipt(self, door: str, at: str, changes: dict[str, object] | None = None) -> str:
        said = {
            "v": 1,
            "gw": self.name,
            "door": door,
            "revision": self.revision,
            "digest": self.state.hex,
            "count": self.state.count,
            "enforced_at": at,
            "complete": True,
            "why": None,
        }
        return sign(said | (changes or {}), self.key, RECEIPT_TYP)

    def birth_message(self) -> tuple[str, bytes]:
        at = stamp(self.clock())
        payload = {
            "v": 1,
            "gw": self.name,
            "epoch": 1,
            "at": at,
            "started_at": at,
            "boot_id": "0" * 32,
            "clock": "synced",
            "version": "0.1.0",
            "mqtt": "5",
            "key": self.public,
            "revision": self.revision,
            "reads": list(self.reads),
        }
        return plain(self.name, Kind.BIRTH), json.dumps(payload).encode()

    def _opened(self, message: Message, typ: str) -> bytes:
        office = self.office
        return open_token(
            message.payload.decode(), typ, lambda name: office if name == kid(office) else None
        ).body

    def _delta(self, delta: Delta) -> None:
        assert delta.aud == self.name
        if delta.base != self.revision:
            self.wanted = {"have": self.revision, "need": delta.revision, "why": "gap"}
            return
        self._put(delta.rows())
        for kind, names in (
            ("person", delta.removed.persons),
            ("credential", delta.removed.credentials),
            ("group", delta.removed.groups),
            ("schedule", delta.removed.schedules),
        ):
            for name in names:
                del self.rows[kind, name]
        self._enforce(delta.revision, delta.digest, delta.count)
        self.deltas += 1

    def _head(self, head: Head) -> None:
        assert head.aud == self.name
        laid_out = head.snapshot
        if self.revision == 0 and laid_out is not None:
            self.rows.clear()
            for number, digest in enumerate(laid_out.chunks):
                body = self.chunks[laid_out.revision, number]
                assert _sha256(body) == digest
                self._put(Chunk.read(body).rows())
            self._enforce(laid_out.revision, laid_out.digest, laid_out.count)
        if self.revision < head.revision:
            self.wanted = {"have": self.revision, "need": head.revision, "why": "gap"}

    def _put(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.rows[row_kind(row).value, row_key(row)] = row

    def _enforce(self, revision: int, digest: str, count: int) -> None:
        assert (self.state.hex, self.state.count) == (digest, count)
        assert revision > self.revision
        self.revision = revision
        self.wanted = None


def _sha256(body: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415 - used here alone

    return sha256(body).hexdigest()
