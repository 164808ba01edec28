"""Held open, locked down, free in a fire: leases that are renewed, and what is left when they end."""

from __future__ import annotations

import pytest

from agent.domain.decision import Mode
from agent.domain.door import (
    LEASE_S,
    RENEW_S,
    Bolt,
    Door,
    DoorRules,
    Drive,
    FireSet,
    Freed,
    ModeSet,
    Proven,
    Say,
    Tick,
    Unfreed,
)
from tests.unit.agent.domain.doorstep import CLOSED, OPEN, SHUT, acts, kinds, run

HELD = ModeSet(Mode.HELD)
LOCKED = ModeSet(Mode.LOCKED)
NORMAL = ModeSet(Mode.NORMAL)
FIRE = FireSet(on=True)
NO_FIRE = FireSet(on=False)


def test_a_held_door_is_a_lease_renewed_before_it_ends() -> None:
    door, moves = run(SHUT, (0.0, HELD), (8.0, Tick()), (16.0, Tick()))

    assert acts(moves) == [(at, Drive(LEASE_S)) for at in (0.0, 8.0, 16.0)]
    assert door.deadline == 24.0


def test_two_renewals_may_be_lost_before_a_lease_ends() -> None:
    assert 2 * RENEW_S < LEASE_S < 3 * RENEW_S


def test_a_late_renewal_is_made_once() -> None:
    _, moves = run(SHUT, (0.0, HELD), (300.0, Tick()))

    assert acts(moves)[1:] == [(300.0, Drive(LEASE_S))]


def test_a_mode_says_what_was() -> None:
    _, moves = run(SHUT, (0.0, HELD), (1.0, LOCKED))

    assert [move for _, move in moves if isinstance(move, Say)] == [
        Say("door.mode", {"mode": "held", "was": "normal", "restored": False}),
        Say("door.mode", {"mode": "locked", "was": "held", "restored": False}),
    ]


def test_a_hold_that_is_asked_for_again_is_proven_again() -> None:
    door, moves = run(SHUT, (0.0, HELD), (4.0, HELD))

    assert acts(moves) == [(0.0, Drive(LEASE_S)), (4.0, Drive(LEASE_S))]
    assert door.lease_due == 4.0 + RENEW_S


@pytest.mark.parametrize("end", [NORMAL, LOCKED])
def test_a_hold_that_ends_locks_the_door(end: ModeSet) -> None:
    door, moves = run(SHUT, (0.0, HELD), (5.0, end))

    assert acts(moves)[-1] == (5.0, Bolt())
    assert not door.released
    assert door.deadline is None


def test_a_release_outlives_the_hold_it_was_given_in() -> None:
    door, moves = run(SHUT, (0.0, HELD), (1.0, Freed(5.0)), (2.0, NORMAL))

    assert acts(moves)[-1] == (2.0, Drive(4.0))
    assert run(door, (2.0, Proven(4.0)), (6.0, Tick()))[0] == SHUT


def test_a_release_outlives_the_fire_it_was_given_in() -> None:
    _, moves = run(SHUT, (0.0, FIRE), (1.0, Freed(5.0)), (2.0, NO_FIRE))

    assert acts(moves)[-1] == (2.0, Drive(4.0))


def test_a_release_that_failed_at_a_held_door_takes_nothing_from_another() -> None:
    _, moves = run(SHUT, (0.0, HELD), (1.0, Freed(60.0)), (2.0, Freed(5.0)), (2.1, Unfreed()), (3.0, NORMAL))

    assert acts(moves)[-1] == (3.0, Drive(58.0))


def test_a_release_over_by_then_does_not_outlive_a_hold() -> None:
    _, moves = run(SHUT, (0.0, HELD), (1.0, Freed(1.0)), (2.0, NORMAL))

    assert acts(moves)[-1] == (2.0, Bolt())


