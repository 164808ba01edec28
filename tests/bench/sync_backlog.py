"""The backlog after an outage, drained to a real Mosquitto, against a bare paho publisher on that broker."""

from __future__ import annotations

import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from agent.clock import SystemClock
from agent.sync.facts import Sent
from protocols.mqtt import topics
from protocols.mqtt.events import event_text
from protocols.mqtt.topics import Kind
from tests.peers.broker import Broker
from tests.peers.centre import until
from tests.peers.gateway import NAME, STARTED, Gateway, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

ROWS, QUICK_ROWS = 100_000, 20_000
SHARE = 0.7
LIVE_S = 1.0
LIVE_EVERY_S = 0.05
WINDOW = 20
QUEUED = 10_000
"""Messages that wait in paho: its numbers end at 65 535."""

CLOCK = SystemClock()


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the bench's one question
    """Measure; `quick`: twenty thousand rows instead of a hundred thousand."""
    rows = QUICK_ROWS if quick else ROWS
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder)) as broker:
        bare = _bare(broker.port, rows)
        drained, late = _drained(broker.port, Path(folder), rows)
    share = drained / bare
    yield (
        f"bare paho, QoS 1, {rows} events of one row each",
        f"{bare:,.0f} events/s",
        "the peer",
        "",
    )
    yield (
        f"backlog of {rows} rows, the cursor at its end",
        f"{drained:,.0f} events/s = {share:.2f} ×",
        f"≥ {SHARE} × the peer",
        "met" if share >= SHARE else "missed",
    )
    worst = max(late)
    yield (
        f"live rows meanwhile ({len(late)}), commit → at the centre",
        f"median {median(late) * 1000:.0f} ms, worst {worst * 1000:.0f} ms",
        f"≤ {LIVE_S * 1000:.0f} ms",
        "met" if worst <= LIVE_S else "missed",
    )


def _bare(port: int, rows: int) -> float:
    """Return how many events a second paho alone publishes, the texts made beforehand."""
    texts = [
        event_text(
            gateway=NAME,
            seq=seq,
            at=STARTED,
            boot_id="b" * 32,
            mono_ms=seq,
            clock="synced",
            kind="entry.granted",
            door="lobby",
            body_text='{"decision":"grant","n":1,"person":"p-0001"}',
            historical=True,
        ).encode()
        for seq in range(1, rows + 1)
    ]
    room = threading.Semaphore(QUEUED)
    client = Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=MQTTProtocolVersion.MQTTv5)
    client.max_inflight_messages_set(WINDOW)
    client.on_publish = lambda *_: room.release()
    client.connect("127.0.0.1", port)
    client.loop_start()
    began = CLOCK.monotonic()
    for text in texts:
        room.acquire()
        client.publish("bare/event", text, qos=1)
    for _ in range(QUEUED):
        room.acquire()
    took_s = CLOCK.monotonic() - began
    client.disconnect()
    client.loop_stop()
    return rows / took_s


class _Watch:
    """A centre that only notes when which live row came: it must cost less than what it measures."""

    def __init__(self, port: int) -> None:
        self.came: dict[bytes, float] = {}
        self.ready = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="watch", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_message = self._note
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(topics.plain(NAME, Kind.LIVE), 1)
        self._client.loop_start()
        self.ready.wait(10)

    def _note(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.came.setdefault(bytes(message.payload), CLOCK.monotonic())

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _drained(port: int, folder: Path, rows: int) -> tuple[float, list[float]]:
    """Return the backlog's rows a second, and how late each live row was meanwhile."""
    watch = _Watch(port)
    gateway = Gateway(folder, plain(port))
    gateway.record(rows)
    committed: dict[int, float] = {}
    with gateway:
        gateway.up()
        began = CLOCK.monotonic()
        while not any(fact.seq >= rows for fact in gateway.facts(Sent)):
            at = CLOCK.monotonic()
            committed[gateway.record(1)] = at
            with suppress(AssertionError):
                until(lambda: any(fact.seq >= rows for fact in gateway.facts(Sent)), LIVE_EVERY_S)
        took_s = CLOCK.monotonic() - began
        until(lambda: len(watch.came) >= len(committed), 10)
    watch.close()
    came = {_seq(payload): at for payload, at in watch.came.items()}
    return rows / took_s, [came[seq] - at for seq, at in committed.items()]


def _seq(payload: bytes) -> int:
    return int(payload.partition(b'"seq":')[2].partition(b",")[0])
