"""The line against a real Mosquitto: sessions, wills, order of what is sent, orders that are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.sync.facts import (
    ChunkReceived,
    Confirmed,
    DeltaReceived,
    Dropped,
    HeadReceived,
    LinkDown,
    LinkUp,
    OrderReceived,
    ReplayAsked,
    Sent,
)
from protocols.mqtt import topics
from protocols.mqtt.payloads import Birth, State
from protocols.mqtt.topics import Kind
from tests.peers.broker import Broker, free_port
from tests.peers.centre import Centre, until
from tests.peers.gateway import NAME, Gateway, plain
from tests.peers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BIRTH = topics.plain(NAME, Kind.BIRTH)
STATE = topics.plain(NAME, Kind.STATE)
COMMAND = topics.plain(NAME, Kind.COMMAND)
LIVE = topics.plain(NAME, Kind.LIVE)
BACKFILL = topics.plain(NAME, Kind.BACKFILL)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "broker").mkdir()
    with Broker(tmp_path / "broker", persistent=True) as broker:
        yield broker


@pytest.fixture
def centre(broker: Broker) -> Iterator[Centre]:
    with Centre(broker.port) as centre:
        yield centre


@pytest.fixture
def gateway(broker: Broker, centre: Centre, tmp_path: Path) -> Iterator[Gateway]:  # noqa: ARG001 - hears from the start
    with Gateway(tmp_path, plain(broker.port)) as gateway:
        gateway.up()
        yield gateway


def test_birth_comes_before_state_and_both_carry_the_epoch(gateway: Gateway, centre: Centre) -> None:
    until(lambda: centre.newest(STATE) is not None)
    said = [one for one in centre.heard() if one.topic in {BIRTH, STATE}]
    birth, state = Birth.read(said[0].payload), State.read(said[1].payload)
    assert (said[0].topic, said[1].topic) == (BIRTH, STATE)
    assert birth.epoch == state.epoch == gateway.facts(LinkUp)[0].epoch
    assert birth.mqtt == "5"
    assert state.online
    assert state.at is not None


def test_a_row_is_told_at_once_and_the_cursor_follows(gateway: Gateway, centre: Centre) -> None:
    last = gateway.record(3)
    gateway.sent(last)
    until(lambda: centre.numbers(NAME) == {1, 2, 3})
    assert [(event.seq, event.historical) for event in centre.events(NAME)] == [
        (1, False),
        (2, False),
        (3, False),
    ]
    assert {one.topic for one in centre.heard() if "event" in one.topic} == {LIVE}
    assert not any(one.retain for one in centre.heard(LIVE))


def test_a_will_tells_of_a_line_that_was_cut_and_carries_its_own_epoch(
    broker: Broker, centre: Centre, tmp_path: Path
) -> None:
    with Relay(broker.port) as wire, Gateway(tmp_path, plain(wire.port)) as gateway:
        gateway.up()
        wire.cut()
        gateway.up(2)
        first, second = (fact.epoch for fact in gateway.facts(LinkUp))
        until(lambda: states(centre)[-1].epoch == second and states(centre)[-1].online)
        dead = [state for state in states(centre) if not state.online]
    assert [(state.epoch, state.at) for state in dead] == [(first, None)]
    assert first < second


def states(centre: Centre) -> list[State]:
    """Return what was said on the state topic, in order."""
    return [State.read(one.payload) for one in centre.heard(STATE)]


def test_a_stop_says_offline_without_the_will(broker: Broker, centre: Centre, tmp_path: Path) -> None:
    with Gateway(tmp_path, plain(broker.port)) as gateway:
        gateway.up()
        last = gateway.record(1)
    until(lambda: [state.online for state in states(centre)][-1:] == [False])
    until(lambda: centre.numbers(NAME) == {last})
    assert gateway.facts(LinkDown)[-1].why == "stopping"


def test_a_broker_that_is_not_there_is_tried_until_it_is(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    with Gateway(tmp_path, plain(broker.port)) as gateway:
        gateway.record(2)
        until(lambda: "no connection" in str(gateway.sync.health().last_trouble))
        broker.start()
        try:
            gateway.up()
            gateway.sent(2)
        finally:
            broker.stop()


def test_the_backlog_is_history_in_order_and_what_comes_later_is_news(
    broker: Broker, centre: Centre, tmp_path: Path
) -> None:
    gateway = Gateway(tmp_path, plain(broker.port))
    old = gateway.record(750)
    with gateway:
        gateway.up()
        new = gateway.record(5)
        gateway.sent(new)
        until(lambda: len(centre.numbers(NAME)) == new)
    events = centre.events(NAME)
    history = [event.seq for event in events if event.historical]
    assert history == list(range(1, old + 1))
    assert [event.seq for event in events if not event.historical] == list(range(old + 1, new + 1))
    assert all(len(json.loads(one.payload)["events"]) <= 100 for one in centre.heard(BACKFILL))


def test_news_does_not_wait_for_history(broker: Broker, centre: Centre, tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, plain(broker.port))
    old = gateway.record(20_000)
    with gateway:
        gateway.up()
        new = gateway.record(1)
        until(lambda: new in centre.numbers(NAME))
        order = [event.seq for event in centre.events(NAME)]
        gateway.sent(new, within_s=30)
        until(lambda: len(centre.numbers(NAME)) == new)
    assert order.index(new) < old - 100
    cursor = [fact.seq for fact in gateway.facts(Sent)]
    assert cursor == sorted(set(cursor))


@pytest.mark.parametrize("kept", [True, False], ids=["session kept", "session lost"])
def test_nothing_is_lost_when_the_broker_is_killed_while_we_publish(
    gateway: Gateway, centre: Centre, broker: Broker, *, kept: bool
) -> None:
    gateway.record(2_000)
    broker.kill()
    if not kept:
        broker.forget()
    gateway.down()
    last = gateway.record(50)
    broker.start()
    gateway.up(2)
    gateway.sent(last, within_s=30)
    fetch_what_is_missing(gateway, centre, last)


def fetch_what_is_missing(gateway: Gateway, centre: Centre, last: int) -> None:
    """Do as a centre does: a killed broker may have lost what it had acknowledged, so ask for the gaps."""
    whole = set(range(1, last + 1))
    for _ in range(5):
        try:
            until(lambda: centre.numbers(NAME) >= whole, 3)
        except AssertionError:
            missing = sorted(whole - centre.numbers(NAME))
            centre.replay(NAME, missing[0], missing[-1])
        else:
            break
    assert centre.numbers(NAME) >= whole
    assert gateway.facts(Sent)[-1].seq == last


def test_a_replay_is_history_again_and_does_not_move_the_cursor(gateway: Gateway, centre: Centre) -> None:
    last = gateway.record(300)
    gateway.sent(last)
    until(lambda: len(centre.numbers(NAME)) == last)
    centre.forget()
    centre.replay(NAME, 20, 240)
    until(lambda: len(centre.numbers(NAME)) == 221)
    assert [event.seq for event in centre.events(NAME)] == list(range(20, 241))
    assert all(event.historical for event in centre.events(NAME))
    assert gateway.facts(ReplayAsked) == [ReplayAsked(20, 240)]
    assert gateway.facts(Sent)[-1].seq == last


def test_a_replay_of_what_never_was_says_nothing_and_holds_nothing_up(
    gateway: Gateway, centre: Centre
) -> None:
    centre.replay(NAME, 5_000, 9_000)
    until(lambda: bool(gateway.facts(ReplayAsked)))
    last = gateway.record(1)
    until(lambda: last in centre.numbers(NAME))
    assert centre.heard(BACKFILL) == []


def test_an_ack_is_a_fact_once_and_never_of_what_was_not_told(gateway: Gateway, centre: Centre) -> None:
    gateway.up()
    gateway.sent(gateway.record(10))
    for seq in (4, 4, 3, 9, 99):
        centre.ack(NAME, seq)
    until(lambda: len(gateway.facts(Confirmed)) == 3)
    gateway.sent(gateway.record(1))
    centre.ack(NAME, 11)
    until(lambda: len(gateway.facts(Confirmed)) == 4)
    assert gateway.facts(Confirmed) == [Confirmed(4), Confirmed(9), Confirmed(10), Confirmed(11)]


def test_an_order_comes_with_where_its_answer_goes(gateway: Gateway, centre: Centre) -> None:
    centre.order(NAME, "a.b.c", "phone-1", b"\x00\xff")
    until(lambda: bool(gateway.facts(OrderReceived)))
    order = gateway.facts(OrderReceived)[0]
    assert order == OrderReceived("a.b.c", topics.answer(NAME, "phone-1"), b"\x00\xff")
    assert order.answer_to is not None
    gateway.sync.answer(order.answer_to, order.correlation, b"{}")
    until(lambda: bool(centre.heard(order.answer_to)))
    assert centre.heard(order.answer_to)[0].correlation == b"\x00\xff"


def test_a_response_topic_that_is_not_ours_is_not_answered(gateway: Gateway, centre: Centre) -> None:
    centre.say(COMMAND, b"a.b.c", response_topic="menshen/v1/other/cmd", correlation=b"1")
    until(lambda: bool(gateway.facts(OrderReceived)))
    assert gateway.facts(OrderReceived)[0].answer_to is None


def test_a_retained_order_is_refused_and_answered(gateway: Gateway, centre: Centre) -> None:
    where = topics.answer(NAME, "phone-1")
    centre.say(COMMAND, b"a.b.c", retain=True, response_topic=where)
    until(lambda: bool(centre.answers(NAME, "phone-1")))
    assert centre.answers(NAME, "phone-1")[0].reason == "retained"
    assert gateway.facts(OrderReceived) == []
    assert gateway.facts(Dropped) == [Dropped("cmd", "retained", 1)]


def test_an_order_retained_before_we_came_does_not_reach_us(
    broker: Broker, centre: Centre, tmp_path: Path
) -> None:
    centre.say(COMMAND, b"a.b.c", retain=True)
    with Gateway(tmp_path, plain(broker.port)) as gateway:
        gateway.up()
        centre.ack(NAME, 1)  # behind anything that could still come
        until(lambda: bool(gateway.facts(Confirmed)))
    assert gateway.facts(OrderReceived) == []


@pytest.mark.parametrize(
    ("topic", "payload", "said"),
    [
        (COMMAND, b"x" * 5_000, Dropped("cmd", "too_large", 1)),
        (COMMAND, b"\xff\xfe", Dropped("cmd", "malformed", 1)),
        (
            topics.plain(NAME, Kind.DELTA),
            b"x" * (4 * 1024 * 1024 + 1),
            Dropped("roster/delta", "too_large", 1),
        ),
        (topics.plain(NAME, Kind.ACK), b"{}", Dropped("event/ack", "malformed", 1)),
        (topics.plain(NAME, Kind.REPLAY), b"\x00", Dropped("event/replay", "malformed", 1)),
    ],
    ids=["large order", "binary order", "large delta", "empty ack", "binary replay"],
)
def test_what_is_no_message_is_counted_once_and_dropped(
    gateway: Gateway, centre: Centre, topic: str, payload: bytes, said: Dropped
) -> None:
    for _ in range(3):
        centre.say(topic, payload)
    centre.ack(NAME, 1)
    until(lambda: bool(gateway.facts(Confirmed)))
    assert gateway.facts(Dropped) == [said]
    assert gateway.sync.dropped() == {said.why: 3}


def test_an_order_of_ten_megabytes_never_reaches_us_and_cuts_nothing(
    gateway: Gateway, centre: Centre
) -> None:
    centre.say(COMMAND, b"x" * 10_000_000)
    centre.ack(NAME, 1)
    until(lambda: bool(gateway.facts(Confirmed)))
    assert len(gateway.facts(LinkUp)) == 1
    assert gateway.facts(OrderReceived) == []


def test_orders_beyond_what_a_building_sends_are_refused_as_overload(
    gateway: Gateway, centre: Centre
) -> None:
    centre.flood(COMMAND, b"a.b.c", 500, response_topic=topics.answer(NAME, "phone-1"))
    until(lambda: any(answer.reason == "overloaded" for answer in centre.answers(NAME, "phone-1")))
    assert 64 <= len(gateway.facts(OrderReceived)) < 500


def test_head_delta_and_a_chunk_that_was_asked_for_come_through(gateway: Gateway, centre: Centre) -> None:
    centre.say(topics.plain(NAME, Kind.HEAD), b"h.e.ad", retain=True)
    centre.say(topics.plain(NAME, Kind.DELTA), b"d.e.lta")
    for number in range(3):
        centre.say(topics.chunk(NAME, 7, number), b"chunk %d" % number, retain=True)
    until(lambda: bool(gateway.facts(DeltaReceived)) and bool(gateway.facts(HeadReceived)))
    assert gateway.facts(ChunkReceived) == []
    gateway.sync.want_chunk(7, 0)
    until(lambda: len(gateway.facts(ChunkReceived)) == 1)
    gateway.sync.want_chunk(7, 2)
    until(lambda: len(gateway.facts(ChunkReceived)) == 2)
    gateway.sync.want_no_chunk()
    assert gateway.facts(ChunkReceived) == [ChunkReceived(7, 0, b"chunk 0"), ChunkReceived(7, 2, b"chunk 2")]


def test_a_head_that_was_there_before_us_is_heard(broker: Broker, centre: Centre, tmp_path: Path) -> None:
    centre.say(topics.plain(NAME, Kind.HEAD), b"h.e.ad", retain=True)
    with Gateway(tmp_path, plain(broker.port)) as gateway:
        until(lambda: gateway.facts(HeadReceived) == [HeadReceived("h.e.ad")])


def test_a_delta_that_was_sent_while_we_were_away_is_kept_for_us(
    gateway: Gateway, centre: Centre, broker: Broker, tmp_path: Path
) -> None:
    assert gateway.sync.stop(10)
    centre.say(topics.plain(NAME, Kind.DELTA), b"d.e.lta")
    (tmp_path / "again").mkdir()
    with Gateway(tmp_path / "again", plain(broker.port)) as again:
        until(lambda: again.facts(DeltaReceived) == [DeltaReceived("d.e.lta")])
        again.up()
        assert again.facts(LinkUp)[0].session_present


def test_a_port_that_speaks_no_mqtt_is_no_reason_to_fall(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, plain(free_port()))
    with gateway:
        until(lambda: "no connection" in str(gateway.sync.health().last_trouble))
    assert gateway.facts(LinkUp) == []
