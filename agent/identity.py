"""The gateway's own key: made on the box at its first start, and never leaving it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import ConfigError, StoreError
from protocols.tokens.keys import private_text

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config.secrets import Secrets

KEY_BYTES: Final = 32
KEY_NAME: Final = "gateway.key"
"""The credential that is made where the configuration names no other."""


def gateway_key(secrets: Secrets, named: str | None) -> Ed25519PrivateKey:
    """Return the gateway's key: the credential `named`, or the box's own, made if it is not there yet.

    Raises ConfigError where a credential is missing or no key, StoreError where the disk refuses a new one.
    """
    name = named or KEY_NAME
    if named is None and not _present(secrets):
        _make(secrets.kept / KEY_NAME)
    secret = secrets.read(name)
    try:
        return Ed25519PrivateKey.from_private_bytes(secret.key(KEY_BYTES))
    except ValueError as error:
        raise ConfigError((f"credential {name!r} {error} — put the gateway's own key there",)) from None


def _present(secrets: Secrets) -> bool:
    places = (place for place in (secrets.given, secrets.kept) if place is not None)
    return any((place / KEY_NAME).exists() for place in places)


def _make(path: Path) -> None:
    """Write a new key whole, or not at all: a half-written one would be another gateway after a power cut."""
    text = private_text(Ed25519PrivateKey.generate()) + "\n"
    half_done = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(half_done, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(file, text.encode("ascii"))
            os.fsync(file)
        finally:
            os.close(file)
        half_done.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(f"cannot keep the gateway's key in {path.parent}: {error.strerror}") from error
