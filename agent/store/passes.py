"""How often each visitor's pass was used: beside the journal, so that a use goes to disk with its record.

It reads the journal's own file; `Journal.commit` writes it, in one transaction with the rows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from agent.errors import StoreError
from agent.store.database import Guard, Transaction
from agent.store.memory import LOST_AT, NEVER_MS, PRUNED_AT_ONCE, SET_VALUE, TOKEN_MARGIN
from agent.store.rows import from_ms, to_ms

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from agent.domain.passes import PassUse
    from agent.store.memory import Memory

PASSES_MOST: Final = 65_536
"""Passes counted at once, some 6 MB: two thousand new visitors a day, each with the longest window. Beyond
that new ones are refused rather than old ones forgotten."""

LONGEST_PASS: Final = timedelta(days=31)
"""The longest window of a pass."""

FORGOTTEN_PASSES: Final = "passes.forgotten_until_ms"
LOST_BY: Final = "passes.lost_by_ms"
"""When the count had been lost already, by a clock that was set: at the loss itself it may not have been."""

_FIRST: Final = "INSERT OR IGNORE INTO pass_use (used, number, ends_ms) VALUES (?, ?, ?)"
_NEXT: Final = "UPDATE pass_use SET used = ?1, ends_ms = max(ends_ms, ?3) WHERE number = ?2 AND used = ?1 - 1"


class Passes:
    """Reads of how often passes were used. One thread: the journal's."""

    def __init__(self, connection: sqlite3.Connection, memory: Memory) -> None:
        self._connection = connection
        self._memory = memory

    def used(self, number: str, begins: datetime, ends: datetime) -> int | None:
        """Return how often the pass `number` was used; None where nobody can tell, or no more is counted.

        begins, ends: its window, aware. Nobody can tell of a pass that may have been used before the count
        was last lost (its file was damaged or taken away), nor of one that ended before the newest one
        forgotten: a clock set back must not bring it to life. Raises StoreError.
        """
        if self._may_be_lost(begins) or to_ms(ends) <= self._number(FORGOTTEN_PASSES):
            return None
        with Guard("read the uses of passes"):
            one = self._connection.execute
            found = one("SELECT used FROM pass_use WHERE number = ?", (number,)).fetchone()
            if found is not None:
                return int(found[0])
            (count,) = one("SELECT count(*) FROM pass_use").fetchone()
        return 0 if count < PASSES_MOST else None

    def prune(self, at: datetime) -> int:
        """Forget a slice of the passes that ended long before `at`; return how many went. One transaction."""
        before_ms = to_ms(at - TOKEN_MARGIN)
        with Transaction(self._connection, "forget passes"):
            ended = self._connection.execute(
                "SELECT number, ends_ms FROM pass_use WHERE ends_ms < ? ORDER BY ends_ms LIMIT ?",
                (before_ms, PRUNED_AT_ONCE),
            ).fetchall()
            if ended:
                gone = [(number,) for number, _ in ended]
                self._connection.executemany("DELETE FROM pass_use WHERE number = ?", gone)
                newest = max(ended[-1][1], self._number(FORGOTTEN_PASSES))
                self._connection.execute(SET_VALUE, (FORGOTTEN_PASSES, str(newest)))
        return len(ended)

    def date_loss(self, at: datetime) -> None:
        """Note that the count was lost before `at`, if it ever was. Call it by a clock that is set."""
        if self._lost and self._memory.setting(LOST_BY) is None:
            with Transaction(self._connection, "date the loss of passes"):
                self._connection.execute(SET_VALUE, (LOST_BY, str(to_ms(at))))

    @property
    def _lost(self) -> bool:
        return self._memory.setting(LOST_AT) is not None

    def _may_be_lost(self, begins: datetime) -> bool:
        """Say whether a pass may have been used before the count was lost; any may, until that has a date.

        One that began longer before than any pass lasts had ended by then. So a loss that a wrong clock put
        years ahead does not refuse the passes of those years.
        """
        if not self._lost:
            return False
        lost_by = self._memory.setting(LOST_BY)
        return lost_by is None or timedelta(0) <= from_ms(int(lost_by)) - begins <= LONGEST_PASS

    def _number(self, setting: str) -> int:
        return int(self._memory.setting(setting) or NEVER_MS)


def count_uses(connection: sqlite3.Connection, uses: Iterable[PassUse]) -> None:
    """Count `uses` inside the transaction that runs. Raises StoreError where one is not the next of its pass.

    For `Journal.commit` only.
    """
    for use in uses:
        done = connection.execute(_FIRST if use.nth == 1 else _NEXT, (use.nth, use.number, to_ms(use.ends)))
        if done.rowcount != 1:
            raise StoreError(f"use {use.nth} of pass {use.number} is not its next")
