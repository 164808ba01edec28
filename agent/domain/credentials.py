"""Who holds what: persons by opaque id, and the credentials bound to them. No name ever stands here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class CredentialKind(StrEnum):
    """What a person presents. A visitor's pass is on the list only when it was revoked before its end."""

    CARD = "card"
    PHONE = "phone"
    VISIT = "pass"


class CredentialState(StrEnum):
    """Only ACTIVE opens. The others are different reasons, so that the desk knows what to say."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LOST = "lost"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Span:
    """A time that something is valid: from `start` (included) to `end` (not included); None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether `at` (aware) lies inside."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Person:
    """An opaque person, and the office's word on them.

    `verified`: the office has checked this person's identity. `verified_until`: when that word lapses.
    `may_override`: enters during lockdown. `needs_longer`: gets the door's extended time.
    """

    id: str
    verified: bool
    groups: tuple[str, ...]
    span: Span = Span()
    verified_until: datetime | None = None
    household: str | None = None
    may_override: bool = False
    needs_longer: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """A card, a phone key, or a pass that was revoked.

    `digest`: keyed digest of its identity (16 bytes), never the number.
    """

    digest: bytes
    kind: CredentialKind
    state: CredentialState
    span: Span = Span()


@dataclass(frozen=True, slots=True)
class Holding:
    """A credential with the person it is bound to; `person` is None where the list names none."""

    credential: Credential
    person: Person | None
