"""One session from its first packet to its last: connect, subscribe, reconcile, birth, and then traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from agent.sync.facts import LinkUp, Sent, SyncFact
from agent.sync.mirror import will
from agent.sync.wire import Accepted, Closed, Declined, Inbound, Report, Subscribed, Taken, Version
from protocols.mqtt import topics
from protocols.mqtt.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.clock import Clock
    from agent.sync.desk import Desk
    from agent.sync.link import Link
    from agent.sync.outbox import Outbox
    from agent.sync.pump import Pump
    from agent.sync.rows import Reader
    from agent.sync.wishes import Wishes

IDLE_S: Final = 2.0
"""How often an idle session looks at its keep-alive."""
ACCEPT_S: Final = 5.0
"""For the broker to take the connection. One that knows no version 5 may wait for more, and say nothing."""
SUBSCRIBE_S: Final = 10.0
"""And then for its answer to the subscription."""
UNANSWERED_S: Final = 20.0
"""A row that waits so long for its answer: the wire is dead, whatever TCP believes."""
SENT_EVERY_S: Final = 0.5
"""The cursor is told at most so often: each telling is a commit."""
GOODBYE_S: Final = 1.0
"""For the last word to be taken, and again for the farewell."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a session ended.

    no_v5: the broker wants another version. silent: it never said a word. poisoned: what it keeps for us
    holds a message that cannot be taken.
    """

    why: str
    no_v5: bool = False
    silent: bool = False
    poisoned: bool = False


class Session:
    """Runs one session in the caller's thread; `run` returns when it is over."""

    def __init__(
        self,
        link: Link,
        *,
        version: Version,
        epoch: int,
        gateway: str,
        put: Callable[[SyncFact], None],
        clock: Clock,
        outbox: Outbox,
        pump: Pump,
        desk: Desk,
        wishes: Wishes,
        reader: Reader,
    ) -> None:
        self._link = link
        self._version = version
        self._epoch = epoch
        self._gateway = gateway
        self._put = put
        self._clock = clock
        self._outbox = outbox
        self._pump = pump
        self._desk = desk
        self._wishes = wishes
        self._reader = reader
        self.up = False
        """Whether the loop was told that the session began."""
        self._accepted: Accepted | None = None
        self._chunk: tuple[int, int] | None = None
        self._told_sent = outbox.sent
        self._told_at = clock.monotonic()

    def run(self) -> Ending:
        """Run until the broker or we leave. Raises StoreError where the journal cannot be read."""
        accepted = self._handshake()
        if isinstance(accepted, Ending):
            return accepted
        self._pump.begin(self._reader, accepted, self._epoch, self._version.value)
        self.up = True
        self._put(LinkUp(self._epoch, self._version.value, accepted.session_present))
        ending = self._traffic()
        self._tell_sent(finally_=True)
        return ending

    def _handshake(self) -> Accepted | Ending:
        """Connect and subscribe. Messages of a kept session may come before the answer."""
        try:
            self._link.open()
        except (OSError, ValueError) as error:
            return Ending(f"no connection: {error}")
        began = self._clock.monotonic()
        while not self._wishes.stopping:
            within_s = ACCEPT_S if self._accepted is None else ACCEPT_S + SUBSCRIBE_S
            left = began + within_s - self._clock.monotonic()
            if left <= 0:
                return Ending("the broker does not answer", silent=self._accepted is None)
            self._link.turn(left)
            for report in self._link.reports():
                outcome = self._shake(report)
                if outcome is not None:
                    return outcome
        return Ending("stopping")

    def _shake(self, report: Report) -> Accepted | Ending | None:
        """Follow one report of the handshake; return how it ended, if it did."""
        match report:
            case Accepted():
                self._accepted = report
                self._link.subscribe(*self._subscriptions())
            case Declined(why, no_v5):
                return Ending(f"refused: {why}", no_v5=no_v5)
            case Closed(why, poisoned):
                return Ending(why, silent=self._accepted is None and not poisoned, poisoned=poisoned)
            case Subscribed(_, refused):
                self._pump.trouble = f"the broker refused {refused} subscriptions" if refused else None
                return self._accepted
            case Inbound():
                self._desk.take(report, None)
            case Taken():
                pass
            case _:
                assert_never(report)
        return None

    def _subscriptions(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        once = (Kind.COMMAND, Kind.DELTA, Kind.ACK, Kind.REPLAY)
        return (
            tuple(topics.plain(self._gateway, kind) for kind in once),
            (topics.plain(self._gateway, Kind.HEAD),),
        )

    def _traffic(self) -> Ending:
        while not self._wishes.stopping:
            self._fetch()
            if self._wishes.take_woken():
                self._outbox.woken()
            self._pump.fill(self._link)
            self._link.turn(self._wait_s())
            closed = self._heed()
            if closed is not None:
                return Ending(closed.why, poisoned=closed.poisoned)
            self._tell_sent()
            if self._outbox.waiting_s(self._clock.monotonic()) > UNANSWERED_S:
                return Ending("the broker does not answer")
        self._goodbye()
        return Ending("stopping")

    def _heed(self) -> Closed | None:
        """Handle what the link reports; return the end, if it came."""
        for report in self._link.reports():
            match report:
                case Taken():
                    self._pump.taken(report)
                case Inbound():
                    self._desk.take(report, self._chunk)
                case Closed():
                    return report
                case Subscribed() | Accepted() | Declined():
                    pass
                case _:
                    assert_never(report)
        return None

    def _fetch(self) -> None:
        """Follow the wish for a chunk: one subscription at a time."""
        wanted = self._wishes.chunk
        if wanted == self._chunk:
            return
        if self._chunk is not None:
            self._link.unsubscribe(topics.chunk(self._gateway, *self._chunk))
        if wanted is not None:
            self._link.subscribe((), (topics.chunk(self._gateway, *wanted),))
        self._chunk = wanted

    def _tell_sent(self, *, finally_: bool = False) -> None:
        at = self._clock.monotonic()
        if self._outbox.sent > self._told_sent and (finally_ or at - self._told_at >= SENT_EVERY_S):
            self._told_sent = self._outbox.sent
            self._told_at = at
            self._put(Sent(self._told_sent))

    def _wait_s(self) -> float:
        if self._outbox.sent > self._told_sent:
            return min(IDLE_S, max(0.0, self._told_at + SENT_EVERY_S - self._clock.monotonic()))
        return IDLE_S

    def _goodbye(self) -> None:
        """Send what is left to send, say that we are offline, and leave in order."""
        self._outbox.woken()
        self._pump.fill(self._link)
        topic, payload = topics.plain(self._gateway, Kind.STATE), will(self._gateway, self._epoch)
        last = self._link.publish(topic, payload, retain=True)
        deadline = self._clock.monotonic() + GOODBYE_S
        taken = False
        while not taken and (left := deadline - self._clock.monotonic()) > 0:
            self._link.turn(left)
            for report in self._link.reports():
                if isinstance(report, Closed):
                    return
                if isinstance(report, Taken):
                    self._pump.taken(report)
                    taken = taken or report.mid == last
        self._link.bye()
        deadline = self._clock.monotonic() + GOODBYE_S
        while (left := deadline - self._clock.monotonic()) > 0:
            self._link.turn(left)
            if any(isinstance(report, Closed) for report in self._link.reports()):
                return
