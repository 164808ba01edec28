"""A centre for tests: hears all that gateways say, keeps and acknowledges it, asks for what is missing."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.sync.nodelay import send_at_once
from protocols.mqtt import topics
from protocols.mqtt.events import Backfill, Event
from protocols.mqtt.payloads import Ack, CommandAnswer, Replay
from protocols.mqtt.topics import Kind

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it came."""

    topic: str
    payload: bytes
    retain: bool
    correlation: bytes | None


class Centre:
    """One client of the broker. `kept`: the broker keeps for it what comes while it is away."""

    def __init__(
        self,
        port: int,
        name: str = "centre",
        *,
        hears: tuple[str, ...] = ("menshen/v1/#",),
        kept: bool = True,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._port = port
        self._kept = kept
        self._hears = hears
        self._heard: list[Heard] = []
        self._answered: dict[int, int] = {}
        self._lock = threading.Lock()
        self._subscribed = threading.Event()
        self.refused: list[int] = []
        """Reason codes of subscriptions that the broker would not give."""
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.max_inflight_messages_set(20)
        if password is not None:
            self._client.username_pw_set(name, password)
        if tls is not None:
            self._client.tls_set_context(tls)
        send_at_once(self._client)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        said: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho
        said.SessionExpiryInterval = 3600 if self._kept else 0
        self._client.connect("localhost", self._port, 30, clean_start=not self._kept, properties=said)
        self._client.loop_start()
        assert self._subscribed.wait(10), "the centre could not subscribe"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        response_topic: str | None = None,
        correlation: bytes | None = None,
        within_s: float = 10,
    ) -> int:
        """Publish with QoS 1, wait for the broker's answer and return its reason code."""
        said: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho
        if response_topic is not None:
            said.ResponseTopic = response_topic
        if correlation is not None:
            said.CorrelationData = correlation
        mid = self._client.publish(topic, payload, qos=1, retain=retain, properties=said).mid
        until(lambda: mid in self._answered, within_s)
        return self._answered[mid]

    def flood(self, topic: str, payload: bytes, count: int, response_topic: str) -> None:
        """Publish the same `count` times, as fast as it goes, and wait for nothing."""
        said: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho
        said.ResponseTopic = response_topic
        for _ in range(count):
            self._client.publish(topic, payload, qos=1, properties=said)

    def ack(self, gateway: str, seq: int) -> None:
        """Confirm a gateway's record up to `seq`."""
        self.say(topics.plain(gateway, Kind.ACK), Ack(confirmed=seq).encode())

    def replay(self, gateway: str, first: int, last: int) -> None:
        """Ask a gateway for a part of its record."""
        self.say(topics.plain(gateway, Kind.REPLAY), Replay(from_=first, to=last).encode())

    def order(self, gateway: str, token: str, client: str, correlation: bytes = b"1") -> None:
        """Send a command, to be answered to `client`."""
        where = topics.answer(gateway, client)
        self.say(
            topics.plain(gateway, Kind.COMMAND), token.encode(), response_topic=where, correlation=correlation
        )

    def heard(self, topic: str | None = None) -> list[Heard]:
        """Return what came, in order; on `topic` alone where it is given."""
        with self._lock:
            return [one for one in self._heard if topic is None or one.topic == topic]

    def newest(self, topic: str) -> Heard | None:
        """Return what came last on `topic`."""
        heard = self.heard(topic)
        return heard[-1] if heard else None

    def events(self, gateway: str) -> list[Event]:
        """Return every event of `gateway`, in the order in which they came, duplicates and all."""
        live, backfill = topics.plain(gateway, Kind.LIVE), topics.plain(gateway, Kind.BACKFILL)
        found: list[Event] = []
        for one in self.heard():
            if one.topic == live:
                found.append(Event.read(one.payload))
            elif one.topic == backfill:
                found += Backfill.read(one.payload).events
        return found

    def numbers(self, gateway: str) -> set[int]:
        """Return the numbers of all events of `gateway` that came."""
        return {event.seq for event in self.events(gateway)}

    def answers(self, gateway: str, client: str) -> list[CommandAnswer]:
        """Return the answers that came for `client`."""
        return [CommandAnswer.read(one.payload) for one in self.heard(topics.answer(gateway, client))]

    def forget(self) -> None:
        """Forget all that came."""
        with self._lock:
            self._heard.clear()

    def _on_connect(self, client: Client, _data: object, _flags: object, reason: Any, _said: object) -> None:
        if not reason.is_failure:
            client.subscribe([(topic, 1) for topic in self._hears])

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[Any], _said: object
    ) -> None:
        self.refused += [reason.value for reason in reasons if reason.is_failure]
        self._subscribed.set()

    def _on_publish(self, _client: Client, _data: object, mid: int, reason: Any, _said: object) -> None:
        self._answered[mid] = reason.value

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        one = Heard(
            message.topic,
            bytes(message.payload),
            bool(message.retain),
            getattr(message.properties, "CorrelationData", None),
        )
        with self._lock:
            self._heard.append(one)


def until(holds: Callable[[], bool], within_s: float = 10) -> None:
    """Wait until `holds`; the test fails where it does not within `within_s`."""
    for _ in range(int(within_s / EVERY_S)):
        if holds():
            return
        time.sleep(EVERY_S)
    assert holds(), f"did not come true within {within_s} s"
