"""How often one reader may speak: a person's pace, with room for a burst. More is a babbling reader.

A reader gone mad, or a hand at its wires, can send cards and keys faster than anybody decides about them.
What is beyond a person's pace is counted and dropped where it comes in: no other door waits behind it.
"""

from __future__ import annotations

BURST = 20  # a keypad that gathers keys sends them as fast as its wire takes them
A_SECOND = 10.0  # two cards never come closer than 0.25 s, two keys hardly closer than 0.1 s
CALM_S = 10.0  # so long without a word too many, and it babbles no more


class Pace:
    """A bucket of words: it fills by `A_SECOND`, holds `BURST`, and each word takes one."""

    def __init__(self) -> None:
        self.dropped = 0
        self._left = float(BURST)
        self._at: float | None = None
        self.calm_at: float | None = None
        """When it babbles no more, should nothing else be dropped; None where nothing was."""

    def allows(self, at: float) -> bool:
        """Say whether a word at `at` is heard; times rise."""
        if self._at is not None:
            self._left = min(float(BURST), self._left + (at - self._at) * A_SECOND)
        self._at = at
        if self._left < 1:
            self.dropped += 1
            self.calm_at = at + CALM_S
            return False
        self._left -= 1
        return True

    def babbles(self, at: float) -> bool:
        """Say whether words were dropped of late."""
        return self.calm_at is not None and at < self.calm_at
