"""The centre of the demo: hears a gateway's record, confirms it, and asks again for what it misses."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from agent.broker import Broker
from agent.demo.feed import Told
from protocols.errors import WireError
from protocols.mqtt.events import Backfill, Event
from protocols.mqtt.payloads import Ack, Replay
from protocols.mqtt.topics import Kind, plain

if TYPE_CHECKING:
    from agent.broker import Arrived, BrokerSettings
    from agent.demo.feed import Feed
    from drivers.contract import Monotonic

LOOK_EVERY_S: Final = 0.1
"""How soon the thread sees that it shall stop."""
CATCH_UP: Final = 1000
"""How many events are asked for on connecting; a range beyond the record is answered as far as it goes."""
PATIENCE_S: Final = 1.0
"""How long a hole may stay before the centre asks: live events overtake the backlog by design."""


class Centre:
    """Keeps the record of one gateway. `start` and `stop` as the broker comes and goes.

    What it knows of the record stays from one connection to the next, and each begins with asking for what
    came after that: the broker may have taken, for nobody, what the gateway sent meanwhile.
    """

    def __init__(self, gateway: str, feed: Feed, clock: Monotonic) -> None:
        self._gateway = gateway
        self._feed = feed
        self._clock = clock
        self._known: set[int] = set()  # beyond what is confirmed
        self._confirmed = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._hole_since: float | None = None

    def start(self, settings: BrokerSettings) -> None:
        """Connect and listen. Raises Unavailable where the broker does not let us in."""
        broker = Broker(settings, "demo-centre").__enter__()
        try:
            broker.subscribe((plain(self._gateway, Kind.LIVE), plain(self._gateway, Kind.BACKFILL)))
            self._ask(broker, self._confirmed + CATCH_UP)
        except BaseException:
            broker.__exit__(None, None, None)
            raise
        self._hole_since = None
        self._stopping.clear()
        self._thread = threading.Thread(target=self._listen, args=(broker,), name="demo-centre", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Go away from the broker, if there."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            thread.join()

    def _listen(self, broker: Broker) -> None:
        try:
            while not self._stopping.is_set():
                arrived = broker.take(LOOK_EVERY_S)
                if arrived is not None:
                    self._hear(arrived)
                    self._confirm(broker)
                self._ask_again(broker)
        finally:
            broker.__exit__(None, None, None)

    def _hear(self, arrived: Arrived) -> None:
        try:
            if arrived.topic == plain(self._gateway, Kind.LIVE):
                events: tuple[Event, ...] = (Event.read(arrived.payload),)
            else:
                events = Backfill.read(arrived.payload).events
        except WireError:
            return  # what cannot be read is not confirmed, so it is sent again
        for event in events:
            if event.seq > self._confirmed and event.seq not in self._known:
                self._known.add(event.seq)
                self._feed.put(Told(event))

    def _confirm(self, broker: Broker) -> None:
        """Confirm as far as the record has no hole."""
        before = self._confirmed
        while self._confirmed + 1 in self._known:
            self._confirmed += 1
            self._known.remove(self._confirmed)
        if self._confirmed > before:
            self._hole_since = None
            broker.publish(plain(self._gateway, Kind.ACK), Ack(confirmed=self._confirmed).encode())

    def _ask_again(self, broker: Broker) -> None:
        """Ask for the first hole in the record, when it stays."""
        if not self._known:
            return
        now = self._clock()
        if self._hole_since is None:
            self._hole_since = now
        elif now - self._hole_since >= PATIENCE_S:
            self._hole_since = now
            self._ask(broker, min(self._known) - 1)

    def _ask(self, broker: Broker, last: int) -> None:
        missing = Replay(from_=self._confirmed + 1, to=last)
        broker.publish(plain(self._gateway, Kind.REPLAY), missing.encode())