def test_lockdown_ends_a_release() -> None:
    door, moves = run(SHUT, (0.0, Freed(15.0)), (2.0, LOCKED))

    assert acts(moves)[-1] == (2.0, Bolt())
    assert not door.released


def test_a_normal_mode_asked_for_in_a_normal_door_leaves_a_release_alone() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (2.0, NORMAL))

    assert acts(moves) == [(0.0, Drive(5.0))]
    assert door.free_until == 5.0


def test_leaving_lockdown_moves_no_lock() -> None:
    assert acts(run(SHUT, (0.0, LOCKED), (1.0, NORMAL))[1]) == [(0.0, Bolt())]


def test_an_open_leaf_closing_during_a_hold_does_not_lock_it() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (1.5, HELD), (2.0, CLOSED), (4.0, Tick()))

    assert Bolt() not in [move for _, move in moves]
    assert door.released


def test_a_hold_stops_a_lock_that_was_about_to_follow() -> None:
    _, moves = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (2.0, CLOSED), (2.1, HELD), (2.5, Tick()))

    assert Bolt() not in [move for _, move in moves]


@pytest.mark.parametrize("restored", [HELD, LOCKED])
def test_a_mode_found_after_a_restart_is_in_force_again(restored: ModeSet) -> None:
    _, moves = run(Door(), (0.0, ModeSet(restored.mode, restored=True)))

    assert acts(moves) == [(0.0, Drive(LEASE_S) if restored is HELD else Bolt())]
    assert moves[0][1] == Say("door.mode", {"mode": restored.mode.value, "was": "normal", "restored": True})


def test_fire_frees_a_locked_door_and_lockdown_does_not_lock_it() -> None:
    door, moves = run(SHUT, (0.0, LOCKED), (1.0, FIRE), (2.0, LOCKED), (9.0, Tick()))

    assert acts(moves)[1:] == [(1.0, Drive(LEASE_S)), (9.0, Drive(LEASE_S))]
    assert door.released


def test_a_hold_that_ends_in_a_fire_leaves_the_door_free() -> None:
    door, moves = run(SHUT, (0.0, HELD), (1.0, FIRE), (2.0, NORMAL), (9.0, Tick()))

    assert Bolt() not in [move for _, move in moves]
    assert door.released
    assert acts(run(door, (10.0, NO_FIRE))[1]) == [(10.0, Bolt())]


def test_a_fire_that_ends_in_a_hold_leaves_the_door_held() -> None:
    door, moves = run(SHUT, (0.0, HELD), (1.0, FIRE), (2.0, NO_FIRE))

    assert Bolt() not in [move for _, move in moves]
    assert door.deadline == 9.0


def test_a_lockdown_is_in_force_after_the_fire() -> None:
    door, moves = run(SHUT, (0.0, FIRE), (1.0, LOCKED), (2.0, Freed(5.0)), (3.0, NO_FIRE))

    assert acts(moves)[-1] == (3.0, Bolt())
    assert door.mode is Mode.LOCKED


def test_a_fire_is_acted_on_before_it_is_told() -> None:
    _, moves = run(SHUT, (0.0, FIRE))

    assert [move for _, move in moves] == [Drive(LEASE_S), Say("door.fire_released", {}, alarm=True)]


def test_a_fire_that_is_told_twice_is_one() -> None:
    door, _ = run(SHUT, (0.0, FIRE))

    assert run(door, (1.0, FIRE)) == (door, [])
    assert run(SHUT, (1.0, NO_FIRE)) == (SHUT, [])


def test_a_door_that_no_fire_frees_stays_as_it_is() -> None:
    rules = DoorRules("safe", fire_release=False)

    assert run(SHUT, (0.0, FIRE), (1.0, NO_FIRE), rules=rules) == (SHUT, [])


def test_a_fire_says_when_it_is_over() -> None:
    assert kinds(run(SHUT, (0.0, FIRE), (1.0, NO_FIRE))[1]) == ["door.fire_released", "door.fire_ended"]
