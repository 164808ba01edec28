"""The disk takes no more while doors are used: cards are refused, exit and fire open, and it mends itself.

The running daemon is forbidden to make any file longer, which is what a full disk is to it; what is in the
file already may be written over, as on a disk.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import GARAGE, LOBBY
from agent.store.verify import verify
from protocols.tokens.command import Mode
from tests.peers.site import DESK, NEIGHBOUR, RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTHING_MORE_BYTES = 1
EXITS = 3
DECISIONS = ("entry.granted", "entry.denied")
TRIES = 5
WIRE_S = 0.25
"""A release that did not wait is at the relay in a tenth of this."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path) as made:
        made.start()
        made.push()
        yield made


@contextmanager
def full_disk(site: Site) -> Iterator[None]:
    """Let no file of the daemon grow."""
    pid = site.daemon.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (NOTHING_MORE_BYTES, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


def status(site: Site) -> dict[str, object]:
    found: dict[str, object] = json.loads(site.status_file().read_text())
    return found


def press_and_let_go(site: Site) -> None:
    """Press the exit button; the lobby is released. Let go of it, and wait until it is locked again."""
    opened = len(site.releases_of(LOBBY))
    site.building.press_exit()
    site.released(LOBBY, after=opened)
    site.building.let_go_of_exit()
    site.until(lambda: site.locked(LOBBY), "the lobby locked again")


def test_with_a_full_disk_only_exit_and_fire_open_and_all_of_it_is_written_afterwards(site: Site) -> None:
    before = site.head()
    with full_disk(site):
        for _ in range(EXITS):
            press_and_let_go(site)
        opened = len(site.releases)

        site.present(RESIDENT, GARAGE)
        phone = site.ask(site.claims(site.phone_key, GARAGE), site.phone_key)
        desk = site.ask(site.claims(site.duty_key, GARAGE), site.duty_key)
        mode = site.ask(site.mode_claims(Mode.HELD, GARAGE), site.duty_key, DESK)
        assert [each.outcome for each in (phone, desk, mode)] == ["refused"] * 3
        assert {each.reason for each in (phone, desk, mode)} == {"cannot_record"}
        site.until(lambda: not site.reader(GARAGE).device.reports, "the card read")
        assert len(site.releases) == opened

        site.building.ring_fire(on=True)
        site.released(GARAGE)
        site.until(lambda: not site.locked(LOBBY), "the lobby open")
        site.building.ring_fire(on=False)
        time.sleep(WIRE_S)
        assert not site.locked(LOBBY)  # a silent line ends no release
        site.building.turn_fire_key(on=True)
        site.until(lambda: site.locked(LOBBY) and site.locked(GARAGE), "every door locked again")
        assert site.head() == before

    back = site.row("journal.back", after=before)
    kept = [row for row in site.rows() if before < row.seq < back.seq]
    kinds = [row.kind for row in kept]
    assert kinds.count("exit.opened") == EXITS
    assert kinds.count("fire.on") == kinds.count("fire.off") == 1
    assert kinds.count("journal.lost") == 1
    denied = [row.data()["reason"] for row in kept if row.kind == "entry.denied"]
    assert denied == ["cannot_record"] * 3  # card, phone, desk; the mode is an order that was refused
    assert [row.data()["reason"] for row in kept if row.kind == "order.refused"] == ["cannot_record"]

    site.present(NEIGHBOUR, GARAGE)
    site.row("entry.granted", GARAGE, after=before)
    site.all_told()
    assert verify(site.journal_file).problems == ()


def test_an_order_that_a_full_disk_refused_may_be_given_again(site: Site) -> None:
    with full_disk(site):
        claims = site.claims(site.phone_key, GARAGE)
        assert site.ask(claims, site.phone_key).reason == "cannot_record"
    site.row("journal.back")

    assert site.ask(site.claims(site.phone_key, GARAGE), site.phone_key).outcome == "opened"
    assert len(site.releases) == 1


def test_a_card_revoked_while_the_disk_is_full_is_refused_when_there_is_room_again(site: Site) -> None:
    with full_disk(site):
        site.office.revoke(RESIDENT)
        site.office.push(site.centre)
        before = site.head()
        press_and_let_go(site)
        assert not site.office.hear(site.centre)  # nobody vouches for what is not on disk

    site.row("journal.back", after=before)
    site.push()
    site.present(RESIDENT, GARAGE)
    assert site.row("entry.denied", GARAGE, after=before).data()["reason"] == "revoked"


@contextmanager
def slow_disk(site: Site) -> Iterator[None]:
    """Keep the daemon's record from being written for a moment: another hand holds the file."""
    with closing(sqlite3.connect(site.journal_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def decided(site: Site, after: int) -> str:
    """Wait for the decision about a card at the garage, and return the kind of its record."""
    found: list[str] = []

    def came() -> bool:
        found[:] = [row.kind for row in site.rows(door=GARAGE) if row.seq > after and row.kind in DECISIONS]
        return bool(found)

    site.until(came, "a decision")
    return found[0]


def test_no_lock_moves_before_its_record_is_on_disk(site: Site) -> None:
    for _ in range(TRIES):
        before = site.head()
        with slow_disk(site):
            site.present(RESIDENT, GARAGE)
            site.until(lambda: not site.reader(GARAGE).device.reports, "the card read")
            time.sleep(WIRE_S)
            assert site.releases == []
        if decided(site, before) == "entry.granted":
            break  # else the disk was slow for too long, and the card was refused for it
    row = site.row("entry.granted", GARAGE)
    assert row.seq <= site.released(GARAGE).head


def test_the_exit_opens_before_its_record_is_on_disk(site: Site) -> None:
    with slow_disk(site):
        site.building.press_exit()
        release = site.released(LOBBY)
    site.building.let_go_of_exit()

    assert site.row("exit.opened", LOBBY).seq > release.head


def test_an_exit_does_not_wait_for_the_record_of_another_door(site: Site) -> None:
    for _ in range(TRIES):
        before = site.head()
        with slow_disk(site):
            site.present(RESIDENT, GARAGE)
            site.until(lambda: not site.reader(GARAGE).device.reports, "the card read")
            time.sleep(WIRE_S)
            site.building.press_exit()
            release = site.released(LOBBY)
        site.building.let_go_of_exit()
        if decided(site, before) == "entry.granted":
            break  # it was waiting for the disk all the while; else the disk was given up before the exit
    else:
        pytest.fail("the disk was given up every time")
    assert site.row("exit.opened", LOBBY, after=before).seq > release.head
