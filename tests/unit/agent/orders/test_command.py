"""The signed order."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.orders.command import LIFE_S, Wish, command, new_jti
from protocols.tokens.command import EVERY_DOOR, Do, Mode, read_command
from protocols.tokens.keys import kid
from protocols.tokens.token import COMMAND_TYP, open_token
from protocols.tokens.verify import Refusal, timely

KEY = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
OPEN = Wish(Do.OPEN, "lobby")


def test_an_open_is_for_one_door_of_one_gateway_and_some_seconds() -> None:
    token = command(OPEN, KEY, gateway="gw01", at=AT, nonce="nonce-of-now", client="phone-1")
    claims = read_command(open_token(token, COMMAND_TYP, {kid(KEY.public_key()): KEY.public_key()}.get))
    assert (claims.aud, claims.door, claims.do, claims.life_s) == ("gw01", "lobby", Do.OPEN, LIFE_S)
    assert (claims.nonce, claims.client, claims.sub) == ("nonce-of-now", "phone-1", None)
    assert timely(claims, gateway="gw01", at=AT, clock_synced=True, nonces=["nonce-of-now"]) is None
    assert timely(claims, gateway="gw02", at=AT, clock_synced=True, nonces=[]) is Refusal.WRONG_AUDIENCE


def test_no_two_opens_share_a_number() -> None:
    numbers = {new_jti() for _ in range(100)}
    assert len(numbers) == 100
    assert command(OPEN, KEY, gateway="g", at=AT) != command(OPEN, KEY, gateway="g", at=AT)


@pytest.mark.parametrize(
    "wish", [Wish(Do.MODE, "lobby", mode) for mode in Mode] + [Wish(Do.FIRE_OVER)], ids=lambda each: each.mode
)
def test_what_else_the_duty_desk_orders_is_read_as_it_was_meant(wish: Wish) -> None:
    token = command(wish, KEY, gateway="gw01", at=AT)
    claims = read_command(open_token(token, COMMAND_TYP, {kid(KEY.public_key()): KEY.public_key()}.get))
    assert (claims.do, claims.door, claims.mode) == (wish.do, wish.door, wish.mode)
    assert (claims.door == EVERY_DOOR) == (wish.do is Do.FIRE_OVER)


@pytest.mark.parametrize("life_s", [0, -1, 31])
def test_an_order_that_lives_too_long_is_not_even_signed(life_s: int) -> None:
    with pytest.raises(ValueError, match="1 to 30"):
        command(OPEN, KEY, gateway="gw01", at=AT, life_s=life_s)
