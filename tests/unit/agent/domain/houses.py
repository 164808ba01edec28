"""A small house for the tests of the core: two doors, some people, and what they hold."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from agent.domain.core import handle
from agent.domain.credentials import Credential, CredentialKind, CredentialState, Holding, Person, Span
from agent.domain.door import Door, DoorRules
from agent.domain.effects import Effect, Result, Unlock
from agent.domain.facts import Fact, OpenAsked, Order, Presented
from agent.domain.fire import Fire
from agent.domain.moment import ClockConfidence, Moment
from agent.domain.rules import Group, Right, Rules
from agent.domain.schedule import ALL_WEEK, MINUTES_A_DAY, Schedule, Window
from agent.domain.site import new_site

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
LOBBY = "lobby"
GARAGE = "garage"
DIGEST = bytes(range(16))

ALWAYS = Schedule("always", UTC, (Window(ALL_WEEK, 0, MINUTES_A_DAY),))
MORNING = Schedule("morning", UTC, (Window(ALL_WEEK, 8 * 60, 10 * 60),))
ROSTER = Rules(
    revision=7,
    groups={
        "residents": Group("residents", (Right(LOBBY, "always"), Right(GARAGE, "always"))),
        "cleaners": Group("cleaners", (Right(LOBBY, "morning"),)),
        "lost": Group("lost", (Right(LOBBY, "no such schedule"),)),
        "elsewhere": Group("elsewhere", (Right("roof", "always"),)),
    },
    schedules={"always": ALWAYS, "morning": MORNING},
)


def moment(
    monotonic: float = 1000.0, utc: datetime = NOON, clock: ClockConfidence = ClockConfidence.SYNCED
) -> Moment:
    return Moment(monotonic, utc, clock)


def person(
    *groups: str,
    verified: bool = True,
    verified_until: datetime | None = None,
    span: Span | None = None,
    may_override: bool = False,
    needs_longer: bool = False,
) -> Person:
    return Person(
        "p-1",
        verified=verified,
        groups=groups or ("residents",),
        span=span or Span(),
        verified_until=verified_until,
        may_override=may_override,
        needs_longer=needs_longer,
    )


def holding(
    who: Person | None,
    state: CredentialState = CredentialState.ACTIVE,
    span: Span | None = None,
) -> Holding:
    return Holding(Credential(DIGEST, CredentialKind.CARD, state, span or Span()), who)


RESIDENT = holding(person())


def order(
    number: str = "jti-1",
    *,
    key: str = "key-1",
    who: str | None = "p-1",
    not_after: float = 1030.0,
) -> Order:
    return Order(
        id=number,
        key=key,
        person=who,
        not_after=not_after,
        remember_until=NOON,
        reply="menshen/v1/gw/res/phone",
        correlation=b"c",
    )


class House:
    """A site taken through facts; time moves by hand, and what was asked for is kept apart."""

    def __init__(self, *rules: DoorRules, latched: bool = False) -> None:
        self.site = new_site(rules or (DoorRules(LOBBY), DoorRules(GARAGE)), ROSTER, Fire(latched=latched))
        self.at = 1000.0
        self.utc = NOON
        self.clock = ClockConfidence.SYNCED

    def now(self) -> Moment:
        return Moment(self.at, self.utc, self.clock)

    def take(self, fact: Fact, after: float = 0.0) -> Result:
        """Let `after` seconds pass and `fact` happen."""
        self.at += after
        self.site, result = handle(self.site, fact, self.now())
        return result

    def door(self, name: str = LOBBY) -> Door:
        return self.site.doors[name]


def card(held: Holding | None = RESIDENT, door: str = LOBBY, read_at: float = math.inf) -> Presented:
    """Read a card now; `read_at` is for one that had to wait."""
    return Presented(door, f"{door}-in", "in", DIGEST, held, read_at)


def phone(asked: Order, held: Holding | None = RESIDENT, door: str = LOBBY) -> OpenAsked:
    return OpenAsked(door, asked, DIGEST, held)


def desk(asked: Order, door: str = LOBBY, *, may_override: bool = False) -> OpenAsked:
    return OpenAsked(door, asked, b"", None, may_override)


def unlocks(effects: tuple[Effect, ...]) -> list[Unlock]:
    return [effect for effect in effects if isinstance(effect, Unlock)]


def kinds(result: Result) -> list[str]:
    return [record.kind for record in result.records]
