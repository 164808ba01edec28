"""Somebody at a door: what is decided of what they show, the one record of it, and the release. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.domain import door as doors
from agent.domain.decision import Deny, Posture, Reason, Rule, decide
from agent.domain.effects import Record, Result, Show, Shown
from agent.domain.passes import PassUse, decide_pass
from agent.domain.site import ACT_WITHIN_S, Asker, step_door

if TYPE_CHECKING:
    from agent.domain.credentials import Holding
    from agent.domain.decision import Decision, Grant
    from agent.domain.facts import Json, PassShown, Presented, Unreadable
    from agent.domain.moment import Moment
    from agent.domain.site import Handled, Site


def presented(site: Site, fact: Presented, at: Moment) -> Handled:
    """Decide on a card that was read."""
    not_after = fact.read_at + ACT_WITHIN_S
    if not_after < at.monotonic:
        decision: Decision = Deny(Reason.TOO_LATE)
    else:
        decision = decide(fact.holding, posture(site, fact.door), site.roster, at)
    return _at_reader(site, fact, decision, held_story(site, fact.digest, fact.holding), at)


def pass_shown(site: Site, fact: PassShown, at: Moment) -> Handled:
    """Decide on a visitor's pass that was read. A use is taken only where the pass itself opened the door."""
    visit, used = fact.visit, fact.used
    if fact.read_at + ACT_WITHIN_S < at.monotonic:
        decision: Decision = Deny(Reason.TOO_LATE)
    else:
        decision = decide_pass(visit, fact.unfit, used, posture(site, fact.door), at)
    uses: tuple[PassUse, ...] = ()
    left = None if visit is None or used is None else max(0, visit.uses - used)
    if visit is not None and used is not None and left and _by_pass(decision):
        uses = (PassUse(visit.number, used + 1, visit.ends),)
        left -= 1
    story: dict[str, Json] = {
        "pass": None if visit is None else visit.number,
        "person": None if visit is None else visit.person,
        "uses_left": left,
        "revision": site.roster.revision,
    }
    site, result = _at_reader(site, fact, decision, story, at)
    return site, Result(pass_uses=uses) + result


def unreadable(fact: Unreadable) -> Result:
    """Record bits that no allowed format fits."""
    body: dict[str, Json] = {
        "reader": fact.reader,
        "direction": fact.direction,
        "bits": fact.bits,
        "why": fact.why,
    }
    return Result((Record("entry.unreadable", fact.door, body),), then=(Show(fact.reader, Shown.DENIED),))


def posture(site: Site, name: str) -> Posture:
    """Return what of the state of the door `name` a decision depends on."""
    door = site.doors[name]
    return Posture(name, door.mode, door.fire, site.recording)


def held_story(site: Site, digest: bytes, holding: Holding | None) -> dict[str, Json]:
    """Return what a record says of a credential on the list, or on none."""
    person = None if holding is None or holding.person is None else holding.person.id
    return {"credential": digest.hex(), "person": person, "revision": site.roster.revision}


def outcome(decision: Decision) -> dict[str, Json]:
    """Return what a record says of a decision."""
    return {"reason": decision.reason.value} if isinstance(decision, Deny) else {"rule": decision.rule}


def free(  # noqa: PLR0917 - what a release is made of
    site: Site, name: str, grant: Grant, at: Moment, not_after: float, asker: Asker
) -> Handled:
    """Release the door `name` for the time that `grant` gives, unless `not_after` has passed by then.

    asker: who is told when the lock has confirmed it, or has not.
    """
    rules = site.rules[name]
    freed = doors.Freed(rules.extended_s if grant.longer else rules.release_s)
    return step_door(site, name, freed, at, "entry", asker=asker, not_after=not_after)


def _at_reader(
    site: Site, fact: Presented | PassShown, decision: Decision, told: dict[str, Json], at: Moment
) -> Handled:
    """Record a presentation, once, and do what was decided.

    A refusal is shown at once; a grant when the lock has confirmed it.
    """
    story: dict[str, Json] = {"reader": fact.reader, "direction": fact.direction}
    story |= told | outcome(decision)
    if isinstance(decision, Deny):
        record = Record("entry.denied", fact.door, story)
        return site, Result((record,), then=(Show(fact.reader, Shown.DENIED),))
    asker = Asker(reader=fact.reader)
    site, freed = free(site, fact.door, decision, at, fact.read_at + ACT_WITHIN_S, asker)
    return site, Result((Record("entry.granted", fact.door, story),)) + freed


def _by_pass(decision: Decision) -> bool:
    return not isinstance(decision, Deny) and decision.rule == Rule.VISIT
