"""The second copy of the list: believed when it is the last list, refused when it is an older one."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest

from agent.domain.credentials import CredentialState
from agent.doors import keeper as keeping
from agent.doors.keeper import AUDIT_EVERY_S, COPY_EVERY_S, Keeper
from agent.roster.columns import to_credential
from agent.store import spare
from agent.store.roster_rows import CredentialColumns
from agent.store.roster_table import open_roster
from agent.store.spare import kept_in, make_spare, spares, take_spare
from protocols.mqtt.roster import ListDigest

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ACTIVE, REVOKED = 0, 3
CARD = bytes(15) + b"\1"
CARDS = 4000
"""Some four steps of a copy."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pace nothing: no door waits here."""
    monkeypatch.setattr(keeping, "PAUSE_S", 0.0)
    monkeypatch.setattr(keeping, "HURRY_S", 0.0)


def always() -> bool:
    return True


def put(path: Path, revision: int, state: int = ACTIVE) -> None:
    """Write a list of this revision, with one card in this state and many others."""
    table = open_roster(path, AT).table
    table.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        (gen,) = connection.execute("SELECT id FROM generation WHERE state = 'active'").fetchone()
        add = "INSERT OR REPLACE INTO credential VALUES (?, ?, 0, ?, 'p-1', NULL, NULL, NULL, NULL)"
        connection.executemany(add, [(gen, n.to_bytes(16, "little"), ACTIVE) for n in range(CARDS)])
        connection.execute(add, (gen, CARD, state))
        query = "SELECT digest, kind, state, person, from_ms, until_ms, key, kid FROM credential"
        rows = [to_credential(CredentialColumns(*row)) for row in connection.execute(query)]
        total = ListDigest.of(rows)
        query = "UPDATE generation SET revision = ?, digest = ?, count = ?"
        connection.execute(query, (revision, total.total.to_bytes(32), total.count))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a list at revision 7."""
    put(tmp_path / "roster.db", 7)
    return tmp_path / "roster.db"


class Found(NamedTuple):
    """What a start found: the revision in force, whether the card is known, and what became of the files."""

    revision: int
    known: bool
    restored: int | None
    aside: bool


def start(path: Path, floor: int) -> Found:
    opened = open_roster(path, AT, floor)
    known = opened.table.lookup(CARD) is not None
    found = Found(opened.table.head().revision, known, opened.restored, opened.quarantined is not None)
    opened.table.close()
    return found


def test_a_damaged_list_is_followed_by_its_last_copy(path: Path) -> None:
    assert make_spare(path, always) is not None
    path.write_bytes(b"no database" * 1000)
    assert start(path, 7) == Found(7, known=True, restored=7, aside=True)
    assert start(path, 7) == Found(7, known=True, restored=None, aside=False)


def test_a_list_that_is_gone_is_followed_by_its_last_copy(path: Path) -> None:
    make_spare(path, always)
    path.unlink()
    assert start(path, 7) == Found(7, known=True, restored=7, aside=False)


def test_a_copy_older_than_what_was_enforced_is_refused(path: Path) -> None:
    make_spare(path, always)
    put(path, 8, REVOKED)
    path.write_bytes(b"no database" * 1000)
    assert start(path, 8) == Found(0, known=False, restored=None, aside=True)


def test_a_copy_is_refused_where_nobody_knows_what_was_enforced(path: Path) -> None:
    make_spare(path, always)
    path.write_bytes(b"no database" * 1000)
    assert start(path, 0) == Found(0, known=False, restored=None, aside=True)


def test_an_older_list_in_the_place_of_a_newer_one_gives_way_to_the_copy(path: Path) -> None:
    older = path.read_bytes()
    put(path, 8)
    make_spare(path, always)
    path.write_bytes(older)
    assert start(path, 8) == Found(8, known=True, restored=8, aside=True)
    (aside,) = path.parent.glob("*.bad")
    assert kept_in(aside, immutable=True).revision == 7


def test_a_copy_in_which_a_byte_turned_over_is_refused(path: Path) -> None:
    kept = make_spare(path, always)
    assert kept is not None
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)
    path.unlink()
    assert start(path, 7) == Found(0, known=False, restored=None, aside=False)


def test_a_copy_of_what_is_no_list_is_refused(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (x)")
    make_spare(path, always)
    path.unlink()
    assert take_spare(path, 7) is None
    assert not path.exists()


def test_a_copy_is_for_the_daemon_alone_and_there_is_one(path: Path) -> None:
    make_spare(path, always)
    put(path, 8)
    assert make_spare(path, always) is not None
    (kept,) = spares(path)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept_in(kept, immutable=True).revision == 8
    assert {each for each in path.parent.iterdir() if "spare" in each.name} == {kept}


@pytest.mark.parametrize("steps", range(8))
def test_a_copy_that_is_given_up_leaves_the_one_before(path: Path, steps: int) -> None:
    before = make_spare(path, always)
    put(path, 8)
    left = iter(range(steps))
    made = make_spare(path, lambda: next(left, None) is not None)
    if made is None:
        assert spares(path) == (before,)
        assert not list(path.parent.glob("*.new"))
    else:
        assert spares(path) == (made,)


def test_a_list_that_is_always_being_written_is_not_copied(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writing:

        def write() -> bool:
            writing.execute("UPDATE generation SET count = count + 1")
            return True

        assert make_spare(path, write) is None
    assert not spares(path)


def test_no_copy_is_made_on_a_disk_without_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "ROOM_FACTOR", 10**15)
    assert make_spare(path, always) is None


COPY = """
import sys
from pathlib import Path
from agent.store.spare import make_spare
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    make_spare(path, lambda: True)
"""


def test_a_process_killed_in_the_copy_leaves_the_list_and_a_whole_copy(path: Path) -> None:
    chance = random.Random(7)
    make_spare(path, always)
    for _ in range(12):
        copier = subprocess.Popen([sys.executable, "-c", COPY, str(path)], stdout=subprocess.PIPE, text=True)
        assert copier.stdout is not None
        try:
            assert copier.stdout.readline() == "ready\n"
            time.sleep(chance.random() / 20)  # the kill falls anywhere in one of many copies
        finally:
            copier.kill()
            copier.stdout.close()
            copier.wait()
        assert 1 <= len(spares(path)) <= 2
        path.unlink()
        assert start(path, 7) == Found(7, known=True, restored=7, aside=False)


class Clock:
    """Seconds moved by hand."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_list_is_copied_when_it_has_stood_and_once(path: Path) -> None:
    clock = Clock()
    keeper = Keeper(path, clock)
    assert [keeper.look() for _ in range(4)] == [False, True, False, False]
    put(path, 8)
    assert [keeper.look() for _ in range(3)] == [False, False, False], "not so soon again"
    clock.at += COPY_EVERY_S
    put(path, 9)
    assert [keeper.look() for _ in range(3)] == [False, True, False]
    assert [kept_in(each, immutable=True).revision for each in spares(path)] == [9]
    assert [Keeper(path, clock).look() for _ in range(2)] == [False, False]


