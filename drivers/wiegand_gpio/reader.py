"""One reader's two lines: edges into cards and keys, and news of its wires.

Troubles that it reports have the kind "wiegand_" and a finding's name: swapped, parity, both_low, stuck_d0,
stuck_d1, lengths, noise, one_line, late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import CardRead, Event, KeysPressed, Trouble
from protocols.wiegand.health import Finding, LineHealth
from protocols.wiegand.keypads import Keypad, frame_bits, key
from protocols.wiegand.pulses import Assembler, Frame, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivers.wiegand_gpio.lines import Edges, LineEdge
    from drivers.wiegand_gpio.settings import GpioReader
    from protocols.wiegand.pulses import Edge

SHORTEST_CARD_BITS = 24  # no card is shorter than 26 bits; what is shorter still is noise, or a key

_WORDS = {
    Finding.SWAPPED: "D0 and D1 are swapped",
    Finding.PARITY: "many cards fail their parity: interference, or a wire too long",
    Finding.BOTH_LOW: "D0 and D1 low together: a short between them, or no common ground",
    Finding.STUCK_D0: "D0 stays low: shorted to ground, or the reader has no power",
    Finding.STUCK_D1: "D1 stays low: shorted to ground, or the reader has no power",
    Finding.LENGTHS: "cards of lengths that no format has: bits are lost or added",
    Finding.NOISE: "glitches and lost edges: look at the shield and the ground",
    Finding.ONE_LINE: "only one of D0 and D1 ever moves: the other is cut",
    Finding.LATE: "the box loses edges: too much else runs on it",
}


class ReaderLine:
    """What is known of one reader. Used by the port's thread alone."""

    def __init__(self, settings: GpioReader) -> None:
        self.name = settings.name
        self.lines = (settings.d0, settings.d1)
        self.close_at: float | None = None
        self.health = LineHealth()
        self._places = {settings.d0: 0, settings.d1: 1}
        self._limits = Limits(gap_us=round(settings.gap_ms * 1000))
        self._keypad = None if settings.keypad == "none" else Keypad(settings.keypad)
        self._assembler = Assembler(0, self._limits)
        self._sequence: int | None = None
        self._told: frozenset[Finding] = frozenset()
        self._read_at = 0.0
        self._read_us = 0

    def opened(self, edges: Edges, at: float) -> None:
        """Begin anew at `at`. A line that is low already counts as having fallen now."""
        at_us = round(at * 1e6)
        self._assembler = Assembler(at_us, self._limits)
        self._sequence = None
        self._read_at, self._read_us = at, at_us
        low = [line for line in self.lines if not edges.level(line)]
        self._assembler.receive([(at_us, self._places[line], 0) for line in low])
        self._set_deadline()

    def receive(self, edges: Sequence[LineEdge], at: float) -> list[Event]:
        """Take edges that were read at `at`."""
        ready: list[Edge] = []
        for edge in edges:
            if self._sequence is not None and edge.sequence != self._sequence + 1:
                self._assembler.receive(ready)
                ready.clear()
                self._assembler.lost_events()
            self._sequence = edge.sequence
            ready.append((edge.at_ns // 1000, self._places[edge.line], edge.level))
        self._assembler.receive(ready)
        if ready:
            self._read_at, self._read_us = at, ready[-1][0]
        return self._drain(at)

    def pass_time(self, at: float) -> list[Event]:
        """Let time pass until `at`, the lines being silent. Counted from the last edge's own time."""
        self._assembler.pass_time(self._read_us + round((at - self._read_at) * 1e6))
        return self._drain(at)

    def report(self) -> Mapping[str, int | float | str]:
        """Return the line's figures, under the reader's name."""
        self.health.glitches = self._assembler.glitches
        return {f"{self.name}.{what}": value for what, value in self.health.report().items()}

    def _set_deadline(self) -> None:
        deadline_us = self._assembler.deadline_us
        self.close_at = None if deadline_us is None else self._read_at + (deadline_us - self._read_us) / 1e6

    def _drain(self, at: float) -> list[Event]:
        events: list[Event] = []
        while (happening := self._assembler.next()) is not None:
            self.health.note(happening)
            if isinstance(happening, Frame):
                events += self._frame(happening.bits, at)
            events += self._findings(at)
        self._set_deadline()
        return events

    def _frame(self, bits: str, at: float) -> list[Event]:
        if self._keypad is not None and len(bits) == frame_bits(self._keypad):
            pressed = key(bits, self._keypad)
            return [] if pressed is None else [KeysPressed(self.name, pressed, at)]
        return [CardRead(self.name, bits, at)] if len(bits) >= SHORTEST_CARD_BITS else []

    def _findings(self, at: float) -> list[Event]:
        """Return what is new among the findings, and what is over."""
        now = frozenset(self.health.findings())
        news: list[Event] = []
        for finding in sorted(now ^ self._told):
            active = finding in now
            words = _WORDS[finding] if active else ""
            news.append(Trouble(self.name, f"wiegand_{finding}", active, words, at))
        self._told = now
        return news
