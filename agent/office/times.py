"""Dates as people write them, and the moments at which what they say begins and ends."""

from __future__ import annotations

import re
import unicodedata
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# Excel's day 1 is 1900-01-01 and it counts a 29 February 1900 that never was; from March 1900 on, days
# count from this one. Source: ECMA-376 part 1, 18.17.4.1 (the 1900 date system).
EXCEL_DAY_ZERO = date(1899, 12, 30)
# Serial numbers of 2000-01-01 to 2100-12-31: what lies outside is no date that a property office writes.
EXCEL_SERIALS = range(36526, 73416)
FIRST_YEAR = 1900
"""An earlier year is a slip of the pen: nobody who gets a card was born before it."""
FOR_EVER = datetime(MAXYEAR, 12, 30, tzinfo=UTC)
"""What many offices mean by 9999-12-31. A day before the calendar's end, so that it is one in every zone."""

_WRITTEN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_RUN_TOGETHER = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")


def read_date(text: str) -> date | datetime | None:
    """Return the date (or the date with a time of day) that a person wrote; None when it is none.

    Read are 2026-11-22, 2026/11/22, 2026.11.22, 2026年11月22日, each with an optional time of day,
    20261122, and Excel's serial numbers of this century. Full-width digits are read as digits.
    """
    day = _read(unicodedata.normalize("NFKC", text).strip())
    return None if day is None or day.year < FIRST_YEAR else day


def _read(text: str) -> date | datetime | None:
    try:
        if found := _WRITTEN.fullmatch(text):
            year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups())
            if found[4] is None:
                return date(year, month, day)
            return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone is the reader's
        if found := _RUN_TOGETHER.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    if _SERIAL.fullmatch(text) and int(float(text)) in EXCEL_SERIALS:
        return EXCEL_DAY_ZERO + timedelta(days=int(float(text)))
    return None


def begins(day: date | datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment of `day` (or the moment itself) on the wall clock of `zone`."""
    if day.year == MAXYEAR:
        return FOR_EVER
    if isinstance(day, datetime):
        return day.replace(tzinfo=zone)
    return datetime.combine(day, time(), zone)


def ends(day: date | datetime, zone: ZoneInfo) -> datetime:
    """Return the moment after which a right "until `day`" is over: the day itself still counts."""
    if day.year == MAXYEAR:
        return FOR_EVER
    if isinstance(day, datetime):
        return day.replace(tzinfo=zone)
    return datetime.combine(day + timedelta(days=1), time(), zone)
