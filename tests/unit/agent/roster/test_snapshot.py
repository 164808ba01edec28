from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.credentials import Credential as DomainCredential
from agent.domain.credentials import CredentialKind, CredentialState, Holding
from agent.domain.credentials import Person as DomainPerson
from agent.roster.apply import ROWS_MOST
from agent.roster.results import Applied, Ignored, Reason, Refused, Waiting, Wanted, Working
from agent.roster.snapshot import Assembly, Worth
from agent.store.roster_writer import SWEPT_AT_ONCE
from protocols.mqtt.roster import CHUNK_BYTES, Credential, Group, Person, Right
from protocols.mqtt.roster_messages import Chunk, SnapshotRef
from tests.unit.agent.roster.lists import (
    ALWAYS,
    AT,
    FRAME,
    OFFICE_KID,
    STRANGER,
    Gateway,
    Office,
    by_table,
    card,
    digest,
    person,
    residents,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.roster.results import Result
    from protocols.mqtt.roster import Row


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path / "roster.db")
    yield gateway
    gateway.close()


@pytest.fixture
def office() -> Office:
    """Make an office at revision 5, with 250 residents."""
    office = Office(revision=4)
    office.delta(residents(250))
    return office


def refused(result: Result) -> Reason:
    assert isinstance(result, Refused), result
    return result.reason


def staged(gateway: Gateway) -> frozenset[int]:
    """Return the chunks of the staged list that are wholly in."""
    staging = gateway.table.writer.staging()
    return frozenset() if staging is None else staging.chunks


def rows_on_disk(gateway: Gateway) -> int:
    connection = gateway.table.writer._connection
    return sum(
        int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names from here
        for table in ("person", "credential", "rule")
    )


