"""What the journal gives up first, and how the chain stays provable when rows go.

Order: rows the centre has confirmed, oldest first; then rows it has not, oldest first, without alarms;
alarms last. A stretch of rows that goes leaves the hash of its last row in `removed`, so the row after it
still proves itself, and a row in the chain names the stretch: `journal.trimmed` for confirmed rows,
`journal.gap` for rows given up. So rows cannot be taken away later without a row that says so, and that
row is bound by the next signed checkpoint. Both kinds count as alarms here: they go last, and by then
everything before them is one stretch, which the newer row names whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

SLICE = 256
"""Rows taken away at a time: a few milliseconds, so that no door waits for housekeeping."""

KINDS_OF_REMOVAL = 3
"""Confirmed rows, ordinary ones, alarms: where one kind does not make room enough, the next one follows."""

GAP = "journal.gap"
TRIMMED = "journal.trimmed"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the journal may hold. Age counts for confirmed rows only: no other goes for its age.

    The default keeps a million events through an outage and about 300 MB of disk.
    """

    rows: int = 1_100_000
    bytes: int = 768 * 1024 * 1024
    age_s: float = 400 * 86_400.0

    def __post_init__(self) -> None:
        """Refuse bounds below what one slice needs."""
        if self.rows < 2 * SLICE or self.bytes < 1024 * 1024 or self.age_s <= 0:
            raise ValueError(f"a journal needs at least {2 * SLICE} rows, 1 MiB and a positive age")


@dataclass(frozen=True, slots=True)
class Removal:
    """What one slice took away. `ranges`: the stretches that now cover it, merged with their neighbours."""

    kind: str
    rows: int
    ranges: tuple[tuple[int, int], ...]


def remove_oldest(connection: sqlite3.Connection, confirmed: int, limit: int) -> Removal | None:
    """Take away up to `limit` rows in the stated order, in the caller's transaction. None: none are left."""
    picked = (
        (TRIMMED, "SELECT seq FROM journal WHERE seq <= ? ORDER BY seq LIMIT ?"),
        (GAP, "SELECT seq FROM journal WHERE seq > ? AND alarm = 0 ORDER BY seq LIMIT ?"),
        (GAP, "SELECT seq FROM journal WHERE seq > ? ORDER BY seq LIMIT ?"),
    )
    for kind, query in picked:
        seqs = [seq for (seq,) in connection.execute(query, (confirmed, limit))]
        if seqs:
            return _remove(connection, kind, seqs)
    return None


def remove_aged(connection: sqlite3.Connection, confirmed: int, before_ms: int, limit: int) -> Removal | None:
    """Take away up to `limit` of the oldest confirmed rows that were recorded before `before_ms`."""
    rows = connection.execute(
        "SELECT seq, at_ms FROM journal WHERE seq <= ? ORDER BY seq LIMIT ?", (confirmed, limit)
    ).fetchall()
    seqs = [seq for seq, _ in takewhile(lambda row: _aged(row[1], before_ms), rows)]
    return _remove(connection, TRIMMED, seqs) if seqs else None


def _aged(at_ms: object, before_ms: int) -> bool:
    """Say whether a row is of before; one whose time the disk has spoilt goes with its neighbours."""
    return not isinstance(at_ms, int) or at_ms < before_ms


def _remove(connection: sqlite3.Connection, kind: str, seqs: list[int]) -> Removal:
    ranges: dict[int, int] = {}
    for first, last in _runs(seqs):
        (digest,) = connection.execute("SELECT hash FROM journal WHERE seq = ?", (last,)).fetchone()
        connection.execute("DELETE FROM journal WHERE seq BETWEEN ? AND ?", (first, last))
        merged_first, merged_last = _merge(connection, first, last, digest)
        ranges = {a: b for a, b in ranges.items() if not merged_first <= a <= merged_last}
        ranges[merged_first] = merged_last
    return Removal(kind, len(seqs), tuple(sorted(ranges.items())))


def _runs(seqs: list[int]) -> list[tuple[int, int]]:
    """Return the runs of neighbours in rising `seqs` as (first, last)."""
    runs: list[tuple[int, int]] = []
    for seq in seqs:
        if runs and runs[-1][1] == seq - 1:
            runs[-1] = (runs[-1][0], seq)
        else:
            runs.append((seq, seq))
    return runs


def _merge(connection: sqlite3.Connection, first: int, last: int, digest: bytes) -> tuple[int, int]:
    """Put the stretch into `removed`, joined with the stretches it touches; return its ends."""
    before = connection.execute("SELECT first FROM removed WHERE last = ?", (first - 1,)).fetchone()
    after = connection.execute("SELECT last, hash FROM removed WHERE first = ?", (last + 1,)).fetchone()
    if before:
        connection.execute("DELETE FROM removed WHERE last = ?", (first - 1,))
        first = before[0]
    if after:
        connection.execute("DELETE FROM removed WHERE first = ?", (last + 1,))
        last, digest = after
    connection.execute("INSERT INTO removed (first, last, hash) VALUES (?, ?, ?)", (first, last, digest))
    return first, last
