"""A door that somebody may pass: how long it is free, and when the lock follows the leaf."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.domain.decision import Mode
from agent.domain.door import (
    LEASE_S,
    Bolt,
    Door,
    DoorRules,
    Drive,
    Freed,
    Leaf,
    ModeSet,
    Proven,
    Tick,
    Unfreed,
)
from agent.domain.door_step import step
from tests.unit.agent.domain.doorstep import CLOSED, OPEN, RULES, SHUT, acts, kinds, run


def test_a_new_door_is_locked_and_waits_for_nothing() -> None:
    assert not Door().released
    assert Door().deadline is None


def test_a_release_drives_the_lock_for_its_time_and_then_is_over() -> None:
    door, moves = run(SHUT, (10.0, Freed(5.0)), (10.0, Proven(5.0)))

    assert moves == [(10.0, Drive(5.0))]
    assert door.released
    assert door.deadline == 15.0

    door, moves = run(door, (15.0, Tick()))

    assert moves == []  # the hardware has ended it by itself
    assert door == SHUT


def test_a_tick_too_early_changes_nothing() -> None:
    door, _ = run(SHUT, (10.0, Freed(5.0)))

    assert step(door, RULES, Tick(), 14.9) == (door, ())


def test_a_shorter_release_never_cuts_a_longer_one_short() -> None:
    door, moves = run(SHUT, (0.0, Freed(15.0)), (3.0, Freed(5.0)))

    assert acts(moves) == [(0.0, Drive(15.0)), (3.0, Drive(12.0))]
    assert door.free_until == 15.0


def test_a_later_release_runs_its_own_time() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (3.0, Freed(5.0)))

    assert acts(moves)[-1] == (3.0, Drive(5.0))
    assert door.free_until == 8.0


def test_the_lock_follows_a_leaf_that_stays_closed() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (2.0, CLOSED))

    assert kinds(moves) == ["door.opened", "door.closed"]
    assert door.deadline == 2.3

    door, moves = run(door, (2.3, Tick()))

    assert moves == [(2.3, Bolt())]
    assert door == SHUT


def test_a_contact_that_bounces_neither_locks_nor_alarms() -> None:
    door, moves = run(
        SHUT,
        *((0.0, Freed(5.0)), (1.0, OPEN), (1.02, CLOSED), (1.04, OPEN), (1.5, Tick()), (3.0, CLOSED)),
        (3.02, OPEN),
        (3.04, CLOSED),
    )

    assert acts(moves) == [(0.0, Drive(5.0))]
    assert "door.forced" not in kinds(moves)
    assert run(door, (3.34, Tick()))[1] == [(3.34, Bolt())]


def test_the_next_persons_release_is_not_ended_by_the_one_before() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (2.0, Freed(5.0)), (2.1, CLOSED), (3.0, Tick()))

    assert acts(moves) == [(0.0, Drive(5.0)), (2.0, Drive(5.0))]
    assert door.free_until == 7.0

    door, moves = run(door, (4.0, OPEN), (5.0, CLOSED), (5.3, Tick()))

    assert kinds(moves) == ["door.opened", "door.closed"]
    assert acts(moves) == [(5.3, Bolt())]


def test_a_release_while_the_lock_is_about_to_follow_stands() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (2.0, CLOSED), (2.1, Freed(5.0)), (2.5, Tick()))

    assert acts(moves)[-1] == (2.1, Drive(5.0))
    assert door.free_until == 7.1


def test_a_release_nobody_used_is_not_ended_by_a_leaf_found_closed() -> None:
    door, moves = run(Door(), (0.0, Freed(5.0)), (0.1, CLOSED), (2.0, Tick()))

    assert acts(moves) == [(0.0, Drive(5.0))]
    assert door.released


def test_a_door_told_not_to_relock_on_close_keeps_its_time() -> None:
    rules = DoorRules("lobby", relock_on_close=False)

    door, moves = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (2.0, CLOSED), (3.0, Tick()), rules=rules)

    assert acts(moves) == [(0.0, Drive(5.0))]
    assert door.free_until == 5.0


def test_a_tick_that_comes_minutes_late_ends_everything_that_is_over() -> None:
    door, _ = run(SHUT, (0.0, Freed(5.0)), (1.0, OPEN), (2.0, CLOSED))

    door, moves = run(door, (300.0, Tick()))

    assert door == SHUT
    assert moves == [(300.0, Bolt())]


def test_a_second_report_of_the_same_leaf_says_nothing() -> None:
    assert run(SHUT, (0.0, CLOSED)) == (SHUT, [])


def test_time_runs_from_the_hardwares_word() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (2.5, Proven(5.0)), (5.0, Tick()), (6.0, OPEN), (7.0, Tick()))

    assert "door.forced" not in kinds(moves)
    assert door.released
    assert not run(door, (7.5, Tick()))[0].released


def test_a_release_that_the_line_carried_after_its_time_was_up_is_no_forced_door() -> None:
    brief = DoorRules("lobby", release_s=1.0)
    late = (0.0, Freed(1.0)), (1.0, Tick())
    opened = (1.5, Proven(1.0)), (2.0, OPEN), (2.5, Tick())
    door, moves = run(SHUT, *late, *opened, rules=brief)
    sooner_in, sooner = run(SHUT, *late, (1.4, OPEN), (1.5, Proven(1.0)), (2.5, Tick()), rules=brief)

    assert kinds(moves) == kinds(sooner) == ["door.opened"]
    assert sooner_in.held_due is not None
    assert not door.released


def test_a_release_that_was_ended_by_order_is_not_proven_later() -> None:
    facts = (0.0, Freed(1.0)), (1.0, Tick()), (1.2, ModeSet(Mode.LOCKED)), (1.5, Proven(1.0))
    assert not run(SHUT, *facts)[0].released


def test_proof_of_a_short_release_does_not_shorten_a_longer_one() -> None:
    door, _ = run(SHUT, (0.0, Freed(5.0)), (0.5, Freed(15.0)), (0.6, Proven(5.0)))

    assert door.free_until == 15.5
    assert run(door, (0.7, Proven(15.0)), (0.8, Proven(2.0)))[0].proven_until == 15.7


def test_proof_that_comes_after_the_lock_is_closed_again_frees_nothing() -> None:
    assert run(SHUT, (0.0, Proven(5.0))) == (SHUT, [])


def test_a_release_that_failed_leaves_the_door_locked() -> None:
    door, moves = run(SHUT, (0.0, Freed(5.0)), (0.2, Unfreed()), (1.0, OPEN), (1.5, Tick()))

    assert not door.released
    assert kinds(moves) == ["door.opened", "door.forced"]


def test_a_release_that_failed_falls_back_to_what_an_earlier_one_still_gives() -> None:
    door, moves = run(
        SHUT, (0.0, Freed(5.0)), (0.1, Proven(5.0)), (1.0, Freed(15.0)), (1.2, Unfreed()), (2.0, OPEN)
    )

    assert door.free_until == 5.1
    assert "door.forced" not in kinds(moves)


def test_a_release_that_failed_after_an_earlier_one_ended_leaves_the_door_locked() -> None:
    door, _ = run(SHUT, (0.0, Freed(5.0)), (0.1, Proven(5.0)), (4.0, Freed(5.0)), (5.1, Unfreed()))

    assert not door.released


def test_a_release_at_a_door_held_open_never_shortens_its_lease() -> None:
    _, moves = run(SHUT, (0.0, ModeSet(Mode.HELD)), (1.0, Freed(5.0)))

    assert acts(moves) == [(0.0, Drive(LEASE_S)), (1.0, Drive(LEASE_S))]


def test_a_release_longer_than_a_lease_is_never_shortened_by_its_renewal() -> None:
    _, moves = run(SHUT, (0.0, ModeSet(Mode.HELD)), (1.0, Freed(60.0)), (8.0, Tick()))

    assert acts(moves) == [(0.0, Drive(LEASE_S)), (1.0, Drive(60.0)), (8.0, Drive(53.0))]


def test_a_lease_never_shortens_a_release_that_runs() -> None:
    assert acts(run(SHUT, (0.0, Freed(60.0)), (10.0, ModeSet(Mode.HELD)))[1])[-1] == (10.0, Drive(50.0))


@pytest.mark.parametrize("leaf", list(Leaf))
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("fire", [True, False])
def test_the_exit_frees_every_door(leaf: Leaf, mode: Mode, fire: bool) -> None:  # noqa: FBT001 - a parameter
    door = replace(SHUT, leaf=leaf, mode=mode, fire=fire)

    door, moves = run(door, (0.0, Freed(5.0)))

    assert door.released
    (move,) = [move for _, move in moves if isinstance(move, Drive)]
    assert move.for_s >= 5.0
