"""All doors together: what is recorded, what goes ahead of its record, and what waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.domain.core import begin
from agent.domain.decision import Mode
from agent.domain.door import LEASE_S, RENEW_S, DoorRules
from agent.domain.effects import Record, Relock, Result, Show, ShowAtDoor, Shown, Unlock
from agent.domain.facts import (
    Carried,
    ExitAsked,
    FireCleared,
    FireRaised,
    FireUnsure,
    LeafClosed,
    LeafOpened,
    LeafUnknown,
    NotCarried,
    Noted,
    RecordingBack,
    RecordingLost,
    RosterInForce,
    Tick,
    Unreadable,
)
from agent.domain.rules import Rules
from agent.domain.site import ACT_WITHIN_S, new_site
from tests.unit.agent.domain.houses import (
    GARAGE,
    LOBBY,
    ROSTER,
    House,
    card,
    holding,
    kinds,
    moment,
    order,
    person,
    phone,
    unlocks,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.facts import Json

STORY: Mapping[str, Json] = {
    "reader": "lobby-in",
    "direction": "in",
    "credential": "000102030405060708090a0b0c0d0e0f",
    "person": "p-1",
    "revision": 7,
}


def test_a_granted_card_is_one_record_and_then_a_release() -> None:
    house = House()

    result = house.take(card())

    assert result == Result(
        records=(Record("entry.granted", LOBBY, {**STORY, "rule": "residents"}),),
        then=(Unlock(1, LOBBY, 5.0, 1000.0 + ACT_WITHIN_S),),
    )
    assert house.site.deadline == 1005.0
    assert not house.door(GARAGE).released


def test_a_denied_card_is_one_record_and_a_light() -> None:
    result = House().take(card(None))

    story: dict[str, Json] = {**STORY, "person": None, "reason": "unknown_credential"}
    assert result == Result(
        records=(Record("entry.denied", LOBBY, story),),
        then=(Show("lobby-in", Shown.DENIED),),
    )


def test_a_card_that_waited_too_long_opens_for_nobody() -> None:
    house = House()
    read_at = house.at

    soon = house.take(card(read_at=read_at), ACT_WITHIN_S)
    late = house.take(card(read_at=read_at), 0.1)

    assert [unlock.not_after for unlock in unlocks(soon.then)] == [read_at + ACT_WITHIN_S]
    assert unlocks(late.then) == []
    assert kinds(late) == ["entry.denied"]
    assert late.records[0].body["reason"] == "too_late"


def test_a_card_of_nobody_names_nobody() -> None:
    (record,) = House().take(card(holding(None))).records

    assert record.body["person"] is None
    assert record.body["reason"] == "no_person"


def test_who_needs_longer_gets_the_doors_extended_time() -> None:
    result = House().take(card(holding(person(needs_longer=True))))

    assert unlocks(result.then)[0].for_s == 15.0


def test_bits_that_nothing_fits_are_recorded_without_a_number() -> None:
    result = House().take(Unreadable(LOBBY, "lobby-in", "in", 37, "no format of 37 bits"))

    body: dict[str, Json] = {
        "reader": "lobby-in",
        "direction": "in",
        "bits": 37,
        "why": "no format of 37 bits",
    }
    assert result == Result(
        records=(Record("entry.unreadable", LOBBY, body),), then=(Show("lobby-in", Shown.DENIED),)
    )


def test_what_was_noted_is_recorded_as_it_is() -> None:
    result = House().take(Noted("device.offline", {"device": "r1"}, alarm=True))

    assert result == Result((Record("device.offline", None, {"device": "r1"}, alarm=True),))


def test_a_new_roster_decides_from_then_on() -> None:
    house = House()
    assert house.take(RosterInForce(Rules(8))) == Result()

    (record,) = house.take(card()).records

    assert record.kind == "entry.denied"
    assert record.body["revision"] == 8


# --- life safety ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("recording", [True, False])
def test_the_exit_opens_ahead_of_its_record_whatever_the_door(mode: Mode, recording: bool) -> None:  # noqa: FBT001 - a parameter
    house = House()
    house.site, _ = begin(house.site, {LOBBY: mode}, house.now())
    if not recording:
        house.take(RecordingLost("disk full"))

    result = house.take(ExitAsked(LOBBY))

    assert kinds(result) == ["exit.opened"]
    assert [effect.door for effect in unlocks(result.first)] == [LOBBY]
    assert result.then == ()


def test_fire_frees_every_door_ahead_of_its_record() -> None:
    house = House(DoorRules(LOBBY), DoorRules(GARAGE), DoorRules("safe", fire_release=False))

    result = house.take(FireRaised())

    assert [(effect.door, effect.for_s) for effect in unlocks(result.first)] == [
        (LOBBY, LEASE_S),
        (GARAGE, LEASE_S),
    ]
    assert result.then == ()
    assert kinds(result) == ["fire.on", "door.fire_released", "door.fire_released"]
    assert all(record.alarm for record in result.records)


def test_a_fires_renewals_go_ahead_too_and_are_not_recorded() -> None:
    house = House()
    house.take(FireRaised())

    result = house.take(Tick(), after=RENEW_S)

    assert {effect.door for effect in unlocks(result.first)} == {LOBBY, GARAGE}
    assert result.records == ()
    assert result.then == ()


def test_the_end_of_a_fire_waits_its_turn_behind_what_was_decided_before() -> None:
    house = House()
    house.take(FireRaised())

    result = house.take(FireCleared(), after=1.0)

    assert result.first == ()
    assert [effect.door for effect in result.then if isinstance(effect, Relock)] == [LOBBY, GARAGE]
    assert kinds(result) == ["fire.off", "door.fire_ended", "door.fire_ended"]


def test_a_fire_line_that_says_nothing_new_is_not_recorded() -> None:
    house = House()
    assert house.take(FireCleared()) == Result()
    house.take(FireRaised())

    assert house.take(FireRaised()) == Result()


def test_a_fire_line_that_cannot_be_read_is_an_alarm_and_ends_no_fire() -> None:
    house = House()
    house.take(FireRaised())

    result = house.take(FireUnsure("board silent"))

    assert result == Result((Record("fire.unsure", None, {"why": "board silent"}, alarm=True),))
    assert house.door().fire


def test_everybody_may_pass_in_a_fire_also_with_no_journal() -> None:
    house = House()
    house.take(FireRaised())
    house.take(RecordingLost("disk full"))

    assert kinds(house.take(card(None))) == ["entry.granted"]


# --- the leaf ------------------------------------------------------------------------------------------


def test_the_leafs_word_reaches_its_door_and_no_other() -> None:
    house = House()

    assert kinds(house.take(LeafClosed(LOBBY))) == ["door.closed"]
    assert kinds(house.take(LeafOpened(LOBBY))) == ["door.opened"]
    assert kinds(house.take(Tick(), after=0.5)) == ["door.forced"]
    assert kinds(house.take(LeafUnknown(LOBBY, "cut"))) == ["door.contact_lost"]
    assert house.door(GARAGE) == House().door(GARAGE)


def test_the_lock_follows_the_leaf_after_the_record() -> None:
    house = House()
    house.take(LeafClosed(LOBBY))
    house.take(card())
    house.take(LeafOpened(LOBBY), after=1.0)
    house.take(LeafClosed(LOBBY), after=1.0)

    result = house.take(Tick(), after=0.4)

    assert result == Result(then=(Relock(2, LOBBY),))


def test_a_door_left_open_warns_at_its_readers() -> None:
    house = House()
    house.take(LeafOpened(LOBBY))

    result = house.take(Tick(), after=15.0)

    assert result == Result(
        (Record("door.held_warning", LOBBY, {}),), then=(ShowAtDoor(LOBBY, Shown.WARNING),)
    )


# --- the hardware's answers ----------------------------------------------------------------------------


def test_a_release_is_said_to_have_been_made_when_the_device_says_so() -> None:
    house = House()
    house.take(card())

    assert house.take(Carried(1)) == Result(
        (Record("door.released", LOBBY, {"cause": "entry"}),), then=(Show("lobby-in", Shown.GRANTED),)
    )
    assert house.take(Carried(1)) == Result()
    assert house.take(NotCarried(1, "late", maybe=False)) == Result()


def test_each_reader_is_shown_what_became_of_its_own_card() -> None:
    house = House()
    house.take(card())
    house.take(card(door=GARAGE))

    failed = house.take(NotCarried(1, "refused", maybe=False))
    done = house.take(Carried(2))

    assert failed.then == (Show("lobby-in", Shown.DENIED),)
    assert done.then == (Show("garage-in", Shown.GRANTED),)


def test_a_green_light_is_never_shown_for_an_exit() -> None:
    house = House()
    house.take(ExitAsked(LOBBY))

    assert house.take(Carried(1)).then == ()


def test_answers_that_nobody_waits_for_say_nothing() -> None:
    house = House()

    assert house.take(Carried(99)) == Result()
    assert house.take(NotCarried(99, "offline", maybe=False)) == Result()


def test_a_release_that_was_not_made_is_an_alarm_and_leaves_the_door_locked() -> None:
    house = House()
    house.take(card())

    result = house.take(NotCarried(1, "offline", maybe=False))

    body: dict[str, Json] = {"cause": "entry", "why": "offline", "maybe": False, "reader": "lobby-in"}
    assert result == Result(
        (Record("door.release_failed", LOBBY, body, alarm=True),), then=(Show("lobby-in", Shown.DENIED),)
    )
    assert not house.door().released


def test_a_release_that_may_have_been_made_is_taken_for_made() -> None:
    house = House()
    house.take(card())

    house.take(NotCarried(1, "unproven", maybe=True))

    assert house.door().released


def test_a_release_that_failed_beside_another_leaves_the_other() -> None:
    house = House()
    house.take(card())
    house.take(card())

    house.take(NotCarried(1, "late", maybe=False))
    assert house.door().released
    house.take(NotCarried(2, "late", maybe=False))

    assert not house.door().released


def test_a_release_that_failed_leaves_what_an_earlier_one_gave() -> None:
    house = House()
    house.take(LeafClosed(LOBBY))
    house.take(card())
    house.take(Carried(1), after=0.1)
    house.take(card(), after=1.0)

    house.take(NotCarried(2, "late", maybe=False), after=0.1)

    assert house.door().free_until == pytest.approx(1005.1)


def test_an_answer_that_never_comes_is_said_to_be_lost() -> None:
    house = House()
    house.take(card())
    house.take(Tick(), after=5.0)

    result = house.take(Tick(), after=5.0)

    body: dict[str, Json] = {"cause": "entry", "why": "no_answer", "maybe": True, "reader": "lobby-in"}
    assert result == Result(
        (Record("door.release_failed", LOBBY, body, alarm=True),), then=(Show("lobby-in", Shown.DENIED),)
    )
    assert house.site.acts == {}
    assert house.site.deadline is None


# --- leases --------------------------------------------------------------------------------------------


def held() -> House:
    house = House()
    house.site, _ = begin(house.site, {LOBBY: Mode.HELD}, house.now())
    return house


def test_a_mode_in_force_before_a_restart_is_in_force_again() -> None:
    site = new_site((DoorRules(LOBBY), DoorRules(GARAGE)), ROSTER)

    site, result = begin(site, {LOBBY: Mode.HELD, GARAGE: Mode.NORMAL, "gone": Mode.LOCKED}, moment())

    assert {name: door.mode for name, door in site.doors.items()} == {LOBBY: Mode.HELD, GARAGE: Mode.NORMAL}
    assert result == Result(
        (Record("door.mode", LOBBY, {"mode": "held", "was": "normal", "restored": True}),),
        then=(Unlock(1, LOBBY, LEASE_S, 1000.0 + ACT_WITHIN_S),),
    )


def test_a_lease_is_recorded_when_it_begins_and_not_when_it_is_renewed() -> None:
    house = held()
    assert kinds(house.take(Carried(1))) == ["door.released"]

    renewal = house.take(Tick(), after=RENEW_S)

    assert renewal == Result(then=(Unlock(2, LOBBY, LEASE_S, 1008.0 + ACT_WITHIN_S),))
    assert house.take(Carried(2)) == Result()


def test_a_failing_lease_is_said_once_and_tried_every_second() -> None:
    house = held()
    house.take(Carried(1))
    said = []
    for _ in range(5):
        house.at = house.site.deadline or house.at
        (renewal,) = unlocks(house.take(Tick()).then)
        said += kinds(house.take(NotCarried(renewal.id, "offline", maybe=False)))

    assert said == ["door.release_failed"]
    assert house.at == 1000.0 + RENEW_S + 4.0


def test_a_lease_that_is_carried_again_says_so() -> None:
    house = held()
    house.take(NotCarried(1, "offline", maybe=False))
    (renewal,) = unlocks(house.take(Tick(), after=1.0).then)
    assert kinds(house.take(Carried(renewal.id))) == ["door.released"]
    (renewal,) = unlocks(house.take(Tick(), after=RENEW_S).then)

    assert house.take(Carried(renewal.id)) == Result()
    assert house.site.failing == frozenset()


def test_a_card_at_a_failing_door_is_told_of_each_time() -> None:
    house = held()
    house.take(NotCarried(1, "offline", maybe=False))
    (unlock,) = unlocks(house.take(card()).then)

    assert kinds(house.take(NotCarried(unlock.id, "offline", maybe=False))) == ["door.release_failed"]


def test_a_lease_that_fails_after_it_ended_is_not_tried_again() -> None:
    house = held()
    house.take(FireRaised())
    house.take(FireCleared())
    house.site, _ = begin(house.site, {LOBBY: Mode.LOCKED}, house.now())

    house.take(NotCarried(1, "offline", maybe=False))

    assert house.door().deadline is None


# --- the journal ---------------------------------------------------------------------------------------


def test_nothing_opens_while_nothing_can_be_recorded() -> None:
    house = House()

    lost = house.take(RecordingLost("disk full"))
    denied = house.take(card())
    back = house.take(RecordingBack())

    assert lost == Result((Record("journal.lost", None, {"why": "disk full"}, alarm=True),))
    assert denied.records[0].body["reason"] == "cannot_record"
    assert denied.then == (Show("lobby-in", Shown.DENIED),)
    assert back == Result((Record("journal.back", None, {}, alarm=True),))
    assert kinds(house.take(card())) == ["entry.granted"]


def test_a_phone_opens_nothing_while_nothing_can_be_recorded() -> None:
    house = House()
    house.take(RecordingLost("disk full"))

    assert unlocks(house.take(phone(order())).then) == []


def test_a_result_joins_another_in_order() -> None:
    one = Result((Record("a", None, {}),), (Relock(1, LOBBY),), (Relock(2, LOBBY),), (order("1"),))
    two = Result((Record("b", None, {}),), (Relock(3, LOBBY),), (Relock(4, LOBBY),), (order("2"),))

    assert one + two == Result(
        (Record("a", None, {}), Record("b", None, {})),
        (Relock(1, LOBBY), Relock(3, LOBBY)),
        (Relock(2, LOBBY), Relock(4, LOBBY)),
        (order("1"), order("2")),
    )
