"""Signed orders at the doors: to open one, to change its mode, and those that are refused. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.domain import door as doors
from agent.domain.decision import Deny, Grant, Mode, Reason, Rule, by_door, decide
from agent.domain.effects import Answer, Outcome, Record, Result
from agent.domain.entry import free, held_story, outcome, posture
from agent.domain.site import Asker, step_door

if TYPE_CHECKING:
    from agent.domain.decision import Decision
    from agent.domain.facts import Json, ModeAsked, OpenAsked, Order
    from agent.domain.moment import Moment
    from agent.domain.site import Handled, Site


def open_asked(site: Site, fact: OpenAsked, at: Moment) -> Handled:
    """Decide on an order to open; its number is used up either way."""
    order = fact.order
    if (reason := _too_late(site, fact.door, order, at)) is not None:
        return site, refused(fact.door, order, reason)
    story: dict[str, Json] = {"order": order.id, "key": order.key}
    if order.person is None and not fact.digest:
        decided = by_door(posture(site, fact.door), may_override=fact.may_override)
        decision: Decision = Grant(Rule.DESK) if decided is None else decided
    else:
        decision = decide(fact.holding, posture(site, fact.door), site.roster, at)
        story |= held_story(site, fact.digest, fact.holding)
    story |= outcome(decision)
    if isinstance(decision, Deny):
        record = Record("entry.denied", fact.door, story)
        answer = Answer(order, fact.door, Outcome.REFUSED, decision.reason.value)
        return site, Result((record,), then=(answer,), used=(order,))
    site, freed = free(site, fact.door, decision, at, order.not_after, Asker(order))
    record = Record("entry.granted", fact.door, story)
    return site, Result((record,), used=(order,)) + freed


def mode_asked(site: Site, fact: ModeAsked, at: Moment) -> Handled:
    """Change a door's mode, as ordered; answered when the lock has confirmed what that asks of it.

    Where it has not, a door that was to be held goes back to the mode it had; one that was to lock stays so.
    """
    order = fact.order
    if (reason := _too_late(site, fact.door, order, at)) is not None:
        return site, refused(fact.door, order, reason)
    if not site.recording:
        return site, refused(fact.door, order, Reason.CANNOT_RECORD.value)
    accepted = Record("order.accepted", fact.door, {"order": order.id, "key": order.key, "do": "mode"})
    site, before = _superseding(site, fact.door)
    asker = Asker(order, Outcome.DONE, mode_before=before if fact.mode is Mode.HELD else None)
    number = site.next_id
    mode = doors.ModeSet(fact.mode)
    site, moved = step_door(site, fact.door, mode, at, "mode", asker=asker, not_after=order.not_after)
    result = Result((accepted,), used=(order,)) + moved
    if site.next_id == number:  # nothing is asked of the hardware
        result += Result(then=(Answer(order, fact.door, Outcome.DONE, None),))
    return site, result


def why_not_over(site: Site, order: Order, at: Moment) -> str | None:
    """Return why a duty desk's word that the fire is over does not end its release, if so."""
    if order.not_after < at.monotonic:
        return "expired"
    if (stands := site.fire.stands) is not None:
        return stands.value
    return None if site.recording else Reason.CANNOT_RECORD.value


def _superseding(site: Site, name: str) -> tuple[Site, Mode]:
    """Return the site in which only an order newer than those under way may fall back, and to which mode.

    An order to hold a door open that nobody has confirmed yet may still fail; the mode that it found is then
    what the newer one found.
    """
    before = site.doors[name].mode
    acts = dict(site.acts)
    for number, act in site.acts.items():
        if act.door == name and act.asker.mode_before is not None:
            before = act.asker.mode_before
            acts[number] = replace(act, asker=replace(act.asker, mode_before=None))
    return replace(site, acts=acts), before


def refused(door: str | None, order: Order | None, reason: str) -> Result:
    """Record an order that is not acted on, and answer it where it says where to."""
    body: dict[str, Json] = {"reason": reason}
    if order is None:
        return Result((Record("order.refused", door, body),))
    body |= {"order": order.id, "key": order.key}
    answer = Answer(order, door, Outcome.REFUSED, reason)
    return Result((Record("order.refused", door, body),), then=(answer,))


def _too_late(site: Site, door: str, order: Order, at: Moment) -> str | None:
    """Return why an order that waited must not be acted on any more, if so. A late open never happens."""
    if door not in site.doors:
        return "unknown_door"
    return "expired" if order.not_after < at.monotonic else None
