"""One reader's two lines: edges into cards and keys, and news of its wires.

Troubles that it reports have the kind "wiegand_" and a finding's name: swapped, parity, both_low, stuck_d0,
stuck_d1, lengths, noise, one_line, late, keypad. And "babble": more comes than any person shows or types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import CardRead, Event, KeysPressed
from drivers.pace import Pace
from drivers.troubles import Troubles
from protocols.wiegand.health import SHORTEST_CARD_BITS, Finding, LineHealth
from protocols.wiegand.keypads import Codes, Keypad, typed
from protocols.wiegand.pulses import Assembler, Frame, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivers.wiegand_gpio.lines import Edges, LineEdge, Pull
    from drivers.wiegand_gpio.settings import GpioReader
    from protocols.wiegand.pulses import Edge

BABBLE = "babble"
LATEST_READ_S = 0.25  # a thread that is kept longer from its work has lost edges by then

_FINDINGS = {
    Finding.SWAPPED: "D0 and D1 are swapped",
    Finding.PARITY: "many cards fail their parity: interference, or a wire too long",
    Finding.BOTH_LOW: "D0 and D1 low together: a short between them, or no common ground",
    Finding.STUCK_D0: "D0 stays low: shorted to ground, or the reader has no power",
    Finding.STUCK_D1: "D1 stays low: shorted to ground, or the reader has no power",
    Finding.LENGTHS: "cards of lengths that no format has: bits are lost or added",
    Finding.NOISE: "glitches and lost edges: look at the shield and the ground",
    Finding.ONE_LINE: "only one of D0 and D1 ever moves: the other is cut",
    Finding.LATE: "the box loses edges: too much else runs on it",
    Finding.KEYPAD: "keys come, and not as its keypad setting says",
}
_WORDS = {f"wiegand_{finding}": words for finding, words in _FINDINGS.items()} | {
    BABBLE: "more comes from it than any person shows or types; the rest is dropped"
}


class ReaderLine:
    """What is known of one reader. Used by the port's thread alone."""

    def __init__(self, settings: GpioReader) -> None:
        self.name = settings.name
        self.pulls: Mapping[int, Pull] = {settings.d0: settings.pull, settings.d1: settings.pull}
        self.close_at: float | None = None
        self.health = LineHealth()
        self._places = {settings.d0: 0, settings.d1: 1}
        self._limits = Limits(gap_us=round(settings.gap_ms * 1000))
        self._keypad = _keypad(settings)
        self._assembler = Assembler(0, self._limits)
        self._sequence: int | None = None
        self._pace = Pace()
        self._troubles = Troubles(settings.name, _WORDS)
        self._edges: Edges | None = None
        self._read_at = 0.0
        self._read_us = 0

    def opened(self, edges: Edges, at: float) -> list[Event]:
        """Begin anew at `at`. A line that is low already counts as having fallen now."""
        at_us = round(at * 1e6)
        self._edges = edges
        self._assembler = Assembler(at_us, self._limits)
        self._sequence = None
        self.health.stuck = [False, False]  # whoever is still low is found so again
        self._read_at, self._read_us = at, at_us
        low = [line for line in self.pulls if not edges.level(line)]
        self._assembler.receive([(at_us, self._places[line], 0) for line in low])
        self._set_deadline(at)
        return []

    def receive(self, edges: Sequence[LineEdge], at: float) -> list[Event]:
        """Take edges that were read at `at`. PortError: the lines do not tell their levels."""
        ready: list[Edge] = []
        lost = False
        for edge in edges:
            if self._sequence is not None and edge.sequence != self._sequence + 1:
                self._assembler.receive(ready)
                ready.clear()
                self._assembler.lost_events()
                lost = True
            self._sequence = edge.sequence
            ready.append((edge.at_ns // 1000, self._places[edge.line], edge.level))
        self._assembler.receive(ready)
        if ready:
            self._read_us = ready[-1][0]
            late_s = at - self._read_us / 1e6  # the kernel's clock is ours; where it is not, reading counts
            self._read_at = at - late_s if 0 <= late_s < LATEST_READ_S else at
        if lost and self._edges is not None:
            for line, place in self._places.items():
                if self._edges.level(line):
                    self._assembler.settle(place, self._read_us)
        return self._drain(at)

    def pass_time(self, at: float) -> list[Event]:
        """Let time pass until `at`, the lines being silent. Counted from the last edge's own time."""
        self._assembler.pass_time(self._read_us + round((at - self._read_at) * 1e6))
        return self._drain(at)

    def report(self) -> Mapping[str, int | float | str]:
        """Return the line's figures, under the reader's name."""
        figures = {**self.health.report(), "babble_dropped": self._pace.dropped}
        return {f"{self.name}.{what}": value for what, value in figures.items()}

    def _set_deadline(self, at: float) -> None:
        deadline_us = self._assembler.deadline_us
        due = (
            None if deadline_us is None else self._read_at + (deadline_us - self._read_us) / 1e6,
            self._pace.calm_at if self._pace.babbles(at) else None,
            self._troubles.ends_at,
        )
        self.close_at = min((each for each in due if each is not None), default=None)

    def _drain(self, at: float) -> list[Event]:
        events: list[Event] = []
        while (happening := self._assembler.next()) is not None:
            keys = None
            if isinstance(happening, Frame):
                keys = None if self._keypad is None else typed(happening.bits, self._keypad)
                events += self._frame(happening.bits, keys, at)
            self.health.note(happening, keys)
        events += self._troubles.note(self._conditions(at), at)
        self._set_deadline(at)
        return events

    def _frame(self, bits: str, keys: str | None, at: float) -> list[Event]:
        """Return what a frame is: keys, a card, or nothing. What a keypad may have sent is never a card."""
        event: Event | None = None
        if keys:
            event = KeysPressed(self.name, keys, at)
        elif keys is None and len(bits) >= SHORTEST_CARD_BITS:
            event = CardRead(self.name, bits, at)
        return [event] if event is not None and self._pace.allows(at) else []

    def _conditions(self, at: float) -> list[str]:
        babble = [BABBLE] if self._pace.babbles(at) else []
        return [*(f"wiegand_{finding}" for finding in self.health.findings()), *babble]


def _keypad(settings: GpioReader) -> Keypad | Codes | None:
    if settings.keypad_codes is not None:
        return settings.keypad_codes.codes
    return None if settings.keypad == "none" else Keypad(settings.keypad)
