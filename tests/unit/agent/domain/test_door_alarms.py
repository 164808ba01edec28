"""Forced, held and lost: what is said about a leaf, and that what was wrong is also said to be over."""

from __future__ import annotations

import pytest

from agent.domain.decision import Mode
from agent.domain.door import (
    Door,
    DoorRules,
    FireSet,
    Freed,
    Leaf,
    LeafSeen,
    ModeSet,
    Move,
    OpenAlarm,
    Proven,
    Say,
    Tick,
    Warn,
)
from tests.unit.agent.domain.doorstep import CLOSED, OPEN, SHUT, kinds, run

LOST = LeafSeen(Leaf.UNKNOWN, "board silent")


def says(moves: list[tuple[float, Move]]) -> list[Say]:
    return [move for _, move in moves if isinstance(move, Say)]


def test_an_opening_without_a_release_is_forced_after_its_delay() -> None:
    door, moves = run(SHUT, (0.0, OPEN), (0.49, Tick()))
    assert kinds(moves) == ["door.opened"]

    door, moves = run(door, (0.5, Tick()))

    assert moves == [(0.5, Say("door.forced", {}, alarm=True))]
    assert door.alarm is OpenAlarm.FORCED
    assert door.deadline is None


def test_an_exit_that_is_told_after_the_opening_is_no_alarm() -> None:
    door, moves = run(SHUT, (0.0, OPEN), (0.3, Freed(5.0)), (1.0, Tick()))

    assert kinds(moves) == ["door.opened"]
    assert door.held_due == 30.3


def test_a_forced_door_closed_within_the_delay_is_forced_and_cleared() -> None:
    door, moves = run(SHUT, (0.0, OPEN), (0.2, CLOSED))

    assert says(moves) == [
        Say("door.opened", {"unwatched": False}),
        Say("door.forced", {}, alarm=True),
        Say("door.closed", {"unwatched": False}),
        Say("door.cleared", {"alarm": "forced"}),
    ]
    assert door == SHUT


def test_an_opening_after_the_release_is_over_is_forced() -> None:
    _, moves = run(SHUT, (0.0, Freed(5.0)), (5.0, Tick()), (5.1, OPEN), (5.6, Tick()))

    assert kinds(moves) == ["door.opened", "door.forced"]


def test_an_opening_after_the_lock_followed_the_leaf_is_forced() -> None:
    _, moves = run(
        SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (2.0, CLOSED), (2.3, Tick()), (3.0, OPEN), (3.5, Tick())
    )

    assert kinds(moves)[-1] == "door.forced"


def test_a_leaf_first_seen_open_is_not_called_forced() -> None:
    door, moves = run(Door(), (0.0, OPEN), (1.0, Tick()))

    assert says(moves) == [Say("door.opened", {"unwatched": True})]
    assert door.held_due == 30.0


def test_a_leaf_first_seen_closed_is_said_to_have_been_unwatched() -> None:
    assert says(run(Door(), (0.0, CLOSED))[1]) == [Say("door.closed", {"unwatched": True})]


def test_a_door_left_open_is_warned_of_at_half_time_and_then_held() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (2.0, OPEN), (5.0, Tick()), (17.0, Tick()))

    assert moves[-2:] == [(17.0, Say("door.held_warning", {})), (17.0, Warn())]
    assert door.alarm is OpenAlarm.WARNING

    door, moves = run(door, (32.0, Tick()))

    assert moves == [(32.0, Say("door.held", {}, alarm=True))]
    assert door.alarm is OpenAlarm.HELD
    assert door.deadline is None


@pytest.mark.parametrize(("closed_at", "alarm"), [(20.0, "warning"), (40.0, "held")])
def test_closing_clears_what_was_wrong(closed_at: float, alarm: str) -> None:
    times = [at for at in (5.0, 17.0, 32.0) if at < closed_at]
    door, _ = run(SHUT, (0.0, Freed(5.0)), (0.0, Proven(5.0)), (2.0, OPEN), *((at, Tick()) for at in times))

    door, moves = run(door, (closed_at, CLOSED))

    assert says(moves) == [
        Say("door.closed", {"unwatched": False}),
        Say("door.cleared", {"alarm": alarm}),
    ]
    assert door == SHUT


def test_a_late_tick_says_both_the_warning_and_the_alarm() -> None:
    _, moves = run(SHUT, (0.0, Freed(5.0)), (2.0, OPEN), (300.0, Tick()))

    assert kinds(moves) == ["door.opened", "door.held_warning", "door.held"]


