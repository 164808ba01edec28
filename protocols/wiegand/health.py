"""What the frames of one reader say of its wires: counted, and turned into what an installer acts on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from protocols.wiegand.decoding import swapped
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.pulses import Discarded, Fault, Frame, Stuck

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.wiegand.pulses import Happening

ENOUGH_FRAMES = 5  # below this nothing is concluded: the first hand is often a slip
MANY = 0.2  # the share of bad frames that is a fault of the line, not of hands
MOST_LENGTHS = 32  # different bit counts kept apart; a line with more is noise, and counted together

_CHECKED = {
    bits: tuple(layout for layout in FORMATS.values() if layout.checked and layout.bits == bits)
    for bits in {layout.bits for layout in FORMATS.values()}
}


class Finding(StrEnum):
    """A conclusion about the wires."""

    SWAPPED = "swapped"  # D0 and D1 are exchanged
    PARITY = "parity"  # many frames of the right length fail their parity
    BOTH_LOW = "both_low"  # shorted, or no common ground
    STUCK_D0 = "stuck_d0"
    STUCK_D1 = "stuck_d1"
    LENGTHS = "lengths"  # bits get lost or are added
    NOISE = "noise"  # glitches and fragments
    ONE_LINE = "one_line"  # only one of the lines ever pulses: the other is cut
    LATE = "late"  # the box is too slow for its edges


@dataclass(slots=True)
class LineHealth:
    """Counters of one reader's line since start."""

    frames: int = 0
    parity_failed: int = 0
    looked_swapped: int = 0
    glitches: int = 0
    lengths: Counter[int] = field(default_factory=Counter)
    discarded: Counter[Fault] = field(default_factory=Counter)
    stuck: list[bool] = field(default_factory=lambda: [False, False])
    zeros: int = 0
    ones: int = 0
    shortest_pulse_us: int = 0
    longest_pulse_us: int = 0
    shortest_interval_us: int = 0
    longest_interval_us: int = 0

    def note(self, happening: Happening) -> None:
        """Count one happening."""
        match happening:
            case Frame():
                self._frame(happening)
            case Discarded(fault=fault):
                self.discarded[fault] += 1
            case Stuck(line=line, stuck=stuck):
                self.stuck[line] = stuck
            case _:
                assert_never(happening)

    def _frame(self, frame: Frame) -> None:
        count = len(frame.bits)
        self.frames += 1
        self.ones += frame.bits.count("1")
        self.zeros += frame.bits.count("0")
        known = count in self.lengths or len(self.lengths) < MOST_LENGTHS
        self.lengths[count if known else 0] += 1
        layouts = _CHECKED.get(count, ())
        if layouts and all(layout.failures(frame.bits) for layout in layouts):
            self.parity_failed += 1
            self.looked_swapped += swapped(frame.bits, layouts) is not None
        first = self.frames == 1
        self.shortest_pulse_us = _least(self.shortest_pulse_us, frame.shortest_pulse_us, first=first)
        self.longest_pulse_us = max(self.longest_pulse_us, frame.longest_pulse_us)
        self.shortest_interval_us = _least(self.shortest_interval_us, frame.shortest_interval_us, first=first)
        self.longest_interval_us = max(self.longest_interval_us, frame.longest_interval_us)

    def findings(self) -> tuple[Finding, ...]:
        """Return what an installer should look at, the surest first."""
        found = [
            name for name, low in zip((Finding.STUCK_D0, Finding.STUCK_D1), self.stuck, strict=True) if low
        ]
        attempts = self.frames + sum(self.discarded.values())
        if attempts < ENOUGH_FRAMES:
            return tuple(found)
        many = MANY * attempts
        if self.looked_swapped > MANY * self.frames and self.looked_swapped > self.parity_failed / 2:
            found.append(Finding.SWAPPED)
        elif self.parity_failed > many:
            found.append(Finding.PARITY)
        if self.frames and not (self.zeros and self.ones):
            found.append(Finding.ONE_LINE)
        if self.discarded[Fault.BOTH_LOW] > many:
            found.append(Finding.BOTH_LOW)
        if self.discarded[Fault.SEQUENCE] > many:
            found.append(Finding.LATE)
        if self._stray() > many:
            found.append(Finding.LENGTHS)
        if self.glitches + self.discarded[Fault.EDGE_LOST] + self.discarded[Fault.TOO_FAST] > many:
            found.append(Finding.NOISE)
        return tuple(found)

    def report(self) -> Mapping[str, int | float | str]:
        """Return the figures, flat."""
        figures: dict[str, int | float | str] = {
            "frames": self.frames,
            "parity_failed": self.parity_failed,
            "looked_swapped": self.looked_swapped,
            "glitches": self.glitches,
            "bit_counts": " ".join(f"{count}:{seen}" for count, seen in sorted(self.lengths.items())),
            "shortest_pulse_us": self.shortest_pulse_us,
            "longest_pulse_us": self.longest_pulse_us,
            "shortest_interval_us": self.shortest_interval_us,
            "longest_interval_us": self.longest_interval_us,
            "findings": " ".join(self.findings()),
        }
        figures.update({f"discarded_{fault}": self.discarded[fault] for fault in Fault})
        return figures

    def _stray(self) -> int:
        """Count the frames of a length that no format has, keys apart."""
        return sum(
            seen for count, seen in self.lengths.items() if count not in _CHECKED and count not in {4, 6, 8}
        )


def _least(before: int, now: int, *, first: bool) -> int:
    return now if first else min(before, now)
