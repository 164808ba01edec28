"""A reader that is replaced while the daemon is away: an alarm that stays until an operator accepts it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from agent.demo.building import LOBBY
from protocols.mqtt.topics import Kind
from protocols.osdp.replies import MakerReply
from tests.peers.site import RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path) as made:
        made.start()
        made.push()
        yield made


def lobby(site: Site) -> dict[str, Any]:
    """Return what the birth message says of the lobby's reader."""
    birth = site.state(Kind.BIRTH) or {}
    return next((each for each in birth.get("devices", []) if each["device"] == "lobby-in"), {})


def noted(site: Site, kind: str, after: int = 0) -> dict[str, Any]:
    """Wait for what is recorded of an identity, and return it."""
    return dict(site.row(kind, after=after).data())


def test_a_replaced_reader_is_an_alarm_until_it_is_paired_again(site: Site) -> None:
    reader = site.reader(LOBBY)
    first = reader.device.serial
    learnt = noted(site, "device.identity_learnt")
    assert learnt["is"]["serial"] == f"{first:08x}"
    site.until(lambda: lobby(site).get("cuid") == reader.device.cuid.hex(), "the reader in the birth message")

    site.daemon.stop()
    reader.device.serial = 0x0BADCAFE
    head = site.head()
    site.start()
    changed = noted(site, "device.identity_changed", head)
    assert (changed["was"]["serial"], changed["is"]["serial"]) == (f"{first:08x}", "0badcafe")
    site.until(lambda: lobby(site).get("changed") is True, "the change in the birth message")
    site.present(RESIDENT)
    site.released(LOBBY)

    site.daemon.stop()
    head = site.head()
    site.start()
    site.until(lambda: lobby(site).get("changed") is True, "the change, after a restart")
    assert site.rows("device.identity_accepted") == []

    site.daemon.stop()
    reader.key = os.urandom(16)
    (site.building.data_dir / "credentials" / "lobby-in.key").write_text(reader.key.hex())
    head = site.head()
    site.start()
    accepted = noted(site, "device.identity_accepted", head)
    assert accepted["is"]["serial"] == "0badcafe"
    site.until(lambda: lobby(site).get("changed") is False, "the end of it")


def test_a_reader_paired_for_its_place_is_no_alarm_and_its_pairing_reaches_the_centre(site: Site) -> None:
    reader = site.reader(LOBBY)
    busy = site.daemon.menshen("bus", "pair", "--reader", "lobby-in")
    assert busy.returncode == 69
    assert "stop it first" in busy.stderr

    site.daemon.stop()
    head = site.head()
    reader.device.serial = 0x0BADCAFE
    reader.key = None
    reader.power_cycle()
    done = site.daemon.menshen("bus", "pair", "--reader", "lobby-in")
    assert done.returncode == 0, done.stderr

    site.start()
    paired = site.event("reader.paired", after=head)
    assert paired.body["cuid"] == reader.device.cuid.hex()
    assert [row.kind for row in site.rows() if row.seq > head and "identity" in row.kind] == []
    assert [row.kind for row in site.rows("device.offline") if row.seq > head] == []
    site.present(RESIDENT)
    site.released(LOBBY)
    site.until(lambda: lobby(site).get("changed") is False, "the reader in the birth message")

    site.daemon.stop()
    reader.device.serial = 0x0BADBABE
    head = site.head()
    site.start()
    assert noted(site, "device.identity_changed", head)["was"]["serial"] == "0badcafe"


def test_an_orderly_restart_is_no_alarm_of_any_device(site: Site) -> None:
    head = site.head()
    site.daemon.stop()
    site.start()
    kinds = [row.kind for row in site.rows() if row.seq > head]
    assert "agent.stopping" in kinds
    assert "device.offline" not in kinds
    assert [row.kind for row in site.rows() if row.seq > head and row.alarm] == []


def test_that_a_device_spoke_in_its_makers_words_is_recorded_and_nothing_that_it_said(site: Site) -> None:
    said = b"0A1B2C3D"
    site.reader(LOBBY).device.reports.extend([MakerReply(b"MSI", said)] * 5)
    told = site.event("reader.manufacturer").body
    assert told == {"device": "lobby-in", "maker": "4d5349", "bytes": 8, "count": 1}
    site.reader(LOBBY).device.present(f"{RESIDENT:034b}")
    site.row("entry.unreadable", LOBBY)
    assert len(site.rows("reader.manufacturer")) == 1
    assert said.decode() not in site.daemon.log() + site.status_file().read_text()
