"""A message from the broker into a fact, or a reason why not. Pure; signatures are not looked at here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.sync.facts import (
    ChunkReceived,
    Confirmed,
    DeltaReceived,
    HeadReceived,
    OrderReceived,
    ReplayAsked,
)
from protocols.mqtt.errors import MessageError
from protocols.mqtt.payloads import Ack, Replay
from protocols.mqtt.roster import CHUNK_BYTES
from protocols.mqtt.topics import Kind, Topic, answer_topic, take_apart
from protocols.tokens.token import LARGEST_CHARS, SMALL_CHARS
from protocols.tokens.verify import Refusal

if TYPE_CHECKING:
    from agent.sync.wire import Inbound

HEAD_BYTES: Final = 512 * 1024
"""A signed head with 2048 chunks is 190 KiB."""
SMALL_BYTES: Final = 4096
LARGEST_BYTES: Final = LARGEST_CHARS
"""The largest payload of all: a signed delta. What is larger is not kept in memory."""
CORRELATION_BYTES: Final = 256

_LARGEST: Final = {
    Kind.COMMAND: SMALL_CHARS,
    Kind.ACK: SMALL_BYTES,
    Kind.REPLAY: SMALL_BYTES,
    Kind.HEAD: HEAD_BYTES,
    Kind.DELTA: LARGEST_BYTES,
    Kind.CHUNK: CHUNK_BYTES,
}


@dataclass(frozen=True, slots=True)
class Unfit:
    """A command that is refused unread."""

    reason: Refusal


Fact = OrderReceived | HeadReceived | DeltaReceived | ChunkReceived | Confirmed | ReplayAsked


@dataclass(frozen=True, slots=True)
class Useless:
    """A message that no fact can be made of. `kind`: what it was to be, "message" where nobody knows."""

    kind: str
    why: str


def read_message(message: Inbound, gateway: str) -> Fact | Unfit | Useless:
    """Return the fact in `message`, or why there is none."""
    try:
        topic = take_apart(message.topic)
    except MessageError:
        return Useless("message", "unknown_topic")
    if topic.gateway != gateway:
        return Useless("message", "another_gateway")
    largest = _LARGEST.get(topic.kind)
    if largest is None:
        return Useless("message", "our_own_topic")
    if topic.kind is Kind.COMMAND:
        return _order(message, largest)
    if message.size > largest:
        return Useless(topic.kind, "too_large")
    try:
        return _told(message, topic)
    except MessageError:
        return Useless(topic.kind, "malformed")


def answer_to(message: Inbound, gateway: str) -> str | None:
    """Return the response topic of `message` where it is one of ours to answer on.

    A stranger names it; without this look a command could make the gateway write anywhere it may.
    """
    topic = message.response_topic
    return topic if topic is not None and answer_topic(gateway, topic) else None


def correlation(message: Inbound) -> bytes | None:
    """Return what an answer repeats; None where it is absurdly long."""
    data = message.correlation
    return data if data is not None and len(data) <= CORRELATION_BYTES else None


def _order(message: Inbound, largest: int) -> OrderReceived | Unfit:
    if message.retain:
        return Unfit(Refusal.RETAINED)
    if message.size > largest:
        return Unfit(Refusal.TOO_LARGE)
    token = _ascii(message.payload)
    if token is None:
        return Unfit(Refusal.MALFORMED)
    gateway = take_apart(message.topic).gateway
    return OrderReceived(token, answer_to(message, gateway), correlation(message))


def _told(message: Inbound, topic: Topic) -> Fact | Useless:
    """Return what an ack, a replay or a roster message says. Raises MessageError."""
    match topic.kind:
        case Kind.ACK:
            return Confirmed(Ack.read(message.payload).confirmed)
        case Kind.REPLAY:
            if message.retain:
                return Useless(topic.kind, "retained")
            asked = Replay.read(message.payload)
            return ReplayAsked(asked.from_, asked.to)
        case Kind.CHUNK:
            if topic.revision is None or topic.chunk is None:
                raise MessageError("a chunk without its number")
            return ChunkReceived(topic.revision, topic.chunk, message.payload)
        case _:
            token = _ascii(message.payload)
            if token is None:
                return Useless(topic.kind, "malformed")
            return HeadReceived(token) if topic.kind is Kind.HEAD else DeltaReceived(token)


def _ascii(payload: bytes) -> str | None:
    """Return `payload` as the text that a token is, or None."""
    try:
        return payload.decode("ascii").strip() or None
    except UnicodeDecodeError:
        return None
