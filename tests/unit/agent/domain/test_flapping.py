"""Points that flap: rows are bounded whatever the pattern, and no way out is ever kept shut by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.door import DoorRules, Leaf, OpenAlarm
from agent.domain.effects import Result, Unlock
from agent.domain.facts import (
    Carried,
    ExitAsked,
    Fact,
    FireCleared,
    FireKeyRested,
    FireKeyTurned,
    FireRaised,
    FireUnsure,
    FromPoint,
    LeafClosed,
    LeafOpened,
    LeafUnknown,
    NotCarried,
    Noted,
    Plain,
    Role,
    Tick,
    Unreadable,
)
from agent.domain.fire import Line
from agent.domain.flapping import ALARM_S, CHANGE_S, EACH_S, FLAPS_S, Flap, alarmed, changed
from agent.domain.inputs import FRESH_A_MINUTE, flapping
from tests.unit.agent.domain.houses import GARAGE, LOBBY, House, card, kinds, unlocks

if TYPE_CHECKING:
    from agent.domain.effects import Record

MOST_ROWS_A_CHANGE = 4
"""What one change can be in rows while it is told: a leaf that closes was forced, is closed, is well; and the
word that it flaps."""

FACTS: dict[str, tuple[Role, str | None, tuple[Plain, ...]]] = {
    "contact": (Role.CONTACT, LOBBY, (LeafOpened(LOBBY), LeafClosed(LOBBY), LeafUnknown(LOBBY, "short"))),
    "exit": (
        Role.EXIT,
        LOBBY,
        (ExitAsked(LOBBY), Noted("exit.fault", {"point": "exit", "state": "short"}, LOBBY, alarm=True)),
    ),
    "fire": (Role.FIRE, None, (FireRaised(), FireCleared(), FireUnsure("short"))),
    "key": (Role.FIRE_KEY, None, (FireKeyTurned("key"), FireKeyRested("key"))),
    "lock": (
        Role.OUTPUT,
        LOBBY,
        (
            Noted("door.output_found", {"point": "lock", "on": True}, LOBBY, alarm=True),
            Noted("door.output_found", {"point": "lock", "on": False}, LOBBY),
        ),
    ),
    "in": (Role.READER, LOBBY, (Unreadable(LOBBY, "in", "in", 25, "none of W34"),)),
    "in.tamper": (
        Role.TROUBLE,
        None,
        (
            Noted("device.trouble", {"device": "in", "trouble": "tamper", "active": True}, alarm=True),
            Noted("device.trouble", {"device": "in", "trouble": "tamper", "active": False}),
        ),
    ),
    "board": (
        Role.DEVICE,
        None,
        (
            Noted("device.offline", {"device": "board"}, alarm=True),
            Noted("device.online", {"device": "board"}),
        ),
    ),
}
POINTS = st.sampled_from(sorted(FACTS))


def says(point: str, number: int) -> FromPoint:
    role, door, facts = FACTS[point]
    return FromPoint(point, role, door, facts[number % len(facts)])


class Life:
    """A house whose time comes due, and whose hardware does what it is asked."""

    def __init__(self, *rules: DoorRules, latched: bool = True) -> None:
        self.house = House(*rules, latched=latched)
        self.rows: list[tuple[float, Record]] = []

    def wait(self, seconds: float) -> list[Record]:
        """Let so much time pass, a Tick at each time that comes due."""
        end, before = self.house.at + seconds, len(self.rows)
        while (due := self.house.site.deadline) is not None and due <= end:
            self.house.at = max(self.house.at, due)
            self._follow(self.house.take(Tick()))
        self.house.at = end
        return [row for _, row in self.rows[before:]]

    def take(self, fact: Fact, after: float = 0.0) -> Result:
        self.wait(after)
        result = self.house.take(fact)
        self._follow(result)
        return result

    def flap(self, point: str, times: int, every_s: float) -> None:
        for number in range(times):
            self.take(says(point, number), every_s)

    def told(self, kind: str) -> list[Record]:
        return [row for _, row in self.rows if row.kind == kind]

    def _follow(self, result: Result) -> None:
        self.rows += [(self.house.at, row) for row in result.records]
        for effect in unlocks((*result.first, *result.then)):
            self._follow(self.house.take(Carried(effect.id)))


# --- the judge ------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=200))
def test_a_point_is_told_at_a_bounded_pace_and_is_steady_soon_after_it_stops(
    changes: list[tuple[float, bool]],
) -> None:
    flap, at, unsummed_s, started = Flap(), 0.0, 0.0, 0.0
    for pause_s, alarm in changes:
        at += pause_s
        was = flap
        flap = changed(flap, at)
        flap = alarmed(flap, at) if alarm else flap
        if not was.flaps:
            unsummed_s += CHANGE_S + (ALARM_S if alarm else 0)
        if flap.steady(at):
            flap = Flap()
        assert flap.calm_at <= at + FLAPS_S
    assert unsummed_s <= FLAPS_S + CHANGE_S + ALARM_S + (at - started) or flap.flaps
    assert not flap.flaps or flap.steady(at + FLAPS_S)


def test_a_crowd_that_goes_through_one_by_one_does_not_flap() -> None:
    flap = Flap()
    for number in range(1000):
        flap = changed(flap, number * CHANGE_S)
    assert not flap.flaps


# --- what is written ------------------------------------------------------------------------------------


@given(st.data())
def test_rows_are_bounded_whatever_the_pattern(data: st.DataObject) -> None:
    life = Life(DoorRules(LOBBY, held_after_s=2.0), latched=data.draw(st.booleans()))
    point = data.draw(POINTS)
    pauses = data.draw(
        st.lists(st.sampled_from([0.01, 0.03, 0.2, 0.4, 0.6, 1.5, 3.0]), min_size=1, max_size=6)
    )
    numbers = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=4))
    for turn in range(600):
        life.take(says(point, numbers[turn % len(numbers)]), pauses[turn % len(pauses)])
    seconds = life.house.at - 1000.0
    rows = [row for _, row in life.rows]
    minutes = seconds / 60
    changes_told = (FLAPS_S + seconds) / CHANGE_S
    assert len(rows) <= MOST_ROWS_A_CHANGE * changes_told
    alarms = sum(row.alarm for row in rows)
    assert alarms <= 3 * ((FLAPS_S + seconds) / ALARM_S + 1) + 8 * (minutes + 1)


@pytest.mark.parametrize("point", sorted(FACTS))
@pytest.mark.parametrize("every_s", [1 / 30, 1 / 5])
def test_what_flaps_is_a_few_rows_a_minute(point: str, every_s: float) -> None:
    life = Life()
    life.take(FireRaised()) if point == "key" else None
    life.flap(point, int(20 / every_s), every_s)
    begun = len(life.rows)
    kind = "input.flapping" if point in {"contact", "exit", "fire", "key"} else "device.flapping"
    (flaps,) = life.told(kind)
    assert flaps.alarm
    assert flaps.body["point"] == point
    assert flaps.door == FACTS[point][1]
    life.flap(point, int(600 / every_s), every_s)
    assert len(life.rows) - begun <= 12 + 10
    summed = life.told(kind.replace("flapping", "summed"))
    assert len(summed) == pytest.approx(10, abs=1)
    assert summed[-1].body["changes"] == pytest.approx(EACH_S / every_s, rel=0.05)


def test_a_leaf_that_rattles_is_forced_once_and_the_state_of_its_door_is_the_truth() -> None:
    life = Life()
    life.take(says("contact", 1))
    for _ in range(40):
        life.take(says("contact", 0), 0.6)
        assert life.house.door().leaf is Leaf.OPEN
        life.wait(0.6)
        assert life.house.door().alarm is OpenAlarm.FORCED
        life.take(says("contact", 1))
        assert life.house.door().leaf is Leaf.CLOSED
    forced = len(life.told("door.forced"))
    assert forced < 10
    (flaps,) = life.told("input.flapping")
    assert flaps.body["role"] == "contact"
    life.take(says("contact", 0), 0.6)
    life.wait(FLAPS_S + 2 * ALARM_S)
    (steady,) = life.told("input.steady")
    assert steady.alarm
    assert (steady.body["leaf"], steady.body["alarm"]) == ("open", "forced")
    assert len(life.told("door.forced")) == forced
    life.take(says("contact", 1), 0.6)
    life.take(says("contact", 0), 0.6)
    life.wait(0.6)
    assert len(life.told("door.forced")) == forced + 1  # told as ever


def test_a_leaf_that_the_wind_forces_slowly_is_summed_up_too() -> None:
    life = Life()
    for _ in range(100):
        life.take(says("contact", 0), 8.0)
        life.take(says("contact", 1), 2.0)
    assert len(life.told("input.flapping")) == 1
    assert len(life.told("door.forced")) < 40
    rows = life.told("input.summed")[-1].body["rows"]
    assert isinstance(rows, dict)
    assert rows["door.forced"] == 6


def test_a_point_that_stays_still_is_steady_and_nothing_more_is_due() -> None:
    life = Life()
    life.take(says("contact", 1))
    life.flap("contact", 200, 0.05)
    assert flapping(life.house.site)
    life.take(says("contact", 1), 0.05)
    life.wait(FLAPS_S)
    assert not flapping(life.house.site)
    (steady,) = life.told("input.steady")
    assert not steady.alarm
    assert life.house.site.deadline is None
    assert life.wait(3600) == []


def test_a_point_that_stops_is_summed_up_once_more_and_then_steady() -> None:
    life = Life()
    life.flap("exit", 62, 0.0)
    life.flap("exit", 1, 59.0)
    assert kinds(Result(tuple(life.wait(EACH_S * 2)))) == ["input.summed", "input.steady"]


# --- what is done ---------------------------------------------------------------------------------------


@given(st.lists(st.tuples(POINTS, st.integers(0, 2), st.sampled_from([0.0, 0.03, 0.3, 2.0])), max_size=150))
def test_exit_and_fire_release_always(moves: list[tuple[str, int, float]]) -> None:
    life = Life(latched=False)
    for point, number, after in moves:
        said = says(point, number)
        burnt = life.house.site.fire.on
        result = life.take(said, after)
        freed = {effect.door for effect in result.first if isinstance(effect, Unlock)}
        match said.fact:
            case ExitAsked(door):
                assert door in freed
                assert life.house.door(door).released
            case FireRaised():
                assert burnt or freed == {LOBBY, GARAGE}
                assert life.house.site.fire.on
            case _:
                pass


def test_a_press_that_finds_its_door_locked_is_a_row_within_reason() -> None:
    life = Life(DoorRules(LOBBY, release_s=0.5))
    life.flap("exit", 0, 0.0)
    for _ in range(70):
        life.take(FromPoint("exit", Role.EXIT, LOBBY, ExitAsked(LOBBY)))
    assert flapping(life.house.site)
    life.wait(1.0)
    before = len(life.told("exit.opened"))
    for _ in range(2 * FRESH_A_MINUTE):
        life.take(FromPoint("exit", Role.EXIT, LOBBY, ExitAsked(LOBBY)), 0.6)
        life.take(FromPoint("exit", Role.EXIT, LOBBY, ExitAsked(LOBBY)), 0.1)
    assert len(life.told("exit.opened")) == before + FRESH_A_MINUTE
    life.wait(EACH_S)
    rows = life.told("input.summed")[0].body["rows"]
    assert isinstance(rows, dict)
    assert rows["exit.opened"] >= 3 * FRESH_A_MINUTE


def test_people_at_a_door_that_flaps_are_recorded_as_ever() -> None:
    life = Life()
    life.flap("contact", 200, 0.05)
    life.flap("exit", 200, 0.05)
    life.take(card(), 6.0)
    assert len(life.told("entry.granted")) == 1
    assert life.told("door.released")[-1].body == {"cause": "entry"}


def test_another_door_is_told_as_ever() -> None:
    life = Life()
    life.flap("contact", 400, 0.05)
    for said in (LeafOpened(GARAGE), LeafClosed(GARAGE)):
        life.take(FromPoint("garage-contact", Role.CONTACT, GARAGE, said))
    garage = [row.kind for _, row in life.rows if row.door == GARAGE]
    assert garage == ["door.opened", "door.closed"]


def test_of_two_buttons_at_one_door_the_other_is_told_as_ever() -> None:
    life = Life()
    life.flap("exit", 200, 0.05)
    before = len(life.told("exit.opened"))
    life.take(FromPoint("ramp", Role.EXIT, LOBBY, ExitAsked(LOBBY)))
    assert len(life.told("exit.opened")) == before + 1
    assert set(flapping(life.house.site)) == {(Role.EXIT, "exit")}


def test_a_lock_that_fails_a_button_that_flaps_is_an_alarm_once() -> None:
    house = House()
    failed = 0
    for _ in range(300):
        asked = house.take(says("exit", 0), 0.05)
        (unlock,) = unlocks(asked.first)
        failed += kinds(house.take(NotCarried(unlock.id, "offline", maybe=False))).count(
            "door.release_failed"
        )
    assert 60 < failed < 70


def test_a_fire_line_that_flaps_ends_no_release_until_it_is_steady() -> None:
    life = Life(latched=False)
    life.flap("fire", 150, 0.05)
    for number in range(40):
        life.take(FromPoint("fire", Role.FIRE, None, (FireRaised(), FireCleared())[number % 2]), 0.05)
        assert life.house.site.fire.on
    assert life.house.site.fire.line is Line.UNSURE
    ended = len(life.told("fire.off"))
    life.wait(FLAPS_S - 1)
    assert life.house.door().released
    life.wait(1)
    assert len(life.told("fire.off")) == ended + 1
    assert not life.house.door().released


def test_a_fire_line_that_is_steady_and_calls_still_calls() -> None:
    life = Life(latched=False)
    for number in range(101):
        life.take(FromPoint("fire", Role.FIRE, None, (FireRaised(), FireCleared())[number % 2]), 0.05)
    life.wait(FLAPS_S)
    assert not flapping(life.house.site)
    assert life.house.site.fire.on
    assert life.house.site.fire.line is Line.CALLING


def test_a_key_switch_that_flaps_was_turned_by_nobody() -> None:
    life = Life()
    turn, rest = says("key", 0), says("key", 1)
    for number in range(100):
        life.take((rest, turn)[number % 2], 0.05)
    life.take(FireRaised())
    life.take(FireCleared())
    for number in range(100):
        life.take((rest, turn)[number % 2], 0.05)
    assert life.house.site.fire.on
    life.take(rest, 0.05)
    life.wait(FLAPS_S)
    life.take(turn)
    assert not life.house.site.fire.on
