"""How full the journal is with rows that the centre has not confirmed, and how long that can go on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.store.rows import maybe_from_ms

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path

    from agent.store.retention import Limits

NEAR_FULL = (0.80, 0.90, 0.95)
"""Fractions at which the event store's filling is an alarm."""

FORECAST_ROWS = 5_000
"""The forecast looks back this far at most: some days of a house, some hours of a busy gate."""

ROW_BYTES = 300  # measured: 267 for a decision with its trace; stands in until the file itself says more
ROWS_TO_MEASURE = 10_000
_MS_AN_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Fill:
    """How near the journal is to giving up rows.

    fraction: of the rows that fit, those not confirmed; 1.0 is full. hours: until full at the recent rate,
    None where no rate is known. capacity: rows that fit by count, by bytes and by the free disk.
    backlog: rows not confirmed, oldest at `oldest_at`. used_bytes: of the file. disk_free_bytes: of its disk.
    """

    fraction: float
    hours: float | None
    capacity: int
    backlog: int
    oldest_at: datetime | None
    used_bytes: int
    disk_free_bytes: int


def measure(
    connection: sqlite3.Connection, path: Path, limits: Limits, *, rows: int, confirmed: int, head: int
) -> Fill:
    """Return the fill of a journal of `rows` rows, the newest `head`. sqlite3 and OS errors pass through."""
    one = connection.execute
    pages = one("PRAGMA page_count").fetchone()[0]
    free_pages = one("PRAGMA freelist_count").fetchone()[0]
    page_size = one("PRAGMA page_size").fetchone()[0]
    used = (pages - free_pages) * page_size
    disk = os.statvfs(path)
    disk_free = disk.f_bavail * disk.f_frsize
    row_bytes = used / rows if rows >= ROWS_TO_MEASURE else ROW_BYTES
    room_bytes = min(limits.bytes, used + free_pages * page_size + disk_free)
    capacity = max(1, min(limits.rows, int(room_bytes / row_bytes)))
    backlog = count_after(connection, confirmed, head)
    oldest = one("SELECT at_ms FROM journal WHERE seq > ? ORDER BY seq LIMIT 1", (confirmed,)).fetchone()
    return Fill(
        fraction=min(1.0, backlog / capacity),
        hours=_hours(connection, capacity - backlog),
        capacity=capacity,
        backlog=backlog,
        oldest_at=None if oldest is None else maybe_from_ms(oldest[0]),
        used_bytes=used,
        disk_free_bytes=disk_free,
    )


def count_after(connection: sqlite3.Connection, after: int, head: int) -> int:
    """Count the rows after `after`, without reading them: numbers less the stretches removed."""
    (gone,) = connection.execute(
        "SELECT coalesce(sum(last - max(first, ? + 1) + 1), 0) FROM removed WHERE last > ?", (after, after)
    ).fetchone()
    return max(0, head - after - int(gone))


def _hours(connection: sqlite3.Connection, rows_left: int) -> float | None:
    """Forecast by the rate of the newest rows; None where they tell none, as after a jump of the clock."""
    newest = connection.execute("SELECT seq, at_ms FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    if newest is None:
        return None
    earlier = connection.execute(
        "SELECT seq, at_ms FROM journal WHERE seq >= ? ORDER BY seq LIMIT 1", (newest[0] - FORECAST_ROWS,)
    ).fetchone()
    if not (isinstance(newest[1], int) and isinstance(earlier[1], int)):
        return None  # a column that the disk has spoilt
    elapsed_h = (newest[1] - earlier[1]) / _MS_AN_HOUR
    return None if elapsed_h <= 0 else max(0, rows_left) * elapsed_h / (newest[0] - earlier[0])
