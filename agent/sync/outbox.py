"""Which rows of the journal to send next, and how far the broker has them. Pure: rows and time are given.

Three lanes. *Live*: rows committed during this session, one a message. *Backlog*: rows that were there when
the session began and that the broker has not taken; batches, in order. *Replay*: what the centre asked for
again. Live goes first, and the backlog never fills the window, so news does not wait for history.

The cursor `sent` moves over an unbroken run of acknowledged rows. Rows that were on their way when a session
ended are sent again in the next: a consumer knows each by its number.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from agent.sync.pace import Pace
from protocols.mqtt.events import BATCH_BYTES, BATCH_EVENTS

RESERVED: Final = 4
"""Messages of the window that history leaves free."""
LIVE_AT_ONCE: Final = 64
"""Live rows of one read."""
REPLAYS: Final = 16
"""Ranges that may wait to be replayed; more are refused, and the centre asks again."""
ROW_BYTES: Final = 384
"""A row on the wire, roughly: how many are worth reading for a batch."""
HELD_S: Final = 30.0
"""How long nothing is sent after the broker refused a record: an ACL or a quota does not mend in a second."""


class Lane(StrEnum):
    """Why rows are sent."""

    LIVE = "live"
    BACKLOG = "backlog"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows to read and send: after `after`, not beyond `upto`, at most `rows` of them.

    `size`: bytes of one message at most; a single row may be more.
    """

    lane: Lane
    after: int
    upto: int | None
    rows: int
    size: int


@dataclass(slots=True)
class _Flight:
    mid: int
    last: int
    size: int
    sent_at: float
    taken: bool = False


class _Stream:
    """Messages of one lane in the order in which they were sent."""

    def __init__(self, after: int) -> None:
        self.put = after  # the last row on its way
        self.taken = after  # the last row of the unbroken run that the broker has
        self.flights: deque[_Flight] = deque()

    def answer(self, flight: _Flight) -> None:
        flight.taken = True
        while self.flights and self.flights[0].taken:
            self.taken = self.flights.popleft().last


class Outbox:
    """One for the life of the process; `begin` with every session."""

    def __init__(self, sent: int = 0) -> None:
        self._sent = sent
        self._live = _Stream(sent)
        self._backlog = _Stream(sent)
        self._replay = _Stream(0)
        self._backlog_to = sent
        self._backlog_over = True
        self._live_waits = False
        self._ranges: deque[tuple[int, int]] = deque()
        self._mids: dict[int, tuple[Lane, _Flight]] = {}
        self._pace = Pace()
        self._reserved = RESERVED
        self._largest = BATCH_BYTES
        self._held_until: float | None = None

    @property
    def sent(self) -> int:
        """The row up to which the broker has everything."""
        return self._sent

    @property
    def told(self) -> int:
        """The row above which nothing was given to the broker."""
        return max(self._sent, self._live.put)

    @property
    def flying(self) -> int:
        """How many messages are on their way."""
        return len(self._mids)

    def know(self, sent: int) -> None:
        """Take the journal's word that the broker has everything up to `sent`."""
        self._sent = max(self._sent, sent)

    def begin(self, head: int, window: int, largest_bytes: int = BATCH_BYTES) -> None:
        """Begin a session; `head`: the newest row. All that was on its way counts as not sent."""
        self._live = _Stream(max(head, self._sent))
        self._backlog = _Stream(self._sent)
        self._replay = _Stream(0)
        self._backlog_to = head
        self._backlog_over = head <= self._sent
        self._live_waits = True
        self._mids.clear()
        self._pace = Pace()
        self._reserved = min(RESERVED, window // 2)
        self._largest = min(BATCH_BYTES, largest_bytes)
        self._held_until = None

    def woken(self) -> None:
        """Rows were committed."""
        self._live_waits = True

    def replay(self, first: int, last: int) -> bool:
        """Queue rows `first` to `last` to be sent again; say whether there was room for the request."""
        if len(self._ranges) >= REPLAYS:
            return False
        self._ranges.append((first, last))
        return True

    def next(self, free: int, at: float) -> Wanted | None:
        """Return what to read and send now, with `free` messages of the window unused."""
        if self._held_until is not None:
            if at < self._held_until:
                return None
            self._held_until = None
        if free <= 0:
            return None
        if self._live_waits:
            return Wanted(Lane.LIVE, self._live.put, None, min(free, LIVE_AT_ONCE), self._largest)
        size = min(self._largest, self._pace.room_bytes())
        if free <= self._reserved or size < min(self._largest, self._pace.budget_bytes) // 4:
            return None
        rows = max(1, min(BATCH_EVENTS, size // ROW_BYTES))
        if not self._backlog_over and self._backlog.put < self._backlog_to:
            return Wanted(Lane.BACKLOG, self._backlog.put, self._backlog_to, rows, size)
        if self._ranges:
            first, last = self._ranges[0]
            return Wanted(Lane.REPLAY, max(first - 1, self._replay.put), last, rows, size)
        return None

    def put(self, lane: Lane, mid: int, last: int, size: int, at: float) -> None:
        """Note that a message `mid` of `size` bytes, which ends with row `last`, is on its way."""
        flight = _Flight(mid, last, size, at)
        stream = self._stream(lane)
        stream.put = last
        stream.flights.append(flight)
        self._mids[mid] = (lane, flight)
        if lane is not Lane.LIVE:
            self._pace.sent(size)
        if lane is Lane.REPLAY and last >= self._ranges[0][1]:
            self._end_range()

    def nothing(self, lane: Lane) -> None:
        """Note that a read of `lane` found no row: it has come to its end for now."""
        match lane:
            case Lane.LIVE:
                self._live_waits = False
            case Lane.BACKLOG:
                self._backlog.put = self._backlog_to
                self._settle()
            case Lane.REPLAY:
                self._end_range()
            case _:
                assert_never(lane)

    def taken(self, mid: int, at: float) -> bool:
        """Note that the broker has message `mid`; say whether it was one of ours."""
        found = self._mids.pop(mid, None)
        if found is None:
            return False
        lane, flight = found
        self._stream(lane).answer(flight)
        if lane is not Lane.LIVE:
            self._pace.answered(flight.size, flight.sent_at, at)
        self._settle()
        return True

    def refused(self, mid: int, window: int, at: float) -> bool:
        """Begin anew, after a while: the broker did not take `mid`. Say whether it was one of ours."""
        if mid not in self._mids:
            return False
        self.begin(max(self._backlog_to, self._live.put), window, self._largest)
        self._held_until = at + HELD_S
        return True

    def waiting_s(self, at: float) -> float:
        """Return for how long the oldest message has waited for its answer; 0 where none is on its way."""
        for _, flight in self._mids.values():  # in the order of their sending
            return at - flight.sent_at
        return 0.0

    def _stream(self, lane: Lane) -> _Stream:
        match lane:
            case Lane.LIVE:
                return self._live
            case Lane.BACKLOG:
                return self._backlog
            case Lane.REPLAY:
                return self._replay
            case _:
                assert_never(lane)

    def _settle(self) -> None:
        """Move the cursor as far as the run of taken rows is unbroken."""
        if not self._backlog_over and not self._backlog.flights and self._backlog.put >= self._backlog_to:
            self._backlog_over = True
        self._sent = max(self._sent, self._live.taken if self._backlog_over else self._backlog.taken)

    def _end_range(self) -> None:
        self._ranges.popleft()
        self._replay.put = 0
