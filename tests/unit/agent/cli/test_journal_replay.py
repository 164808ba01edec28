from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import main
from agent.domain.credentials import CredentialState
from agent.errors import EX_DATAERR, EX_IOERR
from agent.office import credentials
from agent.store.journal import open_journal
from agent.store.rows import Batch, Entry
from tests.peers.office_site import START, add_card, add_person, make_book
from tests.unit.agent.roster.lists import AT, FRAME, Gateway, Office, card, digest, person

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Make a journal in which three cards entered and one did not, and a list on which that has changed."""
    journal = open_journal(tmp_path / "journal.db", boot_id="b", at=AT).journal
    for n in range(1, 4):
        body = {"credential": digest(n).hex(), "rule": "residents"}
        journal.commit(Batch((Entry("entry.granted", "front", body, AT + timedelta(hours=n), 0, "synced"),)))
    body = {"credential": digest(4).hex(), "reason": "unknown_credential"}
    denied = Entry("entry.denied", "front", body, AT + timedelta(hours=4), 0, "synced")
    journal.commit(Batch((denied, replace(denied, kind="door.opened"))))
    journal.close()
    gateway, office = Gateway(tmp_path / "roster.db"), Office()
    rows = [*FRAME, *(person(n) for n in range(1, 5)), card(1), card(2, state="lost"), card(3), card(4)]
    gateway.delta(office.delta(rows))
    gateway.close()
    return ["journal", "replay", str(tmp_path / "journal.db"), "--roster", str(tmp_path / "roster.db")]


def test_what_would_change_is_told(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(files) == 0
    lost, gained, total = capsys.readouterr().out.splitlines()
    assert f"front  {digest(2).hex()[:8]}  p000002: entered (residents) → would be denied (lost)" in lost
    assert f"front  {digest(4).hex()[:8]}  p000004: denied (unknown_credential) → would enter" in gained
    assert total == "4 presentations: 1 would enter, 1 would be denied, 0 for another reason."


def test_a_day_can_be_chosen(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*files, "--since", "2026-03-02T11:00+00:00", "--until", "2026-03-03"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 presentations: 1 would enter, 0 would")


def test_programs_get_json_lines(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*files, "--json"]) == 0
    first, _ = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {
        "change": "loses",
        "seq": 2,
        "at": "2026-03-02T10:00:00.000Z",
        "door": "front",
        "credential": digest(2).hex(),
        "person": "p000002",
        "was": "residents",
        "now": "lost",
    }


def test_a_damaged_row_is_passed_over(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(files[2])) as connection, connection:
        connection.execute("UPDATE journal SET body = '{' WHERE seq = 2")
    assert main(files) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("3 presentations")


def test_the_list_is_read_while_a_daemon_has_it_open(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = Gateway(tmp_path / "roster.db")
    gateway.table.writer.begin(durable=True)
    assert main(files) == 0
    gateway.close()
    assert "4 presentations" in capsys.readouterr().out


def test_a_time_that_is_none_is_told(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*files, "--since", "yesterday"]) == EX_DATAERR
    assert "yesterday is no time" in capsys.readouterr().err


def test_files_that_are_not_there_are_told(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*files[:-1], str(tmp_path / "nowhere.db")]) == EX_IOERR
    assert main([*files[:2], str(tmp_path / "nowhere.db"), *files[3:]]) == EX_IOERR
    assert capsys.readouterr().err.count("cannot read") == 2


def test_a_list_of_a_newer_version_is_told(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(tmp_path / "roster.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert main(files) == EX_DATAERR
    assert "version 99 is newer" in capsys.readouterr().err


@dataclass(frozen=True)
class Building:
    """An office's book, a journal of gateway gw01, and the two cards that entered there."""

    arguments: list[str]
    resident: str
    kept: bytes
    lost: bytes


@pytest.fixture
def building(tmp_path: Path) -> Building:
    """Make a book in which a resident has two cards, both of which entered; revision 5 loses one of them."""
    with closing(make_book(tmp_path / "book")) as book:
        resident = add_person(book, "somebody", 1)
        kept, lost = (add_card(book, resident, value) for value in (0xA17, 0xA18))
        with book.change("card.lost", by="tester", at=START) as edit:
            credentials.set_state(edit, lost, CredentialState.LOST)
    journal = open_journal(tmp_path / "journal.db", boot_id="b", at=START).journal
    for each in (kept, lost):
        body = {"credential": each, "rule": "residents"}
        journal.commit(Batch((Entry("entry.granted", "lobby", body, START, 0, "synced"),)))
    journal.close()
    arguments = ["journal", "replay", str(tmp_path / "journal.db"), "--book", str(tmp_path / "book")]
    return Building(arguments, resident, bytes.fromhex(kept), bytes.fromhex(lost))


def test_the_book_s_list_is_tried_before_it_is_pushed(
    building: Building, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*building.arguments, "--gateway", "gw01"]) == 0
    told, total = capsys.readouterr().out.splitlines()
    assert (
        f"{building.lost.hex()[:8]}  somebody 3-1-1001 {building.resident}: entered (residents) "
        "→ would be denied (lost)" in told
    )
    assert total == "2 presentations: 0 would enter, 1 would be denied, 0 for another reason."


def test_a_program_is_told_no_names_out_of_the_book(
    building: Building, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*building.arguments, "--gateway", "gw01", "--json"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said)["person"] == building.resident
    assert "somebody" not in said


def test_an_older_revision_of_the_book_can_be_tried(
    building: Building, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*building.arguments, "--gateway", "gw01", "--revision", "4"]) == 0
    assert capsys.readouterr().out.startswith("2 presentations: 0 would enter, 0 would be denied")


def test_a_book_without_a_list_for_the_gateway_is_told(
    building: Building, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(building.arguments) == EX_DATAERR
    assert "--gateway" in capsys.readouterr().err
    assert main([*building.arguments, "--gateway", "gw99"]) == EX_DATAERR
    assert "no list for gateway gw99" in capsys.readouterr().err
