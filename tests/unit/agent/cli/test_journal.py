from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.cli.app import main
from agent.errors import EX_DATAERR, EX_IOERR
from agent.roster.checkpoints import sign_checkpoint
from agent.store.journal import open_journal
from agent.store.retention import SLICE, Limits
from agent.store.rows import Batch, Entry
from agent.store.verify import Checkpoint
from protocols.tokens.keys import public_text

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
ENTRY = Entry("entry.granted", "front", {"person": "p1"}, AT, 0, "synced")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def make(path: Path, batches: int = 10) -> list[Checkpoint]:
    """Make a journal; return a checkpoint of each batch."""
    journal = open_journal(path, boot_id="b", at=AT, limits=Limits(rows=2 * SLICE)).journal
    points = [
        Checkpoint(row.seq, row.hash, AT)
        for row in (journal.commit(Batch((ENTRY,)))[0] for _ in range(batches))
    ]
    journal.close()
    return points


def sign(tmp_path: Path, *points: Checkpoint, key: Ed25519PrivateKey = KEY) -> str:
    file = tmp_path / "checkpoints.txt"
    file.write_text("\n\n".join(sign_checkpoint(point, "gw-1", key) for point in points))
    return str(file)


def test_a_sound_journal_is_said_to_hold(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(path)
    assert main(["journal", "verify", str(path)]) == 0
    assert capsys.readouterr().out == "The chain holds: 10 rows, the newest is 10.\n"


def test_an_edited_journal_is_told_with_its_row(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE journal SET door = 'back' WHERE seq = 4")
    assert main(["journal", "verify", str(path)]) == EX_DATAERR
    said = capsys.readouterr().out
    assert "DOES NOT HOLD" in said
    assert "row 4 is not what was recorded" in said


def test_checkpoints_are_held_against_the_journal(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = make(path, 2 * SLICE + 10)
    file = sign(tmp_path, points[3], points[-1])
    arguments = [
        "journal",
        "verify",
        str(path),
        "--checkpoints",
        file,
        "--key",
        public_text(KEY.public_key()),
    ]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "agree: 1; of removed rows, so not provable here: 1." in said
    assert "Removed in the stated order, as the chain itself says: 1-257." in said
    file = sign(tmp_path, Checkpoint(points[-1].seq, bytes(32), AT))
    assert main(arguments) == EX_DATAERR


def test_a_person_at_a_terminal_sees_how_far_the_check_is(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal(path, boot_id="b", at=AT).journal
    journal.commit(Batch((ENTRY,) * 2500))
    journal.close()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert main(["journal", "verify", str(path)]) == 0
    said = capsys.readouterr()
    assert "rows checked" in said.err
    assert said.out == "The chain holds: 2500 rows, the newest is 2500.\n"


def test_many_removed_stretches_are_told_shortly(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = open_journal(path, boot_id="b", at=AT, limits=Limits(rows=2 * SLICE)).journal
    alarm = Entry("door.forced", "front", {}, AT, 0, "synced", alarm=True)
    for _ in range(60):
        journal.commit(Batch((alarm, *(ENTRY,) * 9)))
    journal.close()
    assert main(["journal", "verify", str(path)]) == 0
    assert ", …." in capsys.readouterr().out


@pytest.mark.parametrize("missing", ["key", "bad key", "stranger", "no file", "not text"])
def test_checkpoints_that_cannot_be_used_are_told(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    file = sign(tmp_path, *make(path, 1), key=Ed25519PrivateKey.generate() if missing == "stranger" else KEY)
    arguments = ["journal", "verify", str(path), "--checkpoints", file]
    if missing == "no file":
        arguments[-1] = str(tmp_path / "nowhere")
    if missing == "not text":
        (tmp_path / "checkpoints.txt").write_bytes(b"\xff\xfe\xff")
    if missing != "key":
        arguments += ["--key", "x" if missing == "bad key" else public_text(KEY.public_key())]
    assert main(arguments) == EX_DATAERR
    assert "menshen: " in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("verify", "export"):
        assert main(["journal", action, str(tmp_path / "nowhere.db")]) == EX_DATAERR
        assert "cannot read" in capsys.readouterr().err


def test_rows_are_exported_as_json_lines(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(path)
    assert main(["journal", "export", str(path), "--from", "3", "--to", "5"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["seq"] for row in rows] == [3, 4, 5]
    assert rows[1]["prev"] == rows[0]["hash"]


def test_rows_are_exported_as_csv_into_a_file(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(path)
    out = tmp_path / "rows.csv"
    assert main(["journal", "export", str(path), "--csv", "--out", str(out), "--copy"]) == 0
    assert len(out.read_text().splitlines()) == 11
    assert capsys.readouterr().out == f"10 rows written to {out}\n"


def test_a_file_that_cannot_be_written_is_told(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(path)
    assert main(["journal", "export", str(path), "--out", str(tmp_path)]) == EX_IOERR
    assert "cannot write" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_trouble_of_the_file(path: Path) -> None:
    make(path, 2 * SLICE)
    command = f"{sys.executable} -m agent journal export {path} | head -1"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert ran.stderr == ""
    assert json.loads(ran.stdout)["seq"] == 1
