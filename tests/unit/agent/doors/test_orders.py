"""Orders at the desk: every guard against an open that is late, twice, or not the sender's to ask for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.credentials import Credential, CredentialKind, CredentialState, Holding, Person
from agent.domain.decision import Mode
from agent.domain.facts import (
    Fact,
    FireOverAsked,
    ModeAsked,
    Noted,
    OpenAsked,
    OrderRefused,
)
from agent.domain.moment import ClockConfidence
from agent.doors.orders import OrderDesk, Reply, stale
from agent.doors.translate import phone_digest
from agent.store.journal import open_journal
from agent.store.rows import Batch, UsedToken
from agent.sync.authority import Signer
from agent.sync.facts import OrderReceived
from protocols.tokens.command import EVERY_DOOR, CommandClaims, Do
from protocols.tokens.command import Mode as WireMode
from protocols.tokens.keys import kid
from protocols.tokens.token import COMMAND_TYP, sign
from tests.peers.hand_clock import HandClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.store.journal import Journal

DIGEST_KEY = b"d" * 32
TOPIC = "menshen/v1/gw/res/phone-1"
PHONE = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
DUTY = Ed25519PrivateKey.from_private_bytes(b"u" * 32)
GUARD = Ed25519PrivateKey.from_private_bytes(b"g" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PERSON = Person("p-1", verified=True, groups=("residents",))
DIGEST = phone_digest(kid(PHONE.public_key()), DIGEST_KEY)
HELD = Holding(Credential(DIGEST, CredentialKind.PHONE, CredentialState.ACTIVE), PERSON)
SIGNERS = {
    kid(PHONE.public_key()): Signer(PHONE.public_key(), frozenset({Do.OPEN}), "p-1"),
    kid(DUTY.public_key()): Signer(DUTY.public_key(), frozenset(Do)),
    kid(GUARD.public_key()): Signer(GUARD.public_key(), frozenset({Do.OPEN}), may_override=True),
}


class Desk:
    """A desk over a real journal's memory, with a clock moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.journal: Journal = open_journal(
            folder / "journal.db", boot_id="b" * 32, at=self.clock.utc()
        ).journal
        self.answers: list[Reply] = []
        self.desk = OrderDesk(
            gateway="gw",
            doors=("lobby",),
            signers=SIGNERS.get,
            phone=lambda _kid: HELD,
            digest_key=DIGEST_KEY,
            memory=self.journal.memory,
            answer=self.answers.append,
        )

    def claims(self, key: Ed25519PrivateKey = PHONE, jti: str = "number-1") -> CommandClaims:
        iat = int(self.clock.utc().timestamp())
        return CommandClaims(
            iss=kid(key.public_key()), aud="gw", door="lobby", do=Do.OPEN, jti=jti, iat=iat, exp=iat + 15
        )

    def take(self, claims: CommandClaims, key: Ed25519PrivateKey = PHONE) -> tuple[Fact, ...]:
        return self.say(sign(claims.payload(), key, COMMAND_TYP))

    def say(self, token: str) -> tuple[Fact, ...]:
        return self.desk.facts(OrderReceived(token, TOPIC, b"c"), self.clock.now())

    def told(self) -> dict[str, object]:
        (topic, correlation, payload) = self.answers[-1]
        assert (topic, correlation) == (TOPIC, b"c")
        found: dict[str, object] = json.loads(payload)
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


def test_a_phones_open_becomes_a_question_for_its_door(desk: Desk) -> None:
    (fact,) = desk.take(desk.claims())

    assert isinstance(fact, OpenAsked)
    assert (fact.door, fact.digest, fact.holding) == ("lobby", DIGEST, HELD)
    assert (fact.order.id, fact.order.person, fact.order.reply) == ("number-1", "p-1", TOPIC)
    assert fact.order.not_after == desk.clock.monotonic() + 15
    assert desk.answers == []


def test_the_duty_desk_opens_without_being_on_the_list_and_sets_modes(desk: Desk) -> None:
    (opened,) = desk.take(desk.claims(DUTY), DUTY)
    held = replace(desk.claims(DUTY, "number-2"), do=Do.MODE, mode=WireMode.HELD)
    (asked,) = desk.take(held, DUTY)

    assert isinstance(opened, OpenAsked)
    assert (opened.digest, opened.holding, opened.order.person) == (b"", None, None)
    assert isinstance(asked, ModeAsked)
    assert asked.mode is Mode.HELD


def test_a_key_with_the_right_to_override_a_lockdown_is_told_from_one_without(desk: Desk) -> None:
    (plain,) = desk.take(desk.claims(DUTY), DUTY)
    (strong,) = desk.take(desk.claims(GUARD, "number-2"), GUARD)

    assert isinstance(plain, OpenAsked)
    assert isinstance(strong, OpenAsked)
    assert (plain.may_override, strong.may_override) == (False, True)


