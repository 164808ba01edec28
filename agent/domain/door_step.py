"""One door as a machine over facts: freed, leased, held, locked, and what that means for its leaf. Pure.

Life safety is above everything: exit and fire free the door whatever its mode. Locked is what is left
when nothing renews a lease.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from agent.domain.decision import Mode
from agent.domain.door import (
    LEASE_S,
    RENEW_S,
    RETRY_S,
    Bolt,
    Drive,
    FireSet,
    Freed,
    LeafSeen,
    ModeSet,
    Proven,
    Say,
    Tick,
    Unfreed,
    Unleased,
    due,
)
from agent.domain.leaf import cleared, seen, timed_if_open, untimed, watched

if TYPE_CHECKING:
    from agent.domain.door import Door, DoorFact, DoorRules, Move, Stepped


def step(door: Door, rules: DoorRules, fact: DoorFact, at: float) -> Stepped:
    """Return the door after `fact`, and what to do. `at`: monotonic seconds.

    A Tick that is due comes before any other fact of the same instant.
    """
    match fact:
        case Freed(for_s):
            return _freed(door, rules, for_s, at)
        case Proven(for_s):
            return _proven(door, rules, for_s, at), ()
        case Unfreed():
            return _unfreed(door, at), ()
        case Unleased():
            retry = None if door.lease_due is None else min(door.lease_due, at + RETRY_S)
            return replace(door, lease_due=retry), ()
        case LeafSeen(leaf, why):
            return seen(door, rules, leaf, why, at)
        case ModeSet(mode, restored):
            return _mode(door, rules, mode, at, restored=restored)
        case FireSet(on):
            return _fire(door, rules, at, on=on)
        case Tick():
            return _tick(door, at)
        case _:
            assert_never(fact)


def _freed(door: Door, rules: DoorRules, for_s: float, at: float) -> Stepped:
    """Release anew. That starts the hardware's time again, so it must never cut a longer one short."""
    until = max(at + for_s, door.free_until or at)
    freed = replace(door, free_until=until, unproven=False, used=False, relock_due=None, forced_due=None)
    drive = _lease(freed, at) if door.leased else Drive(until - at)
    return timed_if_open(freed, rules, at), (drive,)


def _proven(door: Door, rules: DoorRules, for_s: float, at: float) -> Door:
    """Count the time from the hardware's word: a busy line carries a release later than it was decided."""
    until = at + for_s
    if door.unproven:
        late = replace(door, free_until=until, proven_until=until, unproven=False, forced_due=None)
        return timed_if_open(late, rules, at)
    if door.free_until is None:
        return door  # locked again meanwhile
    proven = max(until, door.proven_until or until)
    return replace(door, free_until=max(proven, door.free_until), proven_until=proven)


def _unfreed(door: Door, at: float) -> Door:
    """Fall back to what an earlier release still gives; a door that stands open is open to them anyway."""
    if door.leased:
        return door
    if door.proven_until is None or door.proven_until <= at:
        return _ended(door)
    return replace(door, free_until=door.proven_until)


def _mode(door: Door, rules: DoorRules, mode: Mode, at: float, *, restored: bool) -> Stepped:
    said = Say("door.mode", {"mode": mode.value, "was": door.mode.value, "restored": restored})
    was_leased = door.leased
    door = replace(door, mode=mode)
    if door.leased:
        held, calm = _standing(door)
        if mode is not Mode.HELD:
            return held, (said, *calm)  # by fire, whose lease runs
        return replace(held, lease_due=at + RENEW_S), (said, *calm, _lease(held, at))
    if not was_leased:
        return (_ended(door), (said, Bolt())) if mode is Mode.LOCKED else (door, (said,))
    ended, move = _back(door, rules, at)
    return ended, (said, move)


def _fire(door: Door, rules: DoorRules, at: float, *, on: bool) -> Stepped:
    if not rules.fire_release or on is door.fire:
        return door, ()
    door = replace(door, fire=on)
    if on:
        freed, calm = _standing(replace(door, lease_due=at + RENEW_S))
        return freed, (_lease(freed, at), Say("door.fire_released", {}, alarm=True), *calm)
    said = Say("door.fire_ended", {})
    if door.leased:
        return door, (said,)
    ended, move = _back(door, rules, at)
    return ended, (move, said)


def _standing(door: Door) -> tuple[Door, tuple[Say, ...]]:
    """Return a door that is meant to stand open: nothing about its leaf is wrong any more."""
    return untimed(replace(door, alarm=None, relock_due=None)), cleared(door.alarm)


def _back(door: Door, rules: DoorRules, at: float) -> tuple[Door, Move]:
    """End a lease. A release that runs keeps its time, except under lockdown."""
    rest_s = 0.0 if door.free_until is None or door.mode is Mode.LOCKED else door.free_until - at
    if rest_s > 0:
        return timed_if_open(replace(door, lease_due=None), rules, at), Drive(rest_s)
    return timed_if_open(_ended(replace(door, lease_due=None)), rules, at), Bolt()


def _tick(door: Door, at: float) -> Stepped:
    moves: list[Move] = []
    if due(door.lease_due, at):
        door = replace(door, lease_due=at + RENEW_S)
        moves.append(_lease(door, at))
    if due(door.relock_due, at):
        door = _ended(door)
        moves.append(Bolt())
    if door.free_until is not None and door.free_until <= at:
        unproven = door.proven_until is None or door.proven_until < door.free_until
        door = replace(_ended(door), unproven=unproven)
    door, said = watched(door, at)
    return door, (*moves, *said)


def _lease(door: Door, at: float) -> Drive:
    """Renew a lease, never cutting short a longer release that runs."""
    return Drive(max(LEASE_S, (door.free_until or at) - at))


def _ended(door: Door) -> Door:
    return replace(door, free_until=None, proven_until=None, unproven=False, used=False, relock_due=None)
