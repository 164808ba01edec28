"""When a right holds: weekly windows in a place's own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

MINUTES_A_DAY = 24 * 60
ALL_WEEK = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the day on some ISO weekdays (1 Monday … 7 Sunday).

    `start_min` is included, `end_min` is not; 1440 is the day's end. Where `end_min <= start_min` the
    window runs past midnight into the next day, and its weekday is the day it began.
    """

    days: frozenset[int]
    start_min: int
    end_min: int

    def __post_init__(self) -> None:
        """Refuse what no calendar has."""
        if not self.days or not self.days <= ALL_WEEK:
            raise ValueError("days are ISO weekdays, 1 to 7, at least one")
        if not 0 <= self.start_min < MINUTES_A_DAY or not 0 <= self.end_min <= MINUTES_A_DAY:
            raise ValueError("minutes of a day are 0 to 1440")

    @property
    def past_midnight(self) -> bool:
        """Say whether the window ends on the next day."""
        return self.end_min <= self.start_min


@dataclass(frozen=True, slots=True)
class Schedule:
    """A named set of weekly windows in one time zone."""

    name: str
    zone: tzinfo
    windows: tuple[Window, ...]

    def open_at(self, at: datetime) -> bool:
        """Say whether `at` (aware) lies in a window, by the clock on the wall of `zone`."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        today = local.isoweekday()
        yesterday = (local - timedelta(days=1)).isoweekday()
        return any(_covers(window, today, yesterday, minute) for window in self.windows)


def _covers(window: Window, today: int, yesterday: int, minute: int) -> bool:
    if not window.past_midnight:
        return today in window.days and window.start_min <= minute < window.end_min
    return (today in window.days and minute >= window.start_min) or (
        yesterday in window.days and minute < window.end_min
    )
