"""Visitor passes at real readers of codes, with no broker and no list: only the office's signature counts."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.store.verify import verify
from protocols.tokens.keys import kid
from protocols.tokens.token import sign
from protocols.tokens.visit import VISIT_TYP
from tests.peers.site import RELEASE_S
from tests.peers.visitors import Visitors
from tests.peers.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SHORT_S = 8
"""A window that a busy box can still use before it ends."""
KILLS = 16
USES = KILLS + 1
SEED = 20261122
LONGEST_LIFE_S = 0.02
"""From the code to the plug: before the record, between it and the relay, or after both."""


@pytest.fixture
def visitors(tmp_path: Path) -> Iterator[Visitors]:
    with Visitors(tmp_path) as made:
        yield made


def test_a_pass_opens_its_door_as_often_as_it_says_and_no_other(visitors: Visitors) -> None:
    site = visitors.site
    visitors.start()
    token = visitors.issue(uses=2)

    elsewhere = visitors.show(token, GARAGE)
    first = visitors.show(token)
    release = site.released(LOBBY)
    second = visitors.show(token)
    site.released(LOBBY, after=1)
    third = visitors.show(token)

    assert (elsewhere.kind, elsewhere.data()["reason"]) == ("entry.denied", "no_right")
    assert elsewhere.data()["uses_left"] == 2
    assert (release.for_s, first.seq <= release.head) == (RELEASE_S, True)
    assert [(row.kind, row.door, row.data()["uses_left"]) for row in (first, second, third)] == [
        ("entry.granted", LOBBY, 1),
        ("entry.granted", LOBBY, 0),
        ("entry.denied", LOBBY, 0),
    ]
    assert first.data()["person"] == visitors.visitor
    assert third.data()["reason"] == "pass_used_up"
    site.until(lambda: site.locked(LOBBY), "the door locked again")
    assert (len(site.releases_of(LOBBY)), site.releases_of(GARAGE)) == (2, [])
    assert len(visitors.entries()) == 4
    assert token.partition(".")[2] not in site.daemon.log()


def test_a_pass_held_to_the_glass_is_one_presentation(visitors: Visitors) -> None:
    site = visitors.site
    visitors.start()
    token, other = visitors.issue(uses=9), visitors.issue(uses=9)

    for _ in range(5):
        visitors.say(token)
        site.released(LOBBY)
    visitors.show(other)  # what was said before it is handled by then

    assert [row.data()["uses_left"] for row in visitors.entries()] == [8, 8]


def test_a_pass_that_has_ended_and_one_that_is_forged_open_nothing(visitors: Visitors) -> None:
    site = visitors.site
    visitors.start()
    short = visitors.issue(uses=2, for_s=SHORT_S)
    ends_at = site.clock.monotonic() + SHORT_S
    assert visitors.show(short).kind == "entry.granted"
    site.released(LOBBY)

    forger = Ed25519PrivateKey.generate()
    now = int(site.clock.utc().timestamp())
    claims = {
        "v": 1,
        "iss": kid(forger.public_key()),
        "aud": GATEWAY,
        "doors": [LOBBY],
        "sub": visitors.visitor,
        "jti": "number-of-forger",
        "nbf": now - 60,
        "exp": now + 60,
        "uses": 9,
    }
    head, body, _ = visitors.issue(uses=9).split(".")
    reasons = [
        visitors.show(text).data()["reason"]
        for text in (
            sign(claims, forger, VISIT_TYP),
            ".".join((head, body, short.rpartition(".")[2])),
            "https://example.org/a-poster-on-the-wall",
        )
    ]
    site.until(lambda: site.clock.monotonic() > ends_at, "the end of the window")
    late = visitors.show(short)

    assert reasons == ["pass_unknown_key", "pass_bad_signature", "not_a_pass"]
    assert (late.kind, late.data()["reason"], late.data()["uses_left"]) == ("entry.denied", "pass_expired", 1)
    assert len(site.releases) == 1


def test_no_use_is_counted_twice_or_lost_however_often_the_plug_is_pulled(
    visitors: Visitors, tmp_path: Path
) -> None:
    site, random = visitors.site, Random(SEED)
    token = visitors.issue(uses=USES)
    with Zygote(site.building.config, tmp_path / "killed.log") as zygote:
        visitors.start()
        assert site.daemon.stop() == 0
        for _ in range(KILLS):
            newest = site.head()
            zygote.start()
            visitors.readers_online(newest)
            visitors.say(token)
            time.sleep(random.uniform(0.0, LONGEST_LIFE_S))
            zygote.kill()

    visitors.start()
    while visitors.show(token).kind == "entry.granted":
        assert len(site.releases) <= USES
    granted = visitors.entries()[:-1]
    assert [row.data()["uses_left"] for row in granted] == list(reversed(range(USES)))
    assert visitors.entries()[-1].data()["reason"] == "pass_used_up"
    for count, release in enumerate(site.releases_of(LOBBY), start=1):
        assert len([row for row in granted if row.seq <= release.head]) >= count, "a release without its use"
    assert site.daemon.stop() == 0
    assert verify(site.journal_file).problems == ()
