from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from agent.store.export import FIELDS, export_csv, export_json
from agent.store.journal import open_journal
from agent.store.reader import JournalReader
from agent.store.retention import SLICE, Limits
from agent.store.rows import GENESIS, Batch, Entry, chained, to_ms
from agent.store.verify import PROBLEMS_TOLD, TOLD_EVERY, Checkpoint, verify

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENTRY = Entry("entry.granted", "front", {"person": "p1"}, AT, 1000, "synced")


def make(path: Path, count: int = 20, limits: Limits | None = None) -> list[bytes]:
    """Make a journal of `count` rows; return their hashes from row 1."""
    journal = open_journal(path, boot_id="b", at=AT, limits=limits).journal
    hashes = [journal.commit(Batch((replace(ENTRY, mono_ms=n),)))[0].hash for n in range(count)]
    journal.close()
    return hashes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ('UPDATE journal SET body = \'{"person":"p2"}\' WHERE seq = 7', "row 7 is not what was recorded"),
        ("UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 1", "row 1 is not what was recorded"),
        ("UPDATE journal SET alarm = 1 WHERE seq = 20", "row 20 is not what was recorded"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 20", "row 20 is not what was recorded"),
        ("DELETE FROM journal WHERE seq = 9", "rows 9 to 9 are missing"),
        ("DELETE FROM journal WHERE seq < 4", "rows 1 to 3 are missing"),
        ("DELETE FROM journal WHERE seq > 18", "rows 19 to 20 were given out and are missing at the end"),
        ("UPDATE cursor SET seq = 99 WHERE name = 'confirmed'", "the cursors are impossible"),
        (
            "INSERT INTO removed VALUES (30, 40, zeroblob(32))",
            "rows 30 to 40 were removed, and no row says so",
        ),
    ],
)
def test_an_edit_is_found(path: Path, statement: str, problem: str) -> None:
    make(path)
    assert verify(path).holds
    tamper(path, statement)
    verdict = verify(path)
    assert not verdict.holds
    assert problem in "; ".join(verdict.problems)


def test_rows_taken_out_with_a_stretch_put_in_their_place_are_found(path: Path) -> None:
    make(path)
    tamper(
        path,
        "INSERT INTO removed SELECT 5, 8, hash FROM journal WHERE seq = 8",
        "DELETE FROM journal WHERE seq BETWEEN 5 AND 8",
    )
    assert verify(path).problems == ("rows 5 to 8 were removed, and no row says so",)


def test_a_row_that_claims_a_removal_after_itself_explains_nothing(path: Path) -> None:
    journal = open_journal(path, boot_id="b", at=AT).journal
    lie = replace(ENTRY, kind="journal.gap", body={"ranges": [[5, 8], "x", [1], [1, "2"]]})
    journal.commit(Batch((lie, replace(lie, body={"ranges": 7}), *(ENTRY,) * 10)))
    journal.close()
    tamper(
        path,
        "INSERT INTO removed SELECT 5, 8, hash FROM journal WHERE seq = 8",
        "DELETE FROM journal WHERE seq BETWEEN 5 AND 8",
    )
    assert verify(path).problems == ("rows 5 to 8 were removed, and no row says so",)


def test_a_whole_new_chain_is_found_by_a_checkpoint(path: Path, tmp_path: Path) -> None:
    hashes = make(path)
    forged = tmp_path / "forged.db"
    journal = open_journal(forged, boot_id="b", at=AT).journal
    journal.commit(Batch((replace(ENTRY, body={"person": "somebody else"}),) * 20))
    journal.close()
    checkpoint = Checkpoint(12, hashes[11], AT)
    assert verify(forged).holds
    assert verify(path, [checkpoint]).proved == 1
    assert "row 12 is not the one that the gateway signed for" in verify(forged, [checkpoint]).problems[0]


def test_a_checkpoint_beyond_the_end_shows_that_the_end_was_cut(path: Path) -> None:
    make(path, 5)
    verdict = verify(path, [Checkpoint(9, bytes(32), AT)])
    assert verdict.problems == ("the gateway signed for row 9, and the journal ends at 5",)


