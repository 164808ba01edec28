"""What time it is, and how far that may be believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

PROVEN_FOR_S = 24 * 3600.0
"""How long a clock that nobody keeps is as good as one that is kept: a cheap crystal is off by some 9 s then
(100 ppm). IEC 60839-11-1 has the clocks of its higher grades set at least once in so long."""

STEPPED_S = 2.0
"""Both clocks run by one oscillator, so the wall clock moves against the monotonic one only where somebody
set it. A leap second is less than this."""


class ClockConfidence(StrEnum):
    """How far the wall clock may be believed, as everybody is told."""

    SYNCED = "synced"  # disciplined by a time source now
    HOLDOVER = "holdover"  # was set, runs by itself
    UNSET = "unset"  # nobody has told the box the time: `utc` is a lower bound at best


class Standing(StrEnum):
    """How far the wall clock may be believed, as rules need it: a holdover is proven, or it is not."""

    SYNCED = "synced"
    PROVEN = "proven"  # a time source kept it within PROVEN_FOR_S, in this boot, and nobody has set it since
    DRIFTED = "drifted"  # longer ago, or never in this boot: it may have begun with the time of the last stop
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Proof:
    """A moment of this boot at which a time source kept the wall clock."""

    monotonic: float
    utc: datetime

    def holds(self, monotonic: float, utc: datetime) -> bool:
        """Say whether a clock that shows these is as good as one that is kept."""
        age_s = monotonic - self.monotonic
        stepped_s = (utc - self.utc).total_seconds() - age_s
        return 0 <= age_s <= PROVEN_FOR_S and abs(stepped_s) <= STEPPED_S


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant by both clocks.

    monotonic: seconds, for deadlines. utc: aware, for schedules and records; never earlier than what
    was recorded last, so that an unset clock is at least a lower bound. proof: the last there was, if any.
    """

    monotonic: float
    utc: datetime
    clock: ClockConfidence
    proof: Proof | None = None

    @property
    def standing(self) -> Standing:
        """How far `utc` may be believed."""
        if self.clock is ClockConfidence.SYNCED:
            return Standing.SYNCED
        if self.clock is ClockConfidence.UNSET:
            return Standing.UNSET
        proven = self.proof is not None and self.proof.holds(self.monotonic, self.utc)
        return Standing.PROVEN if proven else Standing.DRIFTED
