from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import StoreError
from agent.store.journal import Journal, open_journal
from agent.store.reader import READ_MOST, JournalReader
from agent.store.retention import Limits
from agent.store.rows import BODY_LONGEST, GENESIS, Batch, Entry, UsedToken
from agent.store.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENTRY = Entry("entry.granted", "front", {"person": "p1", "rule": "residents"}, AT, 1000, "synced")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_the_journal_knows_when_its_newest_row_was_recorded(opened: Callable[..., Journal]) -> None:
    journal = opened()
    assert journal.last_at() is None

    journal.commit(Batch(entries=(replace(ENTRY, at=AT + timedelta(days=1)), ENTRY)))

    assert opened("boot-2").last_at() == AT


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[..., Journal]]:
    """Open the journal again and again, as restarts do; all are closed at the end."""
    journals: list[Journal] = []

    def start(boot_id: str = "boot-1", limits: Limits | None = None) -> Journal:
        for before in journals:
            before.close()
        journals.append(open_journal(path, boot_id=boot_id, at=AT, limits=limits).journal)
        return journals[-1]

    yield start
    for journal in journals:
        journal.close()


def test_a_row_comes_back_as_it_was_recorded(opened: Callable[..., Journal], path: Path) -> None:
    journal = opened()
    entry = Entry(
        "door.forced", None, {"b": [1, None], "a": "门"}, AT + timedelta(microseconds=1999), 7, "unset"
    )
    (row,) = journal.commit(Batch((replace(entry, alarm=True),)))
    reader = JournalReader(path)
    assert reader.after(0) == (row,)
    reader.close()
    assert (row.seq, row.kind, row.door, row.alarm, row.boot_id) == (1, "door.forced", None, True, "boot-1")
    assert row.at == AT + timedelta(milliseconds=1)
    assert row.data() == {"a": "门", "b": [1, None]}
    assert journal.head == (1, row.hash)


def test_rows_are_numbered_on_across_restarts(opened: Callable[..., Journal], path: Path) -> None:
    opened("boot-1").commit(Batch((ENTRY,) * 3))
    rows = opened("boot-2").commit(Batch((ENTRY,)))
    assert [row.seq for row in rows] == [4]
    assert verify(path).holds


def test_an_empty_journal_starts_at_the_genesis(opened: Callable[..., Journal], path: Path) -> None:
    assert opened().head == (0, GENESIS)
    verdict = verify(path)
    assert (verdict.holds, verdict.rows, verdict.head) == (True, 0, 0)


def test_no_number_is_used_twice_even_when_every_row_is_gone(
    opened: Callable[..., Journal], path: Path
) -> None:
    journal = opened(limits=Limits(rows=512, age_s=10))
    journal.commit(Batch((ENTRY,) * 100, sent=100, confirmed=100))
    later = AT + timedelta(days=1)
    while journal.tidy(later, 5000, "synced"):
        pass
    journal.commit(Batch(sent=101, confirmed=101))
    while journal.tidy(later + timedelta(days=1), 6000, "synced"):
        pass
    (row,) = opened("boot-2").commit(Batch((ENTRY,)))
    assert row.seq > 101
    assert verify(path).holds


def test_a_lost_journal_is_followed_by_higher_numbers(opened: Callable[..., Journal], path: Path) -> None:
    last = opened().commit(Batch((ENTRY,) * 10))[-1].seq
    opened().close()
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    fresh = opened("boot-2")
    (row,) = fresh.commit(Batch((ENTRY,)))
    assert row.seq > last
    verdict = verify(path)
    assert verdict.holds
    assert verdict.removed[0].hash == GENESIS


def test_a_start_without_a_row_is_no_loss(opened: Callable[..., Journal]) -> None:
    opened().start_boot()
    (row,) = opened("boot-2").commit(Batch((ENTRY,)))
    assert row.seq == 1


def test_a_ceiling_that_is_no_number_is_written_anew(opened: Callable[..., Journal], path: Path) -> None:
    opened().commit(Batch((ENTRY,)))
    ceiling = path.with_name("journal.db.ceiling")
    ceiling.write_bytes(b"\xff nonsense")
    (row,) = opened("boot-2").commit(Batch((ENTRY,)))
    assert row.seq == 2
    assert int(ceiling.read_text().splitlines()[0]) > 2


def test_everything_of_a_batch_is_on_disk_together(opened: Callable[..., Journal]) -> None:
    token = UsedToken("jti-1", AT + timedelta(seconds=30))
    doors = {"front": '{"mode":"held"}', "back": "{}"}
    opened().commit(Batch((ENTRY,), (token,), doors, {"roster.highest": "7"}, sent=1, confirmed=1))
    again = opened("boot-2")
    assert again.memory.is_used("jti-1")
    assert again.memory.door_states() == {"back": "{}", "front": '{"mode":"held"}'}
    assert again.memory.setting("roster.highest") == "7"
    assert again.memory.setting("never set") is None
    assert (again.sent, again.confirmed) == (1, 1)
    again.commit(Batch(doors={"back": None}))
    assert again.memory.door_states() == {"front": '{"mode":"held"}'}