def test_a_release_while_open_gives_the_time_anew() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (2.0, OPEN), (10.0, Freed(5.0)), (17.0, Tick()))

    assert "door.held_warning" not in kinds(moves)
    assert door.held_due == 40.0


def test_a_release_longer_than_the_time_allowed_is_allowed_in_full() -> None:
    door, _ = run(SHUT, (0.0, Freed(60.0)), (1.0, OPEN))

    assert door.held_due == 60.0
    assert door.warn_due == 30.5


def test_a_release_at_a_forced_door_starts_its_time_but_the_alarm_stands_until_it_closes() -> None:
    door, _ = run(SHUT, (0.0, OPEN), (0.5, Tick()), (5.0, Freed(5.0)), (20.0, Tick()))
    assert door.alarm is OpenAlarm.FORCED

    door, moves = run(door, (35.0, Tick()), (36.0, CLOSED))

    assert kinds(moves) == ["door.held", "door.closed", "door.cleared"]
    assert says(moves)[-1].body == {"alarm": "forced"}


def test_a_lost_contact_is_an_alarm_and_stops_what_is_timed() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (2.0, LOST), (5.0, Tick()), (60.0, Tick()))

    assert says(moves)[1:] == [Say("door.contact_lost", {"why": "board silent"}, alarm=True)]
    assert door.deadline is None


def test_a_contact_lost_right_after_a_forced_opening_does_not_hide_it() -> None:
    door, moves = run(SHUT, (0.0, OPEN), (0.2, LOST), (1.0, Tick()))

    assert kinds(moves) == ["door.opened", "door.forced", "door.contact_lost"]
    assert door.alarm is OpenAlarm.FORCED


def test_what_was_wrong_stays_wrong_until_the_leaf_is_seen_closed() -> None:
    door, moves = run(SHUT, (0.0, OPEN), (0.5, Tick()), (1.0, LOST), (2.0, OPEN), (3.0, LOST), (4.0, CLOSED))

    assert kinds(moves)[-2:] == ["door.closed", "door.cleared"]
    assert kinds(moves).count("door.forced") == 1
    assert door == SHUT


@pytest.mark.parametrize("freeing", [ModeSet(Mode.HELD), FireSet(on=True)])
def test_what_was_wrong_is_over_when_the_door_is_meant_to_stand_open(freeing: ModeSet | FireSet) -> None:
    door, moves = run(SHUT, (0.0, OPEN), (0.5, Tick()), (1.0, freeing), (100.0, CLOSED), (101.0, OPEN))

    assert kinds(moves).count("door.cleared") == 1
    assert door.alarm is None
    assert not {"door.held", "door.held_warning"} & set(kinds(run(door, (500.0, Tick()))[1]))


@pytest.mark.parametrize("freeing", [ModeSet(Mode.HELD), FireSet(on=True)])
def test_a_door_meant_to_stand_open_is_neither_forced_nor_held(freeing: ModeSet | FireSet) -> None:
    _, moves = run(SHUT, (0.0, freeing), (1.0, OPEN), (300.0, Tick()), (301.0, CLOSED))

    assert not {"door.forced", "door.held", "door.held_warning"} & set(kinds(moves))


def test_an_opening_just_before_a_fire_is_not_forced() -> None:
    _, moves = run(SHUT, (0.0, OPEN), (0.2, FireSet(on=True)), (1.0, Tick()))

    assert "door.forced" not in kinds(moves)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (ModeSet(Mode.HELD), ModeSet(Mode.NORMAL)),
        (ModeSet(Mode.HELD), ModeSet(Mode.LOCKED)),
        (FireSet(on=True), FireSet(on=False)),
    ],
)
def test_a_leaf_still_open_when_the_door_is_locked_again_has_its_time_from_then(
    begin: ModeSet | FireSet, end: ModeSet | FireSet
) -> None:
    _, moves = run(SHUT, (0.0, begin), (1.0, OPEN), (100.0, end), (115.0, Tick()), (130.0, Tick()))

    assert kinds(moves)[-2:] == ["door.held_warning", "door.held"]


def test_locking_a_door_does_not_give_an_open_leaf_more_time() -> None:
    door, _ = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (20.0, ModeSet(Mode.LOCKED)))

    assert door.held_due == 31.0


def test_forced_delay_can_be_none() -> None:
    rules = DoorRules("lobby", forced_delay_s=0.0)

    assert kinds(run(SHUT, (0.0, OPEN), (0.0, Tick()), rules=rules)[1]) == ["door.opened", "door.forced"]
