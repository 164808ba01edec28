"""All that a site of doors can ask for: what is done, shown, answered and recorded because of a fact."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.facts import Json, Order
    from agent.domain.passes import PassUse


class Outcome(StrEnum):
    """How an order ended, as its sender is told."""

    OPENED = "opened"  # the output was driven, and the device confirmed it
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"  # decided, but the device did not do it or cannot prove it


class Shown(StrEnum):
    """What the person at a reader sees and hears."""

    GRANTED = "granted"
    DENIED = "denied"
    WARNING = "warning"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Unlock:
    """Release `door` for `for_s` seconds, unless `not_after` (monotonic) has passed by then."""

    id: int
    door: str
    for_s: float
    not_after: float


@dataclass(frozen=True, slots=True)
class Relock:
    """End the release of `door` now."""

    id: int
    door: str


@dataclass(frozen=True, slots=True)
class Show:
    """Show a signal at one reader."""

    reader: str
    shown: Shown


@dataclass(frozen=True, slots=True)
class ShowAtDoor:
    """Show a signal at every reader of a door."""

    door: str
    shown: Shown


@dataclass(frozen=True, slots=True)
class Answer:
    """Tell the sender of an order how it ended."""

    order: Order
    door: str | None
    outcome: Outcome
    reason: str | None


Effect = Unlock | Relock | Show | ShowAtDoor | Answer


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the journal, before it has a number. `alarm`: somebody must look."""

    kind: str
    door: str | None
    body: Mapping[str, Json]
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What one fact led to.

    first: life safety, done before anything is written. records: written, in one commit, with `used`
    (ids of orders that must never be acted on again) and `pass_uses`. then: done after that commit, never
    without it.
    """

    records: tuple[Record, ...] = ()
    first: tuple[Effect, ...] = ()
    then: tuple[Effect, ...] = ()
    used: tuple[Order, ...] = field(default=())
    pass_uses: tuple[PassUse, ...] = field(default=())

    def __add__(self, other: Result) -> Result:
        """Join two results, in order."""
        return Result(
            self.records + other.records,
            self.first + other.first,
            self.then + other.then,
            self.used + other.used,
            self.pass_uses + other.pass_uses,
        )
