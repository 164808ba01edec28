"""Files on a bad disk: whatever stands in them, the store opens, and says what it set aside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from agent.errors import StoreError
from agent.store.database import Damaged
from agent.store.journal import OpenedJournal, open_journal
from agent.store.memory import ROSTER_HIGHEST
from agent.store.reader import JournalReader
from agent.store.roster_table import OpenedRoster, open_roster
from agent.store.roster_writer import RosterWriter
from agent.store.rows import SPOILT, Batch, Entry, UsedToken
from agent.store.verify import verify
from agent.sync.rows import text_of
from protocols.mqtt.events import Event

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENTRY = Entry("entry.granted", "front", {"credential": "ab" * 16}, AT, 0, "synced")
DIGEST = bytes(range(16))
FLIPS = 120
"""Of bytes a file. Each is another file: some seconds together."""


@pytest.fixture
def journal_file(tmp_path: Path) -> Path:
    """Return a journal with some of everything in it."""
    path = tmp_path / "journal.db"
    journal = open_journal(path, boot_id="b", at=AT).journal
    journal.start_boot()
    used = tuple(UsedToken(f"jti-{n}", AT + timedelta(seconds=n)) for n in range(20))
    settings = {ROSTER_HIGHEST: "7", "reader.identity.front": "11223344"}
    journal.commit(Batch((ENTRY,) * 60, used=used, doors={"front": '{"mode":"normal"}'}, settings=settings))
    journal.commit(Batch(sent=30, confirmed=20))
    journal.close()
    return path


@pytest.fixture
def roster_file(tmp_path: Path) -> Path:
    """Return a list of one card and one phone, a group and a schedule."""
    path = tmp_path / "roster.db"
    open_roster(path, AT).table.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        (gen,) = connection.execute("SELECT id FROM generation").fetchone()
        connection.execute("UPDATE generation SET revision = 7, count = 5, enforced_ms = 1")
        add = "INSERT INTO {} VALUES ({})".format
        connection.execute(add("person", "?, 'p-1', 1, NULL, NULL, NULL, '[\"all\"]', 'h-1'"), (gen,))
        connection.execute(add("credential", "?, ?, 0, 0, 'p-1', 0, NULL, NULL, NULL"), (gen, DIGEST))
        phone = (gen, bytes(16), bytes(32), "kid")
        connection.execute(add("credential", "?, ?, 1, 0, 'p-1', NULL, 9, ?, ?"), phone)
        group = '{"name":"all","rights":[{"door":"front","schedule":"day"}]}'
        day = '{"name":"day","windows":[{"days":[1,2],"end":"20:00","start":"08:00"}],"zone":"Asia/Shanghai"}'
        connection.execute(add("rule", "?, 'group', 'all', ?"), (gen, group))
        connection.execute(add("rule", "?, 'schedule', 'day', ?"), (gen, day))
    return path


def change(path: Path, statement: str, *values: object) -> None:
    """Write what no program of ours would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement, values)


def open_journal_at(path: Path) -> OpenedJournal:
    return open_journal(path, boot_id="c", at=AT)


def use_journal(path: Path) -> bool:
    """Do what a day does with a journal; StoreError is an answer. Return whether the file was set aside."""
    opened = open_journal_at(path)
    journal = opened.journal
    try:
        journal.start_boot()
        journal.commit(Batch((ENTRY,), settings={"reader.identity.back": "1"}, sent=40, confirmed=30))
        journal.memory.claim("jti-new", AT + timedelta(seconds=30), AT)
        journal.fill()
        journal.tidy(AT, 0, "synced")
    except StoreError:
        pass
    finally:
        journal.close()
    verify(path)
    return opened.quarantined is not None


def use_roster(path: Path) -> bool:
    """Do what a day does with a list; StoreError is an answer. Return whether the file was set aside."""
    opened = open_roster(path, AT, floor=7)
    try:
        opened.table.rules()
        for digest in (DIGEST, bytes(16), b"\1" * 16):
            opened.table.lookup(digest)
        opened.table.phone_key("kid")
        opened.table.writer.staging()
    except StoreError:
        pass
    finally:
        opened.table.close()
    return opened.quarantined is not None


