"""The main line, end to end: card, phone, exit, fire, order, revocation; and a restart in between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.broker import Broker as PhoneBroker
from agent.broker import BrokerSettings
from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.errors import EX_UNAVAILABLE
from agent.orders.command import Wish
from agent.orders.sender import Sender
from drivers.simulator.relay_board import WELL, Mood
from protocols.mqtt.topics import Kind
from protocols.tokens.command import EVERY_DOOR, Do, Mode
from tests.peers.site import DESK, NEIGHBOUR, PHONE, RELEASE_S, RESIDENT, STRANGER, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path) as made:
        yield made


@pytest.fixture
def house(site: Site) -> Site:
    """Give a site that runs, with the list in force."""
    site.start()
    site.push()
    return site


def test_a_known_card_is_on_disk_before_the_relay_and_at_the_centre_after(house: Site) -> None:
    house.present(RESIDENT, GARAGE)

    release = house.released(GARAGE)
    row = house.row("entry.granted", GARAGE)
    assert release.for_s == RELEASE_S
    assert row.seq <= release.head
    assert row.mono_ms <= release.at * 1000
    event = house.event("entry.granted", GARAGE)
    assert event.body["credential"] == house.office.digest(RESIDENT)
    assert event.body["person"] is not None
    assert not event.historical
    house.event("door.released", GARAGE)
    house.until(lambda: house.locked(GARAGE), "the door locked again")
    assert house.releases_of(LOBBY) == []
    house.all_told()


def test_an_unknown_card_is_refused_with_its_reason(house: Site) -> None:
    house.present(STRANGER)

    event = house.event("entry.denied", LOBBY)
    assert event.body["reason"] == "unknown_credential"
    assert event.body["person"] is None
    assert house.releases == []


def test_a_phone_opens_and_hears_of_it_when_the_relay_has_moved(house: Site) -> None:
    with PhoneBroker(BrokerSettings("127.0.0.1", house.broker.port), "a-phone") as broker:
        phone = Sender(broker, house.phone_key, gateway=GATEWAY, client=PHONE, clock=house.clock)

        outcome = phone.order(Wish(Do.OPEN, GARAGE))

        releases = house.releases_of(GARAGE)  # at once: the answer is later than the relay
        assert outcome.carried_out
        assert len(releases) == 1
        granted = house.row("entry.granted", GARAGE)
        assert granted.seq <= releases[0].head
        assert granted.data()["order"] == house.event("door.released", GARAGE).body["order"]

        house.building.board.mood = Mood(silent=True)
        failed = phone.order(Wish(Do.OPEN, GARAGE))
        house.building.board.mood = WELL

    assert failed.outcome == "failed"
    assert len(house.releases_of(GARAGE)) == 1


def test_a_revoked_card_is_refused_from_the_receipt_on_and_after_a_restart(house: Site) -> None:
    house.present(RESIDENT)
    house.released(LOBBY)

    house.revoke(RESIDENT)

    opened = len(house.releases)
    house.present(RESIDENT)
    assert house.event("entry.denied", LOBBY).body["reason"] == "revoked"
    house.present(NEIGHBOUR, GARAGE)
    house.released(GARAGE)
    assert len(house.releases) == opened + 1
    assert house.office.troubles() == []

    house.daemon.kill()
    house.start()
    newest = house.head()
    house.present(RESIDENT)
    assert house.event("entry.denied", LOBBY, after=newest).body["reason"] == "revoked"
    assert len(house.releases) == opened + 1


def test_exit_and_fire_open_with_no_broker_and_no_list(site: Site) -> None:
    site.broker.kill()
    site.start(online=False)
    assert site.office.book.revision > 0

    site.building.press_exit()
    site.released(LOBBY)
    site.row("exit.opened", LOBBY)
    site.building.let_go_of_exit()
    site.until(lambda: site.locked(LOBBY), "the lobby locked again")
    assert site.releases_of(GARAGE) == []

    site.building.ring_fire(on=True)
    site.released(LOBBY, after=1)
    site.released(GARAGE)
    site.row("fire.on")
    site.building.ring_fire(on=False)
    site.row("fire.line")
    assert not site.rows("fire.off")
    site.building.turn_fire_key(on=True)
    site.row("fire.off")
    site.until(lambda: site.locked(LOBBY) and site.locked(GARAGE), "every door locked again")

    site.broker.start()
    site.all_told(mend=True)


def test_a_fire_release_stands_over_a_kill_and_until_the_desk_says_that_it_is_over(house: Site) -> None:
    house.building.ring_fire(on=True)
    house.released(LOBBY)
    house.row("fire.on")
    house.building.ring_fire(on=False)  # a line that burns through falls silent, too
    house.row("fire.line")

    house.daemon.kill()
    newest = house.head()
    house.start()

    house.until(lambda: any(row.seq > newest for row in house.rows("fire.on")), "the release, remembered")
    house.until(lambda: not house.locked(LOBBY) and not house.locked(GARAGE), "every door open")
    house.until(lambda: any(row.seq > newest for row in house.rows("fire.line")), "the line at rest")
    fire_over = house.claims(house.duty_key, EVERY_DOOR, do="fire_over")
    stranger = house.ask(house.claims(house.phone_key, EVERY_DOOR, do="fire_over"), house.phone_key)
    assert (stranger.outcome, stranger.reason) == ("refused", "wrong_scope")
    assert house.ask(fire_over, house.duty_key, DESK).outcome == "done"
    house.until(lambda: house.locked(LOBBY) and house.locked(GARAGE), "every door locked again")

    newest = house.head()
    house.daemon.kill()
    house.start()
    house.present(RESIDENT, GARAGE)
    house.released(GARAGE)
    assert not [row for row in house.rows("fire.on") if row.seq > newest]
    house.all_told()


def test_a_door_held_by_the_duty_desk_stays_held_over_a_restart_and_the_list_too(house: Site) -> None:
    answer = house.ask(house.mode_claims(Mode.HELD), house.duty_key, DESK)
    assert (answer.outcome, answer.reason) == ("done", None)
    lease = house.released(LOBBY)
    assert lease.for_s > RELEASE_S
    assert house.event("door.mode", LOBBY).body["mode"] == "held"

    assert house.daemon.stop() == 0
    assert house.locked(LOBBY)  # locked is what is left when the daemon stops
    assert house.state(Kind.STATE)["online"] is False
    newest = house.head()
    house.start()

    house.released(LOBBY, after=1)
    restored = house.row("door.mode", LOBBY, after=newest)
    assert restored.data()["restored"] is True
    house.present(RESIDENT, GARAGE)  # the list is still there
    house.released(GARAGE)

    answer = house.ask(house.mode_claims(Mode.NORMAL), house.duty_key, DESK)
    assert answer.outcome == "done"
    house.until(lambda: house.locked(LOBBY), "the door locked again")
    house.all_told()


def test_status_says_what_is_true(house: Site) -> None:
    house.present(RESIDENT)
    house.released(LOBBY)
    revision = house.office.book.revision

    def picture() -> dict[str, object]:
        run = house.daemon.menshen("status", "--json")
        assert run.returncode == 0, run.stderr
        found: dict[str, object] = json.loads(run.stdout)
        return found

    house.until(lambda: json.loads(house.status_file().read_text())["roster"]["revision"] == revision, "it")
    said = json.dumps(picture())
    seen = json.loads(said)
    assert seen["gateway"] == GATEWAY
    assert seen["pid"] == house.daemon.pid
    assert [(door["name"], door["mode"], door["fault"]) for door in seen["doors"]] == [
        (LOBBY, "normal", None),
        (GARAGE, "normal", None),
    ]
    assert all(device["online"] for port in seen["ports"] for device in port["devices"])
    assert seen["roster"]["revision"] == revision
    assert seen["broker"]["link"] == "online"
    assert seen["journal"]["writable"] is True

    house.broker.stop()
    house.until(lambda: json.loads(house.status_file().read_text())["broker"]["link"] == "offline", "it")
    shown = house.daemon.menshen("status")
    assert shown.returncode == 0
    assert GATEWAY in shown.stdout

    house.daemon.kill()
    assert house.daemon.menshen("status").returncode == EX_UNAVAILABLE
