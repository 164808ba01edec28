"""Brokers that know only 3.1.1: found out, spoken to, and said so in health."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from agent.sync.facts import DeltaReceived, LinkUp, OrderReceived
from agent.sync.wire import Version
from protocols.mqtt import topics
from protocols.mqtt.payloads import Birth
from protocols.mqtt.topics import Kind
from tests.peers.broker import Broker, free_port
from tests.peers.centre import Centre, until
from tests.peers.gateway import NAME, Gateway, plain
from tests.peers.relay import Old, Relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AMQTT = """
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: true
"""


@pytest.mark.parametrize("old", Old)
def test_a_broker_without_version_5_is_spoken_to_in_311(tmp_path: Path, old: Old) -> None:
    (tmp_path / "broker").mkdir()
    with (
        Broker(tmp_path / "broker") as broker,
        Centre(broker.port) as centre,
        Relay(broker.port, old) as wire,
        Gateway(tmp_path, plain(wire.port)) as gateway,
    ):
        gateway.up()
        assert gateway.facts(LinkUp)[0].mqtt == gateway.sync.health().mqtt == "3.1.1"
        last = gateway.record(150)
        gateway.sent(last)
        until(lambda: len(centre.numbers(NAME)) == last)
        centre.order(NAME, "a.b.c", "phone-1")
        until(lambda: gateway.facts(OrderReceived) == [OrderReceived("a.b.c", None, None)])
        birth = centre.newest(topics.plain(NAME, Kind.BIRTH))
        assert birth is not None
        assert Birth.read(birth.payload).mqtt == "3.1.1"
        wire.cut()
        gateway.up(2)
        assert gateway.facts(LinkUp)[1].mqtt == "3.1.1"
        assert gateway.facts(LinkUp)[1].session_present


def test_a_retained_order_is_refused_in_311_too(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with (
        Broker(tmp_path / "broker") as broker,
        Centre(broker.port) as centre,
        Relay(broker.port, Old.REFUSES) as wire,
    ):
        centre.say(topics.plain(NAME, Kind.COMMAND), b"a.b.c", retain=True)
        with Gateway(tmp_path, plain(wire.port)) as gateway:
            gateway.up()
            until(lambda: gateway.sync.dropped() == {"retained": 1})
            assert gateway.facts(OrderReceived) == []


def test_a_version_that_is_set_is_the_only_one_spoken(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with Broker(tmp_path / "broker") as broker, Relay(broker.port, Old.REFUSES) as wire:
        settings = plain(wire.port)
        with Gateway(tmp_path, settings.only(Version.V5)) as gateway:
            until(lambda: "Unsupported protocol version" in str(gateway.sync.health().last_trouble))
            assert gateway.facts(LinkUp) == []
        with Gateway(tmp_path, settings.only(Version.V311)) as gateway:
            gateway.up()


@pytest.fixture
def amqtt(tmp_path: Path) -> Iterator[int]:
    """Start the broker of the demo, which is a real one of 3.1.1, and return its port."""
    port = free_port()
    config = tmp_path / "amqtt.yaml"
    config.write_text(AMQTT.format(port=port))
    with (tmp_path / "amqtt.log").open("wb") as log:
        program = [sys.executable, "-m", "amqtt.scripts.broker_script", "-c", str(config)]
        process = subprocess.Popen(program, stdout=log, stderr=log)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                break
        yield port
    finally:
        process.terminate()
        process.wait(10)


def test_amqtt_serves_a_gateway(amqtt: int, tmp_path: Path) -> None:
    with Gateway(tmp_path, plain(amqtt).only(Version.V311)) as gateway:
        gateway.up()
        last = gateway.record(250)
        gateway.sent(last)
        assert gateway.facts(DeltaReceived) == []