def test_the_duty_desk_says_to_the_whole_gateway_that_the_fire_is_over(desk: Desk) -> None:
    over = replace(desk.claims(DUTY), do=Do.FIRE_OVER, door=EVERY_DOOR)

    (asked,) = desk.take(over, DUTY)
    (phone,) = desk.take(replace(desk.claims(), do=Do.FIRE_OVER, door=EVERY_DOOR))

    assert isinstance(asked, FireOverAsked)
    assert asked.order.key == kid(DUTY.public_key())
    assert isinstance(phone, Noted)
    assert phone.body["reason"] == "wrong_scope"


def test_a_phone_sets_no_mode(desk: Desk) -> None:
    (fact,) = desk.take(replace(desk.claims(), do=Do.MODE, mode=WireMode.HELD))

    assert isinstance(fact, Noted)
    assert fact.body["reason"] == "wrong_scope"
    assert desk.told()["reason"] == "wrong_scope"


def test_a_number_opens_once_before_and_after_it_is_on_disk(desk: Desk) -> None:
    claims = desk.claims()
    (first,) = desk.take(claims)
    (again,) = desk.take(claims)
    assert isinstance(first, OpenAsked)
    used = UsedToken(first.order.id, first.order.remember_until)
    desk.journal.commit(Batch(used=(used,)))
    (third,) = desk.take(claims)

    for fact in (again, third):
        assert isinstance(fact, OrderRefused)
        assert fact.reason == "replayed"
    assert stale(desk.desk.refused) == 2


@pytest.mark.parametrize(("after_s", "reason"), [(15.0, "expired"), (3600.0, "expired"), (-6.0, "too_early")])
def test_an_order_out_of_its_time_is_refused_and_counted(desk: Desk, after_s: float, reason: str) -> None:
    claims = desk.claims()
    desk.clock.step_wall(after_s)

    (fact,) = desk.take(claims)

    assert isinstance(fact, Noted)
    assert fact.body == {"reason": reason, "order": "number-1", "key": claims.iss}
    assert fact.door == "lobby"
    assert desk.told() | {"at": ""} == {
        "v": 1,
        "id": "number-1",
        "outcome": "refused",
        "reason": reason,
        "door": "lobby",
        "at": "",
    }
    assert desk.desk.refused[reason] == 1


def test_a_door_that_is_not_here_uses_up_no_number(desk: Desk) -> None:
    (fact,) = desk.take(replace(desk.claims(), door="roof"))
    (after,) = desk.take(desk.claims())

    assert isinstance(fact, OrderRefused)
    assert (fact.door, fact.reason) == (None, "unknown_door")
    assert isinstance(after, OpenAsked)


def test_what_anybody_could_send_is_recorded_once_a_minute_and_always_answered(desk: Desk) -> None:
    claims = desk.claims(STRANGER)

    facts = [desk.take(claims, STRANGER) for _ in range(3)]
    desk.clock.advance(61)
    late = desk.take(claims, STRANGER)

    assert facts == [(Noted("order.refused", {"reason": "unknown_key", "count": 1}),), (), ()]
    assert late == (Noted("order.refused", {"reason": "unknown_key", "count": 3}),)
    assert len(desk.answers) == 4
    assert desk.told()["id"] is None


def test_an_order_that_names_no_place_for_the_answer_gets_none(desk: Desk) -> None:
    facts = desk.desk.facts(OrderReceived("no token", None, None), desk.clock.now())

    assert facts == (Noted("order.refused", {"reason": "malformed", "count": 1}),)
    assert desk.answers == []


def test_an_unsure_clock_asks_for_the_gateways_nonce_and_counts_from_now(desk: Desk) -> None:
    desk.clock.trust(ClockConfidence.HOLDOVER)
    (without,) = desk.take(desk.claims())
    desk.desk.nonces = desk.desk.nonces.renewed(b"n" * 16, desk.clock.monotonic())
    desk.clock.step_wall(-86_400)
    claims = replace(desk.claims(jti="number-2"), nonce=desk.desk.nonces.newest)
    desk.clock.step_wall(86_400)
    (fresh,) = desk.take(claims)
    (wrong,) = desk.take(replace(desk.claims(jti="number-3"), nonce="A" * 22))

    assert isinstance(without, Noted)
    assert without.body["reason"] == "nonce_required"
    assert isinstance(fresh, OpenAsked)
    assert fresh.order.not_after == desk.clock.monotonic() + 15
    assert isinstance(wrong, Noted)
    assert wrong.body["reason"] == "wrong_nonce"