@pytest.mark.parametrize("name", ["journal", "roster"])
def test_a_byte_that_turned_over_ends_nothing(
    name: str, journal_file: Path, roster_file: Path, tmp_path: Path
) -> None:
    path, use = (journal_file, use_journal) if name == "journal" else (roster_file, use_roster)
    sound = path.read_bytes()
    used = [at for at, byte in enumerate(sound) if byte]
    random = Random(f"{name} on a bad disk")
    aside = 0
    for _ in range(FLIPS):
        for file in tmp_path.glob(f"{path.name}*"):
            file.unlink()
        spoilt = bytearray(sound)
        spoilt[random.choice(used)] ^= random.randint(1, 255)
        path.write_bytes(spoilt)
        aside += use(path)
    assert 0 < aside < FLIPS  # a digit of a text is not seen; a page's head is


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE door",
        "DROP TABLE pass_use",
        "DROP INDEX journal_ordinary",
        "ALTER TABLE setting RENAME COLUMN value TO content",
        "DELETE FROM cursor WHERE name = 'sent'",
        "UPDATE cursor SET seq = 'many'",
        "UPDATE cursor SET seq = 1e300",
        "UPDATE setting SET value = 'x' WHERE name = 'boot.epoch'",
        "UPDATE setting SET value = '99999999999999999999' WHERE name = 'journal.begun_at_ms'",
        "PRAGMA user_version = 0",
        "CREATE TRIGGER forget AFTER INSERT ON journal BEGIN DELETE FROM used_token; END",
    ],
)
def test_a_journal_that_is_not_what_it_was_is_set_aside(journal_file: Path, statement: str) -> None:
    change(journal_file, statement)
    assert use_journal(journal_file)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE rule",
        "UPDATE rule SET body = '[' WHERE kind = 'group'",
        "UPDATE rule SET body = '{}' WHERE kind = 'schedule'",
        "UPDATE generation SET revision = 'seven'",
        "UPDATE generation SET digest = 4611686018427387904",
        "UPDATE generation SET enforced_ms = 4611686018427387904",
        "INSERT INTO generation (state, revision, digest, count, head) VALUES ('staging', 8, 'x', 0, '')",
    ],
)
def test_a_list_that_is_not_what_it_was_is_set_aside(roster_file: Path, statement: str) -> None:
    change(roster_file, statement)
    assert use_roster(roster_file)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE person SET groups = '['",
        "UPDATE person SET groups = 'null'",
        "UPDATE person SET flags = 'many'",
        "UPDATE person SET until_ms = 4611686018427387904",
        "UPDATE credential SET kind = 7",
        "UPDATE credential SET state = 'x'",
    ],
)
def test_a_holder_who_cannot_be_read_is_an_error_of_the_store_and_nobody(
    roster_file: Path, statement: str
) -> None:
    change(roster_file, statement)
    table = open_roster(roster_file, AT, floor=7).table
    with pytest.raises(StoreError, match="is damaged"):
        table.lookup(DIGEST)
    table.close()


def test_a_phone_whose_key_is_none_is_an_error_of_the_store(roster_file: Path) -> None:
    change(roster_file, "UPDATE credential SET key = 'x' WHERE kid = 'kid'")
    table = open_roster(roster_file, AT, floor=7).table
    assert table.lookup(DIGEST) is not None
    with pytest.raises(StoreError, match="is damaged"):
        table.phone_key("kid")
    table.close()