def test_a_start_knows_the_copy_that_is_there(path: Path) -> None:
    make_spare(path, always)
    keeper = Keeper(path, Clock())
    assert [keeper.look() for _ in range(3)] == [False, False, False]
    (kept,) = spares(path)
    kept.write_bytes(b"")
    keeper = Keeper(path, Clock())
    assert [keeper.look() for _ in range(3)] == [False, True, False]


def test_no_list_is_not_copied_and_a_damaged_one_ends_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "roster.db"
    open_roster(empty, AT).table.close()
    keeper = Keeper(empty, Clock())
    assert [keeper.look() for _ in range(3)] == [False, False, False]
    empty.write_bytes(b"no database" * 1000)
    assert not keeper.look()


class Told:
    """Counts what a keeper says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def keeper(self, path: Path, clock: Clock) -> Keeper:
        return Keeper(path, clock, lambda: self.said.append("spoilt"), lambda: self.said.append("end"))


def flip(path: Path) -> None:
    """Turn a byte over that makes a revoked card an active one."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE credential SET state = ? WHERE state = ?", (ACTIVE, REVOKED))


def test_a_card_that_came_to_life_by_itself_ends_the_list_and_the_copy_takes_its_place(path: Path) -> None:
    put(path, 8, REVOKED)
    clock, told = Clock(), Told()
    keeper = told.keeper(path, clock)
    assert [keeper.look() for _ in range(2)] == [False, True]
    flip(path)
    assert not keeper.look()
    assert told.said == [], "it is not added up all the time"
    clock.at += AUDIT_EVERY_S
    assert not keeper.look()
    assert told.said == ["spoilt", "end"]
    opened = open_roster(path, AT, 8)
    assert opened.quarantined is not None
    assert opened.restored == 8
    holding = opened.table.lookup(CARD)
    assert holding is not None
    assert holding.credential.state is CredentialState.REVOKED
    opened.table.close()


def test_a_copy_that_holds_the_same_fault_is_set_aside_too(path: Path) -> None:
    put(path, 8, REVOKED)
    flip(path)
    make_spare(path, always)
    told = Told()
    keeper = told.keeper(path, Clock())
    assert [keeper.look() for _ in range(2)] == [False, False]
    assert told.said == ["spoilt", "end"]
    assert start(path, 8) == Found(0, known=False, restored=None, aside=True)


def test_a_list_that_is_condemned_opens_nothing(path: Path) -> None:
    table = open_roster(path, AT, 7).table
    assert table.lookup(CARD) is not None
    table.condemn()
    assert table.lookup(CARD) is None
    assert table.rolled_back
    table.close()


def test_the_thread_ends_when_it_is_asked(path: Path) -> None:
    keeper = Keeper(path, Clock())
    keeper.start()
    keeper.stop(5)
    assert not keeper._thread.is_alive()
