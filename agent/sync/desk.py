"""What comes in: each message looked at once, handed on as a fact, or counted, answered and dropped."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, assert_never

from agent.sync.complaints import Complaints
from agent.sync.facts import (
    ChunkReceived,
    Confirmed,
    DeltaReceived,
    HeadReceived,
    OrderReceived,
    ReplayAsked,
    SyncFact,
)
from agent.sync.orders import LARGEST_BYTES, Fact, Unfit, Useless, answer_to, correlation, read_message
from agent.sync.throttle import Throttle
from protocols.mqtt.payloads import CommandAnswer
from protocols.mqtt.topics import Kind
from protocols.tokens.verify import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.clock import Clock
    from agent.sync.outbox import Outbox
    from agent.sync.pump import Pump
    from agent.sync.wire import Inbound

ORDERS_AT_ONCE: Final = 64
"""Every phone of a tower at six in the evening."""
ORDERS_EACH_SECOND: Final = 32.0
"""Checking a signature takes some 0.2 ms: a flood costs the loop less than one hundredth of its time."""
REPLAYS_AT_ONCE: Final = 16
REPLAYS_EACH_SECOND: Final = 1.0
ROSTER_BYTES_AT_ONCE: Final = 2 * LARGEST_BYTES
ROSTER_BYTES_EACH_SECOND: Final = 1024 * 1024
"""Heads and deltas wait in the loop's queue: this bounds their memory. What is dropped is asked for again."""


class Desk:
    """Lives as long as the process. One thread: the one that turns the link."""

    def __init__(
        self, gateway: str, put: Callable[[SyncFact], None], clock: Clock, outbox: Outbox, pump: Pump
    ) -> None:
        self._gateway = gateway
        self._put = put
        self._clock = clock
        self._outbox = outbox
        self._pump = pump
        at = clock.monotonic()
        self._orders = Throttle(ORDERS_AT_ONCE, ORDERS_EACH_SECOND, at)
        self._replays = Throttle(REPLAYS_AT_ONCE, REPLAYS_EACH_SECOND, at)
        self._roster = Throttle(ROSTER_BYTES_AT_ONCE, ROSTER_BYTES_EACH_SECOND, at)
        self._complaints = Complaints()
        self._confirmed = -1
        self.counts: Counter[str] = Counter()
        """Messages dropped since start, by reason."""
        self.refused: Counter[str] = Counter()
        """Those of them that were commands."""

    def take(self, message: Inbound, chunk: tuple[int, int] | None) -> None:
        """Handle `message`. `chunk`: revision and number of the chunk that we asked for."""
        found = read_message(message, self._gateway)
        match found:
            case Unfit(reason):
                self._refuse(message, reason)
            case Useless(kind, why):
                self._drop(kind, why)
            case Confirmed(seq):
                self._confirm(min(seq, self._outbox.told))
            case _:
                useless = self._too_much(found, message.size, chunk)
                if useless is None:
                    self._put(found)
                elif useless.kind == Kind.COMMAND:
                    self._refuse(message, Refusal.OVERLOADED)
                else:
                    self._drop(useless.kind, useless.why)

    def _confirm(self, seq: int) -> None:
        """Hand an ack on, if it says anything new: of what we never told, nobody can have anything."""
        if seq > self._confirmed:
            self._confirmed = seq
            self._put(Confirmed(seq))

    def _too_much(self, fact: Fact, size: int, chunk: tuple[int, int] | None) -> Useless | None:
        """Say why `fact` is not to be handed on, or None."""
        at = self._clock.monotonic()
        match fact:
            case OrderReceived():
                return None if self._orders.admit(at) else Useless(Kind.COMMAND, "overloaded")
            case ReplayAsked(first, last):
                heard = self._replays.admit(at) and self._outbox.replay(first, last)
                return None if heard else Useless(Kind.REPLAY, "overloaded")
            case HeadReceived() | DeltaReceived():
                return None if self._roster.admit(at, size) else Useless("roster", "overloaded")
            case Confirmed():
                return None
            case ChunkReceived(revision, number, _):
                return None if (revision, number) == chunk else Useless(Kind.CHUNK, "not_asked_for")
            case _:
                assert_never(fact)

    def _refuse(self, message: Inbound, reason: Refusal) -> None:
        """Answer a command that was not read, where it says where to, and count it."""
        topic = answer_to(message, self._gateway)
        if topic is not None:
            said = CommandAnswer(id=None, outcome="refused", reason=reason.value, at=self._clock.utc())
            self._pump.answer(topic, correlation(message), said.encode())
        self.refused[reason.value] += 1
        self._drop(Kind.COMMAND, reason.value)

    def _drop(self, kind: str, why: str) -> None:
        self.counts[why] += 1
        said = self._complaints.note(str(kind), why, self._clock.monotonic())
        if said is not None:
            self._put(said)
