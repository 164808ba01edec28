"""A broker in the wrong hands: whatever it says, the doors go on, and what was in force stays in force."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from agent.demo.building import GARAGE, GATEWAY, LOBBY
from protocols.mqtt import topics
from protocols.mqtt.topics import Kind
from protocols.tokens.command import Mode
from protocols.tokens.token import COMMAND_TYP, ROSTER_DELTA_TYP, ROSTER_HEAD_TYP
from tests.e2e.test_hostile_ports import MORE_MEMORY_BYTES, rss_bytes, threads
from tests.peers.junk import NOTHING, Publisher, mutated, payload_of, signed, text_of
from tests.peers.site import NEIGHBOUR, RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGES = 400
TOPICS = (
    *(topics.plain(GATEWAY, kind) for kind in (Kind.COMMAND, Kind.HEAD, Kind.DELTA, Kind.ACK, Kind.REPLAY)),
    *(topics.plain(GATEWAY, kind) for kind in (Kind.STATE, Kind.BIRTH)),
    topics.chunk(GATEWAY, 1, 0),
    topics.chunk(GATEWAY, 2**40, 9999),
)
OFFICIAL = (topics.plain(GATEWAY, Kind.HEAD), topics.plain(GATEWAY, Kind.DELTA))


@dataclass(frozen=True)
class Told:
    """A site, and what its office has told: the newest head and change, and a chunk of a whole list."""

    site: Site
    head: Any
    delta: Any
    chunk: Any


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with Site(tmp_path_factory.mktemp("site")) as made:
        made.start()
        made.push()
        made.revoke(RESIDENT)
        heard = [one for one in reversed(made.centre.heard()) if one.payload]
        head, delta = (next(one for one in heard if one.topic == topic) for topic in OFFICIAL)
        chunk = next(
            one for one in heard if one.topic.startswith(f"{topics.prefix(GATEWAY)}roster/snapshot/")
        )
        yield Told(made, payload_of(head.payload), payload_of(delta.payload), json.loads(chunk.payload))
        assert made.daemon.stop() == 0
        assert "Traceback" not in made.daemon.log()


@pytest.fixture
def site(told: Told) -> Site:
    return told.site


@pytest.fixture
def publisher(site: Site) -> Iterator[Publisher]:
    """Give a client that says anything; after it the gateway is as it was."""
    rss, alive, released = rss_bytes(site), threads(site), len(site.releases)
    revision = site.state(Kind.RECEIPT)["revision"]
    with Publisher(site.broker.port) as made:
        yield made
        made.settle()
    site.quiet(released)  # nothing that was said has moved a lock
    assert site.rows("link.down") == []
    # A good order, a listed card and the list itself work as before, and so does one word of the office.
    site.until(lambda: ordered(site), "a good order that is not one too many")
    opened = len(site.releases_of(LOBBY))
    site.present(NEIGHBOUR)
    site.released(LOBBY, after=opened)
    before = site.head()
    site.present(RESIDENT)
    site.row("entry.denied", LOBBY, after=before)
    assert site.state(Kind.RECEIPT)["revision"] == revision
    assert rss_bytes(site) < rss + MORE_MEMORY_BYTES
    assert threads(site) == alive


def ordered(site: Site) -> bool:
    """Order the garage open, and say whether it was."""
    return site.ask(site.claims(site.duty_key, GARAGE), site.duty_key, "desk").outcome == "opened"


def test_what_means_nothing_on_any_topic_is_dropped(site: Site, publisher: Publisher) -> None:
    random = Random("junk")
    for _ in range(MESSAGES):
        payload = random.choice((*NOTHING, random.randbytes(random.randint(0, 3000))))
        publisher.say(random, random.choice(TOPICS), payload)
    publisher.settle()
    dropped = {(row.data()["message"], row.data()["why"]) for row in site.rows("message.dropped")}
    assert len(dropped) > 3


def test_a_signed_order_with_something_odd_in_it_opens_nothing(site: Site, publisher: Publisher) -> None:
    random = Random("orders")
    for number in range(MESSAGES // 4):
        key = (site.duty_key, site.phone_key, site.office.key)[number % 3]
        asked = site.claims(key) if number % 2 else site.mode_claims(Mode.HELD)
        elsewhere = mutated(random, asked | {"aud": "another-gw"})  # so that no chance makes it good
        publisher.say(random, TOPICS[0], signed(text_of(random, elsewhere), key, COMMAND_TYP))
    publisher.settle()
    site.until(lambda: bool(site.rows("order.refused")), "a refusal")


def test_a_signed_list_with_something_odd_in_it_changes_nothing(told: Told, publisher: Publisher) -> None:
    random, site, base = Random("lists"), told.site, told.head["revision"]
    rows = {kind: told.chunk[kind] for kind in ("persons", "credentials", "groups", "schedules")}
    for number in range(MESSAGES // 2):
        if number % 4 == 0:
            said = told.head | {"snapshot": mutated(random, told.head["snapshot"]), "digest": "0" * 64}
            publisher.say(
                random, OFFICIAL[0], signed(text_of(random, said), site.office.key, ROSTER_HEAD_TYP)
            )
        else:  # it never adds up to what it says
            last = {"base": base, "revision": base + 1, "digest": "0" * 64}
            said = told.delta | mutated(random, rows) | last
            publisher.say(
                random, OFFICIAL[1], signed(text_of(random, said), site.office.key, ROSTER_DELTA_TYP)
            )
    publisher.settle()
    site.until(lambda: bool(site.rows("roster.refused")), "a refusal")
