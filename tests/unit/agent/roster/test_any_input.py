"""Whatever comes from the broker, the list in force stays in force unless the office signed otherwise."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.roster.results import Applied, Ignored, Refused, Waiting
from protocols.mqtt.roster_messages import SnapshotRef
from protocols.tokens.token import ROSTER_DELTA_TYP, ROSTER_HEAD_TYP, sign
from tests.unit.agent.roster.lists import OFFICE, Gateway, Office, card, digest, residents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.store.roster_table import ListHead

ANY_FIXTURE = [HealthCheck.function_scoped_fixture]
OFFICE_LIST = Office()
FIRST = OFFICE_LIST.delta(residents(3))
CHANGE = OFFICE_LIST.delta([card(1, state="revoked")])
REF, CHUNKS = OFFICE_LIST.snapshot()
HEAD = OFFICE_LIST.head(REF)

NAMES = [
    "v",
    "aud",
    "iat",
    "base",
    "revision",
    "digest",
    "count",
    "persons",
    "credentials",
    "groups",
    "removed",
]
VALUES: st.SearchStrategy[object] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["gw-1", "00" * 32, 1, 2]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NAMES, "id"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("any") / "roster.db")
    gateway.delta(FIRST)
    gateway.head(HEAD)
    yield gateway
    gateway.close()


def unmoved(gateway: Gateway, before: ListHead) -> bool:
    holding = gateway.table.lookup(digest(1))
    return (
        gateway.table.head() == before and holding is not None and holding.credential.state.value == "active"
    )


@given(noise=st.binary(max_size=200) | st.text(max_size=200))
def test_noise_is_refused(gateway: Gateway, noise: bytes | str) -> None:
    before = gateway.table.head()
    assert isinstance(gateway.head(noise), Refused)
    assert isinstance(gateway.delta(noise), Refused)
    assert unmoved(gateway, before)


@given(data=st.data(), token=st.sampled_from([CHANGE, HEAD]))
def test_a_token_with_any_byte_changed_is_refused(gateway: Gateway, data: st.DataObject, token: str) -> None:
    raw = bytearray(token.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    before = gateway.table.head()
    take = gateway.delta if token is CHANGE else gateway.head
    assert isinstance(take(bytes(raw)), Refused)
    assert unmoved(gateway, before)


@given(payload=st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_what_the_office_signed_without_sense_is_refused(
    gateway: Gateway, payload: dict[str, object]
) -> None:
    before = gateway.table.head()
    assert isinstance(gateway.delta(sign(payload, OFFICE, ROSTER_DELTA_TYP)), Refused)
    assert isinstance(gateway.head(sign(payload, OFFICE, ROSTER_HEAD_TYP)), Refused | Waiting)
    assert unmoved(gateway, before)


@given(revision=st.integers(), n=st.integers(), data=st.binary(max_size=100))
def test_any_chunk_that_is_not_named_is_refused_or_passed_over(
    gateway: Gateway, revision: int, n: int, data: bytes
) -> None:
    before = gateway.table.head()
    assert isinstance(gateway.chunk(revision, n, data), Ignored | Refused)
    assert isinstance(gateway.chunk(REF.revision, 0, data), Ignored | Refused)
    assert unmoved(gateway, before)


@settings(suppress_health_check=ANY_FIXTURE, max_examples=25)
@given(cut=st.integers(0, len(CHUNKS[0]) - 1))
def test_a_chunk_cut_short_is_refused_and_the_whole_one_still_counts(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    fresh = Gateway(tmp_path_factory.mktemp("cut") / "roster.db")
    fresh.head(HEAD)
    assert isinstance(fresh.chunk(REF.revision, 0, CHUNKS[0][:cut]), Refused)
    assert isinstance(fresh.chunk(REF.revision, 0, CHUNKS[0]), Applied)
    fresh.close()


def test_a_deeply_nested_chunk_that_the_office_signed_is_refused(tmp_path: Path) -> None:
    deep = b'{"v":1,"revision":1,"n":0,"persons":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    ref = SnapshotRef(revision=1, digest="00" * 32, count=1, chunks=(hashlib.sha256(deep).hexdigest(),))
    fresh = Gateway(tmp_path / "roster.db")
    assert isinstance(fresh.head(Office(revision=1).head(ref)), Waiting)
    assert isinstance(fresh.chunk(1, 0, deep), Refused)
    fresh.close()
