"""What the journal takes and gives: entries, batches, rows, and the chain that binds the rows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.passes import PassUse

GENESIS = hashlib.sha256(b"menshen journal v1").digest()
"""The hash before row 1: nobody can put rows before the first and keep the chain."""

BODY_LONGEST = 16 * 1024
"""Bytes of one body as JSON. What an entry tells fits in one; more comes only of a fault in a peer."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
SPOILT = "journal.row_spoilt"
"""The kind of a row that can be read no more, so that its number does not go missing. Never stored."""

SPOILT_BODY = '{"damaged":true}'
_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `at`: aware; `mono_ms`: of this boot; `clock`: synced, holdover or unset.

    alarm: of the kind that is given up last when room runs out.
    """

    kind: str
    door: str | None
    body: Mapping[str, object]
    at: datetime
    mono_ms: int
    clock: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class UsedToken:
    """A token that was acted on; `expires_at` (aware) says how long it must be remembered at least."""

    jti: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that one commit puts on disk: all of it, or nothing.

    doors: remembered state by name as JSON text, None to forget. settings: single values by name.
    pass_uses: each the next of its pass. sent, confirmed: how far the centre is; they only rise, and never
    past what is there.
    """

    entries: tuple[Entry, ...] = ()
    used: tuple[UsedToken, ...] = ()
    doors: Mapping[str, str | None] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    pass_uses: tuple[PassUse, ...] = ()
    sent: int | None = None
    confirmed: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it stands in the journal. `hash`: SHA-256 over the hash before and this row.

    `body` is canonical JSON text: ASCII, sorted keys, no spaces.
    """

    seq: int
    at: datetime
    boot_id: str
    mono_ms: int
    clock: str
    kind: str
    door: str | None
    alarm: bool
    body: str
    hash: bytes

    def data(self) -> dict[str, object]:
        """Return the body as an object."""
        found = json.loads(self.body)
        return found if isinstance(found, dict) else {"value": found}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows `first` to `last` that are no longer in the journal; `hash` is the hash of row `last`."""

    first: int
    last: int
    hash: bytes


def to_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970 (UTC), rounded down."""
    return (at - EPOCH) // _MILLISECOND


def from_ms(value: int) -> datetime:
    """Return the aware UTC time of `value` milliseconds since 1970."""
    return EPOCH + value * _MILLISECOND


def maybe_from_ms(value: object) -> datetime | None:
    """Return the time in a column, or None where damage has made it none."""
    try:
        return from_ms(value) if isinstance(value, int) else None
    except OverflowError:
        return None


def body_text(body: Mapping[str, object]) -> str:
    """Return `body` as canonical JSON; one that is too long leaves only its length behind."""
    text = _encode(body)
    return text if len(text) <= BODY_LONGEST else _encode({"oversize_bytes": len(text)})


def chained(prev: bytes, columns: tuple[int, int, str, int, str, str, str | None, int, str]) -> bytes:
    """Return SHA-256(prev, then `[seq,at_ms,boot_id,mono_ms,clock,kind,door,alarm]`, newline, body).

    columns: those eight and the body text. The list is compact ASCII JSON, so it holds no newline and
    no two rows have the same bytes.
    """
    return hashlib.sha256(prev + f"{_encode(columns[:8])}\n{columns[8]}".encode()).digest()


def blob(value: object) -> bytes:
    """Return bytes as they were stored. Raises TypeError for anything else, which damage has put there."""
    if not isinstance(value, bytes):
        raise TypeError("not bytes")
    return value
