"""The state of all doors of a site, and how one of them is stepped: moves into records and effects. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from agent.domain import door as doors
from agent.domain.door import Door, DoorRules
from agent.domain.door_step import step
from agent.domain.effects import (
    Effect,
    Outcome,
    Record,
    Relock,
    Result,
    ShowAtDoor,
    Shown,
    Unlock,
)
from agent.domain.fire import Fire
from agent.domain.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.decision import Mode
    from agent.domain.facts import Order
    from agent.domain.moment import Moment
    from agent.domain.points import Key, Point

ACT_WITHIN_S = 3.0
"""A release that could not be put on the wire by then is dropped: the person has tried again or gone."""

ANSWER_WITHIN_S = 10.0
"""Every driver answers every command; one that has not by then is taken to have lost it."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who waits for the hardware's word on an act: who sent an order, who stands at a reader, or nobody.

    done: how the order ended when the word is good. mode_before: to what the door goes back when it is bad;
    None where it does not.
    """

    order: Order | None = None
    done: Outcome = Outcome.OPENED
    reader: str | None = None
    mode_before: Mode | None = None


NOBODY = Asker()


@dataclass(frozen=True, slots=True)
class Act:
    """What is on its way to the hardware: a release, or a lock whose sender waits.

    by: monotonic seconds after which its answer is taken for lost. for_s: how long it frees the door;
    None where it is part of a lease, or locks. renewal: of a lease that was recorded when it began.
    """

    door: str
    cause: str
    by: float
    for_s: float | None = None
    asker: Asker = NOBODY
    renewal: bool = False
    locks: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """The state of all doors.

    rules: how each door behaves. roster: who may pass, but for the list itself. acts: those whose
    answer is awaited. fire: the release by the fire line. recording: whether the journal can be
    written. failing: doors whose lease cannot be renewed, so that it is said once, not at every try.
    points: inputs, outputs and devices that have changed since start.
    """

    rules: Mapping[str, DoorRules]
    doors: Mapping[str, Door]
    roster: Rules = field(default_factory=Rules)
    acts: Mapping[int, Act] = field(default_factory=dict)
    next_id: int = 1
    recording: bool = True
    fire: Fire = field(default_factory=Fire)
    failing: frozenset[str] = frozenset()
    points: Mapping[Key, Point] = field(default_factory=dict)

    @property
    def deadline(self) -> float | None:
        """When a Tick is due next, in monotonic seconds; None when nothing runs."""
        dues = [door.deadline for door in self.doors.values()]
        dues += [act.by for act in self.acts.values()]
        dues += [point.flap.due for point in self.points.values()]
        return min((due for due in dues if due is not None), default=None)


Handled = tuple[Site, Result]


def new_site(rules: tuple[DoorRules, ...], roster: Rules, fire: Fire | None = None) -> Site:
    """Return a site whose doors are locked and whose leaves nobody has seen yet.

    fire: how its release ends.
    """
    by_name = {each.name: each for each in rules}
    return Site(by_name, {name: Door() for name in by_name}, roster, fire=fire or Fire())


def step_door(
    site: Site,
    name: str,
    fact: doors.DoorFact,
    at: Moment,
    cause: str,
    *,
    safety: bool = False,
    asker: Asker = NOBODY,
    not_after: float = math.inf,
) -> Handled:
    """Step one door and turn its moves into records and effects. `safety`: releases act before the record."""
    door, moves = step(site.doors[name], site.rules[name], fact, at.monotonic)
    site = replace(site, doors={**site.doors, name: door})
    records: list[Record] = []
    effects: list[Effect] = []
    last = min(at.monotonic + ACT_WITHIN_S, not_after)
    by = at.monotonic + ANSWER_WITHIN_S
    for move in moves:
        match move:
            case doors.Drive(for_s):
                effects.append(Unlock(site.next_id, name, for_s, last))
                renewal = isinstance(fact, doors.Tick)
                timed_s = None if door.leased else for_s
                site = _awaiting(site, Act(name, cause, by, timed_s, asker, renewal))
            case doors.Bolt():
                effects.append(Relock(site.next_id, name))
                site = _awaiting(site, Act(name, cause, by, asker=asker, locks=True))
            case doors.Warn():
                effects.append(ShowAtDoor(name, Shown.WARNING))
            case doors.Say(kind, body, alarm):
                records.append(Record(kind, name, body, alarm))
            case _:
                assert_never(move)
    done = tuple(effects)
    return site, Result(tuple(records), first=done if safety else (), then=() if safety else done)


def _awaiting(site: Site, act: Act) -> Site:
    """Give `act` its number. A lock that nobody asked for is not awaited: every release ends by itself."""
    number = site.next_id
    site = replace(site, next_id=number + 1)
    if act.locks and act.asker == NOBODY:
        return site
    return replace(site, acts={**site.acts, number: act})
