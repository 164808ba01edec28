"""The line to the centre: one thread that connects, listens and sends, for ever.

Everything that the loop asks for only leaves a note and rings a bell; everything that comes in is a frozen
value on the loop's queue (`agent.sync.facts`).
"""

from __future__ import annotations

import random
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.errors import StoreError
from agent.sync.backoff import delay_s
from agent.sync.bell import Bell
from agent.sync.desk import Desk
from agent.sync.facts import LinkDown, SyncFact
from agent.sync.link import Link
from agent.sync.mirror import Mirror, Shown, topic_of, will
from agent.sync.outbox import Outbox
from agent.sync.pump import Pump
from agent.sync.session import Ending, Session
from agent.sync.wire import Version
from agent.sync.wishes import Wishes
from protocols.mqtt import topics
from protocols.mqtt.payloads import LinkHealth
from protocols.mqtt.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.clock import Clock
    from agent.sync.rows import Reader
    from agent.sync.settings import LinkSettings

SESSIONS_A_BOOT: Final = 1_000_000
"""Epochs of one start: at one session a minute, two years."""
STEPPED_DOWN_S: Final = 3600.0
"""How long a broker that seemed to know no version 5 is not asked for it again."""
STEADY_S: Final = 10.0
"""A session that lived so long ends the run of failures; a broker that drops us at once is not hammered."""


def fault(error: Exception) -> str:
    """Return what `error` is and where it came from, without its text: that may hold anything."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" at {Path(frame.filename).name}:{frame.lineno}" for frame in place)
    return f"{type(error).__name__}{where}"


def _spread(failures: int) -> float:
    return delay_s(failures, random.random())  # noqa: S311 - it spreads gateways, it keeps no secret


class Sync:
    """See the module. Every method may be called from any thread, and none but `stop` blocks."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        boot_epoch: int,
        put: Callable[[SyncFact], None],
        clock: Clock,
        open_reader: Callable[[], Reader],
        patience: Callable[[int], float] = _spread,
    ) -> None:
        """Take what is needed, and start nothing.

        boot_epoch: higher with every start. open_reader: called, and its reader used, in our thread.
        patience: seconds to wait after so many failures in a row.
        """
        self._settings = settings
        self._boot_epoch = boot_epoch
        self._put = put
        self._clock = clock
        self._open_reader = open_reader
        self._patience = patience
        self._gateway = settings.gateway
        self._bell = Bell()
        self._wishes = Wishes(self._bell)
        self._mirror = Mirror(self._gateway)
        self._outbox = Outbox()
        self._pump = Pump(self._gateway, self._outbox, self._mirror, clock, put)
        self._desk = Desk(self._gateway, put, clock, self._outbox, self._pump)
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._version = settings.version or Version.V5
        self._sessions = 0
        self._trouble: str | None = None
        self._clean = False
        self._stepped_down_at = clock.monotonic()

    def start(self) -> None:
        """Begin. Connecting goes on for ever, until `stop`."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """Say goodbye and end the thread; say whether it ended in time. It never keeps the process."""
        self._wishes.stop()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        ended = not self._thread.is_alive()
        if ended:
            self._bell.close()
        return ended

    def wake(self) -> None:
        """Rows were committed."""
        self._wishes.wake()

    def show(self, document: Shown) -> None:
        """Have `document` stand retained on its topic, in this session and all that follow.

        Its `epoch` becomes the session's, and so do `at` of a Birth and a State, and `mqtt` of a Birth.
        """
        self.publish_retained(topic_of(document), document)

    def publish_retained(self, topic: str, payload: Shown | bytes) -> None:
        """Have `payload` stand retained on `topic`, in this session and all that follow."""
        self._mirror.hold(topic, payload)
        self._bell.ring()

    def answer(self, topic: str, correlation: bytes | None, payload: bytes) -> None:
        """Answer a command on `topic`. Without a session it is kept for a minute, and then dropped."""
        self._pump.answer(topic, correlation, payload)
        self._bell.ring()

    def want_chunk(self, revision: int, number: int) -> None:
        """Have chunk `number` of the snapshot at `revision` sent; the one that was wanted before is not.

        One at a time: a whole list at once would not fit in memory. ChunkReceived follows when it is there.
        """
        self._wishes.want((revision, number))

    def want_no_chunk(self) -> None:
        """Give up the chunk that was wanted."""
        self._wishes.want(None)

    def health(self) -> LinkHealth:
        """Return the line's figures since start."""
        counts = self._desk.counts
        return LinkHealth(
            mqtt="5" if self._version is Version.V5 else "3.1.1",
            sessions=self._sessions,
            last_trouble=self._pump.trouble or self._trouble,
            too_large=counts["too_large"],
            malformed=counts["malformed"],
            overloaded=counts["overloaded"],
        )

    def dropped(self) -> Mapping[str, int]:
        """Return how many messages were dropped since start, by reason: "retained", "too_large", …."""
        return dict(self._desk.counts)

    def refused(self) -> Mapping[str, int]:
        """Return how many commands were refused unread since start, by reason."""
        return dict(self._desk.refused)

    def _run(self) -> None:
        failures = 0
        while not self._wishes.stopping:
            began = self._clock.monotonic()
            ending = self._attempt()
            self._trouble = ending.why
            if self._clock.monotonic() - began >= STEADY_S:
                failures = 0
            failures += 1
            if not self._other_version(ending):
                self._wishes.rest(self._patience(failures))

    def _attempt(self) -> Ending:
        """Run one session, whatever it comes to."""
        try:
            reader = self._open_reader()
        except StoreError as error:
            return Ending(f"the journal cannot be read: {error}")
        try:
            return self._session(reader)
        except StoreError as error:
            return Ending(f"the journal cannot be read: {error}")
        except Exception as error:  # noqa: BLE001 - a fault of ours here must not end the line for ever
            return Ending(f"a fault of ours: {fault(error)}")
        finally:
            reader.close()

    def _session(self, reader: Reader) -> Ending:
        """Run one session. Raises StoreError."""
        self._outbox.know(reader.cursors()[0])
        self._sessions += 1
        epoch = self._boot_epoch * SESSIONS_A_BOOT + self._sessions
        last_word = (topics.plain(self._gateway, Kind.STATE), will(self._gateway, epoch))
        link = Link(self._settings, self._version, last_word, self._bell, clean=self._clean)
        session = Session(
            link,
            version=self._version,
            epoch=epoch,
            gateway=self._gateway,
            put=self._put,
            clock=self._clock,
            outbox=self._outbox,
            pump=self._pump,
            desk=self._desk,
            wishes=self._wishes,
            reader=reader,
        )
        why = "a fault of ours"
        try:
            ending = session.run()
            why = ending.why
            self._clean = ending.poisoned or (self._clean and not session.up)
            return ending
        finally:
            link.close()
            if session.up:
                self._put(LinkDown(epoch, why))

    def _other_version(self, ending: Ending) -> bool:
        """Choose the version for the next attempt; say whether to make it at once.

        A broker without version 5 says so, or hangs up, or waits for a packet that it would understand. The
        last two may also be ill, so then each version is tried in turn, with the usual waits; and an hour
        later the next attempt is made in 5 again, for brokers recover, and are renewed.
        """
        if self._settings.version is not None:
            return False
        at = self._clock.monotonic()
        if ending.no_v5 or ending.silent:
            was = self._version
            self._version = Version.V311 if was is Version.V5 else Version.V5
            self._stepped_down_at = at
            return ending.no_v5 and was is Version.V5
        if at - self._stepped_down_at >= STEPPED_DOWN_S:
            self._version = Version.V5
        return False
