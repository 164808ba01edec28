"""Roster documents: strict where it matters, and a digest that tells equal lists from others."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.mqtt.errors import MessageError
from protocols.mqtt.roster import (
    CHUNK_ROWS,
    DELTA_ROWS,
    Credential,
    Group,
    ListDigest,
    Person,
    Right,
    Row,
    Schedule,
    Window,
    row_digest,
    row_key,
    row_kind,
)
from protocols.mqtt.roster_messages import (
    Chunk,
    Delta,
    DoorReceipt,
    Head,
    ReceiptMessage,
    SnapshotRef,
    Wanted,
)

KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
AT = datetime(2026, 11, 22, 8, 15, 30, 250_000, tzinfo=UTC)

names = st.text("abcdefgh0123-单元", min_size=1, max_size=12)
instants = st.none() | st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))
persons = st.builds(
    Person,
    id=names,
    verified=st.booleans(),
    verified_until=instants,
    from_=instants,
    until=instants,
    groups=st.lists(names, max_size=3).map(tuple),
    household=st.none() | names,
    override=st.booleans(),
    longer=st.booleans(),
)
credentials = st.builds(
    Credential,
    digest=st.binary(min_size=16, max_size=16).map(bytes.hex),
    kind=st.just("card"),
    person=names,
    state=st.sampled_from(["active", "suspended", "lost", "revoked"]),
    from_=instants,
    until=instants,
)
groups = st.builds(
    Group, name=names, rights=st.lists(st.builds(Right, door=names, schedule=names), max_size=3).map(tuple)
)
windows = st.builds(
    Window,
    days=st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
    start=st.just("08:00"),
    end=st.sampled_from(["20:00", "24:00", "06:30"]),
)
schedules = st.builds(
    Schedule, name=names, zone=st.just("Asia/Shanghai"), windows=st.lists(windows, max_size=2).map(tuple)
)
rows = persons | credentials | groups | schedules


@given(rows)
def test_a_row_survives_the_wire(row: Row) -> None:
    assert type(row).read(row.encode()) == row


@given(st.lists(rows, max_size=8), st.randoms())
def test_a_list_has_one_digest_in_any_order(listed: list[Row], chance: Any) -> None:
    other = list(listed)
    chance.shuffle(other)
    assert ListDigest.of(listed) == ListDigest.of(other)


@given(st.lists(rows, min_size=1, max_size=8), st.data())
def test_taking_a_row_away_undoes_adding_it(listed: list[Row], data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(listed))
    digest = row_digest(row_kind(row), row)
    whole = ListDigest.of(listed)
    assert whole.minus(digest).plus(digest) == whole
    assert whole.minus(digest).hex != whole.hex
    assert ListDigest.parse(whole.hex, whole.count) == whole


def test_the_digest_is_what_another_program_would_compute() -> None:
    row = Credential(digest="0a" * 16, kind="card", person="p1", state="active", from_=AT)
    text = (
        '{"digest":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","from":"2026-11-22T08:15:30.250Z","key":null,'
        '"kind":"card","person":"p1","state":"active","until":null}'
    )
    assert row_digest("credential", row) == hashlib.sha256(b"credential\n" + text.encode()).digest()
    assert ListDigest.of([row]).hex == row_digest("credential", row).hex()
    assert ListDigest().hex == "0" * 64


def test_rows_of_different_tables_differ_though_their_fields_agree() -> None:
    assert row_digest("group", Group(name="a")) != row_digest("schedule", Group(name="a"))


def test_a_field_of_tomorrow_does_not_change_a_digest() -> None:
    row = Person(id="p1", verified=True)
    later = Person.read(json.dumps({**row.as_object(), "shoe_size": 43}).encode())
    assert row_digest("person", later) == row_digest("person", row)
    assert b"shoe" not in later.encode()


def test_every_row_has_a_kind_and_a_key() -> None:
    listed: list[Row] = [
        Person(id="p1", verified=True),
        Credential(digest="0a" * 16, kind="card", person="p1", state="active"),
        Group(name="g"),
        Schedule(name="s", zone="UTC"),
    ]
    assert [(str(row_kind(row)), row_key(row)) for row in listed] == [
        ("person", "p1"),
        ("credential", "0a" * 16),
        ("group", "g"),
        ("schedule", "s"),
    ]


@pytest.mark.parametrize(("text", "count"), [("zz", 0), ("00", 0), ("0" * 63 + "A", 0), ("0" * 64, -1)])
def test_what_is_no_digest_is_refused(text: str, count: int) -> None:
    with pytest.raises(MessageError):
        ListDigest.parse(text, count)


def test_an_empty_list_has_nothing_to_take_away() -> None:
    with pytest.raises(ValueError, match="empty list"):
        ListDigest().minus(bytes(32))


def test_a_phone_has_a_key_and_a_card_has_none() -> None:
    base = {"digest": "0a" * 16, "person": "p1", "state": "active"}
    assert Credential.read(json.dumps({**base, "kind": "phone", "key": KEY}).encode()).key == KEY
    struck = {"kind": "pass", "state": "revoked", "until": "2026-12-01T00:00:00.000Z"}
    assert Credential.read(json.dumps({**base, **struck}).encode()).kind == "pass"
    for wrong in (
        {**struck, "state": "active"},
        {**struck, "until": None},
        {"kind": "phone"},
        {"kind": "card", "key": KEY},
        {"kind": "phone", "key": KEY[:-1]},
    ):
        with pytest.raises(MessageError):
            Credential.read(json.dumps({**base, **wrong}).encode())


@pytest.mark.parametrize(
    "window",
    [
        {"days": [], "start": "08:00", "end": "20:00"},
        {"days": [8], "start": "08:00", "end": "20:00"},
        {"days": [1, 1], "start": "08:00", "end": "20:00"},
        {"days": [1], "start": "24:00", "end": "20:00"},
        {"days": [1], "start": "8:00", "end": "20:00"},
        {"days": [1], "start": "08:60", "end": "20:00"},
    ],
)
def test_a_window_that_is_none_of_the_week_is_refused(window: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        Window.read(json.dumps(window).encode())


def delta(**change: Any) -> bytes:
    base = {"v": 1, "aud": "gw", "iat": 1, "base": 3, "revision": 4, "digest": "0" * 64, "count": 0}
    return json.dumps({**base, **change}).encode()


def test_a_delta_with_every_table_survives() -> None:
    read = Delta.read(
        delta(
            persons=[{"id": "p1", "verified": True}],
            groups=[{"name": "p1"}],
            removed={"schedules": ["p1"], "credentials": ["0a" * 16], "groups": ["g2"], "persons": ["p2"]},
        )
    )
    assert Delta.read(read.encode()) == read
    assert next(iter(read.as_object())) == "v"
    assert [row_key(row) for row in read.rows()] == ["p1", "p1"]


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"revision": 3},
        {"revision": 0, "base": 0},
        {"base": -1},
        {"aud": "a/b"},
        {"digest": "0" * 63},
        {"persons": [{"id": "p1", "verified": True}], "removed": {"persons": ["p1"]}},
        {"groups": [{"name": "g"}, {"name": "g"}]},
        {"removed": {"persons": [f"p{n}" for n in range(DELTA_ROWS + 1)]}},
    ],
)
def test_a_delta_that_cannot_be_meant_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        Delta.read(delta(**change))


def test_a_head_with_its_snapshot_survives() -> None:
    there = SnapshotRef(revision=4, digest="1" * 64, count=9, chunks=("2" * 64,))
    head = Head(aud="gw", iat=1, revision=5, digest="0" * 64, count=10, snapshot=there)
    assert Head.read(head.encode()) == head
    bare = Head(aud="gw", iat=1, revision=5, digest="0" * 64, count=10)
    assert Head.read(bare.encode()) == bare


def test_a_snapshot_newer_than_its_head_is_refused() -> None:
    body = json.loads(Head(aud="gw", iat=1, revision=5, digest="0" * 64, count=1).encode())
    body["snapshot"] = {"revision": 6, "digest": "0" * 64, "count": 1, "chunks": []}
    with pytest.raises(MessageError):
        Head.read(json.dumps(body).encode())


def test_a_chunk_is_bounded() -> None:
    body = {"v": 1, "revision": 4, "n": 0, "groups": [{"name": f"g{n}"} for n in range(CHUNK_ROWS)]}
    assert len(Chunk.read(json.dumps(body).encode()).rows()) == CHUNK_ROWS
    body["schedules"] = [{"name": "s", "zone": "UTC"}]
    with pytest.raises(MessageError):
        Chunk.read(json.dumps(body).encode())


def test_receipts_survive() -> None:
    receipt = DoorReceipt(
        gw="gw",
        door="lobby",
        revision=4,
        digest="0" * 64,
        count=3,
        enforced_at=AT,
        complete=False,
        why="panel",
    )
    assert DoorReceipt.read(receipt.encode()) == receipt
    message = ReceiptMessage(
        gw="gw",
        revision=4,
        digest="0" * 64,
        enforced_at=None,
        wanted=Wanted(have=4, need=6, why="gap"),
        receipts=("a.b.c",),
    )
    assert ReceiptMessage.read(message.encode()) == message
