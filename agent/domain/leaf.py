"""The leaf of a door: what its contact says, how long it may stand open, and what is wrong with it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from agent.domain.door import WARN_AT, Leaf, OpenAlarm, Say, Warn, due

if TYPE_CHECKING:
    from agent.domain.door import Door, DoorRules, Move, Stepped


def seen(door: Door, rules: DoorRules, leaf: Leaf, why: str, at: float) -> Stepped:
    """Take the contact's word; `why` explains an UNKNOWN."""
    if leaf is door.leaf:
        return door, ()
    match leaf:
        case Leaf.OPEN:
            return _opened(door, rules, at)
        case Leaf.CLOSED:
            return _closed(door, rules, at)
        case Leaf.UNKNOWN:
            return _lost(door, why)
        case _:
            assert_never(leaf)


def _opened(door: Door, rules: DoorRules, at: float) -> Stepped:
    unwatched = door.leaf is Leaf.UNKNOWN
    opened = replace(door, leaf=Leaf.OPEN, used=door.free_until is not None, relock_due=None)
    if door.released or unwatched:
        return timed_if_open(opened, rules, at), (Say("door.opened", {"unwatched": unwatched}),)
    waiting = replace(opened, forced_due=at + rules.forced_delay_s)
    return waiting, (Say("door.opened", {"unwatched": False}),)


def _lost(door: Door, why: str) -> Stepped:
    """Nothing more can be timed; what was wrong before stays wrong until the leaf is seen closed."""
    said = Say("door.contact_lost", {"why": why}, alarm=True)
    lost = untimed(replace(door, leaf=Leaf.UNKNOWN))
    if door.forced_due is None:
        return lost, (said,)
    return replace(lost, alarm=OpenAlarm.FORCED), (_forced(), said)


def _closed(door: Door, rules: DoorRules, at: float) -> Stepped:
    moves: list[Move] = []
    was = door.alarm
    if door.forced_due is not None:
        was = OpenAlarm.FORCED
        moves.append(_forced())
    moves.append(Say("door.closed", {"unwatched": door.leaf is Leaf.UNKNOWN}))
    moves += cleared(was)
    closed = untimed(replace(door, leaf=Leaf.CLOSED, alarm=None))
    # A release given while the leaf stood open is another person's, and theirs until they have passed.
    if closed.used and closed.free_until is not None and rules.relock_on_close and not door.leased:
        closed = replace(closed, relock_due=at + rules.settle_s)
    return closed, tuple(moves)


def watched(door: Door, at: float) -> Stepped:
    """Say what an open leaf has come to by `at`."""
    moves: list[Move] = []
    if due(door.forced_due, at):
        door = replace(door, forced_due=None, alarm=OpenAlarm.FORCED)
        moves.append(_forced())
    if due(door.warn_due, at):
        door = replace(door, warn_due=None, alarm=door.alarm or OpenAlarm.WARNING)
        moves += [Say("door.held_warning", {}), Warn()]
    if due(door.held_due, at):
        forced = door.alarm is OpenAlarm.FORCED
        door = replace(door, held_due=None, alarm=OpenAlarm.FORCED if forced else OpenAlarm.HELD)
        moves.append(Say("door.held", {}, alarm=True))
    return door, tuple(moves)


def timed_if_open(door: Door, rules: DoorRules, at: float) -> Door:
    """Start the time an open leaf is allowed anew, unless the door is meant to stand open."""
    if door.leaf is not Leaf.OPEN or door.leased:
        return door
    held = max(at + rules.held_after_s, door.free_until or at)
    return replace(door, warn_due=at + (held - at) * WARN_AT, held_due=held)


def untimed(door: Door) -> Door:
    """Stop every time of an open leaf."""
    return replace(door, forced_due=None, warn_due=None, held_due=None)


def _forced() -> Say:
    return Say("door.forced", {}, alarm=True)


def cleared(alarm: OpenAlarm | None) -> tuple[Say, ...]:
    """Say that `alarm` is over, if there was one."""
    return () if alarm is None else (Say("door.cleared", {"alarm": alarm.value}),)
