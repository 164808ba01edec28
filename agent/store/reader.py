"""Read the journal from another thread, while the loop writes it: for the outbox and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.store.database import UNREADABLE, Guard, Reading, open_reader
from agent.store.fill import ROW_BYTES, count_after
from agent.store.rows import EPOCH, GENESIS, SPOILT, SPOILT_BODY, Row, Stretch, blob, from_ms, maybe_from_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

READ_MOST = 1_000
"""Rows of one read: some 400 KiB of memory."""

SEQ_MOST = 2**63 - 1
_COLUMNS = "seq, at_ms, boot_id, mono_ms, clock, kind, door, alarm, body, hash"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits behind a cursor. `bytes` is an estimate, at the mean size of a row."""

    count: int
    bytes: int
    oldest_at: datetime | None


class JournalReader:
    """A read-only connection of its own. One thread at a time; every call sees the newest commit.

    Every method raises StoreError where the file cannot be read.
    """

    def __init__(self, path: Path, *, immutable: bool = False) -> None:
        self._connection = open_reader(path, immutable=immutable)
        # A text that is damaged holds up nothing that comes after it: the chain tells that it is.
        self._connection.text_factory = _lenient

    def after(self, seq: int, limit: int = READ_MOST) -> tuple[Row, ...]:
        """Return up to `limit` rows after `seq`, in order. Numbers may be missing: see `gaps`.

        A row whose columns are not what they were is one of kind SPOILT: it costs only itself.
        """
        found = self._found("seq > ? ORDER BY seq LIMIT ?", (seq, min(limit, READ_MOST)))
        return tuple(_row_or_spoilt(columns) for columns in found)

    def between(self, first: int, last: int, limit: int = READ_MOST) -> tuple[Row, ...]:
        """Return up to `limit` rows from `first` to `last`, both included, in order."""
        return self._rows("seq BETWEEN ? AND ? ORDER BY seq LIMIT ?", (first, last, min(limit, READ_MOST)))

    def walk(self, first: int = 1, last: int | None = None) -> Iterator[Row]:
        """Go through the rows from `first` to `last` (None: the newest) in order, a read at a time."""
        end = SEQ_MOST if last is None else last
        while rows := self.between(first, end):
            yield from rows
            first = rows[-1].seq + 1

    def hold(self) -> None:
        """See the file as it is now until `close`, whatever is written meanwhile. For short checks only."""
        with Guard("read the journal"):
            self._connection.execute("BEGIN")

    def head(self) -> int:
        """Return the newest number given out, whether or not its row is still here."""
        with Guard("read the journal"):
            counted = self._one("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal'")
            gone = self._one("SELECT coalesce(max(last), 0) FROM removed")
        return max(counted, gone)

    def cursors(self) -> tuple[int, int]:
        """Return (sent, confirmed)."""
        with Guard("read the journal"):
            found = dict(self._connection.execute("SELECT name, seq FROM cursor").fetchall())
        return found["sent"], found["confirmed"]

    def gaps(self, first: int = 1, last: int | None = None) -> tuple[Stretch, ...]:
        """Return the removed stretches that touch `first` to `last`, so that a consumer can be told."""
        with Guard("read the journal"):
            rows = self._connection.execute(
                "SELECT first, last, hash FROM removed WHERE last >= ? AND first <= ? ORDER BY first",
                (first, SEQ_MOST if last is None else last),
            ).fetchall()
        return tuple(Stretch(*row) for row in rows)

    def backlog(self, after: int) -> Backlog:
        """Measure what waits after `after`, without reading it."""
        head = self.head()
        with Guard("read the journal"):
            count = count_after(self._connection, after, head)
            oldest = self._connection.execute(
                "SELECT at_ms FROM journal WHERE seq > ? ORDER BY seq LIMIT 1", (after,)
            ).fetchone()
        return Backlog(count, count * ROW_BYTES, None if oldest is None else maybe_from_ms(oldest[0]))

    def hash_before(self, seq: int) -> bytes | None:
        """Return the hash that row `seq` is chained to, or None where the chain does not tell."""
        if seq == 1:
            return GENESIS
        with Guard("read the journal"):
            found = self._connection.execute(
                "SELECT hash FROM journal WHERE seq = ? UNION ALL SELECT hash FROM removed WHERE last = ?",
                (seq - 1, seq - 1),
            ).fetchone()
        return None if found is None else bytes(found[0])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _one(self, query: str) -> int:
        value: int = self._connection.execute(query).fetchone()[0]
        return value

    def _rows(self, condition: str, values: tuple[int, int] | tuple[int, int, int]) -> tuple[Row, ...]:
        with Reading("read the journal"):
            return tuple(_row(columns) for columns in self._found(condition, values))

    def _found(self, condition: str, values: tuple[int, ...]) -> list[tuple[Any, ...]]:
        query = f"SELECT {_COLUMNS} FROM journal WHERE {condition}"  # noqa: S608 - constants of this module
        with Guard("read the journal"):
            return self._connection.execute(query, values).fetchall()


def _row(columns: tuple[Any, ...]) -> Row:
    """Return a row. Raises TypeError or OverflowError where damage has made a column something else."""
    seq, at_ms, boot_id, mono_ms, clock, kind, door, alarm, body, digest = columns
    if not all(isinstance(each, str) for each in (boot_id, clock, kind, door or "", body)):
        raise TypeError("not a text")
    if not (isinstance(mono_ms, int) and isinstance(alarm, int)):
        raise TypeError("not a number")
    return Row(seq, from_ms(at_ms), boot_id, mono_ms, clock, kind, door, bool(alarm), body, blob(digest))


def _row_or_spoilt(columns: tuple[Any, ...]) -> Row:
    try:
        return _row(columns)
    except UNREADABLE:
        seq, at_ms = columns[:2]
        at = maybe_from_ms(at_ms) or EPOCH
        return Row(seq, at, "", 0, "unset", SPOILT, None, alarm=True, body=SPOILT_BODY, hash=b"")


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "replace")
