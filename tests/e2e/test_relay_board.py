"""A relay board under the real daemon: a door held over a crash, a relay on for nobody, a board that goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import GARAGE, GATEWAY, LOBBY
from drivers.simulator.relay_board import WELL, Mood
from protocols.mqtt import topics
from protocols.tokens.command import Mode
from tests.peers.site import RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.store.rows import Row

GARAGE_RELAY = 1
LONG = (("release_s = 1.0", "release_s = 6.0"),)
"""A release that is still running when a board that went silent is missed."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path, change=LONG) as made:
        made.start()
        made.push()
        yield made


def found_on(site: Site, after: int) -> list[Row]:
    return [row for row in site.rows("door.output_found") if row.seq > after]


def fault(site: Site, door: str) -> str | None:
    """Return what the retained state of a door says is wrong with it."""
    newest = site.centre.newest(topics.door_state(GATEWAY, door))
    assert newest is not None
    told: str | None = json.loads(newest.payload)["fault"]
    return told


def test_a_door_that_stands_open_does_so_over_a_crash_and_is_no_alarm(site: Site) -> None:
    site.ask(site.mode_claims(Mode.HELD), site.duty_key)
    site.until(lambda: not site.locked(LOBBY), "the door held open")
    before = site.head()
    site.daemon.kill()
    switched = len(site.switched)
    site.start()
    site.until(lambda: len(site.switched) > switched + 1, "the lease renewed twice")
    assert not site.locked(LOBBY)
    assert all(each.on_for_s > 0 for each in site.switched[switched:])  # not for a moment was it put off
    assert found_on(site, before) == []


def test_a_relay_that_is_on_for_nobody_at_the_start_is_an_alarm_and_put_off(site: Site) -> None:
    site.daemon.stop()
    before = site.head()
    site.building.board.set_coil(GARAGE_RELAY, on=True)
    site.start()
    row = site.row("door.output_found", GARAGE, after=before)
    assert row.data()["on"] is True
    assert row.alarm
    site.until(lambda: site.locked(GARAGE), "the relay put off")
    site.until(lambda: [r.data()["on"] for r in found_on(site, before)] == [True, False], "its end told")


def test_a_board_lost_in_the_middle_of_a_release_is_told_and_locks_by_itself(site: Site) -> None:
    before = site.head()
    site.present(RESIDENT)
    site.released(LOBBY)
    site.building.board.mood = Mood(silent=True)
    row = site.row("device.offline", after=before)
    assert row.alarm
    assert not site.locked(LOBBY)  # the resident is still let in
    site.until(lambda: fault(site, LOBBY) == "lock_offline", "the door's fault")
    site.until(lambda: site.locked(LOBBY), "the board's own pulse over")
    site.building.board.mood = WELL
    site.row("device.online", after=row.seq)
    assert found_on(site, before) == []
