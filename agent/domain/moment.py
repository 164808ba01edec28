"""What time it is, and how far that may be believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ClockConfidence(StrEnum):
    """How far the wall clock may be believed."""

    SYNCED = "synced"  # disciplined by a time source now
    HOLDOVER = "holdover"  # was set, runs by itself
    UNSET = "unset"  # nobody has told the box the time: `utc` is a lower bound at best


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant by both clocks.

    monotonic: seconds, for deadlines. utc: aware, for schedules and records; never earlier than what
    was recorded last, so that an unset clock is at least a lower bound.
    """

    monotonic: float
    utc: datetime
    clock: ClockConfidence
