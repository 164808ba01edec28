"""The broker is not there, goes, and comes back knowing much or nothing: doors go on, and nothing is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.clock import boot_id
from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.store.journal import open_journal
from agent.store.rows import Batch, Entry
from protocols.mqtt import topics
from protocols.mqtt.events import Backfill
from protocols.mqtt.topics import Kind
from protocols.tokens.command import Mode
from tests.peers.centre import Centre
from tests.peers.site import DESK, NEIGHBOUR, RESIDENT, STRANGER, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OUTAGE_CARDS = 12
BURST = 60
BACKLOG = 20_000
PART = 1_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path, persistent=True) as made:
        yield made


def enter(site: Site, card: int, door: str) -> int:
    """Hold a card to a reader, and return the number of the record of it."""
    before = site.head()
    site.present(card, door)
    kind = "entry.denied" if card == STRANGER else "entry.granted"
    return site.row(kind, door, after=before).seq


def test_a_broker_that_is_not_there_at_the_start_is_found_when_it_comes(site: Site) -> None:
    site.start()
    site.push()
    assert site.daemon.stop() == 0
    site.broker.stop()

    site.start(online=False)
    entered = [enter(site, RESIDENT, GARAGE), enter(site, NEIGHBOUR, LOBBY)]
    site.released(GARAGE)
    site.broker.start()

    site.all_told()
    for event in site.events("entry.granted"):
        assert event.historical == (event.seq in entered)


@pytest.mark.parametrize("session", ["kept", "lost"])
def test_entries_of_an_outage_come_in_order_as_history_and_later_ones_at_once(
    site: Site, session: str
) -> None:
    kept = session == "kept"
    site.start()
    site.push()
    before = enter(site, RESIDENT, GARAGE)
    site.event("entry.granted", GARAGE)

    site.broker.kill()
    site.row("link.down", after=before)
    missed = [enter(site, card, LOBBY) for card in (RESIDENT, STRANGER, NEIGHBOUR) * (OUTAGE_CARDS // 3)]
    if not kept:
        site.broker.forget()
    site.broker.start()
    up = site.row("link.up", after=missed[-1])
    assert up.data()["session_present"] is kept
    site.until(lambda: bool(site.state(Kind.STATE)["epoch"] == up.data()["epoch"]), "the centre back, too")
    later = enter(site, RESIDENT, GARAGE)
    told = site.event("entry.granted", GARAGE, after=missed[-1])

    assert (told.seq, told.historical) == (later, False)
    site.all_told(mend=True)
    history = [event for event in site.events() if event.seq in missed]
    assert all(event.historical for event in history)
    first_told = list(dict.fromkeys(event.seq for event in history))
    assert first_told == missed or not kept
    assert sorted(first_told) == missed


def test_a_broker_killed_while_events_pour_in_costs_none_of_them(site: Site) -> None:
    site.start()
    site.push()
    newest = site.head()

    for number in range(BURST):
        site.present(STRANGER, GARAGE if number % 2 else LOBBY)
        if number == BURST // 3:
            site.event("entry.denied", after=newest)
            site.broker.kill()
    site.until(
        lambda: len([row for row in site.rows("entry.denied") if row.seq > newest]) == BURST, "all refusals"
    )
    site.broker.start()

    site.all_told(mend=True)
    assert len({event.seq for event in site.events("entry.denied") if event.seq > newest}) == BURST


def test_news_does_not_wait_for_a_long_history(site: Site) -> None:
    site.building.data_dir.mkdir(exist_ok=True)
    opened = open_journal(site.journal_file, boot_id=boot_id(), at=site.clock.utc())
    for start in range(0, BACKLOG, PART):
        entries = [
            Entry("entry.denied", LOBBY, {"reason": "no_right"}, site.clock.utc(), number, "synced")
            for number in range(start, start + PART)
        ]
        opened.journal.commit(Batch(entries=tuple(entries)))
    opened.journal.close()

    site.start()
    before = site.head()
    site.present(STRANGER, GARAGE)
    site.event("entry.denied", GARAGE, after=before)
    site.until(lambda: len(site.centre.numbers(GATEWAY)) >= BACKLOG, "the backlog", within_s=60)

    heard = [one for one in site.centre.heard() if one.topic in {LIVE, BACKFILL}]
    live_at = next(place for place, one in enumerate(heard) if one.topic == LIVE and b"garage" in one.payload)
    assert any(one.topic == BACKFILL for one in heard[live_at:]), "the history was over before the news"
    told = [
        event.seq for one in heard if one.topic == BACKFILL for event in Backfill.read(one.payload).events
    ]
    assert told == sorted(told)
    site.all_told()


def test_the_centre_is_told_again_what_it_asks_for(site: Site) -> None:
    site.start()
    last = [enter(site, STRANGER, LOBBY) for _ in range(5)][-1]
    site.all_told()
    site.centre.forget()

    site.centre.replay(GATEWAY, last - 3, last)

    site.until(lambda: set(range(last - 3, last + 1)) <= site.centre.numbers(GATEWAY), "the replay")
    assert all(event.historical for event in site.events() if event.seq <= last)
    site.row("journal.replayed")


def test_a_confirmed_record_is_noted_and_never_more_than_was_sent(site: Site) -> None:
    site.start()
    last = enter(site, STRANGER, LOBBY)
    site.all_told()

    site.centre.ack(GATEWAY, last)

    def confirmed() -> int:
        with site.reading() as reader:
            assert reader is not None
            sent, found = reader.cursors()
        assert found <= sent <= site.head()
        return found

    site.until(lambda: confirmed() == last, "the cursor")
    site.centre.ack(GATEWAY, 10**9)  # of what was never told nobody can have anything
    last = enter(site, STRANGER, GARAGE)
    site.all_told()
    site.centre.ack(GATEWAY, last)
    site.until(lambda: confirmed() == last, "the cursor, after a word that was too large")


def test_a_will_tells_of_a_dead_gateway_and_is_older_than_the_next_birth(site: Site) -> None:
    site.start()
    site.until(lambda: site.state(Kind.STATE) is not None and site.state(Kind.STATE)["online"], "the birth")
    first = site.state(Kind.BIRTH)["epoch"]

    site.daemon.kill()

    site.until(lambda: site.state(Kind.STATE)["online"] is False, "the will")
    assert site.state(Kind.STATE)["epoch"] == first
    site.start()
    site.until(lambda: bool(site.state(Kind.STATE)["online"]), "the state")
    assert site.state(Kind.BIRTH)["epoch"] == site.state(Kind.STATE)["epoch"] > first


def test_a_broker_that_comes_back_empty_is_told_all_that_stands(site: Site) -> None:
    site.start()
    site.push()
    assert site.ask(site.mode_claims(Mode.HELD), site.duty_key, DESK).outcome == "done"
    newest = site.head()

    site.broker.kill()
    site.broker.forget()
    site.broker.start()
    site.row("link.up", after=newest)

    with Centre(site.broker.port, "late-reader", kept=False) as late:
        stands = {
            topics.plain(GATEWAY, kind) for kind in (Kind.BIRTH, Kind.STATE, Kind.HEALTH, Kind.RECEIPT)
        } | {topics.door_state(GATEWAY, door) for door in (LOBBY, GARAGE)}
        site.until(lambda: stands <= {one.topic for one in late.heard()}, "all that stands")
        door = late.newest(topics.door_state(GATEWAY, LOBBY))
        assert door is not None
        assert json.loads(door.payload)["mode"] == "held"
        assert site.office.hear(late)  # the receipts of every door


LIVE = topics.plain(GATEWAY, Kind.LIVE)
BACKFILL = topics.plain(GATEWAY, Kind.BACKFILL)
