"""The broker as office, phone, desk and demo use it: connect, publish, take what arrives one by one.

paho keeps a thread of its own; its callbacks only put values on a queue. MQTT 5 is spoken, and 3.1.1 with a
broker that knows no other: what is said is signed, so the older version weakens nothing but convenience.
"""

from __future__ import annotations

import queue
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.errors import BadInput, Unavailable
from agent.keyfiles import read_phrase
from agent.sync.nodelay import send_at_once

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from paho.mqtt.reasoncodes import ReasonCode

CONNECT_WITHIN_S = 5.0
KEEPALIVE_S = 30
PLAIN_PORT = 1883
TLS_PORT = 8883
HELD_MESSAGES = 10_000
"""What may wait to be read: receipts of a thousand gateways. Beyond it arrivals are dropped and counted."""
QOS = 1
OLD_PROTOCOL = "Unsupported protocol version"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the broker is, and how to be let in. Without `ca` the line is clear: for a loopback only."""

    host: str
    port: int = PLAIN_PORT
    user: str | None = None
    password_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message from the broker. `correlation`: MQTT 5's correlation data."""

    topic: str
    payload: bytes
    retained: bool
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """Where an answer shall go, and with which mark."""

    topic: str
    correlation: bytes


def broker_at(text: str, *, secure: bool = False) -> tuple[str, int]:
    """Return host and port of "host", "host:port" or "[v6]:port". Raises BadInput."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(TLS_PORT if secure else PLAIN_PORT)
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise BadInput(f"{text!r} is no broker; write host:port")
    return host.strip("[]"), int(port)


class Broker:
    """A connection to the broker. Use it as a context manager; `inbox` holds what arrived."""

    def __init__(self, settings: BrokerSettings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._filters: list[str] = []
        self._sent: list[mqtt.MQTTMessageInfo] = []
        self._client: mqtt.Client | None = None
        self.inbox: queue.Queue[Arrived] = queue.Queue(HELD_MESSAGES)
        self.dropped = 0
        self.version_5 = True

    def __enter__(self) -> Self:
        """Connect. Raises Unavailable with what to look at."""
        why = self._connect(MQTTProtocolVersion.MQTTv5)
        if why == OLD_PROTOCOL:
            self.version_5 = False
            why = self._connect(MQTTProtocolVersion.MQTTv311)
        if why is not None:
            self._close()
            where = f"{self._settings.host}:{self._settings.port}"
            raise Unavailable(f"the broker at {where} does not let us in: {why}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def subscribe(self, filters: Iterable[str]) -> None:
        """Hear `filters`, now and after every reconnection. Retained messages arrive at once."""
        wanted = list(filters)
        self._filters += wanted
        self._live().subscribe([(each, QOS) for each in wanted])

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        reply: Reply | None = None,
        expiry_s: int | None = None,
    ) -> None:
        """Hand a message over, to be delivered at least once. `reply`, `expiry_s`: said in MQTT 5 only."""
        properties = None
        if self.version_5 and (reply is not None or expiry_s is not None):
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho types it so
            if reply is not None:
                properties.ResponseTopic = reply.topic
                properties.CorrelationData = reply.correlation
            if expiry_s is not None:
                properties.MessageExpiryInterval = expiry_s
        self._sent = [info for info in self._sent if not info.is_published()]
        self._sent.append(self._live().publish(topic, payload, QOS, retain, properties))

    def settle(self, within_s: float) -> bool:
        """Wait until the broker has confirmed all that was published; False when it has not in time."""
        for info in self._sent:
            info.wait_for_publish(within_s)
        return all(info.is_published() for info in self._sent)

    def take(self, within_s: float) -> Arrived | None:
        """Return the next message, or None when none arrives in time."""
        try:
            return self.inbox.get(timeout=max(within_s, 0.0))
        except queue.Empty:
            return None

    def _connect(self, version: MQTTProtocolVersion) -> str | None:
        self._close()
        outcome: queue.Queue[str | None] = queue.Queue()
        refused = threading.Event()

        def on_connect(
            client: mqtt.Client, _user: object, _flags: object, code: ReasonCode, _properties: object
        ) -> None:
            if code.is_failure:
                refused.set()
                outcome.put(str(code))
                return
            if self._filters:
                client.subscribe([(each, QOS) for each in self._filters])
            outcome.put(None)

        def on_disconnect(*_: object) -> None:
            # A broker of 3.1.1 only may hang up on MQTT 5 without a word.
            if not refused.is_set():
                outcome.put(OLD_PROTOCOL if version is MQTTProtocolVersion.MQTTv5 else "it hung up")

        client = self._make(version)
        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_message = self._on_message
        self._client = client
        try:
            client.connect(self._settings.host, self._settings.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            return str(error)
        client.loop_start()
        try:
            return outcome.get(timeout=CONNECT_WITHIN_S)
        except queue.Empty:
            return f"no answer within {CONNECT_WITHIN_S:.0f} s"

    def _make(self, version: MQTTProtocolVersion) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._client_id, protocol=version)
        send_at_once(client)
        settings = self._settings
        if settings.user is not None:
            client.username_pw_set(
                settings.user, None if settings.password_file is None else read_phrase(settings.password_file)
            )
        if settings.ca is not None:
            try:
                client.tls_set(
                    ca_certs=str(settings.ca),
                    certfile=None if settings.certificate is None else str(settings.certificate),
                    keyfile=None if settings.key is None else str(settings.key),
                    tls_version=ssl.PROTOCOL_TLS_CLIENT,
                )
            except OSError as error:
                raise BadInput(f"cannot use the certificates for the broker: {error}") from error
        return client

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        properties: Any = message.properties
        correlation = getattr(properties, "CorrelationData", None)
        try:
            self.inbox.put_nowait(Arrived(message.topic, bytes(message.payload), message.retain, correlation))
        except queue.Full:
            self.dropped += 1

    def _live(self) -> mqtt.Client:
        if self._client is None:
            raise ValueError("connect first")
        return self._client

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        client.on_disconnect = None
        client.disconnect()
        if client.loop_stop() is MQTTErrorCode.MQTT_ERR_INVAL:
            return  # it never came to a thread
