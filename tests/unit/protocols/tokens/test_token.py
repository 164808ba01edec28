"""Signed words: what opens, what does not, and that nothing but TokenError comes out."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.keys import kid, private_from_text, private_text, public_from_text, public_text
from protocols.tokens.token import (
    COMMAND_TYP,
    LARGEST_CHARS,
    RECEIPT_TYP,
    SMALL_CHARS,
    open_token,
    peek,
    read_object,
    sign,
)

# RFC 8037 appendix A: the key pair, its thumbprint, and a signature over a known text.
RFC_SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

KEY = private_from_text(RFC_SEED)
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def keys(name: str) -> Ed25519PublicKey | None:
    return KEY.public_key() if name == RFC_KID else None


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def forged(header: object, payload: object = b"{}") -> str:
    """Return a token with any header at all, honestly signed by KEY."""
    signed = f"{part(header)}.{part(payload)}"
    return f"{signed}.{part(KEY.sign(signed.encode()))}"


HEADER = {"alg": "EdDSA", "kid": RFC_KID, "typ": COMMAND_TYP}


def defect(token: str, longest: int = LARGEST_CHARS) -> Defect:
    with pytest.raises(TokenError) as caught:
        open_token(token, COMMAND_TYP, keys, longest)
    return caught.value.code


def test_a_key_has_the_thumbprint_of_the_rfc() -> None:
    assert kid(KEY.public_key()) == RFC_KID
    assert public_text(KEY.public_key()) == RFC_PUBLIC
    assert private_text(KEY) == RFC_SEED
    assert public_from_text(RFC_PUBLIC).public_bytes_raw() == KEY.public_key().public_bytes_raw()


@pytest.mark.parametrize(
    "text", ["", "x" * 42, "x" * 44, "!" * 43, "é" * 43, RFC_PUBLIC[:-1] + "p", RFC_PUBLIC[:-1] + "="]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(TokenError) as caught:
        public_from_text(text)
    assert caught.value.code is Defect.MALFORMED
    assert not text or text not in str(caught.value)


def test_a_token_is_what_pyjwt_of_others_would_make() -> None:
    assert forged(HEADER, {"v": 1}).startswith("ey")
    assert open_token(forged(HEADER, {"v": 1}), COMMAND_TYP, keys).payload == {"v": 1}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    # No lone surrogates: those are refused, by a test of their own.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values, max_size=6))
def test_what_was_signed_is_what_opens(payload: dict[str, object]) -> None:
    opened = open_token(sign(payload, KEY, RECEIPT_TYP), RECEIPT_TYP, keys)
    assert (opened.kid, opened.payload) == (RFC_KID, payload)
    assert json.loads(opened.body) == payload


@given(st.text(max_size=200) | st.text("abcAB019-_.=", max_size=200) | st.binary(max_size=90).map(part))
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(TokenError):
        open_token(text, COMMAND_TYP, keys)
    with pytest.raises(TokenError):
        open_token(f"{part(HEADER)}.{text}", COMMAND_TYP, keys)
    with pytest.raises(TokenError):
        open_token(f"{text}.{text}.{text}", COMMAND_TYP, keys)


@given(st.integers(0, 10_000), st.sampled_from("ABCabc019-_.=%"))
def test_one_changed_character_never_opens(place: int, character: str) -> None:
    token = sign({"v": 1, "door": "lobby"}, KEY, COMMAND_TYP)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    if changed != token:
        assert defect(changed) in Defect


def test_another_key_of_the_same_name_is_a_bad_signature() -> None:
    signed = f"{part(HEADER)}.{part(b'{}')}"
    assert defect(f"{signed}.{part(OTHER.sign(signed.encode()))}") is Defect.BAD_SIGNATURE


def test_a_key_that_nobody_trusts_is_unknown() -> None:
    assert defect(sign({}, OTHER, COMMAND_TYP)) is Defect.UNKNOWN_KEY


def test_a_receipt_is_no_command() -> None:
    assert defect(sign({}, KEY, RECEIPT_TYP)) is Defect.WRONG_TYPE


def test_size_is_looked_at_first() -> None:
    assert defect("x" * (SMALL_CHARS + 1), SMALL_CHARS) is Defect.TOO_LARGE
    assert defect("x" * (LARGEST_CHARS + 1)) is Defect.TOO_LARGE


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": RFC_KID, "typ": COMMAND_TYP},
        {"alg": "HS256", "kid": RFC_KID, "typ": COMMAND_TYP},
        {"alg": "Ed25519", "kid": RFC_KID, "typ": COMMAND_TYP},
        {"alg": "EdDSA", "typ": COMMAND_TYP},
        {"alg": "EdDSA", "kid": 7, "typ": COMMAND_TYP},
        {**HEADER, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": RFC_PUBLIC}},
        {**HEADER, "crit": ["b64"], "b64": False},
        {**HEADER, "pad": "x" * 600},
        [],
        7,
        b"no json",
        b"[" * 100,
    ],
)
def test_a_header_that_is_not_exactly_ours_is_malformed(header: object) -> None:
    assert defect(forged(header)) is Defect.MALFORMED


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"7", b"{", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":"\\ud800"}', b"\xff\xfe{}"]
)
def test_a_payload_that_is_no_json_object_is_malformed(payload: bytes) -> None:
    with pytest.raises(TokenError) as caught:
        read_object(payload)
    assert caught.value.code is Defect.MALFORMED
    assert defect(forged(HEADER, payload)) is Defect.MALFORMED


def test_a_payload_nested_without_end_is_malformed() -> None:
    with pytest.raises(TokenError):
        read_object(b'{"a":' + b"[" * 200_000)


def test_an_escaped_pair_of_surrogates_is_one_character() -> None:
    assert read_object(b'{"a":"\\ud83d\\udeaa"}') == {"a": "\N{DOOR}"}


def test_a_signature_part_that_is_not_canonical_is_malformed() -> None:
    token = sign({}, KEY, COMMAND_TYP)
    last = "B" if token[-1] == "A" else chr(ord(token[-1]) + 1)
    assert defect(token[:-1] + last) is Defect.MALFORMED


def test_a_part_of_a_length_that_no_bytes_have_is_malformed() -> None:
    head, body, signature = sign({}, KEY, COMMAND_TYP).split(".")
    assert defect(f"{head}.AAAAA.{signature}") is Defect.MALFORMED
    assert defect(f"{head}.{body}.AAAAA") is Defect.MALFORMED
    assert defect(f"{head}.{body}.{signature[:84]}") is Defect.BAD_SIGNATURE


def test_what_cannot_be_json_is_not_signed() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        sign({"a": float("nan")}, KEY, COMMAND_TYP)


def test_a_person_can_look_into_a_token_of_an_unknown_key() -> None:
    header, payload = peek(sign({"v": 1}, OTHER, COMMAND_TYP))
    assert header["typ"] == COMMAND_TYP
    assert payload == {"v": 1}


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "x" * (LARGEST_CHARS + 1)])
def test_looking_into_what_is_no_token_says_so(token: str) -> None:
    with pytest.raises(TokenError):
        peek(token)
