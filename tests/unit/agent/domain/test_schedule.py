"""Weekly windows by the clock on the wall of a place: midnight, weekdays, zones, summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.schedule import ALL_WEEK, MINUTES_A_DAY, Schedule, Window

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def office(*windows: Window, zone: ZoneInfo | None = None) -> Schedule:
    return Schedule("office", zone or SHANGHAI, windows)


def shanghai(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return a moment of March 2026, which began on a Sunday."""
    return datetime(2026, 3, day, hour, minute, second, tzinfo=SHANGHAI)


def test_a_window_includes_its_start_and_not_its_end() -> None:
    schedule = office(Window(frozenset({1}), 8 * 60, 20 * 60))

    assert not schedule.open_at(shanghai(2, 7, 59, 59))
    assert schedule.open_at(shanghai(2, 8))
    assert schedule.open_at(shanghai(2, 19, 59, 59))
    assert not schedule.open_at(shanghai(2, 20))


def test_a_window_holds_on_its_weekdays_only() -> None:
    schedule = office(Window(frozenset({1, 5}), 0, MINUTES_A_DAY))

    assert [schedule.open_at(shanghai(day, 12)) for day in range(2, 9)] == [
        day in {2, 6} for day in range(2, 9)
    ]


def test_a_window_past_midnight_belongs_to_the_day_it_began() -> None:
    schedule = office(Window(frozenset({5}), 22 * 60, 6 * 60))  # Friday night

    assert not schedule.open_at(shanghai(6, 5))  # Friday morning: that would be Thursday's night
    assert not schedule.open_at(shanghai(6, 21, 59))
    assert schedule.open_at(shanghai(6, 22))
    assert schedule.open_at(shanghai(7, 5, 59))
    assert not schedule.open_at(shanghai(7, 6))
    assert not schedule.open_at(shanghai(7, 22))  # Saturday night is not asked for


def test_sunday_night_runs_into_monday() -> None:
    schedule = office(Window(frozenset({7}), 23 * 60, 60))

    assert schedule.open_at(shanghai(8, 23, 30))
    assert schedule.open_at(shanghai(9, 0, 59))
    assert not schedule.open_at(shanghai(9, 1))


def test_a_window_to_the_end_of_the_day_touches_the_next_days_window() -> None:
    for end in (0, MINUTES_A_DAY):
        schedule = office(Window(frozenset({1}), 20 * 60, end), Window(frozenset({2}), 0, 60))

        assert schedule.open_at(shanghai(2, 23, 59, 59))
        assert schedule.open_at(shanghai(3, 0, 0))
        assert not schedule.open_at(shanghai(3, 1))
        assert not schedule.open_at(shanghai(4, 0))


def test_a_window_that_ends_when_it_starts_lasts_a_whole_day() -> None:
    schedule = office(Window(frozenset({3}), 8 * 60, 8 * 60))

    assert schedule.open_at(shanghai(4, 8))
    assert schedule.open_at(shanghai(5, 7, 59))
    assert not schedule.open_at(shanghai(5, 8))
    assert not schedule.open_at(shanghai(4, 7, 59))


def test_a_schedule_without_windows_is_never_open() -> None:
    assert not office().open_at(shanghai(2, 12))


def test_the_same_instant_is_judged_by_each_places_own_clock() -> None:
    morning = Window(frozenset({1}), 8 * 60, 9 * 60)
    instant = MONDAY.replace(hour=0, minute=30)  # 08:30 in Shanghai, 01:30 in Berlin

    assert office(morning).open_at(instant)
    assert not office(morning, zone=BERLIN).open_at(instant)


def test_the_weekday_is_the_places_own() -> None:
    monday = office(Window(frozenset({1}), 0, MINUTES_A_DAY))

    assert monday.open_at(datetime(2026, 3, 1, 16, 0, tzinfo=UTC))  # Sunday in UTC, Monday in Shanghai
    assert not monday.open_at(datetime(2026, 3, 2, 16, 0, tzinfo=UTC))


def test_the_wall_clock_counts_when_an_hour_is_left_out() -> None:
    night = office(Window(frozenset({7}), 60, 180), zone=BERLIN)  # 01:00 to 03:00 on 29 March 2026

    assert night.open_at(datetime(2026, 3, 29, 0, 59, tzinfo=UTC))  # 01:59 winter time
    assert not night.open_at(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))  # 03:00 summer time: 02:xx never was


def test_the_wall_clock_counts_twice_when_an_hour_comes_again() -> None:
    hour = office(Window(frozenset({7}), 120, 180), zone=BERLIN)  # 02:00 to 03:00 on 25 October 2026

    start = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    seen = [hour.open_at(start + timedelta(minutes=30 * step)) for step in range(7)]

    assert seen == [False, True, True, True, True, False, False]


def test_a_night_across_the_change_still_belongs_to_the_evening_before() -> None:
    night = office(Window(frozenset({6}), 22 * 60, 4 * 60), zone=BERLIN)

    assert night.open_at(datetime(2026, 3, 29, 1, 59, tzinfo=UTC))  # Sunday 03:59 summer time
    assert not night.open_at(datetime(2026, 3, 29, 2, 0, tzinfo=UTC))


@pytest.mark.parametrize("days", [frozenset[int](), frozenset({0}), frozenset({8}), frozenset({1, 9})])
def test_days_that_no_week_has_are_refused(days: frozenset[int]) -> None:
    with pytest.raises(ValueError, match="days"):
        Window(days, 0, 60)


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (MINUTES_A_DAY, 60), (0, -1), (0, MINUTES_A_DAY + 1)])
def test_minutes_that_no_day_has_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="minutes"):
        Window(ALL_WEEK, start, end)


windows = st.builds(
    Window,
    st.frozensets(st.integers(1, 7), min_size=1),
    st.integers(0, MINUTES_A_DAY - 1),
    st.integers(0, MINUTES_A_DAY),
)


@given(windows, st.integers(0, 14 * MINUTES_A_DAY - 1))
def test_a_window_is_open_exactly_from_each_start_for_its_length(window: Window, minute: int) -> None:
    length = (window.end_min - window.start_min) % MINUTES_A_DAY or MINUTES_A_DAY
    starts = [day * MINUTES_A_DAY + window.start_min for day in range(-1, 14) if (day % 7) + 1 in window.days]

    schedule = Schedule("any", UTC, (window,))

    assert schedule.open_at(MONDAY + timedelta(minutes=minute)) == any(
        start <= minute < start + length for start in starts
    )
