"""What the outbox needs of the journal, and how rows become messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Protocol

from protocols.mqtt.events import backfill_body, event_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

DAMAGED: Final = '{"damaged":true}'
"""Said in the place of a body that the disk has spoilt: one such row must not cost its whole batch."""


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


def text_of(row: Row, gateway: str, *, historical: bool) -> str:
    """Return `row` as an event."""
    return event_text(
        gateway=gateway,
        seq=row.seq,
        at=row.at,
        boot_id=row.boot_id,
        mono_ms=row.mono_ms,
        clock=row.clock,
        kind=row.kind,
        door=row.door,
        body_text=row.body if _sound(row.body) else DAMAGED,
        historical=historical,
    )


def batch_of(rows: Sequence[Row], gateway: str, size: int) -> tuple[int, bytes]:
    """Return as many of `rows` (one at least) as fit in `size` bytes: the last one's number, the payload."""
    texts: list[str] = []
    room = size
    last = rows[0].seq
    for row in rows:
        text = text_of(row, gateway, historical=True)
        room -= len(text)
        if texts and room < 0:
            break
        texts.append(text)
        last = row.seq
    return last, backfill_body(gateway, rows[0].seq, last, texts)


def _sound(body: str) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
