"""May this visitor's pass open this door now? One pure function; the first rule that applies says why.

What a door's state decides stands before it, as for cards: a fire release, a journal that cannot be
written, a lockdown (no visitor passes one), a door held open. Then the pass speaks for itself: it is the
office's, for this gateway and not revoked, for this door, within its window to the second, and has uses
left.

A window means nothing without the time, and a pass has no other proof that it is of today: what clocks it is
taken by stands in `agent.domain.timekeeping`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.domain.decision import Deny, Grant, Reason, Rule, by_door
from agent.domain.moment import Standing
from agent.domain.timekeeping import Timed, judged

if TYPE_CHECKING:
    from datetime import datetime

    from agent.domain.decision import Decision, Posture
    from agent.domain.moment import Moment


@dataclass(frozen=True, slots=True)
class Visit:
    """What the office has signed in a pass. The pass itself never stands here.

    number: the pass's own. person: the visitor's opaque id. doors: of this gateway. begins (included) and
    ends (not included): aware. uses: how many entries it is good for, all doors together.
    """

    number: str
    person: str
    doors: tuple[str, ...]
    begins: datetime
    ends: datetime
    uses: int


@dataclass(frozen=True, slots=True)
class PassUse:
    """One entry by a pass, on disk before the lock moves.

    nth: which of its uses, from 1. ends: when the pass ends, and the use need not be remembered any more.
    """

    number: str
    nth: int
    ends: datetime


def decide_pass(
    visit: Visit | None, unfit: Reason | None, used: int | None, posture: Posture, at: Moment
) -> Decision:
    """Return the decision on a pass at the door of `posture`.

    visit: None where nobody trusted has signed it. unfit: what is wrong with it wherever it is shown.
    used: how often it has opened here; None where nobody can tell, or one use more could not be counted.
    """
    decided = by_door(posture, may_override=False)
    if decided is not None:
        return decided
    if visit is None:
        return Deny(unfit or Reason.NO_VISIT)
    reason = unfit or _about_place(visit, posture.door) or _about_time(visit, at) or _about_uses(visit, used)
    return Grant(Rule.VISIT) if reason is None else Deny(reason)


def _about_place(visit: Visit, door: str) -> Reason | None:
    return None if door in visit.doors else Reason.NO_RIGHT


def _about_time(visit: Visit, at: Moment) -> Reason | None:
    if not judged(Timed.VISIT, at):
        return Reason.CLOCK_UNSET if at.standing is Standing.UNSET else Reason.CLOCK_DRIFTED
    if at.utc < visit.begins:
        return Reason.VISIT_NOT_YET
    return Reason.VISIT_EXPIRED if visit.ends <= at.utc else None


def _about_uses(visit: Visit, used: int | None) -> Reason | None:
    if used is None:
        return Reason.VISIT_UNCOUNTED
    return Reason.VISIT_USED_UP if used >= visit.uses else None
