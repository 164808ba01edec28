"""Where edges come from, and who understands them: watched together, and none can starve the others."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Protocol

from drivers.ports import PortError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from drivers.contract import Event, Monotonic
    from drivers.wiegand_gpio.lines import Edges, LineEdge, Pull
    from drivers.worker import Wake

SLICE_S = 0.1
MOST_EDGES = 512
"""In a slice, from one source: three of the longest cards. More is noise, and the rest is not looked at."""


class Receiver(Protocol):
    """Who understands the edges of some lines."""

    @property
    def pulls(self) -> Mapping[int, Pull]:
        """Its lines, and how each is pulled."""

    @property
    def close_at(self) -> float | None:
        """When `pass_time` is due, or None."""

    def opened(self, edges: Edges, at: float) -> list[Event]:
        """Begin anew."""

    def receive(self, edges: Sequence[LineEdge], at: float) -> list[Event]:
        """Take edges that were read at `at`."""

    def pass_time(self, at: float) -> list[Event]:
        """Let time pass, the lines being silent."""


class Source:
    """One request of lines and its receiver. Used by the port's thread alone.

    A line that storms is read up to `MOST_EDGES` in a slice of time and then left alone until its end: the
    kernel drops what does not fit its buffer, and says so. Its own frames are lost; nobody else's are late.
    """

    def __init__(self, edges: Edges, receiver: Receiver) -> None:
        self.edges = edges
        self.slices_cut = 0
        self._receiver = receiver
        self._slice_ends_at = 0.0
        self._taken = 0

    def opened(self, at: float) -> list[Event]:
        """Begin anew."""
        return self._receiver.opened(self.edges, at)

    def deaf(self, at: float) -> bool:
        """Say whether this source is left alone at `at`."""
        return self._taken > MOST_EDGES and at < self._slice_ends_at

    def due_at(self, at: float) -> float | None:
        """Return when to look at it, edges or none."""
        return self._slice_ends_at if self.deaf(at) else self._receiver.close_at

    def take(self, at: float) -> list[Event]:
        """Take the edges that wait. PortError: the lines are gone."""
        edges = self.edges.read()
        if at >= self._slice_ends_at:
            self._slice_ends_at, self._taken = at + SLICE_S, 0
        self._taken += len(edges)
        self.slices_cut += self.deaf(at)
        return self._receiver.receive(edges, at)

    def pass_time(self, at: float) -> list[Event]:
        """Let time pass where that is due; not while edges may wait unread, or a card would be cut in two."""
        due_at = self._receiver.close_at
        return [] if self.deaf(at) or due_at is None or at < due_at else self._receiver.pass_time(at)


def next_due(sources: Iterable[Source], at: float, longest_s: float) -> float:
    """Return how many seconds to wait for edges at the most."""
    due = [each.due_at(at) for each in sources]
    return min([longest_s, *(max(0.0, each - at) for each in due if each is not None)])


def listen(sources: Sequence[Source], wake: Wake, clock: Monotonic, longest_s: float) -> Iterator[Event]:
    """Wait until edges come, time is due or `wake` rings; give what the sources make of it.

    Raises PortError when the lines are gone.
    """
    at = clock()
    watched = [each.edges for each in sources if not each.deaf(at)]
    _ready([wake, *watched], next_due(sources, at, longest_s))
    at = clock()
    ready = _ready(watched, 0.0)  # only now: a thread kept from its work lets no time pass over waiting edges
    for source in sources:
        yield from source.take(clock()) if source.edges in ready else source.pass_time(at)


def _ready(watched: Sequence[Edges | Wake], within_s: float) -> list[Edges | Wake]:
    """Return which of them have something to read, waiting for the first."""
    try:
        ready, _, _ = select.select(watched, [], [], within_s)
    except (OSError, ValueError) as error:
        raise PortError(f"GPIO lines do not wait: {error}") from error
    return ready
