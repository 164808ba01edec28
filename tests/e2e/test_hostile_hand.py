"""A hand on the machine itself: signals, a second daemon, files that are not what they were."""

from __future__ import annotations

import os
import select
import signal
import sqlite3
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import LOBBY
from agent.errors import EX_UNAVAILABLE
from agent.store.spare import kept_in, make_spare
from protocols.tokens.command import Mode
from tests.peers.site import NEIGHBOUR, STRANGER, WITHIN_S, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = 200
FILES = {"journal", "roster"}
ASIDE = '"event": "store.quarantined"'


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as made:
        made.start()
        made.push()
        yield made


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_terminal_that_goes_and_a_key_that_interrupts_are_ends_that_are_recorded(
    site: Site, number: signal.Signals
) -> None:
    os.kill(site.daemon.pid, number)
    wait_for_end(site)
    assert site.daemon.ended == 0
    assert site.rows("agent.stopping")[-1].data() == {"signal": number.name}


def test_a_storm_of_signals_is_one_end(site: Site) -> None:
    random, pid = Random("storm"), site.daemon.pid
    for _ in range(SIGNALS):
        os.kill(pid, random.choice((signal.SIGTERM, signal.SIGINT, signal.SIGHUP)))
    wait_for_end(site)
    assert site.daemon.ended == 0
    assert "Traceback" not in site.daemon.log()


def test_a_second_daemon_says_who_is_there_and_disturbs_nothing(site: Site) -> None:
    ended = site.daemon.menshen("run")
    assert ended.returncode == EX_UNAVAILABLE
    assert "another daemon serves" in ended.stderr
    site.present(NEIGHBOUR)
    site.released(LOBBY)


def test_a_daemon_whose_files_are_not_what_they_were_says_so_and_serves(site: Site) -> None:
    """Neither damage is one that SQLite's own quick check sees."""
    assert site.daemon.stop() == 0
    last = site.head()
    with closing(sqlite3.connect(site.journal_file)) as connection, connection:
        connection.execute("DELETE FROM cursor")
    with closing(sqlite3.connect(site.building.data_dir / "roster.db")) as connection, connection:
        connection.execute("UPDATE rule SET body = '{' WHERE kind = 'group'")
    site.daemon.start()
    # By the log: a reader of the record must not come before the new file has its tables.
    site.until(lambda: site.daemon.log().count(ASIDE) == len(FILES), "both files set aside")
    site.until(lambda: aside(site) == FILES, "the record of both")
    site.row("device.online", after=last)  # numbers go on above those of the file that is gone
    opened = len(site.releases)
    site.building.press_exit()
    site.released(LOBBY, after=opened)
    site.building.let_go_of_exit()
    site.present(STRANGER)
    site.row("entry.denied", LOBBY, after=last)
    assert site.daemon.stop() == 0


def test_a_lockdown_outlives_the_journal_that_knew_of_it(site: Site) -> None:
    answer = site.ask(site.mode_claims(Mode.LOCKED), site.duty_key)
    assert answer.outcome == "done"
    assert site.daemon.stop() == 0
    last = site.head()
    with closing(sqlite3.connect(site.journal_file)) as connection, connection:
        connection.execute("DELETE FROM cursor")
    site.daemon.start()
    site.until(lambda: ASIDE in site.daemon.log(), "the file set aside")
    assert site.row("door.mode", LOBBY, after=last).data() == {
        "mode": "locked",
        "restored": True,
        "was": "normal",
    }
    site.row("device.online", after=last)
    site.present(NEIGHBOUR)
    assert site.row("entry.denied", LOBBY, after=last).data()["reason"] == "door_locked"


def test_the_last_copy_of_a_damaged_list_opens_doors_while_the_centre_is_away(site: Site) -> None:
    roster = site.building.data_dir / "roster.db"
    kept = make_spare(roster, lambda: True)  # as the keeper does when the list has stood
    assert kept is not None
    revision = kept_in(kept, immutable=True).revision
    assert site.daemon.stop() == 0
    site.broker.stop()
    last = site.head()
    roster.write_bytes(b"no database" * 1000)
    site.start(online=False)
    site.row("device.online", after=last)
    site.until(lambda: aside(site) == {"roster"}, "the record of the file")
    assert [row.data() for row in site.rows("roster.restored")] == [{"revision": revision}]
    opened = len(site.releases)
    site.present(NEIGHBOUR)
    site.released(LOBBY, after=opened)


def aside(site: Site) -> set[str]:
    """Return which databases were set aside, as the record has it."""
    return {str(row.data()["database"]) for row in site.rows("store.quarantined")}


def wait_for_end(site: Site) -> None:
    """Wait until the daemon has ended of itself."""
    process = os.pidfd_open(site.daemon.pid)
    try:
        assert select.select([process], [], [], WITHIN_S)[0], "it does not end"
    finally:
        os.close(process)
