"""Orders: every one is answered once, and *opened* only after the device has said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.domain.credentials import CredentialState
from agent.domain.decision import Mode
from agent.domain.door import LEASE_S
from agent.domain.effects import Answer, Outcome, Record, Relock, Result, Unlock
from agent.domain.facts import (
    Carried,
    FireRaised,
    ModeAsked,
    NotCarried,
    OpenAsked,
    OrderRefused,
    RecordingLost,
    Tick,
)
from agent.domain.site import ACT_WITHIN_S, ANSWER_WITHIN_S
from tests.unit.agent.domain.houses import (
    DIGEST,
    LOBBY,
    House,
    card,
    desk,
    holding,
    kinds,
    order,
    person,
    phone,
    unlocks,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.facts import Json

STORY: Mapping[str, Json] = {
    "order": "jti-1",
    "key": "key-1",
    "credential": DIGEST.hex(),
    "person": "p-1",
    "revision": 7,
}


def test_a_phone_opens_and_is_told_only_when_the_device_has_done_it() -> None:
    house = House()

    asked = house.take(phone(order()))
    carried = house.take(Carried(1))

    assert asked == Result(
        records=(Record("entry.granted", LOBBY, {**STORY, "rule": "residents"}),),
        then=(Unlock(1, LOBBY, 5.0, 1000.0 + ACT_WITHIN_S),),
        used=(order(),),
    )
    assert carried == Result(
        records=(Record("door.released", LOBBY, {"cause": "entry", "order": "jti-1"}),),
        then=(Answer(order(), LOBBY, Outcome.OPENED, None),),
    )


def test_a_phone_is_decided_on_as_a_card_is() -> None:
    result = House().take(phone(order(), holding(person(), CredentialState.LOST)))

    assert result == Result(
        records=(Record("entry.denied", LOBBY, {**STORY, "reason": "lost"}),),
        then=(Answer(order(), LOBBY, Outcome.REFUSED, "lost"),),
        used=(order(),),
    )


@pytest.mark.parametrize("maybe", [True, False])
def test_an_open_that_was_not_carried_out_is_told_as_failed(maybe: bool) -> None:  # noqa: FBT001 - a parameter
    house = House()
    house.take(phone(order()))

    result = house.take(NotCarried(1, "unproven", maybe=maybe))

    assert result.then == (Answer(order(), LOBBY, Outcome.FAILED, "unproven"),)
    assert result.records[0].body["order"] == "jti-1"


def test_an_open_whose_answer_is_lost_is_told_as_failed_once() -> None:
    house = House()
    house.take(phone(order()))

    result = house.take(Tick(), after=ANSWER_WITHIN_S)

    assert result.then == (Answer(order(), LOBBY, Outcome.FAILED, "no_answer"),)
    assert house.take(Carried(1)) == Result()


def test_an_open_is_never_kept_for_later_at_the_device() -> None:
    house = House()

    patient = house.take(phone(order(not_after=1030.0)))
    hasty = house.take(phone(order(not_after=1001.0)))

    assert [effect.not_after for effect in (*patient.then, *hasty.then) if isinstance(effect, Unlock)] == [
        1000.0 + ACT_WITHIN_S,
        1001.0,
    ]


@pytest.mark.parametrize(
    "fact", [phone(order()), desk(order(who=None)), ModeAsked(LOBBY, order(), Mode.HELD)]
)
def test_an_order_that_waited_too_long_is_refused(fact: OpenAsked | ModeAsked) -> None:
    house = House()

    result = house.take(fact, after=30.1)

    assert kinds(result) == ["order.refused"]
    assert result.then == (Answer(fact.order, LOBBY, Outcome.REFUSED, "expired"),)
    assert house.door() == House().door()


@pytest.mark.parametrize(
    "fact",
    [phone(order(), door="attic"), desk(order(who=None), "attic"), ModeAsked("attic", order(), Mode.HELD)],
)
def test_an_order_for_a_door_that_is_not_here_is_refused(fact: OpenAsked | ModeAsked) -> None:
    result = House().take(fact)

    assert result.then == (Answer(fact.order, "attic", Outcome.REFUSED, "unknown_door"),)


def test_a_desks_order_opens_on_its_own_word() -> None:
    house = House()

    result = house.take(desk(order(who=None)))

    assert result.records == (
        Record("entry.granted", LOBBY, {"order": "jti-1", "key": "key-1", "rule": "desk_order"}),
    )
    assert house.take(Carried(1)).then == (Answer(order(who=None), LOBBY, Outcome.OPENED, None),)


def test_a_lockdown_holds_against_a_desk_without_the_right_to_override_it() -> None:
    house = House()
    house.take(ModeAsked(LOBBY, order("jti-0"), Mode.LOCKED))

    refused = house.take(desk(order(who=None)))
    opened = house.take(desk(order("jti-2", who=None), may_override=True))

    assert refused.then == (Answer(order(who=None), LOBBY, Outcome.REFUSED, "door_locked"),)
    assert opened.records[0].body["rule"] == "desk_order"
    assert [effect.door for effect in unlocks(opened.then)] == [LOBBY]


def test_a_desk_opens_in_a_fire_and_while_the_door_is_held_by_what_opens_it() -> None:
    house = House()
    house.take(ModeAsked(LOBBY, order("jti-0"), Mode.HELD))
    held = house.take(desk(order("jti-1", who=None)))
    house.take(FireRaised())
    burning = house.take(desk(order("jti-2", who=None)))

    assert held.records[0].body["rule"] == "held_open"
    assert burning.records[0].body["rule"] == "fire_release"


@pytest.mark.parametrize(
    "fact",
    [
        OpenAsked(LOBBY, order(who=None), DIGEST, None),
        OpenAsked(LOBBY, order(who=None), DIGEST, None, may_override=True),
        OpenAsked(LOBBY, order(who="p-1"), b"", None),
    ],
)
def test_an_order_that_is_not_plainly_the_desks_is_decided_on(fact: OpenAsked) -> None:
    result = House().take(fact)

    assert result.then == (Answer(fact.order, LOBBY, Outcome.REFUSED, "unknown_credential"),)


@pytest.mark.parametrize(
    "fact", [phone(order()), desk(order(who=None)), ModeAsked(LOBBY, order(), Mode.HELD)]
)
def test_no_order_is_followed_while_nothing_can_be_recorded(fact: OpenAsked | ModeAsked) -> None:
    house = House()
    house.take(RecordingLost("disk full"))

    result = house.take(fact)

    assert result.then == (Answer(fact.order, LOBBY, Outcome.REFUSED, "cannot_record"),)
    assert house.door() == House().door()


def test_a_mode_is_recorded_and_in_force_and_answered_when_the_lock_has_confirmed_it() -> None:
    house = House()

    result = house.take(ModeAsked(LOBBY, order(), Mode.HELD))
    carried = house.take(Carried(1))

    assert result == Result(
        records=(
            Record("order.accepted", LOBBY, {"order": "jti-1", "key": "key-1", "do": "mode"}),
            Record("door.mode", LOBBY, {"mode": "held", "was": "normal", "restored": False}),
        ),
        then=(Unlock(1, LOBBY, LEASE_S, 1000.0 + ACT_WITHIN_S),),
        used=(order(),),
    )
    assert carried == Result(
        records=(Record("door.released", LOBBY, {"cause": "mode", "order": "jti-1"}),),
        then=(Answer(order(), LOBBY, Outcome.DONE, None),),
    )


@pytest.mark.parametrize("before", list(Mode))
@pytest.mark.parametrize("maybe", [True, False])
def test_a_door_that_could_not_be_held_goes_back_and_does_not_open_later(
    before: Mode,
    maybe: bool,  # noqa: FBT001 - a parameter
) -> None:
    house = House()
    house.take(ModeAsked(LOBBY, order("jti-0"), before))
    if house.site.acts:
        house.take(Carried(1))
    asked = house.take(ModeAsked(LOBBY, order(), Mode.HELD))
    (drive,) = unlocks(asked.then)

    result = house.take(NotCarried(drive.id, "offline", maybe=maybe))

    assert result.then[0] == Answer(order(), LOBBY, Outcome.FAILED, "offline")
    assert result.records[0] == Record(
        "door.release_failed",
        LOBBY,
        {"cause": "mode", "why": "offline", "maybe": maybe, "order": "jti-1"},
        alarm=True,
    )
    assert house.door().mode is before
    assert ("door.mode" in kinds(result)) is (before is not Mode.HELD)
    later = house.take(Tick(), after=LEASE_S)
    assert [effect.door for effect in unlocks(later.then)] == ([LOBBY] if before is Mode.HELD else [])


def test_an_order_that_never_was_proven_is_not_gone_back_to() -> None:
    house = House()
    house.take(ModeAsked(LOBBY, order("jti-1"), Mode.HELD))
    house.take(ModeAsked(LOBBY, order("jti-2"), Mode.HELD))

    first = house.take(NotCarried(1, "offline", maybe=False))
    mode_between = house.door().mode
    second = house.take(NotCarried(2, "offline", maybe=False))

    assert first.then == (Answer(order("jti-1"), LOBBY, Outcome.FAILED, "offline"),)
    assert mode_between is Mode.HELD
    assert second.then[0] == Answer(order("jti-2"), LOBBY, Outcome.FAILED, "offline")
    assert house.door().mode is Mode.NORMAL


def test_a_newer_order_stands_when_an_older_one_fails() -> None:
    house = House()
    house.take(ModeAsked(LOBBY, order("jti-1"), Mode.HELD))
    house.take(ModeAsked(LOBBY, order("jti-2"), Mode.LOCKED))

    house.take(NotCarried(1, "offline", maybe=False))

    assert house.door().mode is Mode.LOCKED


def test_a_lockdown_goes_over_an_order_to_hold_that_fails_in_a_fire() -> None:
    house = House()
    house.take(FireRaised())
    house.take(ModeAsked(LOBBY, order(), Mode.HELD))
    (drive,) = [number for number, act in house.site.acts.items() if act.asker.order is not None]

    house.take(NotCarried(drive, "offline", maybe=False))

    assert house.door().mode is Mode.NORMAL
    assert house.door().released


def test_a_mode_order_about_to_expire_is_not_carried_out_after_it_has() -> None:
    result = House().take(ModeAsked(LOBBY, order(not_after=1001.0), Mode.HELD))

    assert isinstance(result.then[0], Unlock)
    assert result.then[0].not_after == 1001.0


def test_locking_a_door_locks_it_and_is_done_when_the_lock_says_so() -> None:
    house = House()

    asked = house.take(ModeAsked(LOBBY, order(), Mode.LOCKED))
    carried = house.take(Carried(1))

    assert asked.then == (Relock(1, LOBBY),)
    assert carried == Result(then=(Answer(order(), LOBBY, Outcome.DONE, None),))
    assert house.site.acts == {}


def test_a_lock_that_is_not_proven_is_an_alarm_and_the_lockdown_stands() -> None:
    house = House()
    house.take(ModeAsked(LOBBY, order(), Mode.LOCKED))

    result = house.take(NotCarried(1, "unproven", maybe=True))

    body: dict[str, Json] = {"cause": "mode", "why": "unproven", "maybe": True, "order": "jti-1"}
    assert result == Result(
        (Record("door.lock_failed", LOBBY, body, alarm=True),),
        then=(Answer(order(), LOBBY, Outcome.FAILED, "unproven"),),
    )
    assert house.door().mode is Mode.LOCKED
    assert kinds(house.take(card())) == ["entry.denied"]


def test_a_mode_that_asks_nothing_of_the_lock_is_done_at_once() -> None:
    result = House().take(ModeAsked(LOBBY, order(), Mode.NORMAL))

    assert result.then == (Answer(order(), LOBBY, Outcome.DONE, None),)


def test_an_order_refused_at_the_gate_is_recorded_and_answered() -> None:
    result = House().take(OrderRefused(LOBBY, order(), "replayed"))

    assert result == Result(
        records=(Record("order.refused", LOBBY, {"reason": "replayed", "order": "jti-1", "key": "key-1"}),),
        then=(Answer(order(), LOBBY, Outcome.REFUSED, "replayed"),),
    )


def test_an_order_that_does_not_say_where_to_is_recorded_only() -> None:
    result = House().take(OrderRefused(None, None, "malformed"))

    assert result == Result((Record("order.refused", None, {"reason": "malformed"}),))


def test_an_order_is_good_to_its_last_instant() -> None:
    assert kinds(House().take(phone(order(not_after=1000.0)))) == ["entry.granted"]
