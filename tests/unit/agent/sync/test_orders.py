"""Messages into facts: every kind, every refusal, and no bytes that do anything else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sync.facts import (
    ChunkReceived,
    Confirmed,
    DeltaReceived,
    HeadReceived,
    OrderReceived,
    ReplayAsked,
)
from agent.sync.orders import HEAD_BYTES, Fact, Unfit, Useless, answer_to, correlation, read_message
from agent.sync.wire import Inbound
from protocols.mqtt import topics
from protocols.mqtt.topics import Kind
from protocols.tokens.verify import Refusal

GW = "gw"


def message(topic: str | Kind, payload: bytes = b"a.b.c", *, retain: bool = False) -> Inbound:
    where = topics.plain(GW, topic) if isinstance(topic, Kind) else topic
    return Inbound(where, payload, len(payload), retain)


@pytest.mark.parametrize(
    ("inbound", "fact"),
    [
        (message(Kind.COMMAND, b" a.b.c\n"), OrderReceived("a.b.c", None, None)),
        (message(Kind.HEAD), HeadReceived("a.b.c")),
        (message(Kind.HEAD, retain=True), HeadReceived("a.b.c")),
        (message(Kind.DELTA), DeltaReceived("a.b.c")),
        (message(topics.chunk(GW, 7, 3), b"{}", retain=True), ChunkReceived(7, 3, b"{}")),
        (message(Kind.ACK, b'{"v":1,"confirmed":9}'), Confirmed(9)),
        (message(Kind.REPLAY, b'{"v":1,"from":3,"to":9}'), ReplayAsked(3, 9)),
        (message(Kind.COMMAND, retain=True), Unfit(Refusal.RETAINED)),
        (message(Kind.COMMAND, b"x" * 4097), Unfit(Refusal.TOO_LARGE)),
        (message(Kind.COMMAND, b""), Unfit(Refusal.MALFORMED)),
        (message(Kind.COMMAND, "é".encode()), Unfit(Refusal.MALFORMED)),
        (message(Kind.HEAD, b"\xff"), Useless("roster/head", "malformed")),
        (message(Kind.HEAD, b"x" * (HEAD_BYTES + 1)), Useless("roster/head", "too_large")),
        (message(Kind.ACK, b"{}"), Useless("event/ack", "malformed")),
        (message(Kind.REPLAY, b'{"v":1,"from":3,"to":9}', retain=True), Useless("event/replay", "retained")),
        (message("menshen/v1/other/cmd"), Useless("message", "another_gateway")),
        (message("menshen/v1/gw/event/live"), Useless("message", "our_own_topic")),
        (message("nonsense"), Useless("message", "unknown_topic")),
        (message(""), Useless("message", "unknown_topic")),
    ],
)
def test_a_message_is_a_fact_or_the_reason_why_not(inbound: Inbound, fact: Fact | Unfit | Useless) -> None:
    assert read_message(inbound, GW) == fact


def test_the_size_that_came_counts_where_the_payload_was_not_kept() -> None:
    gone = replace(message(Kind.DELTA, b""), size=5_000_000)
    assert read_message(gone, GW) == Useless("roster/delta", "too_large")


def test_an_answer_goes_only_where_we_may_answer() -> None:
    ours = replace(message(Kind.COMMAND), response_topic=topics.answer(GW, "phone"), correlation=b"1")
    assert read_message(ours, GW) == OrderReceived("a.b.c", topics.answer(GW, "phone"), b"1")
    for other in (None, "", "#", "menshen/v1/other/res/phone", "menshen/v1/gw/cmd", "menshen/v1/gw/res/+"):
        assert answer_to(replace(ours, response_topic=other), GW) is None
    assert correlation(replace(ours, correlation=b"x" * 257)) is None
    assert correlation(replace(ours, correlation=None)) is None


ours_or_not = st.sampled_from(
    [topics.plain(GW, kind) for kind in (Kind.COMMAND, Kind.ACK, Kind.REPLAY, Kind.HEAD)]
)


@given(
    st.builds(
        Inbound,
        topic=ours_or_not | st.text(max_size=40) | st.just(topics.chunk(GW, 1, 2)),
        payload=st.binary(max_size=80),
        size=st.integers(0, 10_000_000),
        retain=st.booleans(),
        response_topic=st.none() | st.text(max_size=40),
        correlation=st.none() | st.binary(max_size=300),
    )
)
def test_no_message_raises_anything(inbound: Inbound) -> None:
    assert read_message(inbound, GW) is not None
