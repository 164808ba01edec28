"""What is shown of a door at the broker: every change, but of one that flaps no flood."""

from __future__ import annotations

from agent.doors.showing import EACH_S, Showing


def test_every_change_of_a_door_is_shown_once() -> None:
    showing = Showing()
    moves = ["closed", "open", "open", "closed"]
    assert [showing.worth("lobby", "normal", each, 0.0, restless=False) for each in moves] == [
        True,
        True,
        False,
        True,
    ]


def test_a_door_that_flaps_is_shown_now_and_then_and_at_last_as_it_is() -> None:
    showing = Showing()
    showing.worth("lobby", "normal", "closed", 0.0, restless=True)
    assert not showing.worth("lobby", "normal", "open", 0.1, restless=True)
    assert showing.worth("lobby", "normal", "open", EACH_S, restless=True)
    assert not showing.worth("lobby", "normal", "closed", EACH_S + 0.1, restless=True)
    assert showing.worth("lobby", "normal", "closed", EACH_S + 0.2, restless=False)


def test_what_weighs_more_is_shown_at_once_and_another_door_too() -> None:
    showing = Showing()
    showing.worth("lobby", "normal", "closed", 0.0, restless=True)
    assert showing.worth("lobby", "fire", "open", 0.1, restless=True)
    assert showing.worth("garage", "normal", "open", 0.1, restless=False)
