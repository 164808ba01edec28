"""How much history may be on its way at once, so that news is never more than a moment behind it. Pure.

Bytes in flight are allowed to double while the broker answers at once, and are halved when it does not: on
a fast line the backlog fills it, on a line of 20 kB/s some four kilobytes stand before a live event.
"""

from __future__ import annotations

from typing import Final

LEAST_BYTES: Final = 4 * 1024
MOST_BYTES: Final = 512 * 1024
QUICK_S: Final = 0.2
"""An answer within this: there is room for more."""
SLOW_S: Final = 0.5
"""An answer after this: half the second that a live event may take is gone."""


class Pace:
    """The budget of one session; starts small."""

    def __init__(self) -> None:
        self._budget = 4 * LEAST_BYTES
        self._flying = 0
        self._cut_at = float("-inf")

    @property
    def budget_bytes(self) -> int:
        """Bytes that may be in flight."""
        return self._budget

    def room_bytes(self) -> int:
        """Return how large the next message may be; 0: wait for an answer first."""
        if self._flying == 0:
            return self._budget
        return max(0, self._budget - self._flying)

    def sent(self, size: int) -> None:
        """Note that a message of `size` bytes is on its way."""
        self._flying += size

    def answered(self, size: int, sent_at: float, at: float) -> None:
        """Note the answer, `at`, to a message of `size` bytes sent at `sent_at` (monotonic seconds)."""
        self._flying -= size
        took_s = at - sent_at
        if took_s <= QUICK_S:
            self._budget = min(MOST_BYTES, self._budget + size)
        elif took_s > SLOW_S and sent_at > self._cut_at:
            # Once for all that were under way together: they tell of one and the same line.
            self._budget = max(LEAST_BYTES, self._budget // 2)
            self._cut_at = at
