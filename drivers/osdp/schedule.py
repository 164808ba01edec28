"""Whose turn it is on a line: locks first, then lights, then everybody in a ring; the silent ones rarely.

Pure: times are arguments. Two budgets keep the peace: polls a second, so that a small box is not kept busy
by readers to whom nothing happens; and time lost on readers that do not answer, so that one of them costs the
others at most one reply time-out a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.osdp.happenings import Rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from protocols.osdp.reader import Reader

LIVELY_FOR_S = 3.0
"""After a card, a key or an order the line is polled faster for this long: a PIN, a second card follows."""

LARGEST_DEBT_S = 0.8
"""The longest pause between askings of silent readers: with a whole reply time-out it makes one second."""

SMALLEST_DEBT_S = 0.1
"""Who answers at once and never sensibly costs turns instead of time."""

ALONE_S = 0.1
"""Between tries on a line where nobody answers, and so nobody is hurt."""


IN_VAIN_S = 1.0
"""After a wait for an answer to a card that did not come, none is waited for so long."""


class Schedule:
    """The ring of one line.

    wasted_per_s: seconds that may be lost on silence in each second. hold_s: how long the line is kept free
    for what answers a card, a key or an input; a poll begun in that time would end later than it.
    lively_for_s: how long the line is polled faster after something happened.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        polls_per_s: float,
        busy_polls_per_s: float,
        wasted_per_s: float,
        *,
        hold_s: float = 0.0,
        lively_for_s: float = LIVELY_FOR_S,
    ) -> None:
        self._ring = list(readers)
        self._idle_s = 1.0 / polls_per_s
        self._busy_s = min(self._idle_s, 1.0 / busy_polls_per_s)
        self._repay = 1.0 / wasted_per_s
        self._paced_until = 0.0
        self._lively_until = 0.0
        self._debt_until = 0.0
        self._hold_s = hold_s
        self._lively_for_s = lively_for_s
        self._held_until = 0.0
        self._in_vain_until = 0.0

    def hold(self, at: float) -> None:
        """Take that something was told that may be answered at once: no poll goes before the answer.

        Where the last one was not answered, nothing is waited for.
        """
        if self._in_vain_until <= at:
            self._held_until = at + self._hold_s
            self._in_vain_until = self._held_until + IN_VAIN_S

    def answered(self) -> None:
        """Take that an order has come."""
        self._held_until = self._in_vain_until = 0.0

    def stir(self, at: float) -> None:
        """Take that something happened: the line is polled faster for a while."""
        self._lively_until = at + self._lively_for_s

    def next(self, at: float) -> tuple[Reader, float]:
        """Return who is next, and when: now or later."""
        best: tuple[Rank, float, Reader] | None = None
        for reader in self._ring:
            rank, due = reader.wish(at)
            if rank is Rank.PROBE:
                due = max(due, self._debt_until)
                if due <= at:
                    rank = Rank.ORDINARY  # its time has come: in the ring like anybody
            if rank in (Rank.ORDINARY, Rank.PROBE):
                due = max(due, self._paced_until, self._held_until)
            if best is None or self._before((rank, due), best, at):
                best = (rank, due, reader)
        if best is None:
            raise AssertionError("a line has readers")
        return best[2], best[1]

    def _before(self, one: tuple[Rank, float], other: tuple[Rank, float, Reader], at: float) -> bool:
        """Tell whether `one` goes before `other`: what is due by its rank, and then what is due first."""
        if one[1] <= at and other[1] <= at:
            return one[0] < other[0]
        return one[1] < other[1]

    def spoke(self, reader: Reader, at: float) -> None:
        """Take that `reader` had its turn, begun at `at`: it goes to the end of the ring."""
        self._ring.remove(reader)
        self._ring.append(reader)
        pace_s = self._busy_s if at < self._lively_until else self._idle_s
        late_s = at - self._paced_until
        self._paced_until = (self._paced_until if late_s < pace_s else at) + pace_s  # a little is made up for

    def lost(self, reader: Reader, waited_s: float, at: float) -> None:
        """Take that `waited_s` were lost on a reader that did not answer.

        Only the silent repay: now and then every line loses an answer, and over a bad one those who still
        answer must not be what keeps a silent one from being asked.
        """
        if not reader.silent:
            return
        if all(other is reader or other.silent for other in self._ring):
            self._debt_until = at + ALONE_S
        else:
            debt_s = max(SMALLEST_DEBT_S, waited_s * (self._repay - 1.0))
            self._debt_until = at + min(debt_s, LARGEST_DEBT_S)
