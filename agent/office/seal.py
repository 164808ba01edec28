"""Personal data at rest: sealed with AES-256-GCM, found again by keyed digest.

A book has one random data key. It stands in the book wrapped by the book's lock: a key file, or a
passphrase through scrypt. Sealed bytes are bound to the row they belong to, so that nobody who can write
the file can move one person's name to another's row. What is searched for (a document number, a phone
number) is kept as HMAC-SHA256 under a key derived from the data key, so that the file alone answers no guess.
Sources: NIST SP 800-38D (GCM, 96-bit random nonces), RFC 5869 (HKDF), RFC 7914 (scrypt).
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from agent.errors import EX_NOPERM, AgentError, StoreError

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16
DIGEST_BYTES = 16
# RFC 7914's parameters for files: 128 MiB and about half a second once, when the book is opened.
SCRYPT_N = 2**17
SCRYPT_R = 8
SCRYPT_P = 1
LAYOUT = b"\x01"
WRAPPING = b"menshen book data key"


class WrongKey(AgentError):  # noqa: N818 - what it is
    """The key file or the passphrase is not the one that this book was locked with."""

    exit_code = EX_NOPERM


@dataclass(frozen=True, slots=True, repr=False)
class Lock:
    """What wraps a book's data key. `salt`: of the passphrase; empty for a key file. Never printed."""

    key: bytes
    salt: bytes = b""


def lock_by_passphrase(passphrase: str, salt: bytes | None = None) -> Lock:
    """Derive the lock of `passphrase`; a new `salt` is drawn when there is none yet."""
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    typed = passphrase.encode("utf-8", "surrogateescape")  # as they came, where a terminal is not UTF-8
    key = Scrypt(salt=salt, length=KEY_BYTES, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(typed)
    return Lock(key, salt)


def wrap(data_key: bytes, lock: Lock) -> bytes:
    """Return `data_key` wrapped by `lock`."""
    return _encrypt(AESGCM(lock.key), data_key, WRAPPING)


def unwrap(wrapped: bytes, lock: Lock) -> bytes:
    """Return the data key. Raises WrongKey."""
    try:
        return _decrypt(AESGCM(lock.key), wrapped, WRAPPING)
    except (InvalidTag, ValueError):
        raise WrongKey(
            "this is not the key that the book was locked with", "密钥或口令不是此登记簿的"
        ) from None


class Sealer:
    """Seals and opens personal data with one data key, and digests what is searched for."""

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESGCM(_derive(data_key, b"seal"))
        self._search_key = _derive(data_key, b"search")

    @staticmethod
    def new_key() -> bytes:
        """Draw a data key."""
        return os.urandom(KEY_BYTES)

    def seal(self, text: str, place: str) -> bytes:
        """Seal `text` for `place`, such as `person/p-1`."""
        return _encrypt(self._cipher, text.encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Return what was sealed for `place`. Raises StoreError when it was damaged or moved."""
        try:
            return _decrypt(self._cipher, sealed, place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                f"the sealed data of {place} was damaged or moved; restore a backup",
                f"{place} 的加密数据已损坏或被移动；请恢复备份",
            ) from error

    def digest(self, what: str, text: str) -> str:
        """Return the search digest of `text` as a `what` ("document", "phone", …): 32 hex digits."""
        message = f"{what}\n{text}".encode()
        return hmac.digest(self._search_key, message, "sha256")[:DIGEST_BYTES].hex()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"menshen book " + purpose).derive(key)


def _encrypt(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return LAYOUT + nonce + cipher.encrypt(nonce, plain, bound_to)


def _decrypt(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    if sealed[:1] != LAYOUT:
        raise ValueError("unknown layout")
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    return cipher.decrypt(nonce, body, bound_to)
