"""One door in values: what is settled about it, its state, what can happen to it, and what it asks for.

How it moves stands in `agent.domain.door_step`, and what is made of its leaf in `agent.domain.leaf`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agent.domain.decision import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

LEASE_S = 20.0
"""How long one lease of a door held open lasts: what a dead gateway leaves open, at most."""

RENEW_S = 8.0
"""How often it is renewed: two renewals may be lost before the door locks by itself."""

RETRY_S = 1.0
"""How soon a lease that was not carried out is tried again: a board is back, and a door must stand open."""

WARN_AT = 0.5
"""The part of the time allowed open after which the people at the door are warned."""


class Leaf(StrEnum):
    """Where the leaf is, as far as anybody knows."""

    UNKNOWN = "unknown"
    CLOSED = "closed"
    OPEN = "open"


class OpenAlarm(StrEnum):
    """What is wrong with an open leaf."""

    WARNING = "warning"  # soon held too long
    HELD = "held"  # held too long
    FORCED = "forced"  # opened with no release


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What is settled about a door. All times in seconds.

    forced_delay_s: an exit button's signal may come a moment after the contact's; so long an opening
    without a release waits before it is called forced. settle_s: contacts bounce, and a bolt must not
    be thrown at a leaf still moving; so long the leaf must stay closed before the lock follows it.
    """

    name: str
    release_s: float = 5.0
    extended_s: float = 15.0
    held_after_s: float = 30.0
    relock_on_close: bool = True
    forced_delay_s: float = 0.5
    fire_release: bool = True
    settle_s: float = 0.3


@dataclass(frozen=True, slots=True)
class Door:
    """A door's state. Fields ending in `_due` and `_until` are monotonic seconds, None when not running.

    free_until: how long it is meant to be free. proven_until: how much of that the hardware confirmed.
    unproven: the last release ran out before the hardware confirmed it: a busy line may still carry it.
    used: somebody has opened the leaf since it was freed last.
    """

    mode: Mode = Mode.NORMAL
    fire: bool = False
    leaf: Leaf = Leaf.UNKNOWN
    alarm: OpenAlarm | None = None
    free_until: float | None = None
    proven_until: float | None = None
    unproven: bool = False
    used: bool = False
    relock_due: float | None = None
    lease_due: float | None = None
    forced_due: float | None = None
    warn_due: float | None = None
    held_due: float | None = None

    @property
    def leased(self) -> bool:
        """Whether the door is meant to stand open, by fire or by mode."""
        return self.fire or self.mode is Mode.HELD

    @property
    def released(self) -> bool:
        """Whether the lock is meant to be free now."""
        return self.leased or self.free_until is not None

    @property
    def deadline(self) -> float | None:
        """When a Tick is due next."""
        dues = (
            self.free_until,
            self.relock_due,
            self.lease_due,
            self.forced_due,
            self.warn_due,
            self.held_due,
        )
        return min((due for due in dues if due is not None), default=None)


# --- facts ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Freed:
    """Somebody may pass for `for_s` seconds: by a decision or by the exit button."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Proven:
    """The hardware has confirmed a release of `for_s` seconds. It began before now, so it ends by then."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Unfreed:
    """A release that was decided was not carried out, and none is on its way."""


@dataclass(frozen=True, slots=True)
class Unleased:
    """A lease was not carried out."""


@dataclass(frozen=True, slots=True)
class LeafSeen:
    """The contact's word; `why` explains an UNKNOWN."""

    leaf: Leaf
    why: str = ""


@dataclass(frozen=True, slots=True)
class ModeSet:
    """A new mode. `restored`: found in memory at start."""

    mode: Mode
    restored: bool = False


@dataclass(frozen=True, slots=True)
class FireSet:
    """The fire line's state."""

    on: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


DoorFact = Freed | Proven | Unfreed | Unleased | LeafSeen | ModeSet | FireSet | Tick


# --- moves ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drive:
    """Release the lock for `for_s` seconds."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Bolt:
    """Lock now."""


@dataclass(frozen=True, slots=True)
class Warn:
    """Warn the people at the door."""


@dataclass(frozen=True, slots=True)
class Say:
    """Record something about the door."""

    kind: str
    body: Mapping[str, str | bool]
    alarm: bool = False


Move = Drive | Bolt | Warn | Say
Stepped = tuple[Door, tuple[Move, ...]]


def due(when: float | None, at: float) -> bool:
    """Say whether a time that may not run has come."""
    return when is not None and when <= at
