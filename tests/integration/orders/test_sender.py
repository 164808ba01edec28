"""Who waits for an answer at a real Mosquitto, where others speak, too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.broker import Broker, BrokerSettings, Reply
from agent.clock import SystemClock
from agent.orders.command import Wish
from agent.orders.sender import GATEWAY_OFFLINE, GATEWAY_SILENT, GATEWAY_UNKNOWN, UNANSWERED, UNSENT, Sender
from protocols.mqtt.payloads import Birth, CommandAnswer, DoorBirth, State
from protocols.mqtt.topics import Kind, answer, plain
from protocols.tokens.command import Do
from tests.peers.broker import Broker as Mosquitto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GATEWAY = "gw01"
CLIENT = "desk"
KEY = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
WISH = Wish(Do.OPEN, "lobby")
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SHORT_S = 0.3
SETTLE_S = 10.0


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[BrokerSettings]:
    with Mosquitto(tmp_path) as mosquitto:
        yield BrokerSettings("127.0.0.1", mosquitto.port)


@pytest.fixture
def other(settings: BrokerSettings) -> Iterator[Broker]:
    with Broker(settings, "other") as broker:
        yield broker


@pytest.fixture
def sender(settings: BrokerSettings) -> Iterator[Sender]:
    with Broker(settings, "desk-1") as broker:
        yield Sender(broker, KEY, gateway=GATEWAY, client=CLIENT, clock=SystemClock())


def stand(broker: Broker, kind: Kind, payload: bytes) -> None:
    broker.publish(plain(GATEWAY, kind), payload, retain=True)
    assert broker.settle(SETTLE_S)


def test_nobodys_and_somebody_elses_answer_are_not_ours(sender: Sender, other: Broker) -> None:
    stand(other, Kind.STATE, State(gw=GATEWAY, online=True, epoch=1).encode())
    assert sender.order(WISH, SHORT_S).reason == GATEWAY_SILENT
    where = answer(GATEWAY, CLIENT)
    other.publish(where, b"no answer at all")
    for number in ("an-order-of-yesterday", None):
        said = CommandAnswer(id=number, outcome="opened", door="lobby", at=AT)
        other.publish(where, said.encode(), reply=Reply(where, b"an-order-of-yesterday"))
    assert other.settle(SETTLE_S)

    outcome = sender.order(WISH, SHORT_S)

    assert (outcome.outcome, outcome.reason, outcome.took_s) == (UNANSWERED, GATEWAY_SILENT, None)
    assert not outcome.carried_out


def test_nothing_is_sent_to_a_gateway_that_is_offline_and_one_unheard_of_is_tried(
    sender: Sender, other: Broker
) -> None:
    other.subscribe([plain(GATEWAY, Kind.COMMAND)])
    stand(other, Kind.STATE, b"{}")  # no state: it tells nothing
    assert sender.order(WISH, SHORT_S).reason == GATEWAY_UNKNOWN
    assert other.take(SETTLE_S) is not None
    stand(other, Kind.STATE, State(gw=GATEWAY, online=True, epoch=1).encode())
    assert sender.order(WISH, SHORT_S).reason == GATEWAY_SILENT
    assert other.take(SETTLE_S) is not None
    stand(other, Kind.STATE, State(gw=GATEWAY, online=False, epoch=1).encode())
    outcome = sender.order(WISH, SHORT_S)
    assert (outcome.outcome, outcome.reason) == (UNANSWERED, GATEWAY_OFFLINE)  # it went while we waited
    assert other.take(SETTLE_S) is not None
    outcome = sender.order(WISH, SHORT_S)
    assert (outcome.outcome, outcome.reason) == (UNSENT, GATEWAY_OFFLINE)
    assert other.take(SHORT_S) is None


def test_signs_of_life_are_read_where_they_can_be(sender: Sender, other: Broker) -> None:
    stand(other, Kind.HEALTH, b"{}")
    assert sender.last_heard() is None
    assert sender.doors() == ()
    birth = Birth(
        gw=GATEWAY, epoch=1, at=AT, started_at=AT, boot_id="b", clock="synced", version="0", mqtt="5",
        key="k" * 43, revision=0, doors=(DoorBirth(door="lobby"), DoorBirth(door="garage")),
    )  # fmt: skip
    stand(other, Kind.BIRTH, birth.encode())
    assert sender.last_heard() == AT
    assert sender.doors() == ("lobby", "garage")
