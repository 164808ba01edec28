"""Who may order what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.sync.authority import CheckedOrder, RefusedOrder, Signer, check_order, reply_topic
from agent.sync.facts import OrderReceived
from protocols.mqtt import topics
from protocols.tokens.command import CommandClaims, Do, Mode
from protocols.tokens.keys import PrivateKey, kid
from protocols.tokens.token import COMMAND_TYP, RECEIPT_TYP, sign
from protocols.tokens.verify import Refusal

NOW = datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
PHONE = PrivateKey.from_private_bytes(b"p" * 32)
DUTY = PrivateKey.from_private_bytes(b"d" * 32)
OFFICE = PrivateKey.from_private_bytes(b"o" * 32)
STRANGER = PrivateKey.from_private_bytes(b"s" * 32)
SIGNERS = {
    kid(PHONE.public_key()): Signer(PHONE.public_key(), frozenset({Do.OPEN}), "p-1"),
    kid(DUTY.public_key()): Signer(DUTY.public_key(), frozenset({Do.MODE})),
    kid(OFFICE.public_key()): Signer(OFFICE.public_key(), frozenset()),
}
OPEN = CommandClaims(
    iss=kid(PHONE.public_key()),
    aud="gw",
    door="lobby",
    do=Do.OPEN,
    jti="a1b2c3d4e5",
    iat=NOW_S,
    exp=NOW_S + 20,
    sub="p-1",
)
HOLD = replace(OPEN, do=Do.MODE, mode=Mode.HELD, sub=None)


def checked(claims: CommandClaims, key: PrivateKey, *, synced: bool = True) -> CheckedOrder | RefusedOrder:
    token = sign(replace(claims, iss=kid(key.public_key())).payload(), key, COMMAND_TYP)
    return check_order(token, SIGNERS.get, "gw", NOW, ("n0n0n0n0",), clock_synced=synced)


def reason(found: CheckedOrder | RefusedOrder) -> Refusal:
    assert isinstance(found, RefusedOrder)
    return found.reason


def test_a_phone_opens_for_its_person() -> None:
    assert checked(OPEN, PHONE) == CheckedOrder(OPEN, "p-1")
    assert isinstance(checked(replace(OPEN, sub=None), PHONE), CheckedOrder)


def test_the_duty_desk_sets_modes() -> None:
    found = checked(HOLD, DUTY)
    assert isinstance(found, CheckedOrder)
    assert (found.person, found.claims.mode) == (None, Mode.HELD)


@pytest.mark.parametrize(
    ("claims", "key"),
    [(HOLD, PHONE), (OPEN, DUTY), (OPEN, OFFICE), (HOLD, OFFICE), (replace(OPEN, sub="p-2"), PHONE)],
    ids=["phone mode", "duty open", "office open", "office mode", "phone for another"],
)
def test_a_key_orders_nothing_beyond_its_scope(claims: CommandClaims, key: PrivateKey) -> None:
    assert reason(checked(claims, key)) is Refusal.WRONG_SCOPE


def test_what_is_not_fresh_or_not_ours_is_refused_with_what_it_said() -> None:
    late = checked(replace(OPEN, iat=NOW_S - 40, exp=NOW_S - 20), PHONE)
    assert reason(late) is Refusal.EXPIRED
    assert late.claims is not None
    assert late.claims.jti == OPEN.jti
    assert reason(checked(replace(OPEN, aud="gw-2"), PHONE)) is Refusal.WRONG_AUDIENCE
    assert reason(checked(OPEN, PHONE, synced=False)) is Refusal.NONCE_REQUIRED
    assert isinstance(checked(replace(OPEN, nonce="n0n0n0n0"), PHONE, synced=False), CheckedOrder)


def test_a_strangers_key_is_unknown() -> None:
    assert reason(checked(OPEN, STRANGER)) is Refusal.UNKNOWN_KEY


def test_a_defect_of_the_token_is_a_reason_without_claims() -> None:
    good = sign(OPEN.payload(), PHONE, COMMAND_TYP)
    changed = good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:]
    for token, why in (
        ("nonsense", Refusal.MALFORMED),
        ("x" * 5000, Refusal.TOO_LARGE),
        (changed, Refusal.BAD_SIGNATURE),
        (sign(OPEN.payload(), PHONE, RECEIPT_TYP), Refusal.MALFORMED),
        (sign(HOLD.payload(), PHONE, COMMAND_TYP).replace(".", "!", 1), Refusal.MALFORMED),
    ):
        found = check_order(token, SIGNERS.get, "gw", NOW, (), clock_synced=True)
        assert found == RefusedOrder(why)


def test_a_key_that_goes_between_two_looks_is_unknown() -> None:
    looks = iter([SIGNERS[OPEN.iss], None])
    token = sign(OPEN.payload(), PHONE, COMMAND_TYP)
    found = check_order(token, lambda _: next(looks), "gw", NOW, (), clock_synced=True)
    assert found == RefusedOrder(Refusal.UNKNOWN_KEY)


def test_an_answer_goes_to_the_transports_topic_or_to_the_client_that_is_named() -> None:
    where = topics.answer("gw", "phone")
    assert reply_topic(OrderReceived("t", where, None), None, "gw") == where
    assert reply_topic(OrderReceived("t", None, None), replace(OPEN, client="c7"), "gw") == topics.answer(
        "gw", "c7"
    )
    assert reply_topic(OrderReceived("t", None, None), OPEN, "gw") is None
    assert reply_topic(OrderReceived("t", None, None), None, "gw") is None