def test_a_whole_list_comes_in_any_order_with_some_twice(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot()
    assert gateway.head(office.head(ref)) == Waiting(5, tuple(range(6)), Wanted(0, 5, "no_list"))
    order = [3, 0, 3, 5, 1, 0, 2, 4]
    results = [gateway.chunk(5, n, chunks[n]) for n in order]
    assert results[0] == Waiting(5, (0, 1, 2, 4, 5), Wanted(0, 5, "no_list"))
    assert results[2] == Ignored("duplicate")
    assert results[-1] == Applied(5, office.total().hex, 502, AT, "snapshot", 502, 0, key=OFFICE_KID)
    assert gateway.table.lookup(digest(249)) is not None
    assert gateway.roster.wanted is None
    assert gateway.chunk(5, 0, chunks[0]) == Ignored("foreign")
    assert gateway.head(office.head(ref)) == Ignored("current")


def test_doors_are_answered_by_the_old_list_until_the_new_one_is_whole(
    gateway: Gateway, office: Office
) -> None:
    gateway.load(office)
    office.delta([card(7, state="revoked")])
    ref, chunks = office.snapshot()
    results = [gateway.roster.on_head(office.head(ref), AT)]
    for n, data in enumerate(chunks):
        result: Result | None = gateway.roster.on_chunk(6, n, data, AT)
        while isinstance(result, Working):
            holding = gateway.table.lookup(digest(7))
            assert holding is not None
            assert holding.credential.state is CredentialState.ACTIVE
            result = gateway.roster.work(AT)
        assert result is not None
        results.append(result)
    assert isinstance(results[-1], Applied)
    holding = gateway.table.lookup(digest(7))
    assert holding is not None
    assert holding.credential.state is CredentialState.REVOKED


def test_the_old_list_is_swept_away_in_slices(gateway: Gateway, office: Office) -> None:
    gateway.load(office)
    office.delta(residents(SWEPT_AT_ONCE))
    gateway.load(office)
    assert rows_on_disk(gateway) == 502 + 2 * SWEPT_AT_ONCE + 2
    steps = 0
    while gateway.roster.busy:
        before = rows_on_disk(gateway)
        assert gateway.roster.work(AT) is None
        assert before - rows_on_disk(gateway) <= SWEPT_AT_ONCE
        steps += 1
    assert rows_on_disk(gateway) == 2 * SWEPT_AT_ONCE + 2
    assert steps < 12
    assert gateway.table.lookup(digest(3)) is not None


def test_a_list_half_here_is_taken_up_again_after_a_restart(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot()
    gateway.head(office.head(ref))
    for n in (0, 2):
        gateway.chunk(5, n, chunks[n])
    gateway.reopen()
    assert gateway.table.lookup(digest(1)) is None
    assert gateway.head(office.head(ref)) == Waiting(5, (1, 3, 4, 5), Wanted(0, 5, "no_list"))
    for n in (1, 3, 4):
        gateway.chunk(5, n, chunks[n])
    assert isinstance(gateway.chunk(5, 5, chunks[5]), Applied)


def test_a_list_wholly_here_is_put_in_force_by_the_next_head(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot(a_chunk=600)
    gateway.head(office.head(ref))
    result: Result | None = gateway.roster.on_chunk(5, 0, chunks[0], AT)
    while isinstance(result, Working) and not staged(gateway):
        result = gateway.roster.work(AT)
    assert isinstance(result, Working)
    gateway.reopen()
    assert gateway.table.head().revision == 0
    assert isinstance(gateway.head(office.head(ref)), Applied)


def test_a_newer_head_replaces_a_list_half_here(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot()
    gateway.head(office.head(ref))
    gateway.chunk(5, 0, chunks[0])
    office.delta([card(1, state="lost")])
    newer, parts = office.snapshot()
    assert gateway.head(office.head(newer)) == Waiting(6, tuple(range(6)), Wanted(0, 6, "no_list"))
    assert gateway.chunk(5, 1, chunks[1]) == Ignored("foreign")
    results = [gateway.chunk(6, n, data) for n, data in enumerate(parts)]
    assert isinstance(results[-1], Applied)


def test_a_change_overtakes_a_list_half_here(gateway: Gateway, office: Office) -> None:
    gateway.load(office)
    change = office.delta([card(1, state="lost")])
    ref, chunks = office.snapshot()
    gateway.head(office.head(ref))
    gateway.chunk(6, 0, chunks[0])
    assert isinstance(gateway.delta(change), Applied)
    assert gateway.chunk(6, 1, chunks[1]) == Ignored("foreign")
    while gateway.roster.busy:
        gateway.roster.work(AT)
    assert rows_on_disk(gateway) == 502


def test_a_list_older_than_the_head_asks_for_the_rest(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot(a_chunk=600)
    office.delta([card(1, state="lost")])
    gateway.head(office.head(ref))
    result = gateway.chunk(5, 0, chunks[0])
    assert isinstance(result, Applied)
    assert result.wanted == Wanted(5, 6, "gap")


def test_a_head_without_a_newer_list_waits_for_a_change(gateway: Gateway, office: Office) -> None:
    ref, _ = office.snapshot()
    gateway.load(office)
    office.delta([card(1, state="lost")])
    assert gateway.head(office.head()) == Waiting(6, (), Wanted(5, 6, "gap"))
    assert gateway.head(office.head(ref)) == Waiting(6, (), Wanted(5, 6, "gap"))


def test_a_lower_head_is_refused(gateway: Gateway, office: Office) -> None:
    old = office.head(office.snapshot()[0])
    office.delta([card(1, state="lost")])
    gateway.load(office)
    assert refused(gateway.head(old)) is Reason.ROLLBACK
    assert gateway.table.head().revision == 6


def test_another_list_of_the_same_revision_is_refused_and_told(gateway: Gateway, office: Office) -> None:
    gateway.load(office)
    other = Office(revision=4)
    other.delta(residents(3))
    assert refused(gateway.head(other.head(other.snapshot()[0]))) is Reason.WRONG_DIGEST
    assert gateway.roster.wanted == Wanted(5, 5, "wrong_digest")
    assert gateway.table.lookup(digest(200)) is not None


def test_a_rolled_back_file_takes_no_list_below_the_floor(gateway: Gateway, office: Office) -> None:
    gateway.load(office)
    gateway.floor = 8
    gateway.reopen()
    office.delta([card(1, state="lost")])
    assert refused(gateway.head(office.head(office.snapshot()[0]))) is Reason.ROLLBACK
    stale, _ = office.snapshot()
    office.revision = 8
    assert gateway.head(office.head(stale)) == Waiting(8, (), Wanted(5, 8, "rolled_back"))
    assert isinstance(gateway.load(office), Applied)
    assert gateway.table.lookup(digest(1)) is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda office: Office(office.rows, 5, STRANGER), Reason.UNKNOWN_KEY),
        (lambda office: Office(office.rows, 5, aud="gw-2"), Reason.WRONG_AUDIENCE),
    ],
)
def test_a_head_that_is_not_the_office_s_to_us_is_refused(
    gateway: Gateway, office: Office, change: object, reason: Reason
) -> None:
    assert callable(change)
    other: Office = change(office)
    assert refused(gateway.head(other.head(other.snapshot()[0]))) is reason
    assert gateway.chunk(5, 0, office.snapshot()[1][0]) == Ignored("foreign")


def test_a_chunk_that_the_head_does_not_name_is_refused(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot()
    gateway.head(office.head(ref))
    assert refused(gateway.chunk(5, 1, chunks[0])) is Reason.WRONG_CHUNK
    assert refused(gateway.chunk(5, 1, b"")) is Reason.WRONG_CHUNK
    assert refused(gateway.chunk(5, 1, b" " * (CHUNK_BYTES + 1))) is Reason.WRONG_CHUNK
    assert gateway.chunk(5, 6, chunks[0]) == Ignored("foreign")
    assert gateway.chunk(5, -1, chunks[0]) == Ignored("foreign")
    assert gateway.chunk(4, 0, chunks[0]) == Ignored("foreign")
    results = [gateway.chunk(5, n, data) for n, data in enumerate(chunks)]
    assert isinstance(results[-1], Applied)


def signed_as_they_are(office: Office, chunks: list[bytes]) -> str:
    """Return a head that names these very bytes, whatever they are."""
    total = office.total()
    names = tuple(hashlib.sha256(chunk).hexdigest() for chunk in chunks)
    return office.head(
        SnapshotRef(revision=office.revision, digest=total.hex, count=total.count, chunks=names)
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not json", Reason.MALFORMED),
        (b'{"v":1,"revision":6,"n":0,"persons":[{"id":""}]}', Reason.MALFORMED),
        (b'{"v":1,"revision":6,"n":1}', Reason.WRONG_CHUNK),
        (b'{"v":1,"revision":7,"n":0}', Reason.WRONG_CHUNK),
    ],
)
def test_a_chunk_signed_as_it_is_but_senseless_ends_the_list(
    gateway: Gateway, office: Office, data: bytes, reason: Reason
) -> None:
    gateway.load(office)
    before = gateway.table.head()
    office.revision = 6
    gateway.head(signed_as_they_are(office, [data, b""]))
    assert refused(gateway.chunk(6, 0, data)) is reason
    assert gateway.chunk(6, 1, b"") == Ignored("foreign")
    assert gateway.table.head() == before


def test_a_list_that_does_not_add_up_is_refused_when_it_is_whole(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot(a_chunk=600)
    gateway.head(office.head(ref.model_copy(update={"digest": "00" * 32})))
    assert refused(gateway.chunk(5, 0, chunks[0])) is Reason.WRONG_DIGEST
    assert gateway.table.head().revision == 0
    assert gateway.table.lookup(digest(1)) is None


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([*FRAME, card(1)], Reason.UNKNOWN_PERSON),
        ([*FRAME, person(1, groups=("residents", "ghosts"))], Reason.UNKNOWN_GROUP),
        ([ALWAYS, Group(name="g", rights=(Right(door="front", schedule="x"),))], Reason.UNKNOWN_SCHEDULE),
        ([ALWAYS.model_copy(update={"zone": "Mars/Olympus"})], Reason.UNKNOWN_ZONE),
        ([*FRAME, Group(name="visitor_pass")], Reason.RESERVED_NAME),
    ],
)
def test_a_list_with_a_loose_end_is_refused_whole(gateway: Gateway, rows: list[Row], reason: Reason) -> None:
    first = Office()
    first.delta(residents(3))
    gateway.load(first)
    office = Office(revision=1)
    office.delta(rows)
    assert refused(gateway.load(office)) is reason
    assert gateway.table.head().revision == 1
    assert gateway.table.lookup(digest(2)) is not None


def test_a_list_larger_than_any_is_refused_before_it_is_staged(gateway: Gateway, office: Office) -> None:
    ref, _ = office.snapshot()
    too_many = ref.model_copy(update={"count": ROWS_MOST + 1})
    assert refused(gateway.head(office.head(too_many))) is Reason.TOO_MANY
    assert gateway.table.writer.staging() is None


def test_a_row_in_two_chunks_ends_the_list(gateway: Gateway, office: Office) -> None:
    rows = [*FRAME, person(1)]
    chunks = [Chunk(revision=5, n=n, **by_table(rows)).encode() for n in range(2)]  # type: ignore[arg-type]
    gateway.head(signed_as_they_are(office, chunks))
    assert isinstance(gateway.chunk(5, 0, chunks[0]), Waiting)
    assert refused(gateway.chunk(5, 1, chunks[1])) is Reason.DUPLICATE_ROW
    assert gateway.table.writer.staging() is None


def test_an_empty_list_of_no_chunks_locks_everybody_out(gateway: Gateway, office: Office) -> None:
    gateway.load(office)
    office.rows.clear()
    office.revision = 6
    result = gateway.head(office.head(office.snapshot()[0]))
    assert isinstance(result, Applied)
    assert result.count == 0
    assert gateway.table.lookup(digest(1)) is None


def test_a_staged_list_whose_head_is_unreadable_is_given_up(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot()
    gateway.head(office.head(ref))
    gateway.chunk(5, 0, chunks[0])
    gateway.table.writer._connection.execute("UPDATE generation SET head = 'x' WHERE state = 'staging'")
    gateway.reopen()
    assert gateway.table.writer.staging() is None
    assert gateway.chunk(5, 1, chunks[1]) == Ignored("foreign")
    assert isinstance(gateway.load(office), Applied)


def test_a_staged_list_that_is_gone_is_a_trouble_of_the_disk(gateway: Gateway, office: Office) -> None:
    ref, chunks = office.snapshot()
    gateway.head(office.head(ref))
    gateway.table.writer.drop_staging()
    assert refused(gateway.chunk(5, 0, chunks[0])) is Reason.STORAGE


def test_a_disk_that_takes_no_more_keeps_the_old_list(gateway: Gateway, office: Office) -> None:
    gateway.load(office)
    while gateway.roster.busy:
        gateway.roster.work(AT)
    office.delta(residents(2000))
    ref, chunks = office.snapshot()
    gateway.head(office.head(ref))
    connection = gateway.table.writer._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    results = [gateway.chunk(6, n, data) for n, data in enumerate(chunks)]
    assert Reason.STORAGE in {each.reason for each in results if isinstance(each, Refused)}
    assert gateway.table.lookup(digest(1)) is not None
    connection.execute("PRAGMA max_page_count = 1000000")
    waiting = gateway.head(office.head(ref))
    assert isinstance(waiting, Waiting)
    results = [gateway.chunk(6, n, chunks[n]) for n in waiting.missing]
    assert isinstance(results[-1], Applied)


def test_a_disk_that_refuses_the_sweep_opens_nothing_by_it(gateway: Gateway, office: Office) -> None:
    gateway.load(office)
    office.delta([card(1, state="lost")])
    gateway.load(office)
    gateway.table.writer._connection.execute("PRAGMA query_only = ON")
    assert gateway.roster.work(AT) is None
    assert not gateway.roster.busy
    holding = gateway.table.lookup(digest(1))
    assert holding is not None
    assert holding.credential.state is CredentialState.LOST


def test_an_assembly_knows_what_a_chunk_is_worth() -> None:
    names = tuple(hashlib.sha256(data).hexdigest() for data in (b"a", b"b"))
    assembly = Assembly(SnapshotRef(revision=3, digest="00" * 32, count=2, chunks=names))
    assert assembly.missing == (0, 1)
    assert assembly.judge(3, 0, b"a") is Worth.NEW
    assert assembly.judge(3, 0, b"b") is Worth.WRONG_BYTES
    assert assembly.judge(3, 0, b"x" * (CHUNK_BYTES + 1)) is Worth.TOO_LARGE
    assert assembly.judge(3, 2, b"a") is Worth.FOREIGN
    assert assembly.judge(2, 0, b"a") is Worth.FOREIGN
    assert assembly.having(0).judge(3, 0, b"a") is Worth.DUPLICATE
    assert assembly.having(0).missing == (1,)


def held(office: Office, number: int) -> Holding:
    """Return what a gateway should say of a card on the office's list."""
    row, holder = (
        office.rows["credential", digest(number).hex()],
        office.rows["person", f"p{number:06}"],
    )
    assert isinstance(row, Credential)
    assert isinstance(holder, Person)
    return Holding(
        DomainCredential(digest(number), CredentialKind.CARD, CredentialState(row.state)),
        DomainPerson(holder.id, verified=holder.verified, groups=holder.groups, household=holder.household),
    )


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), rounds=st.integers(1, 8))
def test_any_history_of_changes_lists_and_restarts_ends_at_the_office_s_list(
    tmp_path_factory: pytest.TempPathFactory, seed: int, rounds: int
) -> None:
    chance = random.Random(seed)
    gateway = Gateway(tmp_path_factory.mktemp("history") / "roster.db")
    office = Office()
    office.delta(FRAME)
    gateway.load(office)
    try:
        for _ in range(rounds):
            people = chance.sample(range(40), 12)
            put: list[Row] = [person(n, verified=chance.random() < 0.8) for n in people[:8]]
            put += [card(n, state=chance.choice(["active", "lost", "revoked"])) for n in people[:8]]
            gone: list[Row] = [row for n in people[8:] for row in (card(n), person(n))]
            token = office.delta(put, gone)
            if chance.random() < 0.6 and gateway.table.head().revision == office.revision - 1:
                result = gateway.delta(token)
            else:
                result = gateway.load(office, a_chunk=chance.randrange(1, 40))
            assert isinstance(result, Applied), result
            if chance.random() < 0.5:
                gateway.reopen()
            while chance.random() < 0.7 and gateway.roster.busy:
                gateway.roster.work(AT)
        assert gateway.table.head().digest.hex() == office.total().hex
        for n in range(40):
            holding = gateway.table.lookup(digest(n))
            row = office.rows.get(("credential", digest(n).hex()))
            assert holding == (None if row is None else held(office, n))
    finally:
        gateway.close()
