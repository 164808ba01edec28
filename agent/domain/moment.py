"""What is known of a moment: both times of it, and how far the wall clock is to be believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ClockConfidence(StrEnum):
    """How far the wall clock may be believed. Each rule that needs the time states what it does with each."""

    SYNCED = "synced"  # a time service keeps it right
    HOLDOVER = "holdover"  # it was set once and runs by itself: seconds or minutes wrong
    UNSET = "unset"  # it shows a time before this program was made: the battery is flat


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment. `monotonic`: seconds since some start, for deadlines; `utc`: aware, for schedules."""

    monotonic: float
    utc: datetime
    clock: ClockConfidence
