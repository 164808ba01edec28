"""The reflex: exit and fire release on the spot, and nothing else does."""

from __future__ import annotations

import pytest

from agent.domain.door import LEASE_S, DoorRules
from agent.domain.site import ACT_WITHIN_S
from agent.doors.reflex import FIRST_ID, Reflex
from agent.doors.wiring import Wiring
from drivers.contract import CardRead, Event, InputChanged, InputState, Release

NOW = 100.0
RULES = {
    "lobby": DoorRules("lobby", release_s=5.0),
    "garage": DoorRules("garage", release_s=9.0, fire_release=False),
}
WIRING = Wiring(
    readers={},
    locks={"lobby": "lobby-lock", "garage": "garage-lock"},
    contacts={"lobby-contact": "lobby"},
    exits={"lobby-exit": "lobby", "garage-exit": "garage"},
    fire="fire-line",
)


class Seen:
    def __init__(self) -> None:
        self.asked: list[Release] = []
        self.reflex = Reflex(RULES, WIRING, lambda: NOW, self.asked.append)

    def input(self, point: str, state: InputState = InputState.ACTIVE) -> list[tuple[str, float]]:
        self.asked.clear()
        self.reflex.see(InputChanged(point, state, NOW))
        return [(each.point, each.for_s) for each in self.asked]


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_an_exit_button_frees_its_door_for_the_doors_time(seen: Seen) -> None:
    assert seen.input("lobby-exit") == [("lobby-lock", 5.0)]
    assert seen.asked == [Release(FIRST_ID, "lobby-lock", 5.0, NOW + ACT_WITHIN_S)]
    assert seen.input("garage-exit") == [("garage-lock", 9.0)]
    assert seen.asked[0].id == FIRST_ID + 1


def test_fire_frees_every_door_that_must_open_and_no_exit_cuts_that_short(seen: Seen) -> None:
    assert seen.input("fire-line") == [("lobby-lock", LEASE_S)]
    assert seen.input("lobby-exit") == [("lobby-lock", LEASE_S)]
    assert seen.input("garage-exit") == [("garage-lock", 9.0)]
    assert seen.input("fire-line", InputState.UNKNOWN) == []
    assert seen.input("lobby-exit") == [("lobby-lock", LEASE_S)]
    assert seen.input("fire-line", InputState.INACTIVE) == []
    assert seen.input("lobby-exit") == [("lobby-lock", 5.0)]


@pytest.mark.parametrize("state", InputState)
def test_what_the_fire_line_says_reaches_the_loop_however_much_waits_there(
    seen: Seen, state: InputState
) -> None:
    assert seen.reflex.see(InputChanged("fire-line", state, NOW))
    assert not seen.reflex.see(InputChanged("lobby-exit", state, NOW))
    assert not seen.reflex.see(CardRead("lobby-in", "0" * 26, NOW))


def test_no_exit_cuts_short_what_the_loop_keeps_open(seen: Seen) -> None:
    seen.reflex.stand(frozenset({"lobby"}))

    assert seen.input("lobby-exit") == [("lobby-lock", LEASE_S)]
    assert seen.input("garage-exit") == [("garage-lock", 9.0)]
    seen.reflex.stand(frozenset())
    assert seen.input("lobby-exit") == [("lobby-lock", 5.0)]


def test_a_longer_release_than_a_lease_is_not_cut_to_one() -> None:
    asked: list[Release] = []
    slow = {"lobby": DoorRules("lobby", release_s=60.0), "garage": RULES["garage"]}
    reflex = Reflex(slow, WIRING, lambda: NOW, asked.append)
    reflex.stand(frozenset({"lobby"}))

    reflex.see(InputChanged("lobby-exit", InputState.ACTIVE, NOW))

    assert [each.for_s for each in asked] == [60.0]


def test_a_fire_that_is_remembered_frees_the_doors_before_the_loop_lives(seen: Seen) -> None:
    seen.reflex.burn()

    assert [(each.point, each.for_s) for each in seen.asked] == [("lobby-lock", LEASE_S)]
    assert seen.input("lobby-exit") == [("lobby-lock", LEASE_S)]


@pytest.mark.parametrize(
    "event",
    [
        InputChanged("lobby-exit", InputState.INACTIVE, NOW),
        InputChanged("lobby-exit", InputState.UNKNOWN, NOW),
        InputChanged("lobby-exit", InputState.SHORT, NOW),
        InputChanged("lobby-contact", InputState.ACTIVE, NOW),
        InputChanged("spare", InputState.ACTIVE, NOW),
        CardRead("lobby-in", "0" * 26, NOW),
    ],
)
def test_nothing_else_frees_a_door(seen: Seen, event: Event) -> None:
    seen.reflex.see(event)

    assert seen.asked == []
