"""Rows of the list as columns, and columns as the domain's values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.domain.credentials import Credential, CredentialKind, CredentialState, Holding, Person, Span
from agent.domain.rules import Group, Right
from agent.domain.schedule import Schedule, Window
from agent.store.rows import from_ms

if TYPE_CHECKING:
    from datetime import datetime

KINDS: Final = (CredentialKind.CARD, CredentialKind.PHONE, CredentialKind.VISIT)
VISIT: Final = KINDS.index(CredentialKind.VISIT)
STATES: Final = (
    CredentialState.ACTIVE,
    CredentialState.SUSPENDED,
    CredentialState.LOST,
    CredentialState.REVOKED,
)
VERIFIED: Final = 1
OVERRIDE: Final = 2
LONGER: Final = 4


class PersonColumns(NamedTuple):
    """A person as stored; times in milliseconds since 1970."""

    id: str
    flags: int
    verified_until: int | None
    from_ms: int | None
    until_ms: int | None
    groups: str
    household: str | None


class CredentialColumns(NamedTuple):
    """A credential as stored; `key` and `kid` are a phone's."""

    digest: bytes
    kind: int
    state: int
    person: str
    from_ms: int | None
    until_ms: int | None
    key: bytes | None
    kid: str | None


def holding(columns: tuple[Any, ...]) -> Holding:
    """Return the holding in `columns`: credential's digest, kind, state, times; then the person's columns."""
    digest, kind, state, from_ms_, until_ms, *person = columns
    credential = Credential(digest, KINDS[kind], STATES[state], span(from_ms_, until_ms))
    return Holding(credential, None if person[0] is None else _person(PersonColumns(*person)))


def _person(columns: PersonColumns) -> Person:
    return Person(
        id=columns.id,
        verified=bool(columns.flags & VERIFIED),
        groups=tuple(json.loads(columns.groups)),
        span=span(columns.from_ms, columns.until_ms),
        verified_until=time_of(columns.verified_until),
        household=columns.household,
        may_override=bool(columns.flags & OVERRIDE),
        needs_longer=bool(columns.flags & LONGER),
    )


def span(from_ms_: int | None, until_ms: int | None) -> Span:
    """Return the time between, open where there is None."""
    return Span(time_of(from_ms_), time_of(until_ms))


def time_of(value: int | None) -> datetime | None:
    """Return the aware time, or None for None."""
    return None if value is None else from_ms(value)


def group(body: str) -> Group:
    """Return the group in its JSON."""
    found = json.loads(body)
    return Group(found["name"], tuple(Right(each["door"], each["schedule"]) for each in found["rights"]))


def schedule(body: str) -> Schedule | None:
    """Return the schedule in its JSON; None, so never open, where this machine knows its zone no more."""
    found = json.loads(body)
    try:
        zone = ZoneInfo(found["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    windows = tuple(
        Window(frozenset(each["days"]), _minute(each["start"]), _minute(each["end"]))
        for each in found["windows"]
    )
    return Schedule(found["name"], zone, windows)


def zone_known(name: str) -> bool:
    """Say whether this machine knows the time zone `name`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
