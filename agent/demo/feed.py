"""What is seen at the simulated building, from all sides, in the order in which it was seen.

The relay's wire, the centre and whoever acts put what they see; the story waits for what must come, and the
screen follows. Everything here is a value with a time of one monotonic clock.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.contract import Monotonic
    from protocols.mqtt.events import Event


class NotSeen(AgentError):  # noqa: N818 - what it is
    """What must happen did not within its time, or what must not happen did."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something to be said to people: a key of the demo's words, and the values that are put in."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relay:
    """The lock relay of a door was written. for_s: 0 for off, infinity until it is written again."""

    door: str
    for_s: float


@dataclass(frozen=True, slots=True)
class Told:
    """The centre heard an event of the gateway's record."""

    event: Event


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody did something; the times of what follows count from here."""

    who: str
    what: Phrase


@dataclass(frozen=True, slots=True)
class Note:
    """Somebody was told something: a phone its answer, the office a receipt."""

    who: str
    what: Phrase
    good: bool = True


@dataclass(frozen=True, slots=True)
class Title:
    """A part begins: a step of the story with its `number`, or without one what stands around the story.

    up: the building is, so that a backlog from now on is one.
    """

    number: int | None
    what: Phrase
    about: Phrase
    up: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """A step of the story is over."""

    number: int
    what: Phrase
    took_s: float
    good: bool = True


What = Relay | Told | Act | Note | Title | Verdict


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing seen. at: monotonic seconds."""

    at: float
    what: What


class Feed:
    """All sights of a demo, oldest first. Callable from any thread."""

    def __init__(self, clock: Monotonic) -> None:
        self._clock = clock
        self._sights: list[Sight] = []
        self._changed = threading.Condition()

    def put(self, what: What, at: float | None = None) -> Sight:
        """Add what was seen, now or `at`."""
        with self._changed:
            sight = Sight(self._clock() if at is None else at, what)
            self._sights.append(sight)
            self._changed.notify_all()
        return sight

    def mark(self) -> int:
        """Return where the next sight will stand."""
        with self._changed:
            return len(self._sights)

    def since(self, mark: int, within_s: float = 0.0) -> tuple[Sight, ...]:
        """Return what was seen from `mark` on; wait `within_s` for the first of it."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._sights) > mark, within_s)
            return tuple(self._sights[mark:])

    def wait(self, holds: Callable[[Sight], bool], *, since: int, within_s: float, what: str) -> Sight:
        """Return the first sight from `since` on that `holds`. Raises NotSeen when none comes in time.

        what: for whoever reads the failure.
        """
        seen = self.glance(holds, since=since, within_s=within_s)
        if seen is None:
            raise NotSeen(f"not seen within {within_s:.0f} s: {what}")
        return seen

    def glance(self, holds: Callable[[Sight], bool], *, since: int, within_s: float) -> Sight | None:
        """Return the first sight from `since` on that `holds`, or None when none comes in time."""
        at = since
        until = self._clock() + within_s
        with self._changed:
            while True:
                for sight in self._sights[at:]:
                    if holds(sight):
                        return sight
                at = len(self._sights)
                left = until - self._clock()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def rest(self, within_s: float) -> None:
        """Let time pass, so that what must not happen would have been seen."""
        until = self._clock() + within_s
        with self._changed:
            while (left := until - self._clock()) > 0:
                self._changed.wait(left)
