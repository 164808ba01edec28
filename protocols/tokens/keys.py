"""Ed25519 keys as text and as names.

A public key in text is its 32 raw bytes in base64url without padding (RFC 8037's `x`); a private one is its
seed in the same form. A key's name (`kid`) is its RFC 7638 thumbprint, so two people who hold the key agree
on its name without asking anybody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocols.tokens.errors import Defect, TokenError

PublicKey = Ed25519PublicKey
PrivateKey = Ed25519PrivateKey

KEY_BYTES = 32
KEY_CHARS = 43  # 32 bytes in base64url without padding


def public_text(key: Ed25519PublicKey) -> str:
    """Return `key` as 43 characters."""
    return _text(key.public_bytes_raw())


def public_from_text(text: str) -> Ed25519PublicKey:
    """Return the public key in `text`. Raises TokenError("malformed")."""
    return Ed25519PublicKey.from_public_bytes(_bytes(text))


def private_text(key: Ed25519PrivateKey) -> str:
    """Return the seed of `key` as 43 characters. A secret: for a file of mode 0600 and nothing else."""
    return _text(key.private_bytes_raw())


def private_from_text(text: str) -> Ed25519PrivateKey:
    """Return the private key whose seed is `text`. Raises TokenError("malformed"), without the text."""
    return Ed25519PrivateKey.from_private_bytes(_bytes(text))


def kid(key: Ed25519PublicKey) -> str:
    """Return the name of `key`: SHA-256 over its required JWK members in order (RFC 7638 section 3)."""
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{public_text(key)}"}}'
    return _text(hashlib.sha256(members.encode("ascii")).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    if len(text) != KEY_CHARS:
        raise TokenError(Defect.MALFORMED, f"a key is {KEY_CHARS} characters of base64url, not {len(text)}")
    try:
        raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        # Without the cause: its message would carry what may be a secret.
        raise TokenError(Defect.MALFORMED, "a key is written in base64url") from None
    if _text(raw) != text:
        raise TokenError(Defect.MALFORMED, "a key has one spelling only; its last character is off")
    return raw
