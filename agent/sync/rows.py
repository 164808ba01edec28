"""What the outbox needs of the journal, and how rows become messages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from protocols.mqtt.events import backfill_body, event_text
from protocols.mqtt.topics import LARGEST_NUMBER, NAME_CHARS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

DAMAGED: Final = '{"damaged":true}'
"""Said in the place of a body that the disk has spoilt: one such row must not cost its whole batch."""

SPOILT: Final = "journal.row_spoilt"
"""The kind of a row that the disk has spoilt: its number is told, and that nothing of it can be."""

_KIND: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_KIND_CHARS: Final = 64
_DOOR: Final = re.compile(rf"[^+#/\x00-\x1f\x7f]{{1,{NAME_CHARS}}}")
_TEXT_CHARS: Final = 512
_CLOCKS: Final = frozenset({"synced", "holdover", "unset"})


class Row(Protocol):
    """An entry of the journal. `body` is a JSON object as text."""

    @property
    def seq(self) -> int:
        """The number, never used twice."""

    @property
    def at(self) -> datetime:
        """When it happened."""

    @property
    def boot_id(self) -> str:
        """In which run of the machine."""

    @property
    def mono_ms(self) -> int:
        """When, by that run's own clock."""

    @property
    def clock(self) -> str:
        """How far `at` is to be believed."""

    @property
    def kind(self) -> str:
        """What happened."""

    @property
    def door(self) -> str | None:
        """Where."""

    @property
    def body(self) -> str:
        """The story."""


class Reader(Protocol):
    """A read-only view of the journal, opened and used by one thread. Raises StoreError."""

    def after(self, seq: int, limit: int) -> Sequence[Row]:
        """Return up to `limit` rows above `seq`, in order."""

    def head(self) -> int:
        """Return the newest number given out."""

    def cursors(self) -> tuple[int, int]:
        """Return (sent, confirmed)."""

    def close(self) -> None:
        """End it."""


class Told(NamedTuple):
    """A row as an event's text. sound: False where the disk has spoilt it, and not all of it is told."""

    text: str
    sound: bool


class Batch(NamedTuple):
    """Rows as one payload. last: the last one's number; spoilt: the numbers of those that are not sound."""

    last: int
    payload: bytes
    spoilt: tuple[int, ...]


def text_of(row: Row, gateway: str, *, historical: bool) -> Told:
    """Return `row` as an event that every consumer can read: one that it refuses would cost the batch."""
    fit = _fit(row)
    sound = fit and row.kind != SPOILT and _sound(row.body)
    text = event_text(
        gateway=gateway,
        seq=row.seq,
        at=row.at,
        boot_id=row.boot_id if fit else "",
        mono_ms=row.mono_ms if fit else 0,
        clock=row.clock if fit else "unset",
        kind=row.kind if fit else SPOILT,
        door=row.door if fit else None,
        body_text=row.body if sound else DAMAGED,
        historical=historical,
    )
    return Told(text, sound)


def batch_of(rows: Sequence[Row], gateway: str, size: int) -> Batch:
    """Return as many of `rows` (one at least) as fit in `size` bytes."""
    texts: list[str] = []
    spoilt: list[int] = []
    room = size
    last = rows[0].seq
    for row in rows:
        text, sound = text_of(row, gateway, historical=True)
        room -= len(text)
        if texts and room < 0:
            break
        texts.append(text)
        last = row.seq
        if not sound:
            spoilt.append(row.seq)
    return Batch(last, backfill_body(gateway, rows[0].seq, last, texts), tuple(spoilt))


def _fit(row: Row) -> bool:
    """Say whether what stands around the body is what an event may have."""
    return (
        row.clock in _CLOCKS
        and len(row.kind) <= _KIND_CHARS
        and _KIND.fullmatch(row.kind) is not None
        and 0 <= row.mono_ms <= LARGEST_NUMBER
        and len(row.boot_id) <= _TEXT_CHARS
        and (row.door is None or _DOOR.fullmatch(row.door) is not None)
    )


def _sound(body: str) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
