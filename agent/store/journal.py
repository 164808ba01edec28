"""What happened, numbered and chained: the one writer of journal.db. One thread.

Beside the rows the file holds the memory (`agent.store.memory`), so that what was decided and what must be
remembered of it go to disk in one transaction, with one fsync. What goes first when room runs out stands in
`agent.store.retention`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from agent.store.ceiling import Ceiling
from agent.store.database import (
    Damaged,
    Guard,
    NoRoom,
    Quarantined,
    Reading,
    Transaction,
    mark_damaged,
    open_database,
)
from agent.store.fill import Fill, measure
from agent.store.memory import BEGUN_AT, EPOCH_SETTING, LOST_AT, SET_VALUE, Memory, check_setting
from agent.store.passes import Passes, count_uses
from agent.store.reserve import Reserve
from agent.store.retention import KINDS_OF_REMOVAL, SLICE, Limits, Removal, remove_aged, remove_oldest
from agent.store.rows import (
    GENESIS,
    Batch,
    Entry,
    Row,
    blob,
    body_text,
    chained,
    from_ms,
    maybe_from_ms,
    to_ms,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

SIZE_EVERY: Final = 256
"""Rows between two looks at the file's size: at some 400 bytes a row it grows by 100 KiB in between."""

EPOCH_MOST: Final = 2**32
"""Starts believed of the file beside: one a second for 136 years, and a session's epoch is still exact."""

_INSERT: Final = (
    "INSERT INTO journal (seq, at_ms, boot_id, mono_ms, clock, kind, door, alarm, body, hash) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REMEMBER: Final = (
    "INSERT INTO door (name, state) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET state = excluded.state"
)


@dataclass(frozen=True, slots=True)
class OpenedJournal:
    """The journal, and the file that had to be set aside to have one: the caller records that."""

    journal: Journal
    quarantined: Quarantined | None


@dataclass(frozen=True, slots=True)
class _State:
    """What is true on disk; replaced only after a commit, so a failed one leaves it as it was."""

    seq: int
    hash: bytes
    rows: int
    used_bytes: int
    sized_at: int
    sent: int
    confirmed: int


