"""One connection to the broker: the only place that knows paho.

Each session is a paho client of its own, turned by the one thread that owns it: so nothing of paho's is
shared between threads, a will carries its own session's epoch, and the outbox alone decides what is sent
again. The session that the broker keeps for us is another matter: it is asked for every time.
"""

from __future__ import annotations

import selectors
import ssl
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent.sync.nodelay import send_at_once
from agent.sync.orders import LARGEST_BYTES
from agent.sync.settings import SESSION_KEPT_S, LinkSettings, Tls
from agent.sync.wire import Accepted, Closed, Declined, Inbound, Report, Subscribed, Taken, Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paho.mqtt.client import ConnectFlags, DisconnectFlags
    from paho.mqtt.reasoncodes import ReasonCode

    from agent.sync.bell import Bell

CONNECT_WITHIN_S: Final = 5.0
"""TCP, and then TLS, may each take so long; the name look-up has the resolver's own limit."""
PACKET_SLACK_BYTES: Final = 64 * 1024
LARGEST_PACKET_BYTES: Final = 16 * 1024 * 1024
"""Where a packet is not even read: four times the largest of ours, and what a small box has to spare."""
READ_BYTES: Final = 256 * 1024
"""One read of the socket; paho makes a hundred of them before it lets anything else happen."""
INBOUND_WINDOW: Final = 32
"""Messages that the broker may send before we have acknowledged one."""
DEFAULT_WINDOW: Final = 20
"""What a broker of 3.1.1 lets wait; one of version 5 says so itself."""
LARGEST_WINDOW: Final = 40
NO_V5: Final = 0x84
REFUSED_FROM: Final = 0x80

_PROTOCOL: Final = {Version.V5: MQTTProtocolVersion.MQTTv5, Version.V311: MQTTProtocolVersion.MQTTv311}


class _BoundedClient(Client):
    """paho, with a bound on what it reads: of its own it takes whatever length a packet claims.

    A broker of version 5 is told our bound; to one of 3.1.1 nothing can be said, so what is merely too large
    is read there, and dropped. `_sock_recv` is paho's own matter; a test holds what is built on it here.
    """

    poisoned = False

    def _sock_recv(self, bufsize: int) -> bytes:
        if bufsize > LARGEST_PACKET_BYTES:
            self.poisoned = True
            raise ConnectionError
        return super()._sock_recv(min(bufsize, READ_BYTES))


