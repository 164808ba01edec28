"""The orders that wait at one reader: first locks, then lights, and each with exactly one end."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from protocols.osdp.happenings import End, Order, Settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.osdp.replies import Reply

MOST_ORDERS = 64
"""Waiting at one reader. A door needs three; more is a fault upstream."""

MOST_TRIES = 3
"""Sessions in which one order is tried. A device that loses each over it would keep us busy for ever."""


class Orders:
    """Orders in the sequence in which they go on the wire. `tell` takes each one's end."""

    def __init__(self, tell: Callable[[Settled], None]) -> None:
        self._tell = tell
        self._waiting: deque[Order] = deque()
        self._background: deque[Order] = deque()
        self._sent: dict[int, int] = {}  # how often each was put on the wire anew

    def accept(self, order: Order, at: float, *, online: bool) -> None:
        """Take an order in, or settle it at once."""
        if not online:
            self.settle(order, End.OFFLINE, at, detail="the reader is offline")
        elif order.late(at):
            self.settle(order, End.LATE, at, detail="too late when it came")
        elif len(self._waiting) + len(self._background) >= MOST_ORDERS:
            self.settle(order, End.OVERLOADED, at, detail=f"{MOST_ORDERS} orders wait already")
        elif order.background:
            self._background.append(order)
        elif order.urgent:
            ahead = sum(1 for waiting in self._waiting if waiting.urgent)
            self._waiting.insert(ahead, order)
        else:
            self._waiting.append(order)

    @property
    def first(self) -> Order | None:
        """The order that goes next, but for those in the background."""
        return self._waiting[0] if self._waiting else None

    @property
    def background_from(self) -> float:
        """From when on an order waits in the background: infinity where none does."""
        return self._background[0].not_before if self._background else math.inf

    def take(self, *, background: bool = False) -> Order:
        """Take the next one out, to be put on the wire."""
        order = (self._background if background else self._waiting).popleft()
        self._sent[order.token] = self._sent.get(order.token, 0) + 1
        return order

    def give_back(self, order: Order, at: float) -> None:
        """Take an order back whose answer is lost with its session. It goes first again, a few times.

        Driving an output or a light twice is driving it once; so it may be sent anew.
        """
        if order.background or order.late(at) or self._sent.get(order.token, 0) >= MOST_TRIES:
            self.settle(order, End.UNPROVEN, at, detail="its answer was lost")
            return
        self._waiting.appendleft(order)

    def settle(self, order: Order, end: End, at: float, reply: Reply | None = None, detail: str = "") -> None:
        """End an order that is not waiting any more."""
        if order.token in self._sent:
            del self._sent[order.token]
            if end in (End.LATE, End.OFFLINE):
                end = End.UNPROVEN
        self._tell(Settled(order, end, at, reply, detail))

    def expire(self, at: float) -> None:
        """End what may not be sent any more."""
        for queue in (self._waiting, self._background):
            late = [order for order in queue if order.late(at)]
            for order in late:
                queue.remove(order)
                self.settle(order, End.LATE, at, detail="its time passed while it waited")

    def drop(self, end: End, at: float, detail: str) -> None:
        """End everything that waits."""
        for queue in (self._waiting, self._background):
            while queue:
                self.settle(queue.popleft(), end, at, detail=detail)