class Journal:
    """The writer of journal.db; see `open_journal`.

    `memory` and `passes` read what is remembered beside the rows.
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path, boot_id: str, limits: Limits, *, lost_at: datetime
    ) -> None:
        self._connection = connection
        self._path = path
        self._boot_id = boot_id
        self._identity = _identity(path)
        self._limits = limits
        self._reserve = Reserve(path.with_name(path.name + ".reserve"))
        self._ceiling = Ceiling(path.with_name(path.name + ".ceiling"))
        self._epochs = Ceiling(path.with_name(path.name + ".epoch"), lease=0, most=EPOCH_MOST)
        with Guard("read the journal"):
            self._state = self._load(lost_at)
        self.memory: Final = Memory(connection)
        self.passes: Final = Passes(connection, self.memory)

    @property
    def path(self) -> Path:
        """Where the file is: a reader opens a connection of its own."""
        return self._path

    @property
    def head(self) -> tuple[int, bytes]:
        """The number and the hash of the newest row; 0 and the genesis hash before the first."""
        return self._state.seq, self._state.hash

    @property
    def sent(self) -> int:
        """The newest row that the broker has taken."""
        return self._state.sent

    @property
    def confirmed(self) -> int:
        """The newest row that the centre has confirmed."""
        return self._state.confirmed

    def last_at(self) -> datetime | None:
        """Return when the newest row was recorded, by the clock it had; None before the first.

        None, too, where the disk has spoilt that.
        """
        with Guard("read the journal"):
            found = self._connection.execute("SELECT at_ms FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        return None if found is None else maybe_from_ms(found[0])

    @property
    def on_reserve(self) -> bool:
        """Say whether the disk is full and rows go into the room kept for that. Then it is an alarm."""
        return not self._reserve.held

    def commit(self, batch: Batch) -> tuple[Row, ...]:
        """Put all of `batch` on disk with one fsync; return its rows, then those the journal itself added.

        rows[: len(batch.entries)] are the entries' own, in order. Raises StoreError, NoRoom where the disk is
        full: nothing of the batch was recorded then, so nothing of it may be acted on; a later commit may
        succeed. Damaged where none ever will: the file is spoilt, or was taken away. A token id used twice is
        a StoreError: claim it from `memory` first. So is a pass's use that is not the next in `passes`.
        """
        self._ceiling.cover(self._state.seq + len(batch.entries) + KINDS_OF_REMOVAL)
        try:
            self._in_place()
            rows = self._commit(batch)
        except NoRoom:
            if not self._reserve.give_up():
                raise
            rows = self._commit(batch)
        except Damaged:
            mark_damaged(self._path)
            raise
        self.memory.settled(batch.used)
        return rows

    def start_boot(self) -> int:
        """Count this start of the daemon; return its epoch, higher than every one before.

        It is kept beside the file, too: after a loss the last will of a session before it would outrank the
        birth of the one after it. Where the disk is full it goes uncounted, and the next start may have the
        same epoch: that is less than an exit button which nobody serves because the daemon did not start.
        """
        epoch = max(int(self.memory.setting(EPOCH_SETTING) or 0), self._epochs.value) + 1
        self._epochs.cover(epoch)
        with suppress(NoRoom):
            self.commit(Batch(settings={EPOCH_SETTING: str(epoch)}))
        return epoch

    def tidy(self, at: datetime, mono_ms: int, clock: str) -> bool:
        """Do one slice of housekeeping, some milliseconds; say whether more is waiting. For idle moments.

        Forgets ended tokens and passes, takes confirmed rows away for their age (by a synced clock only: a
        wrong one would empty the journal), and takes the reserve back. Raises StoreError.
        """
        if not self._reserve.held:
            self._reserve.take()
        pruned = self.memory.prune(at) + self.passes.prune(at)
        if clock != "unset":
            self.passes.date_loss(at)
        if clock != "synced":
            return pruned > 0
        before_ms = to_ms(at - timedelta(seconds=self._limits.age_s))
        with Transaction(self._connection, "trim the journal"):
            removal = remove_aged(self._connection, self._state.confirmed, before_ms, SLICE)
            if removal is None:
                return pruned > 0
            said = _removal_entry(removal, "age", at, mono_ms, clock)
            _, state = self._append(replace(self._state, rows=self._state.rows - removal.rows), (said,))
        self._state = state
        return True

    def fill(self) -> Fill:
        """Measure how near the journal is to giving rows up. Raises StoreError."""
        state = self._state
        with Reading("measure the journal"):
            return measure(
                self._connection,
                self._path,
                self._limits,
                rows=state.rows,
                confirmed=state.confirmed,
                head=state.seq,
            )

    def close(self) -> None:
        """Close the file; whatever was committed is on disk already."""
        self._connection.close()

    def _in_place(self) -> None:
        """Raise Damaged where the file is no longer at its path: what is written to it is lost with it."""
        with Guard("find the journal"):
            try:
                found: object = _identity(self._path)
            except FileNotFoundError:
                found = None
            if found != self._identity:
                raise Damaged(f"{self._path} was taken away while it was in use")

    def _load(self, lost_at: datetime) -> _State:
        """Read where the chain ends. A new file begins above every number that an older one gave out.

        lost_at: when it is found that there was an older one, and its memory of used tokens is gone with it.
        """
        one = self._connection.execute
        counted = one("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal'").fetchone()[
            0
        ]
        newest = one("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone() or (0, GENESIS)
        gone = one("SELECT last, hash FROM removed ORDER BY last DESC LIMIT 1").fetchone() or (0, GENESIS)
        missing = one("SELECT coalesce(sum(last - first + 1), 0) FROM removed").fetchone()[0]
        last, digest = max(newest, gone)
        seq = max(counted, last)
        begun = one("SELECT 1 FROM setting WHERE name = ?", (BEGUN_AT,)).fetchone() is not None
        if seq == 0 and not begun:
            seq = missing = self._begin(lost_at)
        cursors = dict(one("SELECT name, seq FROM cursor").fetchall())
        sent, confirmed = int(cursors["sent"]), int(cursors["confirmed"])
        if not 0 <= confirmed <= sent <= seq:
            raise ValueError("cursors that cannot be")
        for name, value in one("SELECT name, value FROM setting").fetchall():
            check_setting(name, value)
        return _State(seq, blob(digest), max(0, seq - missing), self._used_bytes(), seq, sent, confirmed)

    def _begin(self, at: datetime) -> int:
        """Begin a new file; return the number after which it goes on. 0 where there was none before it."""
        seq = self._ceiling.value
        with Transaction(self._connection, "begin the journal"):
            self._connection.execute(SET_VALUE, (BEGUN_AT, str(to_ms(at))))
            if seq > 0:
                self._connection.execute(SET_VALUE, (LOST_AT, str(to_ms(at))))
                self._connection.execute(
                    "INSERT INTO removed (first, last, hash) VALUES (1, ?, ?)", (seq, GENESIS)
                )
        return seq

    def _commit(self, batch: Batch) -> tuple[Row, ...]:
        many = self._connection.executemany
        with Transaction(self._connection, "write the journal"):
            state, made = self._make_room(batch.entries)
            rows, state = self._append(state, (*batch.entries, *made))
            if batch.used:
                many(
                    "INSERT INTO used_token (jti, expires_ms) VALUES (?, ?)",
                    [(token.jti, to_ms(token.expires_at)) for token in batch.used],
                )
            count_uses(self._connection, batch.pass_uses)
            if batch.doors:
                self._remember(batch.doors.items())
            if batch.settings:
                many(SET_VALUE, list(batch.settings.items()))
            if batch.sent is not None or batch.confirmed is not None:
                state = self._move(state, batch.sent, batch.confirmed)
        self._state = state
        return rows

    def _append(self, state: _State, entries: Iterable[Entry]) -> tuple[tuple[Row, ...], _State]:
        rows: list[Row] = []
        columns: list[tuple[object, ...]] = []
        seq, digest = state.seq, state.hash
        for entry in entries:
            seq += 1
            at_ms, body = to_ms(entry.at), body_text(entry.body)
            row = (
                seq,
                at_ms,
                self._boot_id,
                entry.mono_ms,
                entry.clock,
                entry.kind,
                entry.door,
                int(entry.alarm),
                body,
            )
            digest = chained(digest, row)
            columns.append((*row, digest))
            rows.append(
                Row(
                    seq,
                    from_ms(at_ms),
                    self._boot_id,
                    entry.mono_ms,
                    entry.clock,
                    entry.kind,
                    entry.door,
                    entry.alarm,
                    body,
                    digest,
                )
            )
        self._connection.executemany(_INSERT, columns)
        return tuple(rows), replace(state, seq=seq, hash=digest, rows=state.rows + len(rows))

    def _make_room(self, entries: tuple[Entry, ...]) -> tuple[_State, tuple[Entry, ...]]:
        """Take the oldest rows away where these entries would pass a bound; return the rows that say so."""
        state = self._state
        if not entries:
            return state, ()
        if state.seq - state.sized_at >= SIZE_EVERY:
            state = replace(state, used_bytes=self._used_bytes(), sized_at=state.seq)
        newest, said = entries[-1], list[Entry]()
        for _ in range(KINDS_OF_REMOVAL):
            why = self._over(state, len(entries) + len(said))
            removal = why and remove_oldest(self._connection, state.confirmed, len(entries) + SLICE)
            if not why or not removal:
                break
            said.append(_removal_entry(removal, why, newest.at, newest.mono_ms, newest.clock))
            left = state.rows - removal.rows
            state = replace(state, rows=left, used_bytes=self._used_bytes(), sized_at=state.seq)
        return state, tuple(said)

    def _over(self, state: _State, more: int) -> str:
        """Say which bound `more` rows would pass; "" where none."""
        if state.rows + more > self._limits.rows:
            return "rows"
        return "bytes" if state.used_bytes > self._limits.bytes else ""

    def _remember(self, doors: Iterable[tuple[str, str | None]]) -> None:
        kept = [(name, text) for name, text in doors if text is not None]
        gone = [(name,) for name, text in doors if text is None]
        self._connection.executemany(_REMEMBER, kept)
        self._connection.executemany("DELETE FROM door WHERE name = ?", gone)

    def _move(self, state: _State, sent: int | None, confirmed: int | None) -> _State:
        """Raise the cursors: sent never past the head, confirmed never past sent, neither ever back."""
        new_sent = min(max(state.sent, sent or 0), state.seq)
        new_confirmed = max(state.confirmed, min(confirmed or 0, new_sent))
        self._connection.executemany(
            "UPDATE cursor SET seq = ? WHERE name = ?", [(new_sent, "sent"), (new_confirmed, "confirmed")]
        )
        return replace(state, sent=new_sent, confirmed=new_confirmed)

    def _used_bytes(self) -> int:
        one = self._connection.execute
        pages = one("PRAGMA page_count").fetchone()[0] - one("PRAGMA freelist_count").fetchone()[0]
        size: int = one("PRAGMA page_size").fetchone()[0]
        return int(pages) * size


def open_journal(path: Path, *, boot_id: str, at: datetime, limits: Limits | None = None) -> OpenedJournal:
    """Open journal.db at `path`, making it where there is none; a damaged or newer file is set aside.

    boot_id: names this start of the daemon in every row. at: the time now; it names a quarantined file, and
    orders signed before it are refused where the memory of them was lost. Raises StoreError.
    """
    opened = open_database(
        path,
        "journal",
        at,
        lambda connection: Journal(connection, path, boot_id, limits or Limits(), lost_at=at),
    )
    return OpenedJournal(opened.content, opened.quarantined)


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from another one that comes to its path."""
    found = path.stat()
    return found.st_dev, found.st_ino


def _removal_entry(removal: Removal, why: str, at: datetime, mono_ms: int, clock: str) -> Entry:
    body = {"ranges": [list(pair) for pair in removal.ranges], "removed": removal.rows, "why": why}
    return Entry(removal.kind, None, body, at, mono_ms, clock, alarm=True)
