"""All doors of a site together: one fact in, the new site and what must follow out. Pure.

The order of what follows is the promise of the house: `first` (life safety) needs no record, `records`
are written, and `then` happens only when they are on disk.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from agent.domain import door as doors
from agent.domain.acts import carried, not_carried
from agent.domain.decision import Mode
from agent.domain.door import Leaf
from agent.domain.entry import pass_shown, presented, unreadable
from agent.domain.facts import (
    Carried,
    ExitAsked,
    Fact,
    FireCleared,
    FireRaised,
    FireUnsure,
    LeafClosed,
    LeafOpened,
    LeafUnknown,
    ModeAsked,
    NotCarried,
    Noted,
    OpenAsked,
    OrderRefused,
    PassShown,
    Presented,
    Record,
    RecordingBack,
    RecordingLost,
    Result,
    RosterInForce,
    Tick,
    Unreadable,
)
from agent.domain.orders import mode_asked, open_asked, refused
from agent.domain.site import step_door

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.moment import Moment
    from agent.domain.site import Handled, Site


def begin(site: Site, modes: Mapping[str, Mode], at: Moment) -> Handled:
    """Restore the modes that were in force before a restart; a held door gets its lease again."""
    result = Result()
    for name, mode in modes.items():
        if name in site.doors and mode is not Mode.NORMAL:
            site, more = step_door(site, name, doors.ModeSet(mode, restored=True), at, "mode")
            result += more
    return site, result


def handle(site: Site, fact: Fact, at: Moment) -> Handled:  # noqa: C901, PLR0911, PLR0912 - a case a fact
    """Return the site after `fact`, and what must follow. A Tick that is due comes before other facts."""
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
            return _fire(site, at, on=True)
        case FireCleared():
            return _fire(site, at, on=False)
        case FireUnsure(why):
            return site, Result((Record("fire.unsure", None, {"why": why}, alarm=True),))
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


def _fire(site: Site, at: Moment, *, on: bool) -> Handled:
    if on is site.fire:
        return site, Result()
    site = replace(site, fire=on)
    result = Result((Record("fire.on" if on else "fire.off", None, {}, alarm=True),))
    for name in site.doors:
        site, more = step_door(site, name, doors.FireSet(on), at, "fire", safety=on)
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
    return site, result
