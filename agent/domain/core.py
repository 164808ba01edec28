"""All doors of a site together: one fact in, the new site and what must follow out. Pure.

The order of what follows is the promise of the house: `first` (life safety) needs no record, `records`
are written, and `then` happens only when they are on disk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from agent.domain import door as doors
from agent.domain.decision import Deny, Grant, Mode, Posture, Reason, Rule, decide
from agent.domain.door import Door, DoorRules, Leaf, step
from agent.domain.facts import (
    Answer,
    Carried,
    Effect,
    ExitAsked,
    Fact,
    FireCleared,
    FireRaised,
    FireUnsure,
    Json,
    LeafClosed,
    LeafOpened,
    LeafUnknown,
    ModeAsked,
    NotCarried,
    Noted,
    OpenAsked,
    Order,
    OrderRefused,
    Outcome,
    Presented,
    Record,
    RecordingBack,
    RecordingLost,
    Relock,
    Result,
    RosterInForce,
    Show,
    ShowAtDoor,
    Shown,
    Tick,
    Unlock,
    Unreadable,
)
from agent.domain.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.credentials import Holding
    from agent.domain.moment import Moment

ACT_WITHIN_S = 3.0
"""A release that could not be put on the wire by then is dropped: the person has tried again or gone."""

ANSWER_WITHIN_S = 10.0
"""Every driver answers every command; one that has not by then is taken to have lost it."""


@dataclass(frozen=True, slots=True)
class Act:
    """A release on its way to the hardware.

    by: monotonic seconds after which its answer is taken for lost. for_s: how long it frees the door;
    None where it is part of a lease. order: who waits for the answer, if anybody does. renewal: of a
    lease that was recorded when it began.
    """

    door: str
    cause: str
    by: float
    for_s: float | None = None
    order: Order | None = None
    renewal: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """The state of all doors.

    rules: how each door behaves. roster: who may pass, but for the list itself. acts: releases whose
    answer is awaited. fire: the fire line asks for release. recording: whether the journal can be
    written. failing: doors whose lease cannot be renewed, so that it is said once, not at every try.
    """

    rules: Mapping[str, DoorRules]
    doors: Mapping[str, Door]
    roster: Rules = field(default_factory=Rules)
    acts: Mapping[int, Act] = field(default_factory=dict)
    next_id: int = 1
    recording: bool = True
    fire: bool = False
    failing: frozenset[str] = frozenset()

    @property
    def deadline(self) -> float | None:
        """When a Tick is due next, in monotonic seconds; None when nothing runs."""
        dues = [door.deadline for door in self.doors.values()]
        dues += [act.by for act in self.acts.values()]
        return min((due for due in dues if due is not None), default=None)


Handled = tuple[Site, Result]


def new_site(rules: tuple[DoorRules, ...], roster: Rules) -> Site:
    """Return a site whose doors are locked and whose leaves nobody has seen yet."""
    return Site({each.name: each for each in rules}, {each.name: Door() for each in rules}, roster)


def begin(site: Site, modes: Mapping[str, Mode], at: Moment) -> Handled:
    """Restore the modes that were in force before a restart; a held door gets its lease again."""
    result = Result()
    for name, mode in modes.items():
        if name in site.doors and mode is not Mode.NORMAL:
            site, more = _step(site, name, doors.ModeSet(mode, restored=True), at, "mode")
            result += more
    return site, result


def handle(site: Site, fact: Fact, at: Moment) -> Handled:  # noqa: C901, PLR0911, PLR0912 - a case a fact
    """Return the site after `fact`, and what must follow. A Tick that is due comes before other facts."""
    match fact:
        case Presented():
            return _presented(site, fact, at)
        case OpenAsked():
            return _open_asked(site, fact, at)
        case ModeAsked():
            return _mode_asked(site, fact, at)
        case OrderRefused(door, order, reason):
            return site, _refused(door, order, reason)
        case Unreadable(door, reader, direction, bits, why):
            body: dict[str, Json] = {"reader": reader, "direction": direction, "bits": bits, "why": why}
            shown = (Show(reader, Shown.DENIED),)
            return site, Result((Record("entry.unreadable", door, body),), then=shown)
        case ExitAsked(door):
            said = Result((Record("exit.opened", door, {}),))
            site, freed = _step(site, door, doors.Freed(site.rules[door].release_s), at, "exit", safety=True)
            return site, freed + said
        case LeafOpened(door):
            return _step(site, door, doors.LeafSeen(Leaf.OPEN), at, "leaf")
        case LeafClosed(door):
            return _step(site, door, doors.LeafSeen(Leaf.CLOSED), at, "leaf")
        case LeafUnknown(door, why):
            return _step(site, door, doors.LeafSeen(Leaf.UNKNOWN, why), at, "leaf")
        case FireRaised():
            return _fire(site, at, on=True)
        case FireCleared():
            return _fire(site, at, on=False)
        case FireUnsure(why):
            return site, Result((Record("fire.unsure", None, {"why": why}, alarm=True),))
        case Carried(id_):
            return _carried(site, id_, at)
        case NotCarried(id_, why, maybe):
            return _not_carried(site, id_, why, at, maybe=maybe)
        case Noted(kind, noted, door, alarm):
            return site, Result((Record(kind, door, noted, alarm),))
        case RosterInForce(rules):
            return replace(site, roster=rules), Result()
        case RecordingLost(why):
            lost = Record("journal.lost", None, {"why": why}, alarm=True)
            return replace(site, recording=False), Result((lost,))
        case RecordingBack():
            return replace(site, recording=True), Result((Record("journal.back", None, {}, alarm=True),))
        case Tick():
            return _tick(site, at)
        case _:
            assert_never(fact)


# --- decisions -----------------------------------------------------------------------------------------


def _presented(site: Site, fact: Presented, at: Moment) -> Handled:
    story: dict[str, Json] = {"reader": fact.reader, "direction": fact.direction}
    not_after = fact.read_at + ACT_WITHIN_S
    late = not_after < at.monotonic
    decision, told = _decide(site, fact.door, fact.digest, fact.holding, at, late=late)
    story |= told
    if isinstance(decision, Deny):
        record = Record("entry.denied", fact.door, story)
        return site, Result((record,), then=(Show(fact.reader, Shown.DENIED),))
    site, freed = _free(site, fact.door, decision, at, not_after)
    record = Record("entry.granted", fact.door, story)
    return site, Result((record,)) + freed + Result(then=(Show(fact.reader, Shown.GRANTED),))


def _open_asked(site: Site, fact: OpenAsked, at: Moment) -> Handled:
    order = fact.order
    if (reason := _too_late(site, fact.door, order, at)) is not None:
        return site, _refused(fact.door, order, reason)
    story: dict[str, Json] = {"order": order.id, "key": order.key}
    if order.person is None and not fact.digest:
        decision: Grant | Deny = Grant(Rule.DESK) if site.recording else Deny(Reason.CANNOT_RECORD)
        story |= _outcome(decision)
    else:
        decision, told = _decide(site, fact.door, fact.digest, fact.holding, at)
        story |= told
    if isinstance(decision, Deny):
        record = Record("entry.denied", fact.door, story)
        answer = Answer(order, fact.door, Outcome.REFUSED, decision.reason.value)
        return site, Result((record,), then=(answer,), used=(order,))
    site, freed = _free(site, fact.door, decision, at, order.not_after, order)
    record = Record("entry.granted", fact.door, story)
    return site, Result((record,), used=(order,)) + freed


def _decide(
    site: Site, name: str, digest: bytes, holding: Holding | None, at: Moment, *, late: bool = False
) -> tuple[Grant | Deny, dict[str, Json]]:
    door = site.doors[name]
    posture = Posture(name, door.mode, door.fire, site.recording)
    decision = Deny(Reason.TOO_LATE) if late else decide(holding, posture, site.roster, at)
    person = None if holding is None or holding.person is None else holding.person.id
    story: dict[str, Json] = {
        "credential": digest.hex(),
        "person": person,
        "revision": site.roster.revision,
    }
    return decision, story | _outcome(decision)


def _outcome(decision: Grant | Deny) -> dict[str, Json]:
    return {"reason": decision.reason.value} if isinstance(decision, Deny) else {"rule": decision.rule}


def _free(  # noqa: PLR0917 - what a release is made of
    site: Site, name: str, grant: Grant, at: Moment, not_after: float, order: Order | None = None
) -> Handled:
    rules = site.rules[name]
    freed = doors.Freed(rules.extended_s if grant.longer else rules.release_s)
    return _step(site, name, freed, at, "entry", order=order, not_after=not_after)


def _mode_asked(site: Site, fact: ModeAsked, at: Moment) -> Handled:
    order = fact.order
    if (reason := _too_late(site, fact.door, order, at)) is not None:
        return site, _refused(fact.door, order, reason)
    if not site.recording:
        return site, _refused(fact.door, order, Reason.CANNOT_RECORD.value)
    accepted = Record("order.accepted", fact.door, {"order": order.id, "key": order.key, "do": "mode"})
    site, moved = _step(site, fact.door, doors.ModeSet(fact.mode), at, "mode", not_after=order.not_after)
    answer = Answer(order, fact.door, Outcome.DONE, None)
    return site, Result((accepted,), used=(order,)) + moved + Result(then=(answer,))


def _too_late(site: Site, door: str, order: Order, at: Moment) -> str | None:
    """Return why an order that waited must not be acted on any more, if so. A late open never happens."""
    if door not in site.doors:
        return "unknown_door"
    return "expired" if order.not_after < at.monotonic else None


def _refused(door: str | None, order: Order | None, reason: str) -> Result:
    body: dict[str, Json] = {"reason": reason}
    if order is None:
        return Result((Record("order.refused", door, body),))
    body |= {"order": order.id, "key": order.key}
    answer = Answer(order, door, Outcome.REFUSED, reason)
    return Result((Record("order.refused", door, body),), then=(answer,))


# --- the hardware's answers ----------------------------------------------------------------------------


def _carried(before: Site, id_: int, at: Moment) -> Handled:
    act = before.acts.get(id_)
    if act is None:
        return before, Result()
    site = replace(_without(before, id_), failing=before.failing - {act.door})
    if act.for_s is not None:
        site, _ = _step(site, act.door, doors.Proven(act.for_s), at, act.cause)
    if act.renewal and act.door not in before.failing:
        return site, Result()
    then: tuple[Effect, ...] = ()
    body: dict[str, Json] = {"cause": act.cause}
    if act.order is not None:
        body["order"] = act.order.id
        then = (Answer(act.order, act.door, Outcome.OPENED, None),)
    return site, Result((Record("door.released", act.door, body),), then=then)


def _not_carried(site: Site, id_: int, why: str, at: Moment, *, maybe: bool) -> Handled:
    act = site.acts.get(id_)
    if act is None:
        return site, Result()
    known = act.door in site.failing
    site = _without(site, id_)
    if act.for_s is None:
        site, _ = _step(site, act.door, doors.Unleased(), at, act.cause)
        site = replace(site, failing=site.failing | {act.door})
    if act.renewal and known:
        return site, Result()
    body: dict[str, Json] = {"cause": act.cause, "why": why, "maybe": maybe}
    then: tuple[Effect, ...] = ()
    if act.order is not None:
        body["order"] = act.order.id
        then = (Answer(act.order, act.door, Outcome.FAILED, why),)
    result = Result((Record("door.release_failed", act.door, body, alarm=True),), then=then)
    others = any(other.door == act.door for other in site.acts.values())
    if maybe or others:
        return site, result
    site, moved = _step(site, act.door, doors.Unfreed(), at, act.cause)
    return site, result + moved


def _without(site: Site, id_: int) -> Site:
    return replace(site, acts={key: act for key, act in site.acts.items() if key != id_})


# --- doors ---------------------------------------------------------------------------------------------


def _fire(site: Site, at: Moment, *, on: bool) -> Handled:
    if on is site.fire:
        return site, Result()
    site = replace(site, fire=on)
    result = Result((Record("fire.on" if on else "fire.off", None, {}, alarm=True),))
    for name in site.doors:
        site, more = _step(site, name, doors.FireSet(on), at, "fire", safety=on)
        result += more
    return site, result


def _tick(site: Site, at: Moment) -> Handled:
    result = Result()
    for id_, act in tuple(site.acts.items()):
        if act.by <= at.monotonic:
            site, more = _not_carried(site, id_, "no_answer", at, maybe=True)
            result += more
    for name, door in site.doors.items():
        if door.deadline is not None and door.deadline <= at.monotonic:
            cause = "fire" if door.fire else "mode"
            site, more = _step(site, name, doors.Tick(), at, cause, safety=door.fire)
            result += more
    return site, result


def _step(
    site: Site,
    name: str,
    fact: doors.DoorFact,
    at: Moment,
    cause: str,
    *,
    safety: bool = False,
    order: Order | None = None,
    not_after: float = math.inf,
) -> Handled:
    """Step one door and turn its moves into records and effects. `safety`: releases act before the record."""
    door, moves = step(site.doors[name], site.rules[name], fact, at.monotonic)
    site = replace(site, doors={**site.doors, name: door})
    records: list[Record] = []
    effects: list[Effect] = []
    last = min(at.monotonic + ACT_WITHIN_S, not_after)
    for move in moves:
        match move:
            case doors.Drive(for_s):
                effects.append(Unlock(site.next_id, name, for_s, last))
                renewal = isinstance(fact, doors.Tick)
                timed_s = None if door.leased else for_s
                act = Act(name, cause, at.monotonic + ANSWER_WITHIN_S, timed_s, order, renewal)
                site = replace(site, next_id=site.next_id + 1, acts={**site.acts, site.next_id: act})
            case doors.Bolt():
                effects.append(Relock(site.next_id, name))
                site = replace(site, next_id=site.next_id + 1)
            case doors.Warn():
                effects.append(ShowAtDoor(name, Shown.WARNING))
            case doors.Say(kind, body, alarm):
                records.append(Record(kind, name, body, alarm))
            case _:
                assert_never(move)
    done = tuple(effects)
    return site, Result(tuple(records), first=done if safety else (), then=() if safety else done)
