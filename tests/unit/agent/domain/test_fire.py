"""The fire release: begun by the line, ended by the line and a person, remembered, and never in doubt."""

from __future__ import annotations

import pytest

from agent.domain.core import begin
from agent.domain.decision import Mode
from agent.domain.door import LEASE_S, DoorRules
from agent.domain.effects import Answer, Outcome, Record, Relock, Result
from agent.domain.facts import (
    Fact,
    FireCleared,
    FireKeyRested,
    FireKeyTurned,
    FireKeyUnsure,
    FireOverAsked,
    FireRaised,
    FireUnsure,
    RecordingLost,
    Tick,
)
from agent.domain.fire import WaitsFor
from tests.unit.agent.domain.houses import GARAGE, LOBBY, House, card, kinds, order, unlocks

KEY = "fire-key"
REST = FireKeyRested(KEY)
TURN = FireKeyTurned(KEY)


def burning(*facts: Fact) -> House:
    """Give a house with a latched release that has begun, and then heard `facts`."""
    house = House(latched=True)
    house.take(FireRaised())
    for fact in facts:
        house.take(fact)
    return house


def test_a_line_that_falls_silent_ends_no_release() -> None:
    house = burning()

    result = house.take(FireCleared())

    assert result == Result(
        (Record("fire.line", None, {"line": "rest", "was": "calling"}, alarm=True),),
    )
    assert house.door().fire
    assert house.site.fire.waits_for is WaitsFor.PERSON
    assert len(unlocks(house.take(Tick(), after=LEASE_S).first)) == 2


def test_the_key_ends_it_once_the_line_is_at_rest() -> None:
    house = burning(REST, FireCleared())

    result = house.take(TURN)

    assert result.records[0] == Record("fire.off", None, {"point": KEY}, alarm=True)
    assert [effect.door for effect in result.then if isinstance(effect, Relock)] == [LOBBY, GARAGE]
    assert house.site.fire.waits_for is None
    assert not house.door().released


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ((REST,), "fire_line_calls"),
        ((REST, FireUnsure("cut")), "fire_line_unsure"),
        ((REST, FireCleared(), FireRaised()), "fire_line_calls"),
        ((FireCleared(),), "fire_key_stuck"),
        ((FireCleared(), REST, FireKeyUnsure(KEY, "silent")), "fire_key_stuck"),
        ((REST, TURN, FireCleared()), "fire_key_stuck"),
    ],
)
def test_a_key_ends_nothing_in_doubt(facts: tuple[Fact, ...], reason: str) -> None:
    house = burning(*facts)

    result = house.take(TURN)

    said = Record("fire.not_ended", None, {"point": KEY, "reason": reason}, alarm=True)
    assert result == Result((said,))
    assert house.door().released


def test_a_key_turned_too_early_counts_when_it_is_turned_back_and_again() -> None:
    house = burning(REST, TURN, FireCleared(), REST)

    assert kinds(house.take(TURN))[0] == "fire.off"


def test_a_key_that_is_turned_with_no_fire_is_written_down() -> None:
    house = House(latched=True)
    house.take(REST)

    result = house.take(TURN)

    assert result == Result((Record("fire.not_ended", None, {"point": KEY, "reason": "no_fire"}),))


def test_a_key_that_cannot_be_read_is_said() -> None:
    result = House().take(FireKeyUnsure(KEY, "open_circuit"))

    assert result == Result((Record("fire.key_unsure", None, {"point": KEY, "why": "open_circuit"}),))


def test_the_duty_desk_ends_it_and_is_told() -> None:
    house = burning(FireCleared())

    result = house.take(FireOverAsked(order(who=None)))

    assert result.records[:2] == (
        Record("order.accepted", None, {"order": "jti-1", "key": "key-1", "do": "fire_over"}),
        Record("fire.off", None, {"order": "jti-1", "key": "key-1"}, alarm=True),
    )
    assert result.used == (order(who=None),)
    assert result.then[-1] == Answer(order(who=None), None, Outcome.DONE, None)
    assert not house.door().fire


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ((), "fire_line_calls"),
        ((FireUnsure("cut"),), "fire_line_unsure"),
        ((FireCleared(), FireUnsure("cut")), "fire_line_unsure"),
        ((FireCleared(), RecordingLost("full")), "cannot_record"),
        ((FireCleared(), FireOverAsked(order("jti-0"))), "no_fire"),
    ],
)
def test_the_desk_ends_nothing_in_doubt(facts: tuple[Fact, ...], reason: str) -> None:
    house = burning(*facts)
    fire = house.site.fire.on

    result = house.take(FireOverAsked(order()))

    assert result.then == (Answer(order(), None, Outcome.REFUSED, reason),)
    assert result.used == (order(),)
    assert house.site.fire.on is fire


def test_the_desks_word_does_not_wait() -> None:
    house = burning(FireCleared())

    result = house.take(FireOverAsked(order(not_after=house.at)), after=0.1)

    assert result.then[0] == Answer(order(not_after=1000.0), None, Outcome.REFUSED, "expired")
    assert house.site.fire.on


def test_where_the_panel_keeps_the_line_the_line_alone_ends_it() -> None:
    house = House(latched=False)
    house.take(FireRaised())

    assert kinds(house.take(FireCleared()))[0] == "fire.off"


@pytest.mark.parametrize("latched", [True, False])
def test_a_line_that_cannot_be_read_neither_begins_nor_ends_a_release(latched: bool) -> None:  # noqa: FBT001
    calm, burns = House(latched=latched), House(latched=latched)
    burns.take(FireRaised())

    for house in (calm, burns):
        assert kinds(house.take(FireUnsure("board silent"))) == ["fire.unsure"]

    assert not calm.door().fire
    assert burns.door().fire
    assert burns.site.fire.waits_for is WaitsFor.LINE


def test_a_line_that_can_be_read_again_is_said() -> None:
    house = House()
    assert house.take(FireCleared()) == Result()
    house.take(FireUnsure("cut"))

    result = house.take(FireCleared())

    assert result == Result((Record("fire.line", None, {"line": "rest", "was": "unsure"}),))


def test_a_release_that_stood_at_the_end_stands_again_at_once_ahead_of_everything() -> None:
    rules = (DoorRules(LOBBY), DoorRules(GARAGE), DoorRules("safe", fire_release=False))
    house = House(*rules, latched=True)

    house.site, result = begin(house.site, {LOBBY: Mode.LOCKED}, house.now(), fire=True)

    assert [(effect.door, effect.for_s) for effect in unlocks(result.first)] == [
        (LOBBY, LEASE_S),
        (GARAGE, LEASE_S),
    ]
    assert result.records[0] == Record("fire.on", None, {"restored": True}, alarm=True)
    assert house.site.fire.waits_for is WaitsFor.LINE
    assert kinds(house.take(card(None))) == ["entry.granted"]


def test_a_remembered_release_ends_as_any_other_does() -> None:
    house = House(latched=True)
    house.site, _ = begin(house.site, {}, house.now(), fire=True)

    assert house.take(FireOverAsked(order())).then[0] == Answer(
        order(), None, Outcome.REFUSED, "fire_line_unsure"
    )
    assert kinds(house.take(FireRaised())) == ["fire.line"]
    house.take(FireCleared())
    assert kinds(house.take(FireOverAsked(order("jti-2"))))[1] == "fire.off"


def test_a_remembered_release_that_is_not_latched_ends_with_the_first_word_of_a_line_at_rest() -> None:
    house = House(latched=False)
    house.site, _ = begin(house.site, {}, house.now(), fire=True)

    assert kinds(house.take(FireCleared()))[0] == "fire.off"
