"""Lists as an office would sign them, small and large, for tests and for the benchmark."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.roster.results import Result, Working
from agent.roster.roster import Roster
from agent.store.roster_table import RosterTable, open_roster
from protocols.mqtt.roster import (
    Credential,
    Group,
    ListDigest,
    Person,
    Removed,
    Right,
    Row,
    Schedule,
    Window,
    row_key,
    row_kind,
)
from protocols.mqtt.roster_messages import Chunk, Delta, Head, SnapshotRef
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import ROSTER_DELTA_TYP, ROSTER_HEAD_TYP, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Lie = dict[str, object]
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
GW = "gw-1"
DOORS = frozenset({"front", "back"})
OFFICE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
OFFICE_KID = kid(OFFICE.public_key())
STRANGER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
ALWAYS = Schedule(
    name="always",
    zone="Asia/Shanghai",
    windows=(Window(days=(1, 2, 3, 4, 5, 6, 7), start="00:00", end="24:00"),),
)
RESIDENTS = Group(name="residents", rights=(Right(door="front", schedule="always"),))
FRAME: tuple[Row, ...] = (ALWAYS, RESIDENTS)


def person(number: int, *, verified: bool = True, groups: tuple[str, ...] = ("residents",)) -> Person:
    return Person(id=f"p{number:06}", verified=verified, groups=groups, household=f"3-2-{number % 1000:04}")


def digest(number: int) -> bytes:
    return hashlib.sha256(b"card %d" % number).digest()[:16]


def card(number: int, holder: int | None = None, state: str = "active") -> Credential:
    of = number if holder is None else holder
    return Credential.model_validate(
        {"digest": digest(number).hex(), "kind": "card", "person": f"p{of:06}", "state": state}
    )


def revoked_pass(number: int) -> Credential:
    """Return the row of a revoked pass, whose visitor is on no list."""
    until = (AT + timedelta(days=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"kind": "pass", "person": "p-visitor", "state": "revoked", "until": until}
    return Credential.model_validate_json(json.dumps({"digest": digest(number).hex(), **said}))


def phone(key: Ed25519PublicKey, holder: int) -> Credential:
    name = hashlib.sha256(kid(key).encode()).hexdigest()[:32]
    return Credential(digest=name, kind="phone", person=f"p{holder:06}", state="active", key=public_text(key))


def residents(count: int) -> list[Row]:
    """Return a list of `count` persons with a card each."""
    return [*FRAME, *(person(n) for n in range(count)), *(card(n) for n in range(count))]


def keys(name: str) -> Ed25519PublicKey | None:
    """Give the key that the gateway trusts with rosters: the office's."""
    public = OFFICE.public_key()
    return public if name == kid(public) else None


@dataclass(slots=True)
class Office:
    """A list at a revision, which can be changed, and the messages that tell of it."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    revision: int = 0
    key: Ed25519PrivateKey = OFFICE
    aud: str = GW

    def total(self) -> ListDigest:
        return ListDigest.of(self.rows.values())

    def delta(self, put: Iterable[Row] = (), remove: Iterable[Row] = (), wrong: Lie | None = None) -> str:
        """Change the list by one revision; return the signed change. `wrong`: fields to put a lie into."""
        put, remove = list(put), list(remove)
        base, self.revision = self.revision, self.revision + 1
        for row in remove:
            self.rows.pop(name(row), None)
        self.rows.update({name(row): row for row in put})
        total = self.total()
        message = Delta(
            aud=self.aud,
            iat=1,
            base=base,
            revision=self.revision,
            digest=total.hex,
            count=total.count,
            removed=Removed(
                persons=tuple(row_key(row) for row in remove if isinstance(row, Person)),
                credentials=tuple(row_key(row) for row in remove if isinstance(row, Credential)),
                groups=tuple(row_key(row) for row in remove if isinstance(row, Group)),
                schedules=tuple(row_key(row) for row in remove if isinstance(row, Schedule)),
            ),
            **by_table(put),  # type: ignore[arg-type]
        )
        return sign(message.as_object() | (wrong or {}), self.key, ROSTER_DELTA_TYP)

    def snapshot(self, a_chunk: int = 100) -> tuple[SnapshotRef, list[bytes]]:
        """Return where the whole list is, and its chunks."""
        rows = list(self.rows.values())
        parts = [rows[start : start + a_chunk] for start in range(0, len(rows), a_chunk)]
        chunks = [
            Chunk(revision=self.revision, n=n, **by_table(part)).encode()  # type: ignore[arg-type]
            for n, part in enumerate(parts)
        ]
        total = self.total()
        names = tuple(hashlib.sha256(chunk).hexdigest() for chunk in chunks)
        return SnapshotRef(revision=self.revision, digest=total.hex, count=total.count, chunks=names), chunks

    def head(self, snapshot: SnapshotRef | None = None, wrong: Lie | None = None) -> str:
        total = self.total()
        message = Head(
            aud=self.aud,
            iat=1,
            revision=self.revision,
            digest=total.hex,
            count=total.count,
            snapshot=snapshot,
        )
        return sign(message.as_object() | (wrong or {}), self.key, ROSTER_HEAD_TYP)


def name(row: Row) -> tuple[str, str]:
    return row_kind(row).value, row_key(row)


def by_table(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    found = list(rows)
    return {
        "persons": tuple(row for row in found if isinstance(row, Person)),
        "credentials": tuple(row for row in found if isinstance(row, Credential)),
        "groups": tuple(row for row in found if isinstance(row, Group)),
        "schedules": tuple(row for row in found if isinstance(row, Schedule)),
    }


@dataclass(slots=True)
class Gateway:
    """A gateway's list on disk, which can be closed and opened again."""

    path: Path
    floor: int = 0
    trusted: Callable[[str], Ed25519PublicKey | None] = keys
    stoppers: tuple[str, ...] = ()
    table: RosterTable = field(init=False)
    roster: Roster = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        opened = open_roster(self.path, AT, self.floor)
        assert opened.quarantined is None
        self.table = opened.table
        self.roster = Roster(self.table, GW, self.trusted, DOORS, self.stoppers)

    def close(self) -> None:
        self.table.close()

    def reopen(self) -> None:
        self.close()
        self.open()

    def finish(self, result: Result) -> Result:
        """Work until `result` is final."""
        while isinstance(result, Working):
            worked = self.roster.work(AT)
            assert worked is not None
            result = worked
        return result

    def delta(self, token: str | bytes) -> Result:
        return self.finish(self.roster.on_delta(token, AT))

    def head(self, token: str | bytes) -> Result:
        return self.finish(self.roster.on_head(token, AT))

    def chunk(self, revision: int, n: int, data: bytes) -> Result:
        return self.finish(self.roster.on_chunk(revision, n, data, AT))

    def load(self, office: Office, a_chunk: int = 100) -> Result:
        """Take the office's whole list."""
        ref, chunks = office.snapshot(a_chunk)
        result = self.head(office.head(ref))
        for n, data in enumerate(chunks):
            result = self.chunk(ref.revision, n, data)
        return result
