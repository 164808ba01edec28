"""Decision diff: what recorded presentations would have come to under another list. Pure.

Each is decided again at its own moment, door and confidence of the clock, by the same `decide` that the doors
use. What a door's state alone decided stays as it was: a fire release, a door held open, a journal that could
not be written. An order of the desk names no credential and is no matter of the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from agent.domain.decision import Decision, Deny, Grant, Mode, Posture, Reason, Rule, decide
from agent.domain.moment import ClockConfidence, Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from agent.domain.credentials import Holding
    from agent.domain.rules import Rules

GRANTED: Final = "entry.granted"
DENIED: Final = "entry.denied"
DIGEST_BYTES: Final = 16

_BY_THE_DOOR: Final = frozenset(
    {Rule.FIRE.value, Rule.HELD.value, Rule.DESK.value, Reason.CANNOT_RECORD.value}
)


class Kind(StrEnum):
    """What the other list changes."""

    GAINS = "gains"  # was refused, would enter
    LOSES = "loses"  # entered, would be refused
    REASON = "reason"  # the same in the end, by another rule or for another reason


@dataclass(frozen=True, slots=True)
class Presentation:
    """A recorded presentation. `why`: the rule that granted it, or the reason that it was denied for."""

    seq: int
    at: datetime
    clock: ClockConfidence
    door: str
    digest: bytes
    granted: bool
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A presentation that would come to something else. `person`: who, on the other list, if anybody."""

    kind: Kind
    was: Presentation
    now: Decision
    person: str | None


def presentation(
    kind: str, door: str | None, body: Mapping[str, object], *, seq: int, at: datetime, clock: str
) -> Presentation | None:
    """Return the presentation in a journal row or an event, or None where it is none that a list decides."""
    granted, digest = kind == GRANTED, body.get("credential")
    why = body.get("rule" if granted else "reason")
    if kind not in {GRANTED, DENIED} or door is None or not isinstance(why, str) or why in _BY_THE_DOOR:
        return None
    try:
        raw = bytes.fromhex(digest) if isinstance(digest, str) else b""
        confidence = ClockConfidence(clock)
    except ValueError:
        return None
    return Presentation(seq, at, confidence, door, raw, granted, why) if len(raw) == DIGEST_BYTES else None


def replay(
    recorded: Iterable[Presentation], lookup: Callable[[bytes], Holding | None], rules: Rules
) -> Iterator[Difference]:
    """Decide each again under the list of `lookup` and `rules`; give those that come to something else."""
    for was in recorded:
        holding = lookup(was.digest)
        locked = was.why == Reason.DOOR_LOCKED.value
        posture = Posture(was.door, Mode.LOCKED if locked else Mode.NORMAL)
        now = decide(holding, posture, rules, Moment(0.0, was.at, was.clock))
        kind = _kind(was, now)
        if kind is not None:
            person = None if holding is None or holding.person is None else holding.person.id
            yield Difference(kind, was, now, person)


def why_of(decision: Decision) -> str:
    """Return the rule or the reason, as the journal spells it."""
    match decision:
        case Grant(rule):
            return rule
        case Deny(reason):
            return reason.value


def _kind(was: Presentation, now: Decision) -> Kind | None:
    match now, was.granted:
        case Grant(), False:
            return Kind.GAINS
        case Deny(), True:
            return Kind.LOSES
    return None if why_of(now) == was.why else Kind.REASON
