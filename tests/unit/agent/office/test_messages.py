"""Deltas and chunks at their bounds."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.office import messages
from agent.office.roster import Changes
from agent.office.rows import body_of
from protocols.mqtt.roster import CHUNK_BYTES, CHUNK_ROWS, ListDigest
from protocols.mqtt.roster_messages import Chunk
from protocols.mqtt.topics import Kind, take_apart

KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
EMPTY: dict[str, list[str]] = {"person": [], "credential": [], "group": [], "schedule": []}


def persons(count: int, groups: int = 1) -> list[dict[str, object]]:
    names = sorted(f"group-with-a-long-name-of-its-own-{n:02}" for n in range(groups))
    return [
        {
            "id": f"p-{n:06}",
            "verified": True,
            "verified_until": None,
            "from": None,
            "until": None,
            "groups": names,
            "household": None,
            "override": False,
            "longer": False,
        }
        for n in range(count)
    ]


def changes(rows: list[dict[str, object]], base: int = 0) -> Changes:
    kept: dict[str, list[dict[str, object]]] = {"person": rows, "credential": [], "group": [], "schedule": []}
    return Changes(base, 7, ListDigest(1, len(rows)), kept, EMPTY)


@pytest.mark.parametrize(
    ("count", "groups"), [(0, 1), (1, 1), (CHUNK_ROWS, 1), (CHUNK_ROWS + 1, 1), (1500, 60)]
)
def test_chunks_keep_to_both_bounds_and_hold_every_row_once(count: int, groups: int) -> None:
    rows = persons(count, groups)
    told, sent = messages.snapshot("gw01", changes(rows))
    assert all(len(message.payload) <= CHUNK_BYTES for message in sent)
    assert told.chunks == tuple(hashlib.sha256(message.payload).hexdigest() for message in sent)
    read = [Chunk.read(message.payload) for message in sent]
    assert [chunk.n for chunk in read] == list(range(len(sent)))
    assert all(len(chunk.rows()) <= CHUNK_ROWS for chunk in read)
    assert [person.id for chunk in read for person in chunk.persons] == [row["id"] for row in rows]
    assert {take_apart(message.topic).kind for message in sent} == {Kind.CHUNK}


def test_a_change_too_large_for_one_delta_is_none() -> None:
    assert messages.delta("gw01", changes(persons(20_001), base=6), KEY, 0) is None
    assert messages.delta("gw01", changes(persons(3000, 60), base=6), KEY, 0) is None
    small = messages.delta("gw01", changes(persons(3), base=6), KEY, 0)
    assert small is not None
    assert not small.retain


def test_only_what_is_on_the_list_makes_rows() -> None:
    with pytest.raises(ValueError, match="household"):
        body_of("household", {"id": "h-1"})


def test_the_text_of_a_chunk_is_plain_json() -> None:
    _, (message,) = messages.snapshot("gw01", changes(persons(1)))
    assert json.loads(message.payload)["v"] == 1