def test_a_checkpoint_of_a_removed_row_is_proved_at_the_stretch_s_end_alone(path: Path) -> None:
    limits = Limits(rows=2 * SLICE)
    hashes = make(path, 2 * SLICE + 1, limits)
    removed = verify(path).removed
    last = removed[0].last
    verdict = verify(
        path, [Checkpoint(last, hashes[last - 1], AT), Checkpoint(last - 1, hashes[last - 2], AT)]
    )
    assert verdict.holds
    assert (verdict.proved, verdict.unprovable) == (1, 1)


def test_a_body_that_is_no_json_is_a_problem_and_no_crash(path: Path) -> None:
    make(path, 3)
    tamper(path, "UPDATE journal SET body = 'not json', kind = 'journal.gap' WHERE seq = 2")
    assert "row 2" in verify(path).problems[0]


def test_a_damaged_file_is_a_problem_and_no_crash(path: Path) -> None:
    make(path, 3000)
    data = bytearray(path.read_bytes())
    data[8 * 4096 : 60 * 4096] = bytes(52 * 4096)
    path.write_bytes(data)
    verdict = verify(path)
    assert not verdict.holds


def test_a_file_that_is_no_database_is_a_problem_and_no_crash(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 200)
    assert "not a database" in verify(path).problems[0]


def test_a_file_that_is_not_there_cannot_be_verified(path: Path) -> None:
    assert "unable to open" in verify(path).problems[0]


def test_a_verdict_is_bounded(path: Path) -> None:
    make(path, PROBLEMS_TOLD + 50)
    tamper(path, "UPDATE journal SET hash = zeroblob(32)")
    assert len(verify(path).problems) == PROBLEMS_TOLD


def test_a_copy_on_a_read_only_medium_can_be_verified(path: Path, tmp_path: Path) -> None:
    make(path)
    medium = tmp_path / "medium"
    medium.mkdir()
    copy = medium / "journal.db"
    shutil.copy(path, copy)
    copy.chmod(0o400)
    medium.chmod(0o500)
    try:
        assert verify(copy, immutable=True).rows == 20
        assert [file.name for file in medium.iterdir()] == ["journal.db"]
    finally:
        medium.chmod(0o700)


def test_an_export_can_be_checked_by_another_program(path: Path) -> None:
    make(path)
    reader, out = JournalReader(path), StringIO()
    assert export_json(reader, out) == 20
    reader.close()
    digest = GENESIS
    for line in out.getvalue().splitlines():
        row = json.loads(line)
        assert row["prev"] == digest.hex()
        at_ms = to_ms(datetime.fromisoformat(row["at"]))
        names = ("boot_id", "mono_ms", "clock", "kind", "door")
        boot, mono, clock, kind, door = (row[name] for name in names)
        digest = chained(
            digest, (row["seq"], at_ms, boot, mono, clock, kind, door, int(row["alarm"]), row["body"])
        )
        assert row["hash"] == digest.hex()


def test_an_export_of_a_part_knows_the_hash_before_it(path: Path) -> None:
    hashes = make(path)
    reader, out = JournalReader(path), StringIO()
    assert export_csv(reader, out, 5, 6) == 2
    reader.close()
    heading, first, second = out.getvalue().splitlines()
    assert heading.split(",") == list(FIELDS)
    assert first.split(",")[-2:] == [hashes[3].hex(), hashes[4].hex()]
    assert second.startswith("6,2026-03-02T08:00:00.000Z,b,5,synced,entry.granted,front,False,")


def test_an_export_says_where_the_hash_before_is_unknown(path: Path) -> None:
    make(path)
    tamper(path, "DELETE FROM journal WHERE seq = 4")
    reader, out = JournalReader(path), StringIO()
    export_json(reader, out, 3, 5)
    reader.close()
    assert [json.loads(line)["prev"] is None for line in out.getvalue().splitlines()] == [False, True]


def test_a_long_check_says_how_far_it_is(path: Path) -> None:
    journal = open_journal(path, boot_id="b", at=AT).journal
    journal.commit(Batch((ENTRY,) * (2 * TOLD_EVERY + 1)))
    journal.close()
    told: list[tuple[int, int]] = []
    assert verify(path, seen=lambda seq, head: told.append((seq, head))).holds
    assert told == [(TOLD_EVERY, 2 * TOLD_EVERY + 1), (2 * TOLD_EVERY, 2 * TOLD_EVERY + 1)]
