"""One door as a machine over facts: released, opened, closed, held, forced.

Life safety is above everything: exit and fire free the door whatever its mode. Locked is what is left
when nothing renews a lease.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from agent.domain.decision import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

LEASE_S = 20.0
"""How long one lease of a door held open lasts: what a dead gateway leaves open, at most."""

RENEW_S = 8.0
"""How often it is renewed: two renewals may be lost before the door locks by itself."""

RETRY_S = 1.0
"""How soon a lease that was not carried out is tried again: a board is back, and a door must stand open."""

WARN_AT = 0.5
"""The part of the time allowed open after which the people at the door are warned."""


class Leaf(StrEnum):
    """Where the leaf is, as far as anybody knows."""

    UNKNOWN = "unknown"
    CLOSED = "closed"
    OPEN = "open"


class OpenAlarm(StrEnum):
    """What is wrong with an open leaf."""

    WARNING = "warning"  # soon held too long
    HELD = "held"  # held too long
    FORCED = "forced"  # opened with no release


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What is settled about a door. All times in seconds.

    forced_delay_s: an exit button's signal may come a moment after the contact's; so long an opening
    without a release waits before it is called forced. settle_s: contacts bounce, and a bolt must not
    be thrown at a leaf still moving; so long the leaf must stay closed before the lock follows it.
    """

    name: str
    release_s: float = 5.0
    extended_s: float = 15.0
    held_after_s: float = 30.0
    relock_on_close: bool = True
    forced_delay_s: float = 0.5
    fire_release: bool = True
    settle_s: float = 0.3


@dataclass(frozen=True, slots=True)
class Door:
    """A door's state. Fields ending in `_due` and `_until` are monotonic seconds, None when not running.

    free_until: how long it is meant to be free. proven_until: how much of that the hardware confirmed.
    used: somebody has opened the leaf since it was freed last.
    """

    mode: Mode = Mode.NORMAL
    fire: bool = False
    leaf: Leaf = Leaf.UNKNOWN
    alarm: OpenAlarm | None = None
    free_until: float | None = None
    proven_until: float | None = None
    used: bool = False
    relock_due: float | None = None
    lease_due: float | None = None
    forced_due: float | None = None
    warn_due: float | None = None
    held_due: float | None = None

    @property
    def leased(self) -> bool:
        """Whether the door is meant to stand open, by fire or by mode."""
        return self.fire or self.mode is Mode.HELD

    @property
    def released(self) -> bool:
        """Whether the lock is meant to be free now."""
        return self.leased or self.free_until is not None

    @property
    def deadline(self) -> float | None:
        """When a Tick is due next."""
        dues = (
            self.free_until,
            self.relock_due,
            self.lease_due,
            self.forced_due,
            self.warn_due,
            self.held_due,
        )
        return min((due for due in dues if due is not None), default=None)


# --- facts ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Freed:
    """Somebody may pass for `for_s` seconds: by a decision or by the exit button."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Proven:
    """The hardware has confirmed a release of `for_s` seconds. It began before now, so it ends by then."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Unfreed:
    """A release that was decided was not carried out, and none is on its way."""


@dataclass(frozen=True, slots=True)
class Unleased:
    """A lease was not carried out."""


@dataclass(frozen=True, slots=True)
class LeafSeen:
    """The contact's word; `why` explains an UNKNOWN."""

    leaf: Leaf
    why: str = ""


@dataclass(frozen=True, slots=True)
class ModeSet:
    """A new mode. `restored`: found in memory at start."""

    mode: Mode
    restored: bool = False


@dataclass(frozen=True, slots=True)
class FireSet:
    """The fire line's state."""

    on: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


DoorFact = Freed | Proven | Unfreed | Unleased | LeafSeen | ModeSet | FireSet | Tick


# --- moves ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drive:
    """Release the lock for `for_s` seconds."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Bolt:
    """Lock now."""


@dataclass(frozen=True, slots=True)
class Warn:
    """Warn the people at the door."""


@dataclass(frozen=True, slots=True)
class Say:
    """Record something about the door."""

    kind: str
    body: Mapping[str, str | bool]
    alarm: bool = False


Move = Drive | Bolt | Warn | Say
Stepped = tuple[Door, tuple[Move, ...]]


def step(door: Door, rules: DoorRules, fact: DoorFact, at: float) -> Stepped:
    """Return the door after `fact`, and what to do. `at`: monotonic seconds.

    A Tick that is due comes before any other fact of the same instant.
    """
    match fact:
        case Freed(for_s):
            return _freed(door, rules, for_s, at)
        case Proven(for_s):
            return _proven(door, at + for_s), ()
        case Unfreed():
            return _unfreed(door, at), ()
        case Unleased():
            retry = None if door.lease_due is None else min(door.lease_due, at + RETRY_S)
            return replace(door, lease_due=retry), ()
        case LeafSeen(leaf, why):
            return _leaf(door, rules, leaf, why, at)
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
    freed = replace(door, free_until=until, used=False, relock_due=None, forced_due=None)
    drive = _lease(freed, at) if door.leased else Drive(until - at)
    return _timed_if_open(freed, rules, at), (drive,)


def _proven(door: Door, until: float) -> Door:
    """Count the time from the hardware's word: a busy line carries a release later than it was decided."""
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


