"""Lists that must not count: lower, out of order, forged, another gateway's. The list in force stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.office import messages
from agent.office.roster import Rosters
from protocols.mqtt import topics
from protocols.mqtt.topics import Kind
from protocols.tokens.token import ROSTER_DELTA_TYP, ROSTER_HEAD_TYP, sign
from tests.peers.site import NEIGHBOUR, RESIDENT, STRANGER, Site

if TYPE_CHECKING:
    from collections.abc import Iterator


HEAD = topics.plain(GATEWAY, Kind.HEAD)
DELTA = topics.plain(GATEWAY, Kind.DELTA)
FAR = 9_000
"""A revision that the book never comes to in these tests."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as made:
        made.start()
        made.push()
        yield made


@pytest.fixture
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("own")) as made:
        made.start()
        made.push()
        yield made


def stranger_enters(site: Site, *, base: int | None = None, **other: object) -> dict[str, Any]:
    """Return a delta that gives the stranger's card to the resident; in order, but for `other`."""
    revision = site.office.book.revision
    changes = Rosters(site.office.book.database).changes(GATEWAY, 0, revision)
    holder = next(row for row in changes.rows["credential"] if row["digest"] == site.office.digest(RESIDENT))
    card = holder | {"digest": site.office.digest(STRANGER)}
    return {
        "v": 1,
        "aud": GATEWAY,
        "iat": int(site.clock.utc().timestamp()),
        "base": revision if base is None else base,
        "revision": revision + 1,
        "digest": changes.state.hex,
        "count": changes.state.count + 1,
        "persons": [],
        "credentials": [card],
        "groups": [],
        "schedules": [],
        "removed": {"persons": [], "credentials": [], "groups": [], "schedules": []},
    } | other


def refusal(site: Site, topic: str, token: str, *, retain: bool = False) -> str:
    """Send a roster message, and return why it was refused."""
    before = site.head()
    site.centre.say(topic, token.encode(), retain=retain)
    return str(site.row("roster.refused", after=before).data()["reason"])


def list_stands(site: Site, revision: int) -> None:
    """Check that the list in force is `revision`, and that it decides as before."""
    before, head = len(site.releases_of(GARAGE)), site.head()
    site.present(STRANGER, GARAGE)
    denied = site.row("entry.denied", GARAGE, after=head).data()
    assert (denied["reason"], denied["revision"]) == ("unknown_credential", revision)
    site.present(NEIGHBOUR, GARAGE)
    site.released(GARAGE, after=before)
    assert site.state(Kind.RECEIPT)["revision"] == revision


def test_a_change_signed_by_another_key_is_refused(own_site: Site) -> None:
    site = own_site
    revision = site.office.book.revision
    forger = Ed25519PrivateKey.generate()

    assert refusal(site, DELTA, sign(stranger_enters(site), forger, ROSTER_DELTA_TYP)) == "unknown_key"
    duty = sign(stranger_enters(site), site.duty_key, ROSTER_DELTA_TYP)
    header, payload, _ = sign(stranger_enters(site), site.office.key, ROSTER_DELTA_TYP).split(".")
    site.centre.say(DELTA, duty.encode())  # a key that is trusted, but not with lists; said once a minute
    assert refusal(site, DELTA, f"{header}.{payload}.{duty.split('.')[2]}") == "bad_signature"

    list_stands(site, revision)


def test_a_change_for_another_gateway_is_refused(site: Site) -> None:
    token = sign(stranger_enters(site, aud="another-gw"), site.office.key, ROSTER_DELTA_TYP)

    assert refusal(site, DELTA, token) == "wrong_audience"

    list_stands(site, site.office.book.revision)


def test_a_change_that_does_not_add_up_is_refused(site: Site) -> None:
    token = sign(stranger_enters(site), site.office.key, ROSTER_DELTA_TYP)

    assert refusal(site, DELTA, token) == "wrong_digest"

    list_stands(site, site.office.book.revision)


