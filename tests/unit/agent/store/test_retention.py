from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.store.fill import ROWS_TO_MEASURE
from agent.store.journal import Journal, open_journal
from agent.store.reader import JournalReader
from agent.store.retention import GAP, SLICE, TRIMMED, Limits
from agent.store.rows import Batch, Entry
from agent.store.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENTRY = Entry("entry.granted", "front", {"person": "p1"}, AT, 1000, "synced")
ALARM = replace(ENTRY, kind="door.forced", alarm=True)
SMALL = Limits(rows=2 * SLICE, age_s=3600)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = open_journal(path, boot_id="b", at=AT, limits=SMALL).journal
    yield journal
    journal.close()


def kept(path: Path) -> list[tuple[int, str]]:
    reader = JournalReader(path)
    rows = [(row.seq, row.kind) for row in reader.walk()]
    reader.close()
    return rows


def test_confirmed_rows_go_first(journal: Journal, path: Path) -> None:
    journal.commit(Batch((ALARM, *(ENTRY,) * 299), sent=300, confirmed=300))
    journal.commit(Batch((ENTRY,) * 212))
    (mine, said) = journal.commit(Batch((ENTRY,)))
    assert mine.kind == "entry.granted"
    assert said.kind == TRIMMED
    assert said.data() == {"ranges": [[1, SLICE + 1]], "removed": SLICE + 1, "why": "rows"}
    rows = kept(path)
    assert rows[0][0] == SLICE + 2
    assert len(rows) <= SMALL.rows
    assert verify(path).holds


def test_of_unconfirmed_rows_alarms_stay(journal: Journal, path: Path) -> None:
    for _ in range(8):
        journal.commit(Batch((*(ENTRY,) * 31, ALARM) * 4))
    rows = kept(path)
    assert len(rows) <= SMALL.rows
    alarms = [seq for seq, kind in rows if kind == "door.forced"]
    assert len(alarms) == 32
    gaps = [seq for seq, kind in rows if kind == GAP]
    assert gaps
    assert verify(path).holds


def test_alarms_go_last_and_oldest_first(journal: Journal, path: Path) -> None:
    for _ in range(12):
        journal.commit(Batch((ALARM,) * 100))
    rows = kept(path)
    assert len(rows) <= SMALL.rows
    assert rows[-2][1] == "door.forced"
    seqs = [seq for seq, _ in rows]
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    verdict = verify(path)
    assert verdict.problems == ()
    assert [(each.first, each.last) for each in verdict.removed] == [(1, seqs[0] - 1)]


def test_a_consumer_can_read_what_was_given_up(journal: Journal, path: Path) -> None:
    for _ in range(6):
        journal.commit(Batch((ALARM, *(ENTRY,) * 99)))
    reader = JournalReader(path)
    gaps = reader.gaps()
    assert gaps
    assert reader.gaps(first=gaps[0].last, last=gaps[0].last) == gaps[:1]
    assert reader.gaps(first=10_000) == ()
    present = {row.seq for row in reader.walk()}
    gone = {seq for gap in gaps for seq in range(gap.first, gap.last + 1)}
    assert present | gone == set(range(1, reader.head() + 1))
    assert not present & gone
    assert reader.backlog(0).count == len(present)
    assert reader.backlog(gaps[0].first).count == len({seq for seq in present if seq > gaps[0].first})
    for gap in gaps:
        assert reader.hash_before(gap.last + 1) == gap.hash
    reader.close()


def test_age_takes_confirmed_rows_alone(journal: Journal, path: Path) -> None:
    journal.commit(Batch((ENTRY,) * 20, sent=10, confirmed=10))
    later = AT + timedelta(hours=2)
    assert journal.tidy(later, 2000, "synced")
    assert [kind for _, kind in kept(path)] == ["entry.granted"] * 10 + [TRIMMED]
    assert not journal.tidy(later, 2000, "synced")
    assert verify(path).holds


