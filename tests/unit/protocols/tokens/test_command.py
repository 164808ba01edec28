"""Commands: what they may claim, and when they are in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.tokens.command import (
    EVERY_DOOR,
    LATEST_S,
    MODE_LIFE_S,
    OPEN_LIFE_S,
    CommandClaims,
    Do,
    Mode,
    read_command,
)
from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.token import Opened
from protocols.tokens.verify import AHEAD_S, Refusal, remember_until, timely

NOW = datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
OPEN = CommandClaims(
    iss="kid-1", aud="gw-1", door="lobby", do=Do.OPEN, jti="a1b2c3d4e5", iat=NOW_S, exp=NOW_S + 20, sub="p1"
)
HOLD = replace(OPEN, do=Do.MODE, mode=Mode.HELD, exp=NOW_S + 300, nonce="n0n0n0n0", client="desk-1")
OVER = replace(OPEN, do=Do.FIRE_OVER, door=EVERY_DOOR, sub=None)


def opened(payload: dict[str, Any]) -> Opened:
    return Opened(kid="kid-1", payload=payload, body=b"")


@pytest.mark.parametrize("claims", [OPEN, HOLD, OVER])
def test_claims_survive_the_wire(claims: CommandClaims) -> None:
    assert read_command(opened(claims.payload())) == claims


def test_v_stands_first_and_nothing_is_null() -> None:
    payload = OPEN.payload()
    assert next(iter(payload)) == "v"
    assert None not in payload.values()


def test_a_field_of_tomorrow_is_passed_over() -> None:
    assert read_command(opened({**OPEN.payload(), "colour": "red"})) == OPEN


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"v": None},
        {"iss": "kid-2"},
        {"aud": ["gw-1"]},
        {"aud": "gw+1"},
        {"door": ""},
        {"door": "a/b"},
        {"door": "x" * 65},
        {"do": "explode"},
        {"do": 7},
        {"mode": "held"},
        {"door": EVERY_DOOR},
        {"do": "fire_over"},
        {"do": "mode"},
        {"do": "mode", "mode": "ajar"},
        {"jti": "short"},
        {"jti": "x" * 65},
        {"jti": None},
        {"iat": 1.5},
        {"iat": True},
        {"iat": -1},
        {"exp": LATEST_S + 1},
        {"exp": NOW_S},
        {"sub": 7},
        {"nonce": "né"},
        {"client": "#"},
    ],
)
def test_a_claim_that_is_not_what_it_may_be_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(TokenError) as caught:
        read_command(opened({**OPEN.payload(), **change}))
    assert caught.value.code is Defect.MALFORMED


def judged(claims: CommandClaims, *, at: datetime = NOW, clock_synced: bool = True) -> Refusal | None:
    return timely(claims, gateway="gw-1", at=at, clock_synced=clock_synced, nonces={"n0n0n0n0", "n1n1n1n1"})


def test_a_fresh_command_for_us_is_in_time() -> None:
    assert judged(OPEN) is None
    assert judged(HOLD) is None


def test_a_command_for_another_gateway_is_not_ours() -> None:
    assert judged(replace(OPEN, aud="gw-2")) is Refusal.WRONG_AUDIENCE


def test_late_is_late_without_grace() -> None:
    assert judged(OPEN, at=NOW + timedelta(seconds=19.999)) is None
    assert judged(OPEN, at=NOW + timedelta(seconds=20)) is Refusal.EXPIRED


def test_a_clock_ahead_of_ours_is_forgiven_a_little() -> None:
    assert judged(OPEN, at=NOW - timedelta(seconds=AHEAD_S)) is None
    assert judged(OPEN, at=NOW - timedelta(seconds=AHEAD_S + 1)) is Refusal.TOO_EARLY


def test_a_long_life_is_refused_by_what_is_asked() -> None:
    assert judged(replace(OPEN, exp=NOW_S + OPEN_LIFE_S)) is None
    assert judged(replace(OPEN, exp=NOW_S + OPEN_LIFE_S + 1)) is Refusal.TOO_LONG
    assert judged(replace(HOLD, exp=NOW_S + MODE_LIFE_S + 1)) is Refusal.TOO_LONG


def test_without_a_clock_a_nonce_of_ours_is_required() -> None:
    far = NOW + timedelta(days=4000)
    assert judged(OPEN, at=far, clock_synced=False) is Refusal.NONCE_REQUIRED
    assert judged(replace(OPEN, nonce="n1n1n1n1"), at=far, clock_synced=False) is None
    assert judged(replace(OPEN, nonce="n2n2n2n2"), at=far, clock_synced=False) is Refusal.WRONG_NONCE
    assert judged(replace(OPEN, nonce="n1n1n1n1", exp=NOW_S + 31), clock_synced=False) is Refusal.TOO_LONG


def test_a_nonce_that_is_named_must_be_ours_even_with_a_clock() -> None:
    assert judged(replace(OPEN, nonce="n2n2n2n2")) is Refusal.WRONG_NONCE


@given(st.integers(-400, 400), st.integers(1, 400), st.integers(-400, 400))
def test_no_open_is_acted_on_beyond_its_longest_life(iat: int, life: int, at: int) -> None:
    claims = replace(OPEN, iat=NOW_S + iat, exp=NOW_S + iat + life)
    if judged(claims, at=NOW + timedelta(seconds=at)) is None:
        assert at < iat + life
        assert at - iat < OPEN_LIFE_S
        assert iat - at <= AHEAD_S


def test_a_number_is_remembered_beyond_any_end_it_can_have() -> None:
    assert remember_until(OPEN, NOW) > NOW + timedelta(seconds=OPEN_LIFE_S + AHEAD_S)
    assert remember_until(replace(OPEN, exp=LATEST_S), NOW) == remember_until(OPEN, NOW)
