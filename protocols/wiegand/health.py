"""What the frames of one reader say of its wires: counted, and turned into what an installer acts on.

Counters are since the start. Conclusions are drawn from what came last, so that a wire that breaks after a
good year is found as soon as one that never worked, and is forgotten soon after it was mended.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from protocols.wiegand.decoding import swapped
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.keypads import likely_keypad
from protocols.wiegand.pulses import Discarded, Fault, Frame, Stuck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from protocols.wiegand.pulses import Happening

RECENT = 25  # attempts that conclusions are drawn from: a quarter of an hour at a front door
ENOUGH = 5  # attempts; below this nothing is concluded: the first hand is often a slip
MANY = 0.2  # the share of bad frames that is a fault of the line, not of hands
FEW = 0.05  # and the share at which it is over: a line that is as bad as `MANY` would come and go all day
MOST = 0.5
MOST_LENGTHS = 32  # different bit counts kept apart; a line with more is noise, and counted together
SHORTEST_CARD_BITS = 24  # no card is shorter than 26 bits; what is shorter still is noise, or a key
SHORTEST_OWN_BITS = 27  # of a format of the site's own: 25 bits, however often, are 26 with one lost
GLITCHES_A_FRAME = 2  # one is a spark of the lock; more, again and again, is a wire that catches noise

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
    KEYPAD = "keypad"  # it sends keys in another way than the configuration says


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one happening tells. fault: it was no frame. bits: of a frame. key: it was the keypad's."""

    fault: Fault | None = None
    bits: str = ""
    key: bool = False
    parity_failed: bool = False
    looked_swapped: bool = False
    glitches: int = 0


@dataclass(slots=True)
class LineHealth:
    """Counters of one reader's line since start, and its last attempts."""

    frames: int = 0
    keys: int = 0
    keys_refused: int = 0
    parity_failed: int = 0
    looked_swapped: int = 0
    glitches: int = 0
    lengths: Counter[int] = field(default_factory=Counter)
    discarded: Counter[Fault] = field(default_factory=Counter)
    stuck: list[bool] = field(default_factory=lambda: [False, False])
    shortest_pulse_us: int = 0
    longest_pulse_us: int = 0
    shortest_interval_us: int = 0
    longest_interval_us: int = 0
    _recent: deque[_Attempt] = field(default_factory=lambda: deque(maxlen=RECENT))
    _concluded: tuple[Finding, ...] = ()

    def note(self, happening: Happening, keys: str | None = None) -> None:
        """Count one happening. keys: what of the reader's keypad a frame was; empty where it was damaged."""
        match happening:
            case Frame():
                self._frame(happening, keys)
            case Discarded(fault=fault, glitches=glitches):
                self.discarded[fault] += 1
                self.glitches += glitches
                self._recent.append(_Attempt(fault, glitches=glitches))
            case Stuck(line=line, stuck=stuck):
                self.stuck[line] = stuck
            case _:
                assert_never(happening)
        if len(self._recent) >= ENOUGH:
            self._concluded = _conclude(tuple(self._recent), self._concluded)

    def _frame(self, frame: Frame, keys: str | None) -> None:
        count = len(frame.bits)
        self.frames += 1
        self.glitches += frame.glitches
        known = count in self.lengths or len(self.lengths) < MOST_LENGTHS
        self.lengths[count if known else 0] += 1
        layouts = () if keys else _CHECKED.get(count, ())
        failed = keys == "" or (bool(layouts) and all(layout.failures(frame.bits) for layout in layouts))
        turned = failed and swapped(frame.bits, layouts) is not None
        self.keys += bool(keys)
        self.keys_refused += keys == ""
        self.parity_failed += failed and keys is None
        self.looked_swapped += turned
        first = self.frames == 1
        self.shortest_pulse_us = _least(self.shortest_pulse_us, frame.shortest_pulse_us, first=first)
        self.longest_pulse_us = max(self.longest_pulse_us, frame.longest_pulse_us)
        self.shortest_interval_us = _least(self.shortest_interval_us, frame.shortest_interval_us, first=first)
        self.longest_interval_us = max(self.longest_interval_us, frame.longest_interval_us)
        self._recent.append(_Attempt(None, frame.bits, keys is not None, failed, turned, frame.glitches))

    def findings(self) -> tuple[Finding, ...]:
        """Return what an installer should look at, the surest first."""
        low = [
            name for name, low in zip((Finding.STUCK_D0, Finding.STUCK_D1), self.stuck, strict=True) if low
        ]
        return (*low, *self._concluded)

    def report(self) -> Mapping[str, int | float | str]:
        """Return the figures, flat."""
        figures: dict[str, int | float | str] = {
            "frames": self.frames,
            "keys": self.keys,
            "keys_refused": self.keys_refused,
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


_NOISE = frozenset({Fault.EDGE_LOST, Fault.TOO_FAST, Fault.TOO_MANY, Fault.GLITCH, Fault.RESTLESS})


def _conclude(recent: Sequence[_Attempt], before: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what the attempts say of the wires. before: what was concluded last, and takes less to stand."""

    def many(finding: Finding, seen: int) -> bool:
        return seen > (FEW if finding in before else MANY) * len(recent)

    faults = Counter(each.fault for each in recent if each.fault is not None)
    failed = sum(each.parity_failed for each in recent)
    turned = sum(each.looked_swapped for each in recent)
    swapped_most = many(Finding.SWAPPED, turned) and turned > failed / 2
    noisy = sum(each.glitches >= GLITCHES_A_FRAME or each.fault in _NOISE for each in recent)
    keys, lost = _of_lengths(recent)
    found = {
        Finding.SWAPPED: swapped_most,
        Finding.PARITY: many(Finding.PARITY, failed) and not swapped_most,
        Finding.ONE_LINE: _one_line(recent),
        Finding.BOTH_LOW: many(Finding.BOTH_LOW, faults[Fault.BOTH_LOW]),
        Finding.LATE: many(Finding.LATE, faults[Fault.SEQUENCE]),
        Finding.KEYPAD: many(Finding.KEYPAD, keys),
        Finding.LENGTHS: many(Finding.LENGTHS, lost),
        Finding.NOISE: many(Finding.NOISE, noisy),
    }
    return tuple(finding for finding, there in found.items() if there)


def _one_line(recent: Sequence[_Attempt]) -> bool:
    """Say whether all bits of what came last came on one line. A key may well be all zeros; cards are not."""
    bits = "".join(each.bits for each in recent if not each.key)
    return bits != "" and len(set(bits)) == 1


def _of_lengths(recent: Sequence[_Attempt]) -> tuple[int, int]:
    """Count frames of lengths that no format of ours has: keys, and cards with bits lost or added.

    Keys that no keypad was declared for say so themselves. One length that most frames have, and that a card
    may have, is a format of the site's own; different ones are bits lost or added.
    """
    strange = [each.bits for each in recent if each.bits and not each.key and len(each.bits) not in _CHECKED]
    keys = sum(likely_keypad(bits) is not None for bits in strange)
    lengths = Counter(len(bits) for bits in strange)
    frames = sum(1 for each in recent if each.bits)
    own = {count for count, seen in lengths.items() if count >= SHORTEST_OWN_BITS and seen > MOST * frames}
    return keys, sum(seen for count, seen in lengths.items() if count not in own) - keys


def _least(before: int, now: int, *, first: bool) -> int:
    return now if first else min(before, now)