def test_nothing_of_a_failed_batch_is_on_disk(opened: Callable[..., Journal], path: Path) -> None:
    journal = opened()
    token = UsedToken("jti-1", AT)
    journal.commit(Batch((ENTRY,), (token,)))
    before = journal.head
    with pytest.raises(StoreError):
        journal.commit(Batch((ENTRY, ENTRY), (token,), {"front": "x"}, {"a": "b"}, sent=2))
    assert journal.head == before
    assert journal.memory.door_states() == {}
    assert journal.memory.setting("a") is None
    (row,) = journal.commit(Batch((ENTRY,)))
    assert row.seq == 2
    assert verify(path).holds


def test_the_cursors_only_rise_and_never_pass_what_is_there(opened: Callable[..., Journal]) -> None:
    journal = opened()
    journal.commit(Batch((ENTRY,) * 10, sent=5, confirmed=9))
    assert (journal.sent, journal.confirmed) == (5, 5)
    journal.commit(Batch(sent=99))
    assert (journal.sent, journal.confirmed) == (10, 5)
    journal.commit(Batch(sent=3, confirmed=2))
    assert (journal.sent, journal.confirmed) == (10, 5)
    journal.commit(Batch(confirmed=8))
    assert (opened().sent, opened().confirmed) == (10, 8)


def test_each_start_has_a_higher_epoch(opened: Callable[..., Journal]) -> None:
    assert [opened().start_boot() for _ in range(3)] == [1, 2, 3]


def test_the_epoch_goes_on_when_the_journal_is_lost(opened: Callable[..., Journal], path: Path) -> None:
    assert [opened().start_boot() for _ in range(3)] == [1, 2, 3]
    opened().close()
    path.write_bytes(b"no database" * 1000)
    lost = opened("boot-4")
    assert lost.start_boot() == 4
    assert opened("boot-5").start_boot() == 5


@pytest.mark.parametrize("digits", ["9" * 20, f"{2**53:020}", "x" * 20, ""])
def test_what_cannot_have_been_given_out_is_not_believed(
    opened: Callable[..., Journal], path: Path, digits: str
) -> None:
    for name in ("ceiling", "epoch"):
        path.with_name(f"journal.db.{name}").write_text(digits)
    journal = opened()
    assert journal.start_boot() == 1
    assert journal.commit(Batch((ENTRY,)))[0].seq == 1


def test_a_body_too_long_leaves_its_length(opened: Callable[..., Journal], path: Path) -> None:
    (row,) = opened().commit(Batch((replace(ENTRY, body={"noise": "x" * BODY_LONGEST}),)))
    assert row.data() == {"oversize_bytes": BODY_LONGEST + len('{"noise":""}')}
    assert verify(path).holds


def test_the_files_are_for_the_daemon_alone(opened: Callable[..., Journal], path: Path) -> None:
    opened().commit(Batch((ENTRY,)))
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_a_reader_goes_through_ranges_in_bounded_reads(opened: Callable[..., Journal], path: Path) -> None:
    journal = opened()
    journal.commit(Batch((ENTRY,) * (READ_MOST + 5)))
    reader = JournalReader(path)
    assert len(reader.after(0, 10**9)) == READ_MOST
    assert [row.seq for row in reader.after(3, 2)] == [4, 5]
    assert [row.seq for row in reader.between(7, 9)] == [7, 8, 9]
    assert [row.seq for row in reader.walk(READ_MOST - 1)] == list(range(READ_MOST - 1, READ_MOST + 6))
    assert reader.head() == READ_MOST + 5
    assert reader.cursors() == (0, 0)
    assert reader.hash_before(1) == GENESIS
    assert reader.hash_before(3) == reader.between(2, 2)[0].hash
    assert reader.hash_before(READ_MOST * 2) is None
    backlog = reader.backlog(5)
    assert (backlog.count, backlog.oldest_at) == (READ_MOST, AT)
    assert reader.backlog(READ_MOST + 5).count == 0
    assert reader.backlog(READ_MOST + 5).oldest_at is None
    journal.commit(Batch((ENTRY,)))
    assert reader.head() == READ_MOST + 6
    reader.close()


def test_a_reader_of_no_file_says_so(path: Path) -> None:
    with pytest.raises(StoreError, match="read"):
        JournalReader(path)


def test_a_reader_cannot_write(opened: Callable[..., Journal], path: Path) -> None:
    opened().commit(Batch((ENTRY,)))
    reader = JournalReader(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM journal")
    reader.close()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
ENTRIES = st.builds(
    Entry,
    kind=NAMES,
    door=st.none() | NAMES,
    body=st.dictionaries(st.text(), JSON, max_size=4),
    at=st.datetimes(timezones=st.just(UTC)),
    mono_ms=st.integers(0, 2**53),
    clock=st.sampled_from(["synced", "holdover", "unset"]),
    alarm=st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(batches=st.lists(st.lists(ENTRIES, max_size=5), max_size=6), restarts=st.sets(st.integers(0, 5)))
def test_the_chain_survives_any_batches_and_restarts(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Entry]], restarts: set[int]
) -> None:
    path = tmp_path_factory.mktemp("chain") / "journal.db"
    journal = open_journal(path, boot_id="b", at=AT).journal
    count = 0
    for number, entries in enumerate(batches):
        rows = journal.commit(Batch(tuple(entries)))
        assert [row.seq for row in rows] == list(range(count + 1, count + 1 + len(entries)))
        assert [row.kind for row in rows] == [entry.kind for entry in entries]
        count += len(entries)
        if number in restarts:
            journal.close()
            journal = open_journal(path, boot_id="b", at=AT).journal
    journal.close()
    verdict = verify(path)
    assert (verdict.problems, verdict.rows) == ((), count)
