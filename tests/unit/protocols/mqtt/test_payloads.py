"""Payloads: v first, tolerant of tomorrow, and no body raises anything but MessageError."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.mqtt.errors import MessageError
from protocols.mqtt.events import Backfill, Event, backfill_body, event_text
from protocols.mqtt.model import Document, read_stamp, stamp
from protocols.mqtt.payloads import (
    Ack,
    Birth,
    CommandAnswer,
    DoorBirth,
    DoorState,
    Health,
    LinkHealth,
    OutboxHealth,
    Replay,
    State,
)

AT = datetime(2026, 11, 22, 8, 15, 30, 250_000, tzinfo=UTC)
EVENT = Event(
    gw="gw", seq=7, at=AT, boot_id="b", mono_ms=5, clock="synced", historical=False, kind="entry.granted"
)
DOCUMENTS: list[Document] = [
    Birth(
        gw="gw",
        epoch=1,
        at=AT,
        started_at=AT,
        boot_id="b",
        clock="synced",
        version="0.1.0",
        mqtt="5",
        key="k",
        revision=3,
        doors=(DoorBirth(door="lobby", title="大堂", readers=("front",)),),
    ),
    State(gw="gw", online=True, epoch=1, at=AT, nonce="n0n0n0n0"),
    State(gw="gw", online=False, epoch=1),
    Health(
        gw="gw",
        epoch=1,
        at=AT,
        clock="holdover",
        version="0.1.0",
        uptime_s=1.5,
        outbox=OutboxHealth(depth=1, sent=2, confirmed=1, capacity=1000, percent=0.1),
        link=LinkHealth(mqtt="3.1.1", sessions=2, last_trouble="refused"),
        ports={"bus": {"noise": 3, "rate": 0.5, "state": "up"}},
        refused={"expired": 1},
    ),
    DoorState(gw="gw", door="lobby", epoch=1, at=AT, lock="locked", contact="open", mode="held", fire=False),
    EVENT,
    Backfill(gw="gw", from_=7, to=7, events=(EVENT,)),
    Ack(confirmed=9),
    Replay(from_=1, to=9),
    CommandAnswer(id="a1b2c3d4", outcome="opened", door="lobby", at=AT),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: type(document).__name__)
def test_a_document_survives_with_v_first_and_tomorrow_passed_over(document: Document) -> None:
    body = document.encode()
    assert body.startswith(b'{"v":1,')
    assert type(document).read(body) == document
    assert type(document).read(json.dumps({**json.loads(body), "tomorrow": [1]}).encode()) == document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: type(document).__name__)
def test_another_version_is_refused(document: Document) -> None:
    with pytest.raises(MessageError):
        type(document).read(json.dumps({**document.as_object(), "v": 2}).encode())


@given(
    st.sampled_from(DOCUMENTS),
    st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")),
)
def test_no_bytes_raise_anything_else(document: Document, body: bytes) -> None:
    with pytest.raises(MessageError):
        type(document).read(body)


def test_an_error_names_the_place_and_not_the_content() -> None:
    with pytest.raises(MessageError) as caught:
        Ack.read(b'{"v":1,"confirmed":"SECRET"}')
    assert "confirmed" in str(caught.value)
    assert "SECRET" not in str(caught.value)


@given(
    st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9))])
    )
)
def test_a_stamp_survives_to_the_millisecond(at: datetime) -> None:
    try:
        text = stamp(at)
    except OverflowError:
        return  # the first and last hours of the calendar, seen from another zone
    assert abs(read_stamp(text) - at) < timedelta(milliseconds=1)
    assert text.endswith("Z")
    assert len(text) == len("2026-11-22T08:15:30.250Z")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-22T08:15:30.25Z", AT),
        ("2026-11-22T16:15:30.250999+08:00", AT),
        ("2026-11-22t08:15:30z", AT.replace(microsecond=0)),
    ],
)
def test_stamps_of_others_are_read(text: str, at: datetime) -> None:
    assert read_stamp(text) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22T08:15:30",
        "2026-11-22 08:15:30Z",
        "2026-13-22T08:15:30Z",
        "2026-11-22T08:15:60Z",
        "2026-11-22T08:15:30+99:00",
        "0001-01-01T00:00:00+08:00",
        "٢٠٢٦-11-22T08:15:30Z",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_stamp(text)


def test_a_time_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="aware"):
        stamp(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


def test_a_number_is_no_time() -> None:
    with pytest.raises(MessageError):
        CommandAnswer.read(b'{"v":1,"id":null,"outcome":"failed","at":1700000000}')


@pytest.mark.parametrize("body", [{"from": 3, "to": 2}, {"from": 0, "to": 2}, {"to": 2}])
def test_a_range_that_runs_nowhere_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        Replay.read(json.dumps({"v": 1, **body}).encode())


def test_a_batch_out_of_order_or_mislabelled_is_refused() -> None:
    later = EVENT.model_copy(update={"seq": 8}).as_object()
    first = EVENT.as_object()
    for events, start, end in (
        ([later, first], 7, 8),
        ([first, first], 7, 7),
        ([first, later], 7, 9),
        ([], 1, 1),
    ):
        with pytest.raises(MessageError):
            Backfill.read(
                json.dumps({"v": 1, "gw": "gw", "from": start, "to": end, "events": events}).encode()
            )


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), st.integers(), max_size=3),
    st.booleans(),
)
def test_the_quick_text_of_an_event_is_the_model(body: dict[str, int], historical: bool) -> None:  # noqa: FBT001 - drawn
    text = event_text(
        gateway="gw",
        seq=7,
        at=AT,
        boot_id="b",
        mono_ms=5,
        clock="synced",
        kind="entry.granted",
        door="lobby",
        body_text=json.dumps(body),
        historical=historical,
    )
    event = Event.read(text.encode())
    assert event == EVENT.model_copy(update={"door": "lobby", "body": body, "historical": historical})
    assert Backfill.read(backfill_body("gw", 7, 7, [text])).events == (event,)
