"""Inputs that flap under the real daemon: a small record, an open way out, and no harm to other doors."""

from __future__ import annotations

import itertools
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.doors.snapshot import FILE_NAME
from protocols.mqtt import topics
from tests.peers.site import NEIGHBOUR, RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVERY_S = 0.05
"""Twenty changes a second: faster, and the board is not asked often enough to see them all."""

MANY = 200
"""Changes that are made while somebody watches: some ten seconds of them."""

MOST_TOLD = 4 * 75
"""Rows that an input writes before it is found to flap: some 75 changes at this pace, four rows each."""


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as made:
        made.start()
        made.push()
        yield made


@contextmanager
def flapping(change: Callable[[bool], None]) -> Iterator[list[int]]:
    """Have an input change until the end. Gives how often it did, as the only item of a list."""
    ended, times = threading.Event(), [0]

    def flap() -> None:
        for on in itertools.cycle((True, False)):
            change(on)
            times[0] += 1
            if ended.wait(EVERY_S):
                return

    hand = threading.Thread(target=flap)
    hand.start()
    try:
        yield times
    finally:
        ended.set()
        hand.join()


def press(site: Site, on: bool) -> None:  # noqa: FBT001 - as an input is
    site.building.press_exit() if on else site.building.let_go_of_exit()


def rows_after(site: Site, seq: int) -> list[str]:
    return [row.kind for row in site.rows() if row.seq > seq]


def test_a_contact_that_flaps_is_an_alarm_and_no_flood_and_another_door_opens(site: Site) -> None:
    before = site.head()
    with flapping(lambda on: site.building.move_leaf(opened=on)) as times:
        flaps = site.row("input.flapping", LOBBY, after=before)
        assert flaps.alarm
        assert flaps.data()["point"] == "lobby-contact"
        assert len(rows_after(site, before)) < MOST_TOLD
        shown = len(states(site))
        begun, changed = site.head(), times[0]
        site.until(lambda: times[0] > changed + MANY, "many changes more")
        site.present(NEIGHBOUR, GARAGE)
        site.released(GARAGE)
        site.row("entry.granted", GARAGE, after=begun)
        site.present(RESIDENT)
        site.released(LOBBY)
        site.row("entry.granted", LOBBY, after=begun)
        written = rows_after(site, begun)
        assert not {"door.opened", "door.closed"} & set(written)
        assert len(written) < 20
        assert len(states(site)) - shown < 20
        site.until(lambda: newest_state(site)["contact"] == "fault", "what the centre is shown")
        site.until(lambda: picture(site)["flapping"] != [], "the daemon's picture")
        (seen,) = picture(site)["flapping"]
        assert (seen["name"], seen["role"], seen["door"]) == ("lobby-contact", "contact", LOBBY)
        assert "look at its magnet" in site.daemon.menshen("doctor").stdout


def test_an_exit_button_that_flaps_opens_its_door_and_fire_opens_all(site: Site) -> None:
    before = site.head()
    with flapping(lambda on: press(site, on)) as times:
        flaps = site.row("input.flapping", LOBBY, after=before)
        assert flaps.data()["role"] == "exit"
        begun, changed = site.head(), times[0]
        site.until(lambda: times[0] > changed + MANY, "many changes more")
        assert not site.locked(LOBBY)
        site.present(NEIGHBOUR, GARAGE)
        site.released(GARAGE)
        assert len(rows_after(site, begun)) < 20
        site.building.ring_fire(on=True)
        site.until(lambda: not site.locked(GARAGE) and not site.locked(LOBBY), "both doors released")
        site.row("fire.on", after=begun)
    site.building.ring_fire(on=False)
    assert site.daemon.stop() == 0


def states(site: Site) -> list[bytes]:
    """Return what was shown of the lobby at the centre since it is there."""
    topic = topics.door_state(GATEWAY, LOBBY)
    return [each.payload for each in site.centre.heard(topic)]


def newest_state(site: Site) -> dict[str, object]:
    shown: dict[str, object] = json.loads(states(site)[-1])
    return shown


def picture(site: Site) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads((site.building.data_dir / FILE_NAME).read_text())
    return found
