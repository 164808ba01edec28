"""Edges on D0 and D1 into frames: by the edges' own times, never by when they were seen.

Both lines rest high. A pulse is low: on D0 it is a 0, on D1 a 1. A bit counts when its pulse has ended and
had a length that pulses have. A frame ends when both lines have rested for the gap. What cannot be a frame
is thrown away whole and told, never mended. What never rests is told too, once in the time of the longest
frame.

Sources: the SIA 26-bit guideline as ZKTeco's manuals quote it (pulse 20-100 us, interval 200 us-20 ms), with
what readers really do (400 us at 2.4 ms: Rhombus; 50 us at 2 ms: CDVI) inside the limits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from protocols.wiegand.layout import LONGEST_BITS

if TYPE_CHECKING:
    from collections.abc import Iterable

HIGHEST_GAP_US = 250_000  # two cards never come closer than 0.25 s
HIGHEST_INTERVAL_US = 20_000  # the slowest reader's; a gap that is not longer would cut frames in two

LONGEST_BURST_US = LONGEST_BITS * HIGHEST_INTERVAL_US  # no frame takes longer: this is noise without a rest

_RESTS = -1  # the time of falling of a line that is high
_NEVER = -(1 << 62)


class Fault(StrEnum):
    """Why what came was no frame."""

    BOTH_LOW = "both_low"  # both lines low at once: a short, or a missing ground
    EDGE_LOST = "edge_lost"  # two edges of one kind in a row: one was missed
    LONG_PULSE = "long_pulse"  # a line stayed low longer than any pulse
    TOO_FAST = "too_fast"  # pulses closer together than any reader sends
    TOO_MANY = "too_many"  # more bits than any card
    GLITCH = "glitch"  # pulses shorter than any reader's, and nothing else
    RESTLESS = "restless"  # no rest for longer than any frame takes
    SEQUENCE = "sequence"  # the kernel dropped events
    STARTING = "starting"  # the line was listened to from the middle of it


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pulse and a frame are at this reader. All in microseconds."""

    shortest_pulse_us: int = 10
    longest_pulse_us: int = 5_000  # a line low for longer is a condition of the wiring, not a pulse
    shortest_interval_us: int = 100
    gap_us: int = 30_000

    def __post_init__(self) -> None:
        if not 0 <= self.shortest_pulse_us < self.longest_pulse_us:
            raise ValueError("the shortest pulse must be shorter than the longest")
        if not HIGHEST_INTERVAL_US < self.gap_us <= HIGHEST_GAP_US:
            raise ValueError(f"the gap lies between {HIGHEST_INTERVAL_US} and {HIGHEST_GAP_US} us")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it came. Widths and intervals are the extremes of its pulses; glitches were passed over."""

    bits: str
    last_us: int
    shortest_pulse_us: int
    longest_pulse_us: int
    shortest_interval_us: int
    longest_interval_us: int
    glitches: int = 0


@dataclass(frozen=True, slots=True)
class Discarded:
    """Something that was no frame. bits: how many it had when it was given up."""

    fault: Fault
    bits: int
    last_us: int
    glitches: int = 0


@dataclass(frozen=True, slots=True)
class Stuck:
    """A line stays low (0: D0, 1: D1), or rests again."""

    line: int
    stuck: bool
    at_us: int


Happening = Frame | Discarded | Stuck
Edge = tuple[int, int, int]
"""When in microseconds, which line (0: D0, 1: D1), and the level after it."""


@dataclass(slots=True)
class Assembler:
    """Turn edges into frames. `receive` what came, `pass_time`, then `next` until None.

    at_us: when the line was opened. What comes before it has rested for one gap is the tail of something.
    """

    at_us: int
    limits: Limits = field(default_factory=Limits)
    _glitches: int = 0  # pulses shorter than any reader's, passed over
    _last_us: int = _NEVER
    _began_us: int = _NEVER
    _fell_us: list[int] = field(default_factory=lambda: [_RESTS, _RESTS])
    _bits: list[int] = field(default_factory=list)
    _falls_us: list[int] = field(default_factory=list)
    _widths_us: list[int] = field(default_factory=list)
    _fault: Fault | None = Fault.STARTING
    _stuck: list[bool] = field(default_factory=lambda: [False, False])
    _found: deque[Happening] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._last_us = self._began_us = self.at_us

    @property
    def deadline_us(self) -> int | None:
        """When `pass_time` must be called at the latest; None while nothing is under way."""
        low = [
            fell
            for fell, stuck in zip(self._fell_us, self._stuck, strict=True)
            if fell != _RESTS and not stuck
        ]
        if low:
            return min(low) + self.limits.longest_pulse_us
        if self._stuck == [False, False] and self._under_way:
            return self._last_us + self.limits.gap_us
        return None  # also while a line is stuck: nothing ends before it rests, and that is an edge

    @property
    def _under_way(self) -> bool:
        return bool(self._bits or self._glitches or self._fault is not None)

    def receive(self, edges: Iterable[Edge]) -> None:
        """Take edges in the order of their times."""
        limits, fell_us, bits = self.limits, self._fell_us, self._bits
        falls_us, widths_us = self._falls_us, self._widths_us
        gap_us, shortest_us, longest_us = limits.gap_us, limits.shortest_pulse_us, limits.longest_pulse_us
        last_us = self._last_us
        for at_us, line, level in edges:
            if at_us - last_us >= gap_us:
                self.pass_time(at_us)
                self._began_us = at_us
            last_us = self._last_us = at_us
            fell = fell_us[line]
            if not level:
                if fell != _RESTS:
                    self._fail(Fault.EDGE_LOST)
                    self._free(line, at_us)
                elif fell_us[1 - line] != _RESTS:
                    self._fail(Fault.BOTH_LOW)
                fell_us[line] = at_us
            elif fell == _RESTS:
                self._fail(Fault.EDGE_LOST)
            else:
                fell_us[line] = _RESTS
                width_us = at_us - fell
                if width_us < shortest_us:
                    self._glitches += 1
                elif width_us > longest_us:
                    self._rested(line, at_us)
                else:
                    bits.append(line)
                    falls_us.append(fell)
                    widths_us.append(width_us)
                    if len(bits) > LONGEST_BITS:
                        self._fail(Fault.TOO_MANY)
        self._end_what_never_rests()

    def lost_events(self) -> None:
        """Note that the kernel dropped edges: whatever is under way is no frame."""
        self._fail(Fault.SEQUENCE)

    def settle(self, line: int, at_us: int) -> None:
        """Note that `line` is seen to rest: where its rising edge was among those dropped, it is up now."""
        if self._fell_us[line] != _RESTS:
            self._fell_us[line] = _RESTS
            self._fail(Fault.EDGE_LOST)
            self._free(line, at_us)

    def pass_time(self, at_us: int) -> None:
        """Let time pass: ends a frame after its gap, and finds a line that stays low."""
        for line in (0, 1):
            fell = self._fell_us[line]
            if fell != _RESTS and not self._stuck[line] and at_us - fell >= self.limits.longest_pulse_us:
                self._stuck[line] = True
                self._fail(Fault.LONG_PULSE)
                self._found.append(Stuck(line, stuck=True, at_us=at_us))
        if at_us - self._last_us >= self.limits.gap_us and self._fell_us == [_RESTS, _RESTS]:
            self._end()

    def next(self) -> Happening | None:
        """Return the next thing that was found, or None."""
        return self._found.popleft() if self._found else None

    def _fail(self, fault: Fault) -> None:
        """Give the frame under way up; the first fault is its reason. What is held is bounded."""
        self._fault = self._fault or fault
        if len(self._bits) > LONGEST_BITS:
            del self._bits[LONGEST_BITS:], self._falls_us[LONGEST_BITS:], self._widths_us[LONGEST_BITS:]

    def _end_what_never_rests(self) -> None:
        if self._last_us - self._began_us > LONGEST_BURST_US and self._under_way:
            self._began_us = self._last_us
            self._discard(self._fault or Fault.RESTLESS)
            self._fault = Fault.RESTLESS  # its tail is no frame either

    def _rested(self, line: int, at_us: int) -> None:
        """Take the end of a low that was too long for a pulse."""
        self._fail(Fault.LONG_PULSE)
        self._free(line, at_us)

    def _free(self, line: int, at_us: int) -> None:
        if self._stuck[line]:
            self._stuck[line] = False
            self._found.append(Stuck(line, stuck=False, at_us=at_us))

    def _end(self) -> None:
        """End what was under way: a frame, or what was no frame."""
        bits, fault = self._bits, self._fault
        intervals_us = [
            after - before for before, after in zip(self._falls_us, self._falls_us[1:], strict=False)
        ]
        if fault is None and intervals_us and min(intervals_us) < self.limits.shortest_interval_us:
            fault = Fault.TOO_FAST
        if fault is None and not bits and self._glitches:
            fault = Fault.GLITCH
        if fault is not None:
            if bits or fault is not Fault.STARTING:
                self._discard(fault)
        elif bits:
            text = "".join(map(str, bits))
            shortest_us, longest_us = (min(intervals_us), max(intervals_us)) if intervals_us else (0, 0)
            self._found.append(
                Frame(
                    text,
                    self._last_us,
                    min(self._widths_us),
                    max(self._widths_us),
                    shortest_us,
                    longest_us,
                    self._glitches,
                )
            )
        self._forget()
        self._fault = None
        self._began_us = self._last_us

    def _discard(self, fault: Fault) -> None:
        """Tell of what was no frame, and forget it."""
        self._found.append(Discarded(fault, len(self._bits), self._last_us, self._glitches))
        self._forget()

    def _forget(self) -> None:
        self._glitches = 0
        for held in (self._bits, self._falls_us, self._widths_us):
            held.clear()
