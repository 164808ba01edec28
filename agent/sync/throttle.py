"""How much a second is handed on to the loop: a flood costs answers, not the loop's time. Pure."""

from __future__ import annotations


class Throttle:
    """A bucket of `burst` permits at most, that fills by `each_second`."""

    def __init__(self, burst: float, each_second: float, at: float) -> None:
        self._burst = burst
        self._each_second = each_second
        self._permits = burst
        self._at = at

    def admit(self, at: float, cost: float = 1.0) -> bool:
        """Take `cost` permits at `at` (monotonic seconds), if there are so many."""
        self._permits = min(self._burst, self._permits + (at - self._at) * self._each_second)
        self._at = at
        if self._permits < cost:
            return False
        self._permits -= cost
        return True
