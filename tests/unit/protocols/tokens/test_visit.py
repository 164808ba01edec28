"""A visitor's pass."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocols.tokens.errors import TokenError
from protocols.tokens.keys import kid
from protocols.tokens.token import open_token, sign
from protocols.tokens.visit import PASS_CHARS, VISIT_TYP, PassClaims, read_pass

KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
KID = kid(KEY.public_key())
BEGINS = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GOOD = PassClaims(
    iss=KID,
    aud="gw01",
    doors=("lobby", "garage"),
    sub="p-1",
    jti="number-of-pass",
    nbf=int(BEGINS.timestamp()),
    exp=int(BEGINS.timestamp()) + 3600,
    uses=2,
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=3)
)


def opened(payload: dict[str, object]) -> PassClaims:
    token = sign(payload, KEY, VISIT_TYP)
    return read_pass(open_token(token, VISIT_TYP, {KID: KEY.public_key()}.get, PASS_CHARS))


def test_a_pass_reads_as_it_was_signed() -> None:
    assert opened(GOOD.payload()) == GOOD


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("v", 2),
        ("v", True),
        ("iss", "somebody"),
        ("aud", None),
        ("aud", "a/b"),
        ("doors", "lobby"),
        ("doors", []),
        ("doors", [1]),
        ("doors", ["a/b"]),
        ("doors", ["d"] * 17),
        ("sub", ""),
        ("jti", "short"),
        ("nbf", -1),
        ("nbf", 1.5),
        ("exp", GOOD.nbf),
        ("exp", GOOD.nbf + 32 * 24 * 3600),
        ("uses", 0),
        ("uses", 101),
        ("uses", True),
    ],
)
def test_a_pass_that_says_anything_else_is_malformed(field: str, value: object) -> None:
    with pytest.raises(TokenError) as refused:
        opened(GOOD.payload() | {field: value})
    assert refused.value.code == "malformed"


@given(st.sampled_from(sorted(GOOD.payload())), VALUES)
def test_no_value_of_any_field_raises_anything_else(field: str, value: object) -> None:
    try:
        assert isinstance(opened(GOOD.payload() | {field: value}), PassClaims)
    except TokenError:
        return


def test_what_no_gateway_would_take_is_not_even_made() -> None:
    for changes in ({"uses": 0}, {"doors": ()}, {"exp": GOOD.nbf}):
        with pytest.raises(ValueError, match="a pass is"):
            replace(GOOD, **changes)