def test_a_list_whose_staging_fails_to_open_leaves_no_connection(
    roster_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_disk(_writer: RosterWriter) -> None:
        raise StoreError("cannot read the roster: disk I/O error")

    monkeypatch.setattr(RosterWriter, "staging", no_disk)
    with pytest.raises(StoreError, match="disk I/O error"):
        open_roster(roster_file, AT)
    assert roster_file.exists()  # a disk that fails is no reason to begin a new list


@pytest.mark.parametrize("column", ["boot_id", "kind", "body", "clock"])
def test_a_text_that_is_none_holds_up_no_row_behind_it(journal_file: Path, column: str) -> None:
    change(journal_file, f"UPDATE journal SET {column} = CAST(? AS TEXT) WHERE seq = 5", b"a\xffb")  # noqa: S608
    reader = JournalReader(journal_file)
    assert [row.seq for row in reader.after(4, 3)] == [5, 6, 7]
    reader.close()
    assert verify(journal_file).problems == ("row 5 is not what was recorded, or does not follow row 4",)


@pytest.mark.parametrize("statement", ["body = x'00'", "door = x'ff'", "at_ms = 'x'", "hash = 5"])
def test_a_row_of_other_types_is_a_problem_and_no_fall(journal_file: Path, statement: str) -> None:
    change(journal_file, f"UPDATE journal SET {statement} WHERE seq = 5")  # noqa: S608 - of this test
    assert any("is damaged" in problem for problem in verify(journal_file).problems)


@pytest.mark.parametrize(
    "statement",
    [
        "at_ms = 'x'",
        "at_ms = 4611686018427387904",
        "boot_id = x'00'",
        "mono_ms = 'x'",
        "clock = 5",
        "kind = x'00'",
        "door = x'ff'",
        "alarm = 'x'",
        "body = x'00'",
        "hash = 5",
    ],
)
def test_a_row_of_other_types_costs_the_line_only_itself(journal_file: Path, statement: str) -> None:
    change(journal_file, f"UPDATE journal SET {statement} WHERE seq IN (5, 60)")  # noqa: S608 - of this test
    reader = JournalReader(journal_file)
    found = reader.after(0)
    assert [row.seq for row in found] == list(range(1, 61))
    spoilt = [row for row in found if row.kind == SPOILT]
    told = [text_of(row, "gw", historical=True) for row in found]
    assert [row.seq for row in found if not told[row.seq - 1].sound] == [5, 60]
    assert all(Event.read(each.text.encode()).seq == n for n, each in enumerate(told, 1))
    assert all(row.data() == {"damaged": True} for row in spoilt)
    reader.backlog(4)
    reader.close()


def test_a_time_that_is_none_holds_up_neither_a_start_nor_the_housekeeping(journal_file: Path) -> None:
    change(journal_file, "UPDATE journal SET at_ms = 'x' WHERE seq IN (1, 2, 21, 60)")
    journal = open_journal_at(journal_file).journal
    assert journal.last_at() is None
    assert journal.fill().oldest_at is None
    assert journal.tidy(AT + timedelta(days=1000), 0, "synced")
    journal.close()
    reader = JournalReader(journal_file)
    assert reader.after(0)[0].seq == 21  # the confirmed ones went, for their age
    reader.close()


def test_what_is_said_of_damage_repeats_nothing_of_the_content(roster_file: Path) -> None:
    change(roster_file, "UPDATE generation SET revision = 'secret-of-the-list'")
    opened: OpenedRoster = open_roster(roster_file, AT, floor=7)
    opened.table.close()
    assert opened.quarantined is not None
    assert "secret" not in opened.quarantined.why


def test_a_journal_that_a_write_finds_spoilt_is_set_aside_by_the_next_start(journal_file: Path) -> None:
    journal = open_journal_at(journal_file).journal
    journal.commit(Batch((ENTRY,)))
    last = journal.head[0]
    journal.close()
    spoilt = open_journal_at(journal_file).journal
    sound = bytearray(journal_file.read_bytes())
    sound[4096:] = b"\xa5" * (len(sound) - 4096)
    journal_file.write_bytes(sound)
    spoilt._connection.execute("PRAGMA shrink_memory")  # pages it holds are read anew
    with pytest.raises(Damaged):
        spoilt.commit(Batch((ENTRY,)))
    spoilt.close()
    opened = open_journal_at(journal_file)
    assert opened.quarantined is not None
    assert opened.journal.commit(Batch((ENTRY,)))[0].seq > last
    opened.journal.close()
    again = open_journal_at(journal_file)
    assert again.quarantined is None
    again.journal.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_recorded_in_a_file_that_is_no_longer_at_its_path(
    journal_file: Path, *, replaced: bool
) -> None:
    journal = open_journal_at(journal_file).journal
    last = journal.commit(Batch((ENTRY,)))[-1].seq
    journal_file.rename(journal_file.with_name("away"))
    if replaced:
        journal_file.touch()
    with pytest.raises(Damaged, match="was taken away"):
        journal.commit(Batch((ENTRY,)))
    journal.close()
    opened = open_journal_at(journal_file)
    assert opened.journal.commit(Batch((ENTRY,)))[0].seq > last
    opened.journal.close()
