"""An attacker with every right at the broker: none of what it sends moves a relay, and each is answered.

One daemon serves all of these tests, as it would serve a patient attacker; each leaves the doors as it found
them. Those that end the daemon have a site of their own.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.clock import kernel_synced
from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.sync.pump import ANSWERS
from protocols.mqtt import topics
from protocols.mqtt.topics import Kind
from protocols.tokens.command import Mode
from protocols.tokens.keys import kid
from protocols.tokens.token import COMMAND_TYP, ROSTER_DELTA_TYP, sign
from tests.peers.site import ATTACKER, NEIGHBOUR, RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLOOD = ANSWERS + 150
UNSURE = (("assume_synced = true", "assume_synced = false"),)
HUGE_BYTES = 10 * 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as made:
        made.start()
        made.push()
        yield made


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path) as made:
        made.start()
        made.push()
        yield made


def refused(site: Site, reason: str, claims: dict[str, object], key: Ed25519PrivateKey) -> None:
    """Send an order; it must be refused for `reason`, recorded or counted, and move nothing."""
    before = len(site.releases)
    answer = site.ask(claims, key)
    assert (answer.outcome, answer.reason) == ("refused", reason)
    site.quiet(before)


def test_a_retained_order_is_refused(site: Site) -> None:
    before, answered = len(site.releases), len(site.answers(ATTACKER))

    site.order(site.claims(site.phone_key), site.phone_key, retain=True)

    assert site.next_answer(answered).reason == "retained"
    site.centre.say(topics.plain(GATEWAY, Kind.COMMAND), b"", retain=True)
    site.quiet(before)


def test_an_order_that_lay_retained_is_not_taken_by_a_daemon_that_comes(own_site: Site) -> None:
    site = own_site
    site.daemon.kill()
    site.order(site.claims(site.phone_key), site.phone_key, retain=True)

    site.start()

    site.quiet(0)


@pytest.mark.parametrize(
    ("reason", "late"),
    [("expired", {"iat": -40, "exp": -15}), ("too_early", {"iat": 60, "exp": 80}), ("too_long", {"exp": 31})],
)
def test_an_order_out_of_its_time_is_refused(site: Site, reason: str, late: dict[str, int]) -> None:
    now = int(site.clock.utc().timestamp())
    times = {"iat": now} | {name: now + by for name, by in late.items()}

    refused(site, reason, site.claims(site.phone_key) | times, site.phone_key)


def test_an_order_works_once(site: Site) -> None:
    claims = site.claims(site.phone_key, GARAGE)
    before = len(site.releases)

    assert site.ask(claims, site.phone_key).outcome == "opened"
    assert site.ask(claims, site.phone_key).reason == "replayed"
    assert site.ask(claims | {"door": LOBBY}, site.phone_key).reason == "replayed"

    site.quiet(before + 1)


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_an_order_works_once_over_a_restart(own_site: Site, how: str) -> None:
    site = own_site
    claims = site.claims(site.phone_key)
    assert site.ask(claims, site.phone_key).outcome == "opened"

    if how == "killed":
        site.daemon.kill()
    else:
        site.daemon.stop()
    answered = len(site.answers(ATTACKER))
    site.order(claims, site.phone_key)  # waits at the broker for the daemon
    site.start()

    assert site.next_answer(answered).reason == "replayed"
    assert site.ask(claims, site.phone_key).reason == "replayed"
    site.quiet(1)


def test_an_order_for_another_gateway_is_refused(site: Site) -> None:
    refused(site, "wrong_audience", site.claims(site.phone_key, aud="another-gw"), site.phone_key)


def test_an_order_for_a_door_that_is_not_here_is_refused(site: Site) -> None:
    refused(site, "unknown_door", site.claims(site.phone_key, door="vault"), site.phone_key)


def test_an_order_of_a_key_that_nobody_trusts_is_refused(site: Site) -> None:
    stranger = Ed25519PrivateKey.generate()

    refused(site, "unknown_key", site.claims(stranger), stranger)


def test_an_order_in_the_name_of_a_trusted_key_is_refused(site: Site) -> None:
    before, answered = len(site.releases), len(site.answers(ATTACKER))
    header, payload, _ = sign(site.claims(site.duty_key), site.duty_key, COMMAND_TYP).split(".")
    forged = sign(site.claims(site.duty_key), Ed25519PrivateKey.generate(), COMMAND_TYP).split(".")[2]

    site.send(f"{header}.{payload}.{forged}")

    assert site.next_answer(answered).reason == "bad_signature"
    site.quiet(before)


def test_a_signature_serves_one_payload_only(site: Site) -> None:
    before, answered = len(site.releases), len(site.answers(ATTACKER))
    header, _, signature = sign(site.claims(site.duty_key), site.duty_key, COMMAND_TYP).split(".")
    other = json.dumps(site.claims(site.duty_key, GARAGE)).encode()
    payload = base64.urlsafe_b64encode(other).rstrip(b"=").decode()

    site.send(f"{header}.{payload}.{signature}")

    assert site.next_answer(answered).reason == "bad_signature"
    site.quiet(before)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_no_other_algorithm_is_taken(site: Site, algorithm: str) -> None:
    before, answered = len(site.releases), len(site.answers(ATTACKER))
    header = {"alg": algorithm, "kid": kid(site.duty_key.public_key()), "typ": COMMAND_TYP}
    parts = [json.dumps(part).encode() for part in (header, site.claims(site.duty_key))]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)

    site.send(f"{text}.AAAA")

    assert site.next_answer(answered).reason == "malformed"
    site.quiet(before)


def test_a_signed_word_of_another_kind_is_no_order(site: Site) -> None:
    before, answered = len(site.releases), len(site.answers(ATTACKER))

    site.send(sign(site.claims(site.duty_key), site.duty_key, ROSTER_DELTA_TYP))

    assert site.next_answer(answered).reason == "malformed"
    site.quiet(before)


def test_a_phone_orders_no_mode(site: Site) -> None:
    claims = site.claims(site.phone_key, do="mode", mode=Mode.HELD.value)

    refused(site, "wrong_scope", claims, site.phone_key)


def test_the_key_that_signs_lists_opens_nothing(site: Site) -> None:
    key = site.office.key

    refused(site, "unknown_key", site.claims(key), key)


def test_a_phone_asks_for_nobody_else(site: Site) -> None:
    refused(site, "wrong_scope", site.claims(site.phone_key, sub="another-person"), site.phone_key)


def test_a_phone_opens_only_where_its_person_may(own_site: Site) -> None:
    site = own_site
    site.office.restrict(RESIDENT, (LOBBY,))
    site.push()

    answer = site.ask(site.claims(site.phone_key, GARAGE), site.phone_key)

    assert (answer.outcome, answer.reason) == ("refused", "no_right")
    site.quiet(0)
    assert site.ask(site.claims(site.phone_key, LOBBY), site.phone_key).outcome == "opened"


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe\x00",
        b"open the door",
        b"a.b.c",
        b"..",
        b'{"door":"lobby","do":"open"}',
        b"eyJ" + b"A" * 4000,
    ],
    ids=["bytes", "words", "letters", "dots", "json", "long"],
)
def test_what_is_no_token_is_refused(site: Site, payload: bytes) -> None:
    before, answered = len(site.releases), len(site.answers(ATTACKER))

    site.centre.say(
        topics.plain(GATEWAY, Kind.COMMAND), payload, response_topic=topics.answer(GATEWAY, ATTACKER)
    )

    assert site.next_answer(answered).reason == "malformed"
    site.quiet(before)


def test_a_token_longer_than_any_is_refused_and_one_of_ten_megabytes_never_comes(site: Site) -> None:
    before, answered = len(site.releases), len(site.answers(ATTACKER))
    where = topics.plain(GATEWAY, Kind.COMMAND)
    there = topics.answer(GATEWAY, ATTACKER)
    sessions = len(site.rows("link.up"))

    site.centre.say(where, b"e" * 100_000, response_topic=there)
    assert site.next_answer(answered).reason == "too_large"
    site.centre.say(where, b"e" * HUGE_BYTES, response_topic=there, within_s=30)

    site.quiet(before)
    assert site.ask(site.claims(site.phone_key, GARAGE), site.phone_key).outcome == "opened"
    assert len(site.rows("link.up")) == sessions


def test_a_nonce_that_is_not_of_this_gateway_is_refused_whatever_the_clock(site: Site) -> None:
    refused(site, "wrong_nonce", site.claims(site.phone_key, nonce="n0n0n0n0n0"), site.phone_key)


def test_an_answer_goes_nowhere_but_to_where_answers_go(site: Site) -> None:
    before = len(site.releases)
    elsewhere = topics.plain("another-gw", Kind.COMMAND)

    for there in (elsewhere, topics.plain(GATEWAY, Kind.HEAD), "stranger/topic"):
        site.centre.say(topics.plain(GATEWAY, Kind.COMMAND), b"x", response_topic=there)

    site.quiet(before)
    assert site.centre.heard(elsewhere) == []


def test_a_flood_costs_answers_and_not_the_doors(site: Site) -> None:
    before, answered = len(site.releases), len(site.answers(ATTACKER))
    stranger = Ed25519PrivateKey.generate()
    token = sign(site.claims(stranger), stranger, COMMAND_TYP)

    where, there = topics.plain(GATEWAY, Kind.COMMAND), topics.answer(GATEWAY, ATTACKER)
    site.centre.flood(where, token.encode(), FLOOD, response_topic=there)
    site.present(NEIGHBOUR, GARAGE)

    site.released(GARAGE, after=len([each for each in site.releases[:before] if each.door == GARAGE]))
    site.until(lambda: len(site.answers(ATTACKER)) - answered >= ANSWERS, "as many answers as are kept")
    reasons = {answer.reason for answer in site.answers(ATTACKER)[answered:]}
    assert reasons <= {"unknown_key", "overloaded"}
    assert "overloaded" in reasons
    site.quiet(before + 1)


def test_health_counts_the_orders_that_came_too_late(own_site: Site) -> None:
    site = own_site
    now = int(site.clock.utc().timestamp())
    claims = site.claims(site.phone_key)

    assert (
        site.ask(site.claims(site.phone_key, iat=now - 40, exp=now - 15), site.phone_key).reason == "expired"
    )
    assert site.ask(claims, site.phone_key).outcome == "opened"
    assert site.ask(claims, site.phone_key).reason == "replayed"
    site.order(site.claims(site.phone_key), site.phone_key, retain=True)

    def counted() -> bool:
        health = site.state(Kind.HEALTH)
        return health is not None and health["rejected_stale"] >= 3

    site.until(counted, "the count in health", within_s=60)
    health = site.state(Kind.HEALTH)
    assert health["rejected_stale"] == 3
    assert health["refused"] == {"expired": 1, "replayed": 1, "retained": 1}
    site.quiet(1)


@pytest.mark.skipif(kernel_synced(), reason="this machine's clock is synced, so nothing is unsure of it")
def test_without_a_sure_clock_an_order_needs_the_gateways_nonce(tmp_path: Path) -> None:
    with Site(tmp_path, change=UNSURE) as site:
        site.start()
        site.push()
        site.until(lambda: (site.state(Kind.STATE) or {}).get("nonce") is not None, "a nonce")
        nonce = site.state(Kind.STATE)["nonce"]

        refused(site, "nonce_required", site.claims(site.phone_key), site.phone_key)
        refused(site, "wrong_nonce", site.claims(site.phone_key, nonce="n0n0n0n0n0"), site.phone_key)
        claims = site.claims(site.phone_key, nonce=nonce)
        assert site.ask(claims, site.phone_key).outcome == "opened"
        assert site.ask(claims, site.phone_key).reason == "replayed"
        site.quiet(1)

        site.present(RESIDENT, GARAGE)  # residents still enter
        site.released(GARAGE)
        assert site.row("entry.granted", GARAGE).clock == "holdover"
