"""The desk: what is handed on, what is too much, and what is answered at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.store.rows import Row
from agent.sync.desk import (
    ORDERS_AT_ONCE,
    REPLAYS_AT_ONCE,
    ROSTER_BYTES_AT_ONCE,
    Desk,
)
from agent.sync.facts import (
    ChunkReceived,
    Confirmed,
    Dropped,
    OrderReceived,
    ReplayAsked,
    RowsSpoilt,
    SyncFact,
)
from agent.sync.mirror import Mirror
from agent.sync.outbox import Outbox
from agent.sync.pump import Pump
from agent.sync.rows import SPOILT, batch_of
from agent.sync.spoilt import KNOWN_MOST, QUIET_S, Spoilt
from agent.sync.wire import Inbound
from protocols.mqtt import topics
from protocols.mqtt.events import Backfill
from protocols.mqtt.topics import Kind
from tests.peers.hand_clock import HandClock

GW = "gw"
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Room:
    """A desk with what stands around it."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.outbox = Outbox()
        self.facts: list[SyncFact] = []
        pump = Pump(GW, self.outbox, Mirror(GW), self.clock, self.facts.append)
        self.desk = Desk(GW, self.facts.append, self.clock, self.outbox, pump)

    def take(self, topic: str | Kind, payload: bytes, times: int = 1, size: int | None = None) -> None:
        where = topics.plain(GW, topic) if isinstance(topic, Kind) else topic
        inbound = Inbound(where, payload, len(payload), retain=False)
        for _ in range(times):
            self.desk.take(replace(inbound, size=inbound.size if size is None else size), (7, 0))


def test_orders_come_through_in_a_burst_and_then_at_their_rate() -> None:
    room = Room()
    room.take(Kind.COMMAND, b"a.b.c", times=ORDERS_AT_ONCE + 10)
    assert room.facts == [OrderReceived("a.b.c", None, None)] * ORDERS_AT_ONCE + [
        Dropped("cmd", "overloaded", 1)
    ]
    assert room.desk.counts == {"overloaded": 10}
    room.clock.advance(1)
    room.take(Kind.COMMAND, b"a.b.c")
    assert room.facts[-1] == OrderReceived("a.b.c", None, None)


def test_replays_beyond_a_few_are_dropped() -> None:
    room = Room()
    room.take(Kind.REPLAY, b'{"v":1,"from":1,"to":2}', times=REPLAYS_AT_ONCE + 1)
    assert room.facts == [ReplayAsked(1, 2)] * REPLAYS_AT_ONCE + [Dropped("event/replay", "overloaded", 1)]


def test_rosters_are_bounded_by_their_bytes() -> None:
    room = Room()
    half = ROSTER_BYTES_AT_ONCE // 2
    room.take(Kind.DELTA, b"d.e.lta", times=3, size=half)
    assert len(room.facts) == 3
    assert room.facts[-1] == Dropped("roster", "overloaded", 1)


def test_an_ack_that_says_nothing_new_is_no_fact_and_no_fault() -> None:
    room = Room()
    room.take(Kind.ACK, b'{"v":1,"confirmed":0}', times=2)
    assert room.facts == [Confirmed(0)]
    assert not room.desk.counts


def test_only_the_chunk_that_was_asked_for_is_taken() -> None:
    room = Room()
    room.take(topics.chunk(GW, 7, 0), b"{}")
    room.take(topics.chunk(GW, 7, 1), b"{}")
    room.take(topics.chunk(GW, 8, 0), b"{}")
    assert room.facts == [ChunkReceived(7, 0, b"{}"), Dropped("roster/snapshot", "not_asked_for", 1)]


def rows(count: int) -> list[Row]:
    return [
        Row(seq, AT, "b", seq, "synced", "entry.granted", "lobby", alarm=False, body="{}", hash=b"")
        for seq in range(1, count + 1)
    ]


def test_a_batch_holds_what_fits_and_one_row_at_least() -> None:
    last, body, _ = batch_of(rows(50), GW, 2000)
    batch = Backfill.read(body)
    assert (batch.from_, batch.to) == (1, last)
    assert 1 < last < 50
    assert len(body) < 2100
    assert batch_of(rows(3), GW, 1)[0] == 1
    assert batch_of(rows(3), GW, 100_000)[0] == 3


@pytest.mark.parametrize("body", ["{", "[]", "", "[" * 100_000, '{"a":"\ufffd'])
def test_a_row_that_the_disk_has_spoilt_does_not_cost_its_batch(body: str) -> None:
    first, second, third = rows(3)
    batch = Backfill.read(batch_of([first, replace(second, body=body), third], GW, 100_000)[1])
    assert [event.seq for event in batch.events] == [1, 2, 3]
    assert batch.events[1].body == {"damaged": True}
    assert batch.events[1].kind == second.kind


@pytest.mark.parametrize(
    "change",
    [
        {"clock": "sync\ufffded"},
        {"kind": "Entry.granted"},
        {"kind": "a." + "b" * 100},
        {"mono_ms": -1},
        {"mono_ms": 2**60},
        {"boot_id": "b" * 600},
        {"door": "lobby/back"},
        {"door": ""},
        {"kind": SPOILT, "body": '{"damaged":true}'},
    ],
)
def test_a_row_that_no_consumer_would_read_is_told_by_its_number_alone(change: dict[str, Any]) -> None:
    first, second, third = rows(3)
    last, payload, spoilt = batch_of([first, replace(second, **change), third], GW, 100_000)
    found = Backfill.read(payload).events[1]
    assert (last, spoilt) == (3, (2,))
    assert (found.seq, found.kind, found.body) == (2, SPOILT, {"damaged": True})


def test_a_spoilt_row_is_told_once_and_many_of_them_together() -> None:
    spoilt = Spoilt()
    for seq in (7, 7):
        spoilt.note(seq)
    assert spoilt.due(0.0) == RowsSpoilt(7, 7, 1)
    for seq in (9, 7, 8):
        spoilt.note(seq)
    assert spoilt.due(QUIET_S - 1) is None
    assert spoilt.due(QUIET_S) == RowsSpoilt(8, 9, 2)
    assert spoilt.due(2 * QUIET_S) is None
    for seq in range(2 * KNOWN_MOST):
        spoilt.note(seq)
    told = spoilt.due(3 * QUIET_S)
    assert told is not None
    assert told.count == KNOWN_MOST - 3