def test_age_is_not_judged_by_a_clock_that_is_not_synced(journal: Journal, path: Path) -> None:
    journal.commit(Batch((ENTRY,) * 20, sent=20, confirmed=20))
    assert not journal.tidy(AT + timedelta(days=9999), 2000, "unset")
    assert not journal.tidy(AT + timedelta(days=9999), 2000, "holdover")
    assert len(kept(path)) == 20


def test_age_takes_no_more_than_a_slice_at_once(path: Path) -> None:
    journal = open_journal(path, boot_id="b", at=AT, limits=Limits(rows=10_000, age_s=3600)).journal
    journal.commit(Batch((ENTRY,) * (2 * SLICE + 3), sent=2 * SLICE + 3, confirmed=2 * SLICE + 3))
    later = AT + timedelta(hours=2)
    sizes = [len(kept(path))]
    while journal.tidy(later, 2000, "synced"):
        sizes.append(len(kept(path)))
    assert sizes == [2 * SLICE + 3, SLICE + 4, 5, 3]
    journal.close()


def test_bytes_bound_the_file(path: Path) -> None:
    limits = Limits(bytes=1024 * 1024)
    journal = open_journal(path, boot_id="b", at=AT, limits=limits).journal
    fat = replace(ENTRY, body={"trace": "x" * 2000})
    for _ in range(100):
        journal.commit(Batch((fat,) * 20))
    fill = journal.fill()
    assert fill.used_bytes < 2 * limits.bytes
    assert any(kind == GAP for _, kind in kept(path))
    journal.close()
    assert path.stat().st_size < 2 * limits.bytes
    assert verify(path).holds


def test_limits_that_cannot_hold_a_slice_are_our_mistake() -> None:
    for wrong in ({"rows": 10}, {"bytes": 1000}, {"age_s": 0.0}):
        with pytest.raises(ValueError, match="needs at least"):
            Limits(**wrong)


def test_the_fill_counts_what_is_not_confirmed(journal: Journal) -> None:
    empty = journal.fill()
    assert (empty.fraction, empty.backlog, empty.hours, empty.oldest_at) == (0.0, 0, None, None)
    half = tuple(replace(ENTRY, at=AT + timedelta(minutes=n)) for n in range(257))
    journal.commit(Batch(half))
    fill = journal.fill()
    assert fill.capacity == SMALL.rows
    assert fill.backlog == 257
    assert fill.fraction == 257 / 512
    assert fill.hours == pytest.approx(255 / 60)
    assert fill.oldest_at == AT
    assert fill.disk_free_bytes > 0
    journal.commit(Batch(sent=257, confirmed=257))
    assert journal.fill().fraction == 0.0


def test_the_forecast_keeps_silent_when_the_clock_jumped_back(journal: Journal) -> None:
    journal.commit(Batch((ENTRY, replace(ENTRY, at=AT - timedelta(days=1)))))
    assert journal.fill().hours is None


def test_the_fill_goes_by_the_size_that_rows_really_have(path: Path) -> None:
    journal = open_journal(path, boot_id="b", at=AT, limits=Limits(bytes=64 * 1024 * 1024)).journal
    journal.commit(Batch((replace(ENTRY, body={"trace": "x" * 2000}),) * ROWS_TO_MEASURE))
    fill = journal.fill()
    assert fill.capacity < 64 * 1024 * 1024 / 2000
    journal.close()


@settings(max_examples=25)
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 300), st.sampled_from([0, 3, 40, 10**6]), st.floats(0, 1)),
        min_size=3,
        max_size=14,
    )
)
def test_whatever_goes_the_chain_stays_provable(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, float]]
) -> None:
    path = tmp_path_factory.mktemp("retention") / "journal.db"
    journal = open_journal(path, boot_id="b", at=AT, limits=SMALL).journal
    for count, alarm_every, share in steps:
        entries = [ALARM if alarm_every and n % alarm_every == 0 else ENTRY for n in range(count)]
        head = journal.head[0]
        journal.commit(Batch(tuple(entries), sent=int(head * share), confirmed=int(head * share)))
    journal.close()
    verdict = verify(path)
    assert verdict.problems == ()
    assert verdict.rows <= SMALL.rows + 1
