"""Visitor passes at the doors: the order of the rules, what is recorded, and what is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.domain.decision import Deny, Grant, Mode, Posture, Reason, Rule
from agent.domain.effects import Record, Result, Show, Shown
from agent.domain.facts import Carried, FireRaised, ModeAsked, PassShown, RecordingLost
from agent.domain.moment import ClockConfidence, Proof
from agent.domain.passes import PassUse, Visit, decide_pass
from agent.domain.site import ACT_WITHIN_S
from tests.unit.agent.domain.houses import GARAGE, LOBBY, NOON, House, moment, order, unlocks

if TYPE_CHECKING:
    from agent.domain.facts import Json
    from agent.domain.moment import Moment

VISIT = Visit("number-1", "p-9", (LOBBY, "roof"), NOON, NOON + timedelta(hours=1), uses=2)
AT_NOON = moment()
UNSET = moment(clock=ClockConfidence.UNSET)
SHORT_OF_A_SECOND = timedelta(milliseconds=1)


def shown(
    visit: Visit | None = VISIT,
    *,
    used: int | None = 0,
    unfit: Reason | None = None,
    door: str = LOBBY,
    read_at: float = 1000.0,
) -> PassShown:
    return PassShown(door, f"{door}-qr", "in", visit, unfit, used, read_at)


def story(**more: Json) -> dict[str, Json]:
    said: dict[str, Json] = {
        "reader": "lobby-qr",
        "direction": "in",
        "pass": "number-1",
        "person": "p-9",
        "uses_left": 2,
        "revision": 7,
    }
    return said | more


def why(fact: PassShown, at: Moment = AT_NOON, posture: Posture | None = None) -> str:
    match decide_pass(fact.visit, fact.unfit, fact.used, posture or Posture(fact.door), at):
        case Grant(rule):
            return rule
        case Deny(reason):
            return reason


# --- the decision --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "at", "expected"),
    [
        (shown(), AT_NOON, Rule.VISIT),
        (shown(used=1), AT_NOON, Rule.VISIT),
        (shown(), replace(moment(clock=ClockConfidence.HOLDOVER), proof=Proof(1000.0, NOON)), Rule.VISIT),
        (shown(), moment(clock=ClockConfidence.HOLDOVER), Reason.CLOCK_DRIFTED),
        (shown(), moment(utc=VISIT.ends - SHORT_OF_A_SECOND), Rule.VISIT),
        (shown(None), AT_NOON, Reason.NO_VISIT),
        (shown(None, unfit=Reason.VISIT_FORGED), AT_NOON, Reason.VISIT_FORGED),
        (shown(unfit=Reason.VISIT_ELSEWHERE), AT_NOON, Reason.VISIT_ELSEWHERE),
        (shown(door=GARAGE), AT_NOON, Reason.NO_RIGHT),
        (shown(), UNSET, Reason.CLOCK_UNSET),
        (shown(), moment(utc=VISIT.begins - SHORT_OF_A_SECOND), Reason.VISIT_NOT_YET),
        (shown(), moment(utc=VISIT.ends), Reason.VISIT_EXPIRED),
        (shown(used=2), AT_NOON, Reason.VISIT_USED_UP),
        (shown(used=3), AT_NOON, Reason.VISIT_USED_UP),
        (shown(used=None), AT_NOON, Reason.VISIT_UNCOUNTED),
    ],
)
def test_a_pass_opens_its_doors_in_its_window_as_often_as_it_says(
    fact: PassShown, at: Moment, expected: str
) -> None:
    assert why(fact, at) == expected


def test_the_first_rule_that_applies_gives_the_reason() -> None:
    """Each further defect stands behind those before it."""
    wrong = shown(unfit=Reason.VISIT_ELSEWHERE, used=2, door=GARAGE)
    late = moment(utc=VISIT.ends)
    unset = replace(late, clock=ClockConfidence.UNSET)

    assert why(wrong, unset) == Reason.VISIT_ELSEWHERE
    assert why(replace(wrong, unfit=None), unset) == Reason.NO_RIGHT
    assert why(shown(used=2), unset) == Reason.CLOCK_UNSET
    assert why(shown(used=2), late) == Reason.VISIT_EXPIRED


@pytest.mark.parametrize("fact", [shown(), shown(used=2), shown(None, unfit=Reason.VISIT_FORGED)])
def test_the_doors_own_state_stands_before_any_pass(fact: PassShown) -> None:
    burning = Posture(LOBBY, Mode.LOCKED, fire=True, recording=False)
    assert why(fact, posture=burning) == Rule.FIRE
    assert why(fact, posture=replace(burning, fire=False)) == Reason.CANNOT_RECORD
    assert why(fact, posture=Posture(LOBBY, Mode.LOCKED)) == Reason.DOOR_LOCKED
    assert why(fact, posture=Posture(LOBBY, Mode.HELD)) == Rule.HELD


# --- what follows it -----------------------------------------------------------------------------------


def test_a_pass_is_one_record_with_its_use_and_then_a_release() -> None:
    house = House()

    result = house.take(shown())

    (unlock,) = unlocks(result.then)
    assert (unlock.door, unlock.for_s, unlock.not_after) == (LOBBY, 5.0, 1000.0 + ACT_WITHIN_S)
    assert result == Result(
        records=(Record("entry.granted", LOBBY, story(uses_left=1, rule="visitor_pass")),),
        then=(unlock,),
        pass_uses=(PassUse("number-1", 1, VISIT.ends),),
    )
    assert house.take(Carried(unlock.id)).then == (Show("lobby-qr", Shown.GRANTED),)


def test_the_last_use_leaves_none_and_the_next_is_refused_with_a_light() -> None:
    house = House()

    last = house.take(shown(used=1))
    over = house.take(shown(used=2))

    assert last.pass_uses == (PassUse("number-1", 2, VISIT.ends),)
    assert last.records[0].body == story(uses_left=0, rule="visitor_pass")
    assert over == Result(
        records=(Record("entry.denied", LOBBY, story(uses_left=0, reason="pass_used_up")),),
        then=(Show("lobby-qr", Shown.DENIED),),
    )


def test_what_nobody_trusted_has_signed_names_nobody() -> None:
    result = House().take(shown(None, unfit=Reason.VISIT_UNKNOWN_KEY, used=None))

    told = {"pass": None, "person": None, "uses_left": None, "reason": "pass_unknown_key"}
    assert result.records == (Record("entry.denied", LOBBY, story() | told),)
    assert result.pass_uses == ()


def test_a_pass_whose_uses_nobody_knows_says_so() -> None:
    (record,) = House().take(shown(used=None)).records

    assert record.body == story(uses_left=None, reason="pass_uncounted")


def test_a_pass_that_waited_too_long_opens_nothing_and_costs_nothing() -> None:
    house = House()

    soon = house.take(shown(), ACT_WITHIN_S)
    late = house.take(shown(used=1), 0.1)

    assert [unlock.not_after for unlock in unlocks(soon.then)] == [1000.0 + ACT_WITHIN_S]
    assert late.records[0].body == story(uses_left=1, reason="too_late")
    assert (unlocks(late.then), late.pass_uses) == ([], ())


def test_a_door_that_stands_open_takes_no_use() -> None:
    house = House()
    house.take(ModeAsked(LOBBY, order(), Mode.HELD))
    held = house.take(shown())
    house.take(FireRaised())
    burning = house.take(shown(used=2))

    assert held.records[0].body == story(rule="held_open")
    assert burning.records[0].body == story(uses_left=0, rule="fire_release")
    assert (held.pass_uses, burning.pass_uses) == ((), ())


def test_what_cannot_be_recorded_is_not_opened_and_not_counted() -> None:
    house = House()
    house.take(RecordingLost("full"))

    result = house.take(shown())

    assert result.records[0].body == story(reason="cannot_record")
    assert (unlocks(result.then), result.pass_uses) == ([], ())


def test_uses_of_two_results_come_in_order() -> None:
    first, second = (Result(pass_uses=(PassUse("number-1", nth, VISIT.ends),)) for nth in (1, 2))

    assert [use.nth for use in (first + second).pass_uses] == [1, 2]
