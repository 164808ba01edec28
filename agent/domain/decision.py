"""May this credential pass this door now? One pure function; the first rule that applies gives the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agent.domain.credentials import CredentialState
from agent.domain.timekeeping import Timed, judged

if TYPE_CHECKING:
    from agent.domain.credentials import Holding, Person, Span
    from agent.domain.moment import Moment
    from agent.domain.rules import Rules


class Mode(StrEnum):
    """What a door does when nobody asks."""

    NORMAL = "normal"  # locked, opens for those who may
    HELD = "held"  # held open: a lease that is renewed
    LOCKED = "locked"  # opens only for persons with the override right


class Reason(StrEnum):
    """Why a door stayed locked. Stable codes: they are on the wire and in the journal."""

    CANNOT_RECORD = "cannot_record"  # the journal cannot be written, so nothing may be opened
    TOO_LATE = "too_late"  # it waited so long that whoever asked has tried again or gone
    DOOR_LOCKED = "door_locked"
    UNKNOWN = "unknown_credential"
    SUSPENDED = "suspended"
    LOST = "lost"
    REVOKED = "revoked"
    CREDENTIAL_NOT_YET = "credential_not_yet_valid"
    CREDENTIAL_EXPIRED = "credential_expired"
    NO_PERSON = "no_person"
    NOT_VERIFIED = "person_not_verified"
    VERIFICATION_LAPSED = "verification_lapsed"
    PERSON_NOT_YET = "person_not_yet_valid"
    PERSON_EXPIRED = "person_expired"
    NO_RIGHT = "no_right"
    OUT_OF_SCHEDULE = "out_of_schedule"
    NO_VISIT = "not_a_pass"  # what was shown to a reader of codes is no pass at all
    VISIT_UNKNOWN_KEY = "pass_unknown_key"
    VISIT_FORGED = "pass_bad_signature"
    VISIT_ELSEWHERE = "pass_wrong_gateway"
    CLOCK_UNSET = "clock_unset"
    CLOCK_DRIFTED = "clock_drifted"  # it was not set since the start, or too long ago
    VISIT_NOT_YET = "pass_not_yet_valid"
    VISIT_EXPIRED = "pass_expired"
    VISIT_USED_UP = "pass_used_up"
    VISIT_UNCOUNTED = "pass_uncounted"  # nobody can tell how often it was used, or count one use more
    VISIT_UNCHECKED = "pass_unchecked"  # the list that says which passes were revoked is gone or unreadable


class Rule(StrEnum):
    """By what an entry was granted, where it was not a group."""

    FIRE = "fire_release"
    HELD = "held_open"
    DESK = "desk_order"  # an order signed by a key that the configuration trusts with every door
    VISIT = "visitor_pass"  # by what the office has signed in it


def reads_like_a_rule(name: str) -> bool:
    """Say whether a group of this name would be taken for a Rule where an entry is recorded or read."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split()) in set(Rule)


@dataclass(frozen=True, slots=True)
class Posture:
    """What of a door's state a decision depends on."""

    door: str
    mode: Mode = Mode.NORMAL
    fire: bool = False
    recording: bool = True


@dataclass(frozen=True, slots=True)
class Grant:
    """Open. `rule`: a group's name, or a Rule. `longer`: for the door's extended time."""

    rule: str
    longer: bool = False


@dataclass(frozen=True, slots=True)
class Deny:
    """Stay locked, and why."""

    reason: Reason


Decision = Grant | Deny

_STATES = {
    CredentialState.SUSPENDED: Reason.SUSPENDED,
    CredentialState.LOST: Reason.LOST,
    CredentialState.REVOKED: Reason.REVOKED,
}


def decide(holding: Holding | None, posture: Posture, rules: Rules, at: Moment) -> Decision:
    """Return the decision on `holding` (None: on no list) at the door of `posture`.

    What hangs on the wall clock is judged, or let pass, as `agent.domain.timekeeping` has it.
    """
    person = None if holding is None else holding.person
    decided = by_door(posture, may_override=person is not None and person.may_override)
    if decided is not None:
        return decided
    if holding is None:
        return Deny(Reason.UNKNOWN)
    if person is None:
        return Deny(Reason.NO_PERSON)
    reason = _about_credential(holding, at) or _about_person(person, at)
    if reason is not None:
        return Deny(reason)
    return _by_right(person, posture.door, rules, at)


def by_door(posture: Posture, *, may_override: bool) -> Decision | None:
    """Return what the door's own state decides, whatever is presented; None where it leaves it to that."""
    if posture.fire:
        return Grant(Rule.FIRE)
    if not posture.recording:
        return Deny(Reason.CANNOT_RECORD)
    if posture.mode is Mode.LOCKED and not may_override:
        return Deny(Reason.DOOR_LOCKED)
    return Grant(Rule.HELD) if posture.mode is Mode.HELD else None


def _about_credential(holding: Holding, at: Moment) -> Reason | None:
    credential = holding.credential
    if credential.state is not CredentialState.ACTIVE:
        return _STATES[credential.state]
    return _about_span(credential.span, at, Reason.CREDENTIAL_NOT_YET, Reason.CREDENTIAL_EXPIRED)


def _about_person(person: Person, at: Moment) -> Reason | None:
    if not person.verified:
        return Reason.NOT_VERIFIED
    if person.verified_until is not None and person.verified_until <= at.utc:
        return Reason.VERIFICATION_LAPSED
    return _about_span(person.span, at, Reason.PERSON_NOT_YET, Reason.PERSON_EXPIRED)


def _about_span(span: Span, at: Moment, early: Reason, late: Reason) -> Reason | None:
    if span.end is not None and span.end <= at.utc:
        return late
    if span.start is not None and at.utc < span.start and judged(Timed.BEGINNING, at):
        return early
    return None


def _by_right(person: Person, door: str, rules: Rules, at: Moment) -> Decision:
    has_right = False
    for name in person.groups:
        group = rules.groups.get(name)
        if group is None:
            continue
        for right in group.rights:
            if right.door != door:
                continue
            has_right = True
            schedule = rules.schedules.get(right.schedule)
            if schedule is None:
                continue
            if not judged(Timed.SCHEDULE, at) or schedule.open_at(at.utc):
                return Grant(name, longer=person.needs_longer)
    return Deny(Reason.OUT_OF_SCHEDULE if has_right else Reason.NO_RIGHT)
