"""The property office of the demo at the broker: pushes its book, and waits for the doors' signed receipts.

One thread: the book is read and written where it was opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agent.broker import Broker
from agent.demo.feed import Note, NotSeen, Phrase
from agent.office.push import HEARD, Pusher

if TYPE_CHECKING:
    from agent.broker import BrokerSettings
    from agent.clock import Clock
    from agent.demo.feed import Feed
    from agent.office.book import Book
    from agent.office.messages import Message
    from agent.office.push import Standing

SETTLE_WITHIN_S: Final = 5.0
"""For a broker on this machine to confirm a list of four people."""
LOOK_EVERY_S: Final = 0.2


class Office:
    """The book, and the line to the broker while there is one."""

    def __init__(self, book: Book, clock: Clock, feed: Feed) -> None:
        self.book = book
        self._clock = clock
        self._feed = feed
        self._broker: Broker | None = None
        self._pusher = Pusher(book, clock.utc, self._send)
        self._told: set[tuple[str, int]] = set()  # doors and revisions whose proof was shown

    @property
    def connected(self) -> bool:
        """Say whether there is a line to the broker."""
        return self._broker is not None

    def start(self, settings: BrokerSettings) -> None:
        """Connect. Raises Unavailable where the broker does not let us in."""
        broker = Broker(settings, "demo-office").__enter__()
        broker.subscribe(HEARD)
        self._broker = broker

    def stop(self) -> None:
        """Go away from the broker, if there."""
        broker, self._broker = self._broker, None
        if broker is not None:
            broker.__exit__(None, None, None)

    def push(self) -> None:
        """Send the newest revision; nothing without a broker. Raises NotSeen where it is not taken."""
        if self._broker is None:
            return
        self._pusher.push()
        if not self._broker.settle(SETTLE_WITHIN_S):
            raise NotSeen("the broker did not take the roster")
        self._pusher.settled()

    def enforced(self, within_s: float) -> list[Standing]:
        """Wait until every door has proved the newest revision; return the proofs. Raises NotSeen."""
        standing = self.look(within_s)
        missing = ", ".join(each.door for each in standing if not each.enforced)
        if missing:
            raise NotSeen(f"not seen within {within_s:.0f} s: a signed receipt of {missing}")
        return standing

    def look(self, within_s: float = 0.0) -> list[Standing]:
        """Tell of proofs as they come, until all are there or the time is over; return how each door stands.

        Without a line to the broker nothing comes, and nothing is waited for.
        """
        until = self._clock.monotonic() + within_s
        while True:
            left = until - self._clock.monotonic()
            self._hear(max(0.0, min(left, LOOK_EVERY_S)))
            standing = self._pusher.standing()
            for each in standing:
                if each.enforced:
                    self._tell(each)
            if left <= 0 or not self.connected or all(each.enforced for each in standing):
                return standing

    def _hear(self, within_s: float) -> None:
        if self._broker is None:
            return
        arrived = self._broker.take(within_s)
        while arrived is not None:
            self._pusher.heard(arrived.topic, arrived.payload)
            arrived = self._broker.take(0.0)

    def _tell(self, each: Standing) -> None:
        evidence = each.evidence
        if evidence is None or (each.door, evidence.revision) in self._told:
            return
        self._told.add((each.door, evidence.revision))
        values: dict[str, object] = {"door": each.door, "revision": evidence.revision}
        latency = evidence.latency_s
        if latency is None:
            self._feed.put(Note("office", Phrase("receipt", values)))
        else:
            values["ms"] = round(latency * 1000)
            self._feed.put(Note("office", Phrase("receipt_after", values)))

    def _send(self, message: Message) -> None:
        if self._broker is not None:
            self._broker.publish(message.topic, message.payload, retain=message.retain)
