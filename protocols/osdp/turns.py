"""What one reader is asked next: locks, lights, what it should tell once, parts of a file, and polls.

A device that takes a file may want the time between the parts for itself. It then gets neither polls nor
lights, with three bounds: a lock never waits for a file; a poll goes out at least every QUIET_S, since both
ends take eight seconds of silence for the end; and after DEDICATED_MOST_S it is polled between the parts
whatever it wants, so that its reader reads cards again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from protocols.osdp.codes import FileCode, FileFlag
from protocols.osdp.commands import Abort, Command, Poll, SendFile
from protocols.osdp.happenings import Order, Rank, Settled
from protocols.osdp.orders import Orders
from protocols.osdp.replies import FileStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.osdp.replies import Reply

QUIET_S = 4.0
"""The longest time without a poll: half of the silence that ends a connection."""

DEDICATED_MOST_S = 900.0
"""So long a device may keep its reader for a file: a megabyte at 38400 baud takes eight minutes."""

MS_PER_S = 1000


class Turns:
    """The commands of one reader, in the sequence in which they go on the wire. `tell` takes orders' ends."""

    def __init__(self, tell: Callable[[Settled], None]) -> None:
        self.orders = Orders(tell)
        self.survey: deque[Command] = deque()
        """What it is asked once after it has come."""
        self._background_turn = False
        self._poll_wanted = False
        self._quiet_until = 0.0
        self._dedicated_from: float | None = None
        self._dedicated_until = 0.0

    def quiet(self, at: float) -> bool:
        """Tell whether it is given nothing now but its file, and what locks."""
        return at < self._quiet_until

    def rank(self, at: float) -> Rank | None:
        """Return how urgent the order is that goes next; None where nothing but ordinary turns waits."""
        first = self.orders.first
        if first is None or (self.quiet(at) and not first.urgent):
            return None
        return Rank.URGENT if first.urgent else Rank.ORDER

    def due(self, at: float) -> float:
        """Return from when on an ordinary turn is wanted."""
        if self._poll_wanted or not self.quiet(at):
            return 0.0
        return min(self._quiet_until, self.orders.background_from)

    def next(self, at: float) -> tuple[Command, Order | None]:
        """Return what to put on the wire now, with its order where it is one."""
        if self.rank(at) is not None:
            order = self.orders.take()
            return order.command, order
        if self.survey and not self.quiet(at):
            return self.survey.popleft(), None
        if self._poll_wanted:
            self._poll_wanted = False
        elif self.orders.background_from <= at and (self.quiet(at) or not self._background_turn):
            self._background_turn = True
            order = self.orders.take(background=True)
            return order.command, order
        self._background_turn = False
        if at < self._dedicated_until:
            self._quiet_until = at + QUIET_S
        return Poll(), None

    def answered(self, command: Command, reply: Reply, at: float) -> None:
        """Take the answer to an order: a part of a file may want quiet, a poll, or neither."""
        if isinstance(command, Abort) or (
            isinstance(command, SendFile) and not isinstance(reply, FileStatus)
        ):
            self.loud()
        if not isinstance(command, SendFile) or not isinstance(reply, FileStatus):
            return
        self._poll_wanted = bool(reply.flags & FileFlag.POLL_PENDING)
        if reply.flags & FileFlag.INTERLEAVE or reply.status not in (FileCode.GO_ON, FileCode.FINISHING):
            self.loud()
            return
        self._dedicated_from = at if self._dedicated_from is None else self._dedicated_from
        if at - self._dedicated_from < DEDICATED_MOST_S:
            self._quiet_until = at + QUIET_S
            self._dedicated_until = at + reply.delay_ms / MS_PER_S + QUIET_S
        else:
            self._quiet_until = self._dedicated_until = 0.0

    def loud(self) -> None:
        """End the quiet: the file is through, or given up, or the link is gone."""
        self._quiet_until = self._dedicated_until = 0.0
        self._dedicated_from = None

    def restart(self) -> None:
        """Forget what belonged to a link that is gone; the time that a device had for its file counts on."""
        self.survey.clear()
        self._quiet_until = self._dedicated_until = 0.0
        self._poll_wanted = False
