"""What the one contract suite needs of a driver: a rig, the driver opposite a simulated peer on a wire.

Each driver has `tests/contract/<driver>/rig.py` with a `KIND`. The suite finds them all, and runs the same
tests against every one on every wire.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from drivers.contract import Done, Event, Failed
from drivers.simulator.line import NO_FAULTS, Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.contract import Ability, Driver

WIRES: Mapping[str, Faults] = {
    "plain": NO_FAULTS,
    "byte-by-byte": Faults(single=True),
    "lossy": Faults(loss=0.015),  # of bytes: about one exchange in five is damaged
    "late": Faults(late_s=0.05),
    "noisy": Faults(noise=0.3),
}

T = TypeVar("T")

PATIENCE_S = 10.0
"""How long a test waits for what must come. Generous: a busy box is slow, and that is no failure."""


class Inbox:
    """Collects what a driver emits, from any thread."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._changed = threading.Condition()
        self.then: Callable[[Event], None] | None = None
        """Called with each event in the driver's own thread, as the reflex of life safety is."""

    def __call__(self, event: Event) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()
        if self.then is not None:
            self.then(event)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events so far, in order."""
        with self._changed:
            return tuple(self._events)

    def wait_for(self, found: Callable[[tuple[Event, ...]], T], within_s: float = PATIENCE_S) -> T:
        """Return the first true value of `found(all events)`. AssertionError when there is none in time."""
        with self._changed:
            end = time.perf_counter() + within_s
            while not (value := found(tuple(self._events))):
                left_s = end - time.perf_counter()
                if left_s <= 0:
                    raise AssertionError(f"did not come within {within_s} s; came: {self._events}")
                self._changed.wait(left_s)
            return value

    def after(self, count: int, kind: type[Event], within_s: float = PATIENCE_S) -> Event:
        """Return the first event of `kind` behind the first `count` events."""

        def found(events: tuple[Event, ...]) -> list[Event]:
            return [each for each in events[count:] if isinstance(each, kind)]

        return self.wait_for(found, within_s)[0]

    def answers(self, command: int) -> tuple[Done | Failed, ...]:
        """All answers to the command of this id."""
        return tuple(
            event for event in self.events if isinstance(event, Done | Failed) and event.id == command
        )

    def answer(self, command: int, within_s: float = PATIENCE_S) -> Done | Failed:
        """Wait for the answer to this command."""
        self.wait_for(lambda _: self.answers(command), within_s)
        return self.answers(command)[0]


class Rig(Protocol):
    """One driver, not started, and the peer it will find. The suite starts and stops both."""

    @property
    def driver(self) -> Driver:
        """The driver, not started."""

    device: str
    """A device on the port."""
    point: str
    """An output of that device; any name where the driver has no outputs."""
    reader: str
    """A reader of that device; any name where it has none."""
    input: str
    """An input of that device; any name where it has none."""

    def start(self) -> None:
        """Bring the wire and the peer up. The driver is started by the suite."""

    def stop(self) -> None:
        """Take the wire and the peer away."""

    def die(self) -> None:
        """Let the peer fall silent."""

    def revive(self) -> None:
        """Let the peer answer again."""

    def unplug(self) -> None:
        """Pull the port out of the box."""

    def plug(self) -> None:
        """Plug it in again."""

    def unlocked(self) -> bool:
        """Say whether the peer's output is on now."""

    def releases(self) -> int:
        """Return how often the peer was told to switch the output on."""

    def set_input(self, *, active: bool) -> None:
        """Make the input active or inactive."""

    def present(self, bits: str) -> None:
        """Hold a card before the reader."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A driver's entry in the suite. make: from a wire's faults to a rig whose clock is time.perf_counter."""

    name: str
    abilities: frozenset[Ability]
    make: Callable[[Faults], Rig]
