from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from agent.errors import StoreError
from agent.store.database import NAMES_TRIED, Guard, NoRoom, Transaction, open_database, roll_back
from agent.store.journal import open_journal
from agent.store.roster_table import open_roster
from agent.store.rows import Batch, Entry
from agent.store.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENTRY = Entry("entry.granted", "front", {}, AT, 0, "synced")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_a_new_file_is_made_durable_and_private(path: Path) -> None:
    opened = open_database(path, "journal", AT, lambda made: made)
    assert opened.quarantined is None
    with closing(opened.content) as connection:
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "user_version")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 2000,
        "user_version": 2,
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_open_to_all_is_closed_to_them(path: Path) -> None:
    path.touch(0o644)
    open_database(path, "journal", AT, lambda made: made).content.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_database_is_set_aside(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    opened = open_journal(path, boot_id="b", at=AT)
    assert opened.quarantined is not None
    assert opened.quarantined.kept_at.name == "journal.db.20260302T080000Z.bad"
    assert opened.quarantined.kept_at.read_bytes() == b"no database" * 1000
    assert "not a database" in opened.quarantined.why
    opened.journal.commit(Batch((ENTRY,)))
    opened.journal.close()
    assert verify(path).holds


def test_a_damaged_database_is_set_aside_with_its_log_and_numbers_go_on(path: Path) -> None:
    journal = open_journal(path, boot_id="b", at=AT).journal
    for _ in range(40):
        last = journal.commit(Batch((ENTRY,) * 50))[-1].seq
    journal.close()
    data = bytearray(path.read_bytes())
    data[3 * 4096 : 9 * 4096] = b"\xa5" * (6 * 4096)
    path.write_bytes(data)
    path.with_name("journal.db-wal").write_bytes(b"half a log")
    opened = open_journal(path, boot_id="b", at=AT)
    assert opened.quarantined is not None
    kept = opened.quarantined.kept_at
    assert kept.read_bytes() == bytes(data)
    assert opened.journal.commit(Batch((ENTRY,)))[0].seq > last
    opened.journal.close()
    assert verify(path).holds


def test_a_database_of_a_newer_version_is_set_aside(path: Path) -> None:
    open_journal(path, boot_id="b", at=AT).journal.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    opened = open_journal(path, boot_id="b", at=AT)
    opened.journal.close()
    assert opened.quarantined is not None
    assert opened.quarantined.why == "version 99 is newer than this program's 2"


def test_two_files_set_aside_in_one_second_have_two_names(path: Path) -> None:
    kept = []
    for _ in range(2):
        path.write_bytes(b"no database" * 1000)
        opened = open_database(path, "roster", AT, lambda made: made)
        opened.content.close()
        assert opened.quarantined is not None
        kept.append(opened.quarantined.kept_at)
    assert len(set(kept)) == 2
    assert all(name.exists() for name in kept)


def test_a_disk_that_loses_every_file_ends_in_an_error(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    path.with_name(f"{path.name}.20260302T080000Z.bad").touch()
    for number in range(1, NAMES_TRIED):
        path.with_name(f"{path.name}.20260302T080000Z.{number}.bad").touch()
    with pytest.raises(StoreError, match="too many"):
        open_database(path, "journal", AT, lambda made: made)


def test_a_directory_in_the_file_s_place_is_the_disk_s_fault_and_stays(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="cannot open"):
        open_journal(path, boot_id="b", at=AT)
    assert path.is_dir()


def test_a_foreign_database_is_set_aside_whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE journal (something TEXT)")
    opened = open_journal(path, boot_id="b", at=AT)
    opened.journal.close()
    assert opened.quarantined is not None
    assert "already exists" in opened.quarantined.why
    with closing(sqlite3.connect(opened.quarantined.kept_at)) as connection:
        assert connection.execute("SELECT sql FROM sqlite_master").fetchall() == [
            ("CREATE TABLE journal (something TEXT)",)
        ]


def test_a_roster_file_is_set_aside_like_a_journal(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    opened = open_roster(path, AT)
    assert opened.quarantined is not None
    assert opened.table.head().revision == 0
    opened.table.close()


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (sqlite3.OperationalError("locked"), StoreError),
        (sqlite3.IntegrityError("twice"), StoreError),
        (OSError(5, "Input/output error"), StoreError),
    ],
)
def test_errors_are_translated_in_one_place(error: Exception, raised: type[Exception]) -> None:
    with pytest.raises(raised, match="cannot do it") as caught, Guard("do it"):
        raise error
    assert caught.value.__cause__ is error


def test_other_errors_pass_untouched() -> None:
    with pytest.raises(KeyError), Guard("do it"):
        raise KeyError("ours")


def test_a_full_disk_is_told_from_other_trouble(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (x BLOB)")
        connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(NoRoom), Transaction(connection, "fill the disk"):
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
        assert not connection.in_transaction


def insert_and_fail(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO t VALUES (1)")
    raise KeyError


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (x INTEGER)")
        with pytest.raises(KeyError), Transaction(connection, "try"):
            insert_and_fail(connection)
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        roll_back(connection)


def test_rolling_back_a_lost_connection_is_no_error(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")
    roll_back(connection)