class Link:
    """A session. One thread only. What happens is read with `reports`, never called back."""

    def __init__(
        self,
        settings: LinkSettings,
        version: Version,
        will: tuple[str, bytes],
        bell: Bell,
        *,
        clean: bool = False,
    ) -> None:
        """clean: have the broker forget what it kept for us, for something in it cannot be taken."""
        self._settings = settings
        self._clean = clean
        self._version = version
        self._bell = bell
        self._reports: deque[Report] = deque()
        self._closed = False
        self._selector = selectors.DefaultSelector()
        self._socket: Any = None
        self._mask = 0
        v5 = version is Version.V5
        self._client = _BoundedClient(
            CallbackAPIVersion.VERSION2,
            client_id=settings.gateway,
            clean_session=None if v5 else clean,
            protocol=_PROTOCOL[version],
            reconnect_on_failure=False,
        )
        self._client.connect_timeout = CONNECT_WITHIN_S
        self._client.max_inflight_messages_set(0)  # the window is ours to keep
        self._client.will_set(will[0], will[1], qos=1, retain=True)
        password = settings.password
        if settings.user is not None or password is not None:
            self._client.username_pw_set(
                settings.user or settings.gateway, None if password is None else password.decode("utf-8")
            )
        self._hear()

    def open(self) -> None:
        """Connect. Blocks for CONNECT_WITHIN_S at most, twice with TLS. Raises OSError or ValueError."""
        if self._settings.tls is not None:
            self._client.tls_set_context(_context(self._settings.tls))
        self._selector.register(self._bell.fileno(), selectors.EVENT_READ)
        host, port, keepalive = self._settings.host, self._settings.port, self._settings.keepalive_s
        if self._version is Version.V5:
            said = _properties(PacketTypes.CONNECT)
            said.SessionExpiryInterval = SESSION_KEPT_S
            said.ReceiveMaximum = INBOUND_WINDOW
            said.MaximumPacketSize = LARGEST_BYTES + PACKET_SLACK_BYTES
            self._client.connect(host, port, keepalive, clean_start=self._clean, properties=said)
        else:
            self._client.connect(host, port, keepalive)

    def turn(self, wait_s: float) -> None:
        """Wait for the broker or the bell, up to `wait_s`; move bytes; gather reports."""
        connection = self._client.socket()
        if connection is None:
            self._end("the connection was closed")
            return
        self._watch(connection)
        held = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
        ready = {key.fd: mask for key, mask in self._selector.select(0 if held else max(0.0, wait_s))}
        self._bell.hush()
        mask = ready.get(connection.fileno(), 0)
        try:
            code = MQTTErrorCode.MQTT_ERR_SUCCESS
            if held or mask & selectors.EVENT_READ:
                code = self._client.loop_read()
            if not code and self._client.want_write():
                code = self._client.loop_write()
            if not code:
                code = self._client.loop_misc()
        except Exception as error:  # noqa: BLE001 - paho raises whatever a malformed packet makes it trip over
            self._end(f"a packet that is no MQTT ({type(error).__name__})")
            return
        if code:
            self._end(str(code.name).lower())

    def reports(self) -> Iterable[Report]:
        """Take what has happened since the last call, in order."""
        while self._reports:
            yield self._reports.popleft()

    def subscribe(self, once: Iterable[str], held: Iterable[str]) -> int:
        """Subscribe with QoS 1 and return the number of the request.

        once: topics of which nothing retained is wanted, and whose retain flag is to be seen. held: topics
        whose retained message is wanted.
        """
        if self._version is Version.V5:
            fresh = SubscribeOptions(
                qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
            )
            kept = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE)
            _, mid = self._client.subscribe([*((t, fresh) for t in once), *((t, kept) for t in held)])
        else:
            _, mid = self._client.subscribe([(topic, 1) for topic in (*once, *held)])
        return mid or 0

    def unsubscribe(self, topic: str) -> None:
        """Give a subscription up."""
        self._client.unsubscribe(topic)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        correlation: bytes | None = None,
        expires_s: int | None = None,
    ) -> int:
        """Publish with QoS 1 and return the number that the answer will carry.

        correlation, expires_s: said to a broker of version 5, passed over with one of 3.1.1.
        """
        said: Properties | None = None
        if self._version is Version.V5 and (correlation is not None or expires_s is not None):
            said = _properties(PacketTypes.PUBLISH)
            if correlation is not None:
                said.CorrelationData = correlation
            if expires_s is not None:
                said.MessageExpiryInterval = expires_s
        return self._client.publish(topic, payload, qos=1, retain=retain, properties=said).mid

    def bye(self) -> None:
        """Say that we leave, so that the will is not published. `turn` until Closed."""
        self._client.disconnect()

    def close(self) -> None:
        """Drop the connection without a word (the broker publishes the will), and free what was held."""
        connection = self._client.socket()
        if connection is not None:
            connection.close()
        self._selector.close()

    def _hear(self) -> None:
        send_at_once(self._client)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        # With this set, paho only queues what is published, and `turn` writes it: see _packet_queue there.
        self._client.on_socket_register_write = lambda _client, _data, _socket: None

    def _on_connect(
        self, _client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, said: Properties | None
    ) -> None:
        if reason.is_failure:
            self._reports.append(Declined(str(reason), no_v5=reason.value == NO_V5))
            return
        window = getattr(said, "ReceiveMaximum", DEFAULT_WINDOW if self._version is Version.V311 else 65535)
        self._reports.append(
            Accepted(
                flags.session_present, min(window, LARGEST_WINDOW), getattr(said, "MaximumPacketSize", None)
            )
        )

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _said: object
    ) -> None:
        said = (
            flags.is_disconnect_packet_from_server
        )  # else it just vanished, and paho's reason tells nothing
        self._end(f"the broker left: {reason}" if said else "the connection was lost")

    def _on_subscribe(
        self, _client: Client, _data: object, mid: int, reasons: list[ReasonCode], _said: object
    ) -> None:
        self._reports.append(Subscribed(mid, sum(reason.is_failure for reason in reasons)))

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _said: object
    ) -> None:
        self._reports.append(Taken(mid, str(reason) if reason.value >= REFUSED_FROM else None))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        size = len(message.payload)
        said = message.properties
        self._reports.append(
            Inbound(
                topic=topic,
                payload=bytes(message.payload) if size <= LARGEST_BYTES else b"",
                size=size,
                retain=bool(message.retain),
                response_topic=getattr(said, "ResponseTopic", None),
                correlation=getattr(said, "CorrelationData", None),
            )
        )

    def _watch(self, connection: Any) -> None:
        """Have the selector wait for what paho waits for."""
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._client.want_write() else 0)
        if connection is not self._socket:
            self._selector.register(connection, mask)
            self._socket, self._mask = connection, mask
        elif mask != self._mask:
            self._selector.modify(connection, mask)
            self._mask = mask

    def _end(self, why: str) -> None:
        if not self._closed:
            self._closed = True
            poisoned = self._client.poisoned
            self._reports.append(Closed("a packet beyond all bounds" if poisoned else why, poisoned))


class _TidySocket(ssl.SSLSocket):
    """Closes itself where no handshake comes about: paho would leave that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _context(tls: Tls) -> ssl.SSLContext:
    """Return what checks the broker's certificate and shows ours. Raises OSError (ssl.SSLError is one)."""
    context = ssl.create_default_context(cafile=None if tls.ca is None else str(tls.ca))
    context.sslsocket_class = _TidySocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.certificate is not None:
        context.load_cert_chain(tls.certificate, tls.key)
    return context


def _properties(packet: int) -> Properties:
    made: Properties = Properties(packet)  # type: ignore[no-untyped-call] # paho types the class, not its maker
    return made