def _leaf(door: Door, rules: DoorRules, leaf: Leaf, why: str, at: float) -> Stepped:
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
        return _timed_if_open(opened, rules, at), (Say("door.opened", {"unwatched": unwatched}),)
    waiting = replace(opened, forced_due=at + rules.forced_delay_s)
    return waiting, (Say("door.opened", {"unwatched": False}),)


def _lost(door: Door, why: str) -> Stepped:
    """Nothing more can be timed; what was wrong before stays wrong until the leaf is seen closed."""
    said = Say("door.contact_lost", {"why": why}, alarm=True)
    lost = _untimed(replace(door, leaf=Leaf.UNKNOWN))
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
    moves += _cleared(was)
    closed = _untimed(replace(door, leaf=Leaf.CLOSED, alarm=None))
    # A release given while the leaf stood open is another person's, and theirs until they have passed.
    if closed.used and closed.free_until is not None and rules.relock_on_close and not door.leased:
        closed = replace(closed, relock_due=at + rules.settle_s)
    return closed, tuple(moves)


def _mode(door: Door, rules: DoorRules, mode: Mode, at: float, *, restored: bool) -> Stepped:
    said = Say("door.mode", {"mode": mode.value, "was": door.mode.value, "restored": restored})
    was_leased = door.leased
    door = replace(door, mode=mode)
    if door.leased:
        held, cleared = _standing(door)
        if mode is not Mode.HELD:
            return held, (said, *cleared)  # by fire, whose lease runs
        return replace(held, lease_due=at + RENEW_S), (said, *cleared, _lease(held, at))
    if not was_leased:
        return (_ended(door), (said, Bolt())) if mode is Mode.LOCKED else (door, (said,))
    ended, move = _back(door, rules, at)
    return ended, (said, move)


def _fire(door: Door, rules: DoorRules, at: float, *, on: bool) -> Stepped:
    if not rules.fire_release or on is door.fire:
        return door, ()
    door = replace(door, fire=on)
    if on:
        freed, cleared = _standing(replace(door, lease_due=at + RENEW_S))
        return freed, (_lease(freed, at), Say("door.fire_released", {}, alarm=True), *cleared)
    said = Say("door.fire_ended", {})
    if door.leased:
        return door, (said,)
    ended, move = _back(door, rules, at)
    return ended, (move, said)


def _standing(door: Door) -> tuple[Door, tuple[Say, ...]]:
    """Return a door that is meant to stand open: nothing about its leaf is wrong any more."""
    return _untimed(replace(door, alarm=None, relock_due=None)), _cleared(door.alarm)


def _back(door: Door, rules: DoorRules, at: float) -> tuple[Door, Move]:
    """End a lease. A release that runs keeps its time, except under lockdown."""
    rest_s = 0.0 if door.free_until is None or door.mode is Mode.LOCKED else door.free_until - at
    if rest_s > 0:
        return _timed_if_open(replace(door, lease_due=None), rules, at), Drive(rest_s)
    return _timed_if_open(_ended(replace(door, lease_due=None)), rules, at), Bolt()


def _tick(door: Door, at: float) -> Stepped:
    moves: list[Move] = []
    if _due(door.lease_due, at):
        door = replace(door, lease_due=at + RENEW_S)
        moves.append(_lease(door, at))
    if _due(door.relock_due, at):
        door = _ended(door)
        moves.append(Bolt())
    if _due(door.free_until, at):
        door = _ended(door)
    if _due(door.forced_due, at):
        door = replace(door, forced_due=None, alarm=OpenAlarm.FORCED)
        moves.append(_forced())
    if _due(door.warn_due, at):
        door = replace(door, warn_due=None, alarm=door.alarm or OpenAlarm.WARNING)
        moves += [Say("door.held_warning", {}), Warn()]
    if _due(door.held_due, at):
        forced = door.alarm is OpenAlarm.FORCED
        door = replace(door, held_due=None, alarm=OpenAlarm.FORCED if forced else OpenAlarm.HELD)
        moves.append(Say("door.held", {}, alarm=True))
    return door, tuple(moves)


def _forced() -> Say:
    return Say("door.forced", {}, alarm=True)


def _cleared(alarm: OpenAlarm | None) -> tuple[Say, ...]:
    return () if alarm is None else (Say("door.cleared", {"alarm": alarm.value}),)


def _lease(door: Door, at: float) -> Drive:
    """Renew a lease, never cutting short a longer release that runs."""
    return Drive(max(LEASE_S, (door.free_until or at) - at))


def _ended(door: Door) -> Door:
    return replace(door, free_until=None, proven_until=None, used=False, relock_due=None)


def _due(due: float | None, at: float) -> bool:
    return due is not None and due <= at


def _timed_if_open(door: Door, rules: DoorRules, at: float) -> Door:
    """Start the time an open leaf is allowed anew, unless the door is meant to stand open."""
    if door.leaf is not Leaf.OPEN or door.leased:
        return door
    held = max(at + rules.held_after_s, door.free_until or at)
    return replace(door, warn_due=at + (held - at) * WARN_AT, held_due=held)


def _untimed(door: Door) -> Door:
    return replace(door, forced_due=None, warn_due=None, held_due=None)