def test_a_head_in_the_place_of_a_change_is_refused(site: Site) -> None:
    token = sign(stranger_enters(site), site.office.key, ROSTER_HEAD_TYP)

    assert refusal(site, DELTA, token) == "wrong_type"

    list_stands(site, site.office.book.revision)


def test_a_lower_revision_never_comes_back_also_after_a_restart(own_site: Site) -> None:
    site = own_site
    rosters = Rosters(site.office.book.database)
    old = site.office.book.revision
    laid_out, chunks = messages.snapshot(GATEWAY, rosters.changes(GATEWAY, 0, old))
    head = messages.head(GATEWAY, old, rosters.state(GATEWAY, old), laid_out, key=site.office.key, iat=1)
    site.revoke(RESIDENT)
    new = site.office.book.revision

    for message in chunks:
        site.centre.say(message.topic, message.payload, retain=True)
    assert refusal(site, HEAD, head.payload.decode(), retain=True) == "rollback"
    back = stranger_enters(site, base=old - 1, revision=old)
    assert refusal(site, DELTA, sign(back, site.office.key, ROSTER_DELTA_TYP)) == "rollback"

    list_stands(site, new)
    site.daemon.kill()
    before = site.head()
    site.start()  # and the old head lies retained
    site.row("roster.refused", after=before)
    list_stands(site, new)
    before = site.head()
    site.present(RESIDENT, LOBBY)
    assert site.row("entry.denied", LOBBY, after=before).data()["reason"] == "revoked"


def test_a_change_of_a_list_that_is_not_here_is_asked_for_and_mended_by_the_office(own_site: Site) -> None:
    site = own_site
    have = site.office.book.revision
    site.office.revoke(NEIGHBOUR)  # this change is lost on the way
    lost = site.office.book.revision
    site.office.revoke(RESIDENT)
    need = site.office.book.revision
    gap = messages.delta(
        GATEWAY, Rosters(site.office.book.database).changes(GATEWAY, lost, need), site.office.key, 1
    )
    assert gap is not None

    before = site.head()
    site.centre.say(gap.topic, gap.payload)

    assert site.row("roster.refused", after=before).data()["reason"] == "gap"
    site.until(lambda: site.state(Kind.RECEIPT)["wanted"] is not None, "what is wanted")
    assert site.state(Kind.RECEIPT)["wanted"] == {"have": have, "need": need, "why": "gap"}
    site.present(NEIGHBOUR, GARAGE)  # the list in force is still the old one
    site.released(GARAGE)

    site.until(lambda: site.office.hear(site.centre), "the office's answer, and receipts for it")

    assert site.state(Kind.RECEIPT)["wanted"] is None
    assert site.row("roster.enforced", after=before).data()["source"] == "delta"
    for card in (NEIGHBOUR, RESIDENT):
        before = site.head()
        site.present(card, GARAGE)
        assert site.row("entry.denied", GARAGE, after=before).data()["reason"] == "revoked"


def test_chunks_that_the_signed_head_does_not_name_put_nobody_on_the_list(own_site: Site) -> None:
    site = own_site
    revision = site.office.book.revision
    rosters = Rosters(site.office.book.database)
    whole = rosters.changes(GATEWAY, 0, revision)
    laid_out, chunks = messages.snapshot(GATEWAY, whole)
    body = json.loads(chunks[0].payload)
    body["credentials"].append(stranger_enters(site)["credentials"][0])
    newer = messages.Snapshot(FAR, laid_out.digest, laid_out.count, laid_out.chunks)
    head = messages.head(GATEWAY, FAR, whole.state, newer, key=site.office.key, iat=1)
    site.centre.say(topics.chunk(GATEWAY, FAR, 0), json.dumps(body).encode(), retain=True)

    assert refusal(site, HEAD, head.payload.decode(), retain=True) == "wrong_chunk"

    list_stands(site, revision)
