"""One session's traffic: what to publish next, and what each answer of the broker means.

The window is shared. Answers to commands go first, then what is retained, then live rows, then history.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.errors import StoreError
from agent.sync.mirror import Mirror, stamped
from agent.sync.outbox import Lane, Outbox
from agent.sync.rows import batch_of, text_of
from agent.sync.spoilt import Spoilt
from protocols.mqtt import topics
from protocols.mqtt.events import BATCH_BYTES
from protocols.mqtt.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.clock import Clock
    from agent.sync.facts import SyncFact
    from agent.sync.link import Link
    from agent.sync.rows import Reader
    from agent.sync.wire import Accepted, Taken

ANSWERS: Final = 256
"""Answers that may wait for the broker; the oldest go first, for its sender has long gone."""
ANSWER_KEPT_S: Final = 60.0
UNREADABLE_S: Final = 5.0
"""How long to leave a journal alone that could not be read."""
PACKET_BYTES: Final = 1024
"""What a packet has beyond its payload: topic, header and properties."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to who sent a command. `until`: monotonic seconds after which nobody listens."""

    topic: str
    payload: bytes
    correlation: bytes | None
    until: float


class Pump:
    """Lives as long as the process; `begin` with each session. One thread, but for `answer`."""

    def __init__(
        self, gateway: str, outbox: Outbox, mirror: Mirror, clock: Clock, put: Callable[[SyncFact], None]
    ) -> None:
        self._gateway = gateway
        self._outbox = outbox
        self._mirror = mirror
        self._reader: Reader | None = None
        self._clock = clock
        self._put = put
        self._spoilt = Spoilt()
        self._answers: deque[Answer] = deque(maxlen=ANSWERS)
        self._spoken: dict[int, Answer] = {}
        self._others: set[int] = set()
        self._window = 0
        self._epoch = 0
        self._mqtt = ""
        self._unreadable_until = float("-inf")
        self.trouble: str | None = None

    def begin(self, reader: Reader, accepted: Accepted, epoch: int, mqtt: str) -> None:
        """Begin a session. Raises StoreError where the journal cannot say how far it is."""
        self._reader = reader
        self._window = max(1, accepted.window)
        self._epoch = epoch
        self._mqtt = mqtt
        self._answers.extendleft(reversed(self._spoken.values()))
        self._spoken.clear()
        self._others.clear()
        largest = BATCH_BYTES if accepted.largest_bytes is None else accepted.largest_bytes - PACKET_BYTES
        self._outbox.begin(reader.head(), self._window, max(PACKET_BYTES, largest))
        self._mirror.everything()

    def answer(self, topic: str, correlation: bytes | None, payload: bytes) -> None:
        """Answer a command; in the next session where there is none now and it is not too late then."""
        self._answers.append(Answer(topic, payload, correlation, self._clock.monotonic() + ANSWER_KEPT_S))

    def fill(self, link: Link) -> None:
        """Publish what fits in the window."""
        self._speak(link)
        self._show(link)
        at = self._clock.monotonic()
        if self._reader is None or at < self._unreadable_until:
            return
        try:
            self._tell(link, self._reader, at)
        except StoreError as error:
            self._unreadable_until = at + UNREADABLE_S
            self.trouble = f"the journal cannot be read: {error}"
        if (spoilt := self._spoilt.due(at)) is not None:
            self._put(spoilt)

    def taken(self, report: Taken) -> None:
        """Follow the broker's answer to a publication."""
        at = self._clock.monotonic()
        if report.refused is not None:
            self.trouble = f"the broker refused a message: {report.refused}"
        self._spoken.pop(report.mid, None)
        self._others.discard(report.mid)
        if report.refused is None:
            self._outbox.taken(report.mid, at)
            return
        self._outbox.refused(report.mid, self._window, at)

    def _free(self) -> int:
        return self._window - len(self._spoken) - len(self._others) - self._outbox.flying

    def _speak(self, link: Link) -> None:
        at = self._clock.monotonic()
        while self._answers and self._free() > 0:
            answer = self._answers.popleft()
            if answer.until <= at:
                continue
            mid = link.publish(
                answer.topic,
                answer.payload,
                correlation=answer.correlation,
                expires_s=max(1, int(answer.until - at)),
            )
            self._spoken[mid] = answer

    def _show(self, link: Link) -> None:
        while self._free() > 0:
            due = self._mirror.take()
            if due is None:
                return
            topic, content = due
            payload = stamped(content, self._epoch, self._clock.utc(), self._mqtt)
            self._others.add(link.publish(topic, payload, retain=True))

    def _tell(self, link: Link, reader: Reader, at: float) -> None:
        """Publish rows. Raises StoreError."""
        while (wanted := self._outbox.next(self._free(), at)) is not None:
            rows = reader.after(wanted.after, wanted.rows)
            if wanted.upto is not None:
                rows = [row for row in rows if row.seq <= wanted.upto]
            if not rows:
                self._outbox.nothing(wanted.lane)
            elif wanted.lane is Lane.LIVE:
                topic = topics.plain(self._gateway, Kind.LIVE)
                for row in rows:
                    text, sound = text_of(row, self._gateway, historical=False)
                    if not sound:
                        self._spoilt.note(row.seq)
                    body = text.encode()
                    self._outbox.put(Lane.LIVE, link.publish(topic, body), row.seq, len(body), at)
            else:
                last, body, spoilt = batch_of(rows, self._gateway, wanted.size)
                for seq in spoilt:
                    self._spoilt.note(seq)
                mid = link.publish(topics.plain(self._gateway, Kind.BACKFILL), body)
                self._outbox.put(wanted.lane, mid, last, len(body), at)
