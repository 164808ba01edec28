"""A copy of everything that we keep retained on the broker, to be said again in every session.

A broker may come back empty, or with a will of ours that is older than the session. So each session says
all of it anew, under its own epoch: birth first, state after it, the rest behind.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, assert_never

from protocols.mqtt import topics
from protocols.mqtt.payloads import Birth, DoorState, Health, State
from protocols.mqtt.roster_messages import ReceiptMessage
from protocols.mqtt.topics import Kind

if TYPE_CHECKING:
    from datetime import datetime

TOPICS: Final = 1024
"""Topics kept: 256 doors and what a gateway says of itself are a quarter of it."""

Shown = Birth | State | Health | DoorState | ReceiptMessage


class Mirror:
    """What is to stand on the broker, by topic; and which of it does not yet. For any thread."""

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self._lock = threading.Lock()
        self._held: dict[str, Shown | bytes] = {}
        self._due: dict[str, None] = {}  # an ordered set

    def hold(self, topic: str, content: Shown | bytes) -> None:
        """Have `content` stand on `topic`. The newest counts; what was not yet sent is never sent."""
        with self._lock:
            if topic not in self._held and len(self._held) >= TOPICS:
                raise ValueError(f"more than {TOPICS} retained topics")
            self._held[topic] = content
            self._due[topic] = None

    def everything(self) -> None:
        """Make all of it due, birth and state first: a session begins."""
        first = (topics.plain(self._gateway, Kind.BIRTH), topics.plain(self._gateway, Kind.STATE))
        with self._lock:
            self._due = {topic: None for topic in (*first, *self._held) if topic in self._held}

    def take(self) -> tuple[str, Shown | bytes] | None:
        """Return the next topic that is due and what is to stand there, or None."""
        with self._lock:
            for topic in self._due:
                del self._due[topic]
                return topic, self._held[topic]
        return None


def topic_of(document: Shown) -> str:
    """Return the topic on which `document` stands."""
    match document:
        case Birth():
            return topics.plain(document.gw, Kind.BIRTH)
        case State():
            return topics.plain(document.gw, Kind.STATE)
        case Health():
            return topics.plain(document.gw, Kind.HEALTH)
        case DoorState():
            return topics.door_state(document.gw, document.door)
        case ReceiptMessage():
            return topics.plain(document.gw, Kind.RECEIPT)
        case _:
            assert_never(document)


def stamped(content: Shown | bytes, epoch: int, at: datetime, mqtt: str) -> bytes:
    """Return `content` as payload, under the session's `epoch`; a birth and a state are of now, too."""
    match content:
        case bytes():
            return content
        case Birth():
            update = {"epoch": epoch, "at": at, "mqtt": mqtt}
            return Birth.model_copy(content, update=update).encode()
        case State():
            return State.model_copy(content, update={"epoch": epoch, "at": at}).encode()
        case Health() | DoorState():
            return type(content).model_copy(content, update={"epoch": epoch}).encode()
        case ReceiptMessage():
            return content.encode()
        case _:
            assert_never(content)


def will(gateway: str, epoch: int) -> bytes:
    """Return the last will of the session `epoch`."""
    return State(gw=gateway, online=False, epoch=epoch).encode()
