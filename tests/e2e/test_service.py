"""What the service manager hears of the real daemon, from ready to stopping."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import LOBBY
from tests.peers.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WITHIN_S = 30.0


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Return the manager's socket."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.settimeout(WITHIN_S)
    yield listener
    listener.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    with Site(folder) as made:
        yield made


def test_systemd_hears_ready_once_then_that_the_loop_lives_then_the_end(
    site: Site, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only now: the broker of the site would speak to the manager too.
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    site.start()
    heard: list[str] = []

    def hear() -> str:
        heard.extend(manager.recv(4096).decode().splitlines())
        return heard[-1]

    while "READY=1" not in heard:
        hear()
    while hear() != "WATCHDOG=1":
        pass
    assert site.daemon.stop() == 0
    while hear() != "STOPPING=1":
        pass
    assert heard.count("READY=1") == 1
    assert heard.index("READY=1") < len(heard) - 1


def test_a_signal_that_comes_while_the_list_is_opened_ends_the_daemon_in_good_order(site: Site) -> None:
    site.start(online=False)
    assert site.daemon.stop() == 0
    reader = site.reader(LOBBY)
    reader.power_cycle()
    with closing(sqlite3.connect(site.building.data_dir / "roster.db", isolation_level=None)) as held:
        held.execute("PRAGMA locking_mode = EXCLUSIVE")
        held.execute("BEGIN EXCLUSIVE")
        held.execute("UPDATE generation SET count = count")
        site.daemon.start()
        site.until(lambda: reader.secure, "the drivers at work")
        os.kill(site.daemon.pid, signal.SIGTERM)
    assert site.daemon.stop() == 0
    assert len(site.rows("agent.stopping")) == 2  # this end, too, is on record
