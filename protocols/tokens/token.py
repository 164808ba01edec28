"""A signed word: JWS in compact form (RFC 7515) with Ed25519 (RFC 8037), signed by PyJWT.

The protected header is exactly {"alg":"EdDSA","kid":…,"typ":…}; anything more or less is refused, so there
is no header that could choose another algorithm, carry a key, or point at one. So a signature is checked by
the key itself: PyJWT looks at every character of a token by itself, which for a large roster takes longer
than a card may wait, and anybody may send one. What a payload means, and whether it is timely, is decided
elsewhere: nothing here has a clock.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from cryptography.exceptions import InvalidSignature
from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.keys import kid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM: Final = "EdDSA"

COMMAND_TYP: Final = "menshen-cmd+jwt"
ROSTER_HEAD_TYP: Final = "menshen-roster-head+jwt"
ROSTER_DELTA_TYP: Final = "menshen-roster-delta+jwt"
RECEIPT_TYP: Final = "menshen-receipt+jwt"
CHECKPOINT_TYP: Final = "menshen-checkpoint+jwt"

SMALL_CHARS: Final = 4096
"""A command, a receipt, a checkpoint: some 500 characters; a QR code holds no more than 4296."""
LARGEST_CHARS: Final = 4 * 1024 * 1024
"""A roster delta: 10 000 changed cards are 1.8 MiB. A caller that expects less says so."""
HEADER_CHARS: Final = 512

_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER_NAMES: Final = frozenset({"alg", "kid", "typ"})
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Opened:
    """A token whose signature holds. `body`: the signed JSON text; `payload`: the object in it."""

    kid: str
    payload: Mapping[str, object]
    body: bytes


def sign(payload: Mapping[str, object], key: Ed25519PrivateKey, typ: str) -> str:
    """Return `payload` (what JSON can say, finite numbers) as a token of `typ`, signed by `key`."""
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    headers = {"kid": kid(key.public_key()), "typ": typ}
    return PyJWS(algorithms=[ALGORITHM]).encode(body, key, algorithm=ALGORITHM, headers=headers)


def open_token(
    token: str,
    typ: str,
    keys: Callable[[str], Ed25519PublicKey | None],
    longest: int = LARGEST_CHARS,
) -> Opened:
    """Return what `token` says, its signature checked with the key that `keys` gives for its kid.

    `longest`: characters. Raises TokenError, and nothing else whatever the token is.
    """
    if len(token) > longest:
        raise TokenError(Defect.TOO_LARGE, f"{len(token)} characters where {longest} are the most")
    name = _key_name(token, typ)
    key = keys(name)
    if key is None:
        raise TokenError(Defect.UNKNOWN_KEY, "no key of that name is trusted here")
    signed, _, signature = token.rpartition(".")
    body = _decoded(signed.partition(".")[2])
    try:
        key.verify(_decoded(signature), signed.encode("ascii"))
    except InvalidSignature as error:
        raise TokenError(Defect.BAD_SIGNATURE, "the signature is not of that key") from error
    return Opened(kid=name, payload=read_object(body), body=body)


def peek(token: str) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return header and payload with NO check of the signature: to show to a person, never to act on.

    Raises TokenError.
    """
    if len(token) > LARGEST_CHARS:
        raise TokenError(Defect.TOO_LARGE, "longer than any token")
    if _SHAPE.fullmatch(token) is None:
        raise TokenError(Defect.MALFORMED, "not three parts of base64url")
    try:
        complete = PyJWS().decode_complete(token, options={"verify_signature": False})
    except PyJWTError as error:
        raise TokenError(Defect.MALFORMED, "not a JWS in compact form") from error
    return complete["header"], read_object(complete["payload"])


def read_object(body: bytes) -> Mapping[str, object]:
    """Return the JSON object in `body` (UTF-8). Raises TokenError("malformed").

    NaN and infinities are no JSON. A lone surrogate is refused: no text of it could be written again.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant)
        if _SURROGATE_ESCAPE.search(text) is not None:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise TokenError(Defect.MALFORMED, "the payload is no JSON text") from error
    if not isinstance(value, dict):
        raise TokenError(Defect.MALFORMED, "the payload is no JSON object")
    return value


def _key_name(token: str, typ: str) -> str:
    """Return the kid in the header of `token`; the header alone is read, whatever follows it."""
    if _SHAPE.fullmatch(token) is None:
        raise TokenError(Defect.MALFORMED, "not three parts of base64url")
    header_part = token.partition(".")[0]
    if len(header_part) > HEADER_CHARS:
        raise TokenError(Defect.MALFORMED, "the header is longer than any of ours")
    try:
        header = PyJWS().get_unverified_header(header_part + "..")
    except PyJWTError as error:
        raise TokenError(Defect.MALFORMED, "the header is not readable") from error
    if header.keys() != _HEADER_NAMES or header["alg"] != ALGORITHM:
        raise TokenError(Defect.MALFORMED, "the header is not exactly alg EdDSA, kid and typ")
    if header["typ"] != typ:
        raise TokenError(Defect.WRONG_TYPE, f"not a {typ}")
    name: str = header["kid"]  # PyJWT has checked that it is text
    return name


def _decoded(part: str) -> bytes:
    """Return the bytes of one part of a token. Raises TokenError where they are written in another way."""
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise TokenError(Defect.MALFORMED, "a part is no base64url") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != part.encode("ascii"):
        raise TokenError(Defect.MALFORMED, "a part is not written as base64url writes it")
    return raw


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
