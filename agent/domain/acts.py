"""The hardware's answers to what was asked of it: whoever waits for one is told what is true, and no sooner.

A person at a reader sees a green light, and the sender of an order reads "opened" or "done", when the device
has confirmed it. What was not carried out is an event, and is told as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.domain import door as doors
from agent.domain.decision import Mode
from agent.domain.effects import Answer, Outcome, Record, Result, Show, Shown
from agent.domain.site import step_door

if TYPE_CHECKING:
    from agent.domain.effects import Effect
    from agent.domain.facts import Json
    from agent.domain.moment import Moment
    from agent.domain.site import Act, Asker, Handled, Site


def carried(before: Site, id_: int, at: Moment) -> Handled:
    """Hear that the device confirmed the act `id_`."""
    act = before.acts.get(id_)
    if act is None:
        return before, Result()
    site = _without(before, id_)
    told = _good_news(act.asker, act.door)
    if act.locks:
        return site, Result(then=told)
    site = replace(site, failing=before.failing - {act.door})
    if act.for_s is not None:
        site, _ = step_door(site, act.door, doors.Proven(act.for_s), at, act.cause)
    if act.renewal and act.door not in before.failing:
        return site, Result()
    body: dict[str, Json] = {"cause": act.cause}
    if act.asker.order is not None:
        body["order"] = act.asker.order.id
    return site, Result((Record("door.released", act.door, body),), then=told)


def not_carried(site: Site, id_: int, why: str, at: Moment, *, maybe: bool) -> Handled:
    """Hear that the act `id_` was not done, or that nobody can prove that it was (`maybe`)."""
    act = site.acts.get(id_)
    if act is None:
        return site, Result()
    site = _without(site, id_)
    told = _bad_news(act.asker, act.door, why)
    body = _story(act, why, maybe=maybe)
    if act.locks:
        return site, Result((Record("door.lock_failed", act.door, body, alarm=True),), then=told)
    known = act.door in site.failing
    if act.for_s is None:
        site, _ = step_door(site, act.door, doors.Unleased(), at, act.cause)
        site = replace(site, failing=site.failing | {act.door})
    if act.renewal and known:
        return site, Result()
    result = Result((Record("door.release_failed", act.door, body, alarm=True),), then=told)
    site, undone = _undone(site, act, at)
    result += undone
    others = any(other.door == act.door for other in site.acts.values())
    if maybe or others:
        return site, result
    site, moved = step_door(site, act.door, doors.Unfreed(), at, act.cause)
    return site, result + moved


def _undone(site: Site, act: Act, at: Moment) -> Handled:
    """Put a door back whose order to be held failed: told "failed", it must not open by itself later."""
    was = act.asker.mode_before
    if was is None or was is Mode.HELD or site.doors[act.door].mode is not Mode.HELD:
        return site, Result()
    return step_door(site, act.door, doors.ModeSet(was), at, "mode")


def _without(site: Site, id_: int) -> Site:
    return replace(site, acts={key: act for key, act in site.acts.items() if key != id_})


def _story(act: Act, why: str, *, maybe: bool) -> dict[str, Json]:
    body: dict[str, Json] = {"cause": act.cause, "why": why, "maybe": maybe}
    if act.asker.order is not None:
        body["order"] = act.asker.order.id
    if act.asker.reader is not None:
        body["reader"] = act.asker.reader
    return body


def _good_news(asker: Asker, door: str) -> tuple[Effect, ...]:
    if asker.order is not None:
        return (Answer(asker.order, door, asker.done, None),)
    return () if asker.reader is None else (Show(asker.reader, Shown.GRANTED),)


def _bad_news(asker: Asker, door: str, why: str) -> tuple[Effect, ...]:
    if asker.order is not None:
        return (Answer(asker.order, door, Outcome.FAILED, why),)
    return () if asker.reader is None else (Show(asker.reader, Shown.DENIED),)
