"""The devices' side of a house in the tests of the core: what was asked of them, and the locks themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.domain.door import LEASE_S
from agent.domain.effects import Record, Relock, Unlock
from agent.domain.facts import (
    Fact,
    FireCleared,
    FireKeyTurned,
    FireOverAsked,
    FireRaised,
    FireUnsure,
    LeafClosed,
    LeafUnknown,
    NotCarried,
    RecordingBack,
    RecordingLost,
    Tick,
)
from tests.unit.agent.domain.houses import GARAGE, LOBBY

ALARM_CAUSES: dict[str, tuple[type[Fact] | None, ...]] = {
    "door.release_failed": (NotCarried, Tick),
    "door.lock_failed": (NotCarried, Tick),
    "door.forced": (Tick, LeafClosed, LeafUnknown),
    "door.held": (Tick,),
    "door.contact_lost": (LeafUnknown,),
    "door.fire_released": (FireRaised, None),
    "fire.on": (FireRaised, None),
    "fire.off": (FireKeyTurned, FireOverAsked),
    "fire.line": (FireRaised, FireCleared),
    "fire.unsure": (FireUnsure,),
    "fire.not_ended": (FireKeyTurned,),
    "journal.lost": (RecordingLost,),
    "journal.back": (RecordingBack,),
}
"""What may raise each alarm. None: the start of the daemon, with a memory of fire."""


def has_cause(record: Record, fact: Fact | None) -> bool:
    """Say whether `fact` may have raised the alarm `record`."""
    cause = None if fact is None else type(fact)
    return cause in ALARM_CAUSES[record.kind]


@dataclass(slots=True)
class Wire:
    """waiting: asked for and not answered. until: when each lock falls shut by itself.

    left_until: how long a lock may stay free because what would have shortened a lease was lost.
    """

    waiting: list[Unlock | Relock] = field(default_factory=list)
    until: dict[str, float] = field(default_factory=lambda: {LOBBY: 0.0, GARAGE: 0.0})
    overtaken: set[int] = field(default_factory=set)
    left_until: dict[str, float] = field(default_factory=lambda: {LOBBY: 0.0, GARAGE: 0.0})

    def lock(self, relock: Relock, at: float) -> None:
        """Lock at once: a port does what it is asked in order, so no release from before opens any more."""
        self.until[relock.door] = at
        self.overtaken |= {each.id for each in self.waiting if each.door == relock.door}
        self.waiting.append(relock)

    def carry(self, unlock: Unlock, at: float) -> None:
        """Release, unless a lock came after it."""
        if unlock.id not in self.overtaken:
            self.until[unlock.door] = at + unlock.for_s

    def lose(self, asked: Unlock | Relock, at: float) -> None:
        """Do nothing of what was asked: a lease that it should have shortened ends by itself."""
        self.left_until[asked.door] = at + LEASE_S

    def at_rest(self, door: str) -> bool:
        """Say whether no release of `door` is on its way."""
        return not any(
            isinstance(each, Unlock) and each.door == door and each.id not in self.overtaken
            for each in self.waiting
        )
