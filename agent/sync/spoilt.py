"""Rows that the disk has spoilt, each told to the loop once, however often it is sent again."""

from __future__ import annotations

from typing import Final

from agent.sync.facts import RowsSpoilt

KNOWN_MOST: Final = 4096
"""Rows remembered as told: a few pages of a file. Of a disk that spoils more, the first ones tell enough."""

QUIET_S: Final = 60.0
"""An alarm is a row, too: so many spoilt ones are told as one."""


class Spoilt:
    """Collects numbers of rows. One thread."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._waiting: list[int] = []
        self._said_at = float("-inf")

    def note(self, seq: int) -> None:
        """Note that row `seq` is spoilt."""
        if seq not in self._known and len(self._known) < KNOWN_MOST:
            self._known.add(seq)
            self._waiting.append(seq)

    def due(self, at: float) -> RowsSpoilt | None:
        """Return what to tell at `at` (monotonic seconds), if there is anything and the last was not now."""
        if not self._waiting or at - self._said_at < QUIET_S:
            return None
        found = RowsSpoilt(min(self._waiting), max(self._waiting), len(self._waiting))
        self._waiting.clear()
        self._said_at = at
        return found
