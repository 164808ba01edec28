"""All doors of a site together: one fact in, the new site and what must follow out. Pure.

The order of what follows is the promise of the house: `first` (life safety) needs no record, `records`
are written, and `then` happens only when they are on disk.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from agent.domain import door as doors
from agent.domain import inputs
from agent.domain.acts import carried, not_carried
from agent.domain.decision import Mode
from agent.domain.door import Leaf
from agent.domain.effects import Answer, Outcome, Record, Result
from agent.domain.entry import pass_shown, presented, unreadable
from agent.domain.facts import (
    Carried,
    ExitAsked,
    Fact,
    FireCleared,
    FireKeyRested,
    FireKeyTurned,
    FireKeyUnsure,
    FireOverAsked,
    FireRaised,
    FireUnsure,
    FromPoint,
    LeafClosed,
    LeafOpened,
    LeafUnknown,
    ModeAsked,
    NotCarried,
    Noted,
    OpenAsked,
    OrderRefused,
    PassShown,
    Plain,
    Presented,
    RecordingBack,
    RecordingLost,
    RosterInForce,
    Tick,
    Unreadable,
)
from agent.domain.fire import Key, Line, key_seen, line_seen, over, remembered
from agent.domain.orders import mode_asked, open_asked, refused, why_not_over
from agent.domain.site import step_door

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.facts import Json, Order
    from agent.domain.fire import Fire
    from agent.domain.moment import Moment
    from agent.domain.site import Handled, Site


def begin(site: Site, modes: Mapping[str, Mode], at: Moment, *, fire: bool = False) -> Handled:
    """Restore what was in force before a restart: a fire release, first of all, and the doors' modes."""
    result = Result()
    if fire:
        site, result = _burning(site, remembered(site.fire), at)
    for name, mode in modes.items():
        if name in site.doors and mode is not Mode.NORMAL:
            site, more = step_door(site, name, doors.ModeSet(mode, restored=True), at, "mode")
            result += more
    return site, result


def handle(site: Site, fact: Fact, at: Moment) -> Handled:
    """Return the site after `fact`, and what must follow. A Tick that is due comes before other facts."""
    if not isinstance(fact, FromPoint):
        after, result = _handled(site, fact, at)
        return inputs.summed(site, after, result, at, None)
    heard, believed, begun = inputs.heard(site, fact, at)
    after, result = _handled(heard, believed, at)
    after, result = inputs.summed(site, after, result, at, (fact.role, fact.point))
    return after, begun + result


def _handled(site: Site, fact: Plain, at: Moment) -> Handled:  # noqa: C901, PLR0911, PLR0912 - a case a fact
    match fact:
        case Presented():
            return presented(site, fact, at)
        case PassShown():
            return pass_shown(site, fact, at)
        case OpenAsked():
            return open_asked(site, fact, at)
        case ModeAsked():
            return mode_asked(site, fact, at)
        case OrderRefused(door, order, reason):
            return site, refused(door, order, reason)
        case Unreadable():
            return site, unreadable(fact)
        case ExitAsked(door):
            said = Result((Record("exit.opened", door, {}),))
            site, freed = step_door(
                site, door, doors.Freed(site.rules[door].release_s), at, "exit", safety=True
            )
            return site, freed + said
        case LeafOpened(door):
            return step_door(site, door, doors.LeafSeen(Leaf.OPEN), at, "leaf")
        case LeafClosed(door):
            return step_door(site, door, doors.LeafSeen(Leaf.CLOSED), at, "leaf")
        case LeafUnknown(door, why):
            return step_door(site, door, doors.LeafSeen(Leaf.UNKNOWN, why), at, "leaf")
        case FireRaised():
            return _burning(site, line_seen(site.fire, Line.CALLING), at)
        case FireCleared():
            return _burning(site, line_seen(site.fire, Line.REST), at)
        case FireUnsure(why):
            return _burning(site, line_seen(site.fire, Line.UNSURE, why), at)
        case FireKeyTurned(point):
            return _burning(site, key_seen(site.fire, Key.TURNED, point), at)
        case FireKeyRested(point):
            return _burning(site, key_seen(site.fire, Key.REST, point), at)
        case FireKeyUnsure(point, why):
            site, result = _burning(site, key_seen(site.fire, Key.UNSURE, point), at)
            return site, result + Result((Record("fire.key_unsure", None, {"point": point, "why": why}),))
        case FireOverAsked(order):
            return _fire_over(site, order, at)
        case Carried(id_):
            return carried(site, id_, at)
        case NotCarried(id_, why, maybe):
            return not_carried(site, id_, why, at, maybe=maybe)
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


# --- doors ---------------------------------------------------------------------------------------------


def _fire_over(site: Site, order: Order, at: Moment) -> Handled:
    """End the fire release by a duty desk's order, where nothing keeps it up any more.

    The order's number is used up either way: refused while the line calls, it must not be sent again later.
    """
    reason = why_not_over(site, order, at)
    if reason is not None:
        return site, Result(used=(order,)) + refused(None, order, reason)
    story: dict[str, Json] = {"order": order.id, "key": order.key}
    site, result = _burning(site, over(site.fire, story), at)
    accepted = Record("order.accepted", None, {**story, "do": "fire_over"})
    answer = Answer(order, None, Outcome.DONE, None)
    return site, Result((accepted,), used=(order,)) + result + Result(then=(answer,))


def _burning(site: Site, stepped: tuple[Fire, tuple[Record, ...]], at: Moment) -> Handled:
    """Take the fire release's new state, and the doors with it."""
    was_on = site.fire.on
    fire, records = stepped
    site, result = replace(site, fire=fire), Result(records)
    if fire.on is was_on:
        return site, result
    for name in site.doors:
        site, more = step_door(site, name, doors.FireSet(fire.on), at, "fire", safety=fire.on)
        result += more
    return site, result


def _tick(site: Site, at: Moment) -> Handled:
    result = Result()
    for id_, act in tuple(site.acts.items()):
        if act.by <= at.monotonic:
            site, more = not_carried(site, id_, "no_answer", at, maybe=True)
            result += more
    for name, door in site.doors.items():
        if door.deadline is not None and door.deadline <= at.monotonic:
            cause = "fire" if door.fire else "mode"
            site, more = step_door(site, name, doors.Tick(), at, cause, safety=door.fire)
            result += more
    site, told, believed = inputs.due(site, at)
    result += told
    for fact in believed:
        site, more = _handled(site, fact, at)
        result += more
    return site, result
