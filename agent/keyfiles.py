"""Key files: made once, owner-only, and refused when others may read them.

A signing key is an unencrypted PKCS 8 PEM file, which every other tool reads too; a secret is 64 hex
digits. Public keys in text are their 32 raw bytes in base64url without padding.
"""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import EX_NOPERM, AgentError, BadInput
from agent.plainfile import open_plain
from protocols.tokens.keys import public_text

if TYPE_CHECKING:
    from pathlib import Path

SECRET_BYTES = 32
LONGEST_KEY_FILE = 4096  # a PEM of Ed25519 is 119 bytes; nothing that is a key is longer than a page
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyExposed(AgentError):  # noqa: N818 - the state of the key
    """A key file that others may read is no secret any more."""

    exit_code = EX_NOPERM


def make_signing_key(path: Path) -> Ed25519PrivateKey:
    """Make an Ed25519 key, write it to `path` (0600, must not exist), and return it."""
    key = Ed25519PrivateKey.generate()
    while public_text(key.public_key()).startswith("-"):  # a command line would take it for an option
        key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(path, pem)
    return key


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the Ed25519 key in `path`. Raises BadInput or KeyExposed."""
    try:
        key = serialization.load_pem_private_key(read_private(path), password=None)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{path} holds no private key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"{path} holds a key of another kind than Ed25519")
    return key


def make_secret(path: Path) -> bytes:
    """Make 32 random bytes, write them to `path` (0600, must not exist) as hex, and return them."""
    secret = secrets.token_bytes(SECRET_BYTES)
    write_private(path, secret.hex().encode("ascii") + b"\n")
    return secret


def read_secret(path: Path) -> bytes:
    """Return the 32 bytes in `path`. Raises BadInput or KeyExposed."""
    try:
        secret = bytes.fromhex(read_private(path).decode("ascii").strip())
    except ValueError as error:
        raise BadInput(f"{path} does not hold a secret: 64 hex digits are expected") from error
    if len(secret) != SECRET_BYTES:
        raise BadInput(f"{path} does not hold a secret: 64 hex digits are expected")
    return secret


def read_phrase(path: Path) -> str:
    """Return the password or passphrase in `path`, without the newline an editor leaves.

    Raises KeyExposed, or BadInput for a file that cannot be read or holds no text.
    """
    try:
        return read_private(path).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} holds no text") from error


def write_private(path: Path, content: bytes) -> None:
    """Write `content` to the new file `path`, readable by its owner only, and wait until it is on disk."""
    if path.exists():
        raise BadInput(f"{path} is there already; a key is never written over")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_private(path: Path) -> bytes:
    """Return what `path` holds. Raises KeyExposed when group or others may do anything with it."""
    try:
        with os.fdopen(open_plain(path, os.O_RDONLY), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(LONGEST_KEY_FILE + 1)
    except OSError as error:
        raise BadInput(f"cannot read the key file {path}: {error.strerror}") from error
    if mode & OTHERS:
        raise KeyExposed(f"{path} is open to others; chmod 600 {path}, and think of making a new key")
    if len(content) > LONGEST_KEY_FILE:
        raise BadInput(f"{path} is too long for a key file")
    return content
