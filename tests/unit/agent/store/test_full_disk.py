"""A disk that takes no more: by SQLite's own bound, and by the kernel's, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.errors import StoreError
from agent.store.database import NoRoom
from agent.store.journal import Journal, open_journal
from agent.store.reserve import RESERVE_BYTES, Reserve
from agent.store.rows import Batch, Entry, UsedToken
from agent.store.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FAT = Entry("entry.granted", "front", {"trace": "x" * 3000}, AT, 0, "synced")

FILL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.errors import StoreError
from agent.store.journal import open_journal
from agent.store.rows import Batch, Entry

at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
entry = Entry("entry.granted", "front", {"trace": "x" * 3000}, at, 0, "synced")
journal = open_journal(Path(sys.argv[1]), boot_id="b", at=at).journal
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
written = 0
try:
    for _ in range(1000):
        journal.commit(Batch((entry,)))
        written += 1
except StoreError:
    before = journal.head
    try:
        journal.commit(Batch((entry,)))
    except StoreError:
        assert journal.head == before
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    (row,) = journal.commit(Batch((entry,)))
    assert row.seq == before[0] + 1
    print(written, row.seq)
journal.close()
"""


def fill(journal: Journal) -> None:
    """Leave the file room for some rows only, and write until it takes no more."""
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages + 10}")
    for _ in range(100):
        journal.commit(Batch((FAT,)))


def make_room(journal: Journal) -> None:
    journal._connection.execute("PRAGMA max_page_count = 1000000")


def test_a_full_disk_fails_the_commit_and_leaves_the_chain_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = open_journal(path, boot_id="b", at=AT).journal
    with pytest.raises(NoRoom):
        fill(journal)
    head = journal.head
    token = UsedToken("jti", AT + timedelta(seconds=30))
    with pytest.raises(StoreError):
        journal.commit(Batch((FAT, FAT), (token,), {"front": "held"}))
    assert journal.head == head
    assert journal.memory.door_states() == {}
    make_room(journal)
    assert journal.commit(Batch((FAT,), (token,)))[0].seq == head[0] + 1
    journal.close()
    assert verify(path).problems == ()


def test_a_file_that_may_not_grow_fails_the_commit_and_works_again_when_it_may(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    ran = subprocess.run(
        [sys.executable, "-c", FILL, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    written, last = map(int, ran.stdout.split())
    verdict = verify(path)
    assert verdict.problems == ()
    assert verdict.rows == last > written > 0


def test_the_reserve_is_given_up_once_and_taken_back_when_there_is_room(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve")
    held = [reserve.held]
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= RESERVE_BYTES
    assert reserve.give_up()
    held.append(reserve.held)
    assert (tmp_path / "reserve").stat().st_size == 0
    assert not reserve.give_up()
    reserve.take()
    assert [*held, reserve.held] == [True, False, True]


def test_the_reserve_does_not_fill_a_disk_by_itself(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", size_bytes=2**50)
    assert not reserve.held
    assert not reserve.give_up()


def test_a_reserve_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "gone" / "reserve").held


def test_a_reserve_that_is_taken_away_is_not_given_up(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve")
    (tmp_path / "reserve").unlink()
    assert not reserve.give_up()


def test_the_journal_goes_on_into_the_reserve_and_says_so(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.db", boot_id="b", at=AT).journal
    said = [journal.on_reserve]
    with pytest.raises(NoRoom):
        fill(journal)
    said.append(journal.on_reserve)
    make_room(journal)
    journal.commit(Batch((FAT,)))
    journal.tidy(AT, 0, "unset")
    assert [*said, journal.on_reserve] == [False, True, False]
    journal.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 6 MB; only root can, and not everywhere."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True, timeout=10)


def fill_file(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def fill_journal(journal: Journal) -> None:
    while True:
        journal.commit(Batch((FAT,)))


def test_a_disk_that_somebody_else_filled_is_gone_through_and_the_daemon_starts_on_it(
    small_disk: Path,
) -> None:
    path, other = small_disk / "journal.db", small_disk / "other"
    journal = open_journal(path, boot_id="b", at=AT).journal
    journal.commit(Batch((FAT,) * 100))
    with pytest.raises(OSError, match="No space"):
        fill_file(other)
    with pytest.raises(NoRoom):
        fill_journal(journal)
    recorded = journal.head[0]
    assert journal.on_reserve
    assert recorded > 120  # twenty commits at least went into the reserve
    journal.close()

    again = open_journal(path, boot_id="b2", at=AT)
    assert again.quarantined is None
    assert again.journal.head[0] == recorded
    assert [again.journal.start_boot() for _ in range(3)][-1] >= 1
    other.unlink()
    assert again.journal.commit(Batch((FAT,)))[0].seq > recorded
    again.journal.tidy(AT, 0, "unset")
    again.journal.close()
    assert verify(path).problems == ()


def test_a_start_that_cannot_be_counted_is_a_start_all_the_same(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.db", boot_id="b", at=AT).journal
    first = journal.start_boot()
    with pytest.raises(NoRoom):
        fill(journal)
    assert journal.start_boot() == first + 1
    journal.close()
