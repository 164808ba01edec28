"""A pipe, a folder or a device in the place of a file: nothing waits for it, and it is told what it is."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import pytest

from agent.alone import alone
from agent.config.secrets import Secrets
from agent.errors import AgentError, BadInput, ConfigError, StoreError
from agent.keyfiles import read_private
from agent.plainfile import NO_FILE, open_plain
from agent.store.journal import open_journal
from agent.store.roster_table import open_roster
from agent.store.rows import Batch, Entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WITHIN_S = 10.0
_T = TypeVar("_T")


def pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def folder(path: Path) -> None:
    path.mkdir(0o700)


def unix_socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(str(path))
    path.chmod(0o600)


THINGS = [pipe, folder, unix_socket]


def soon(call: Callable[[], _T]) -> _T:
    """Return what `call` returns or raises; fail where it hangs."""
    outcome: list[_T | AgentError | OSError] = []

    def run() -> None:
        try:
            outcome.append(call())
        except (AgentError, OSError) as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(WITHIN_S)
    assert outcome, "it hangs"
    if isinstance(outcome[0], (AgentError, OSError)):
        raise outcome[0]
    return outcome[0]


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_RDWR | os.O_CREAT])
def test_what_is_no_file_is_refused_at_once(
    tmp_path: Path, thing: Callable[[Path], None], flags: int
) -> None:
    thing(tmp_path / "x")
    with pytest.raises(OSError, match=NO_FILE):
        soon(lambda: open_plain(tmp_path / "x", flags))


@pytest.mark.parametrize("thing", THINGS)
def test_a_key_file_that_is_none_is_told(tmp_path: Path, thing: Callable[[Path], None]) -> None:
    thing(tmp_path / "key")
    with pytest.raises(BadInput, match=NO_FILE):
        soon(lambda: read_private(tmp_path / "key"))
    with pytest.raises(ConfigError, match=NO_FILE):
        soon(lambda: Secrets(None, tmp_path).read("key"))


@pytest.mark.parametrize("thing", THINGS)
def test_a_lock_that_is_no_file_is_told(tmp_path: Path, thing: Callable[[Path], None]) -> None:
    thing(tmp_path / "lock")

    def hold() -> None:
        with alone(tmp_path):
            pass

    with pytest.raises(StoreError, match=NO_FILE):
        soon(hold)


@pytest.mark.parametrize("thing", THINGS)
def test_what_lies_in_the_place_of_the_files_beside_the_journal_is_moved_away(
    tmp_path: Path, thing: Callable[[Path], None]
) -> None:
    path = tmp_path / "journal.db"
    for suffix in ("ceiling", "epoch", "reserve"):
        thing(path.with_name(f"journal.db.{suffix}"))
    journal = soon(lambda: open_journal(path, boot_id="b", at=AT)).journal
    assert journal.start_boot() == 1
    journal.commit(Batch((Entry("entry.granted", "front", {}, AT, 0, "synced"),)))
    assert not journal.on_reserve
    journal.close()
    for suffix in ("ceiling", "epoch", "reserve"):
        assert path.with_name(f"journal.db.{suffix}").is_file()
        assert path.with_name(f"journal.db.{suffix}.bad").exists()


@pytest.mark.parametrize("thing", THINGS)
def test_a_database_that_is_no_file_is_told(tmp_path: Path, thing: Callable[[Path], None]) -> None:
    thing(tmp_path / "journal.db")
    thing(tmp_path / "roster.db")
    with pytest.raises(StoreError, match=NO_FILE):
        soon(lambda: open_journal(tmp_path / "journal.db", boot_id="b", at=AT))
    with pytest.raises(StoreError, match=NO_FILE):
        soon(lambda: open_roster(tmp_path / "roster.db", AT))


def test_a_device_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "key").symlink_to("/dev/zero")
    with pytest.raises(BadInput, match=NO_FILE):
        soon(lambda: read_private(tmp_path / "key"))
