"""Credential names to bytes: from systemd's directory, or from files only their owner can read.

Source: systemd's manual, "System and Service Credentials": a service finds its credentials as files in
the directory that $CREDENTIALS_DIRECTORY names; systemd alone decides who may read there.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import ConfigError
from agent.plainfile import open_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_SECRET = 64 * 1024
"""A key, a password or a PEM file is smaller; a file beyond it was named by mistake."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Secret:
    """Bytes that do not print themselves. Comparison takes the same time wherever the difference lies."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._content, other._content)

    __hash__ = None  # type: ignore[assignment] # a secret is no key of a mapping

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be copied to anywhere")

    def reveal(self) -> bytes:
        """Return the content of the file, byte for byte."""
        return self._content

    def text(self) -> str:
        """Return a password: UTF-8, without the newline an editor leaves. ValueError where it is no text."""
        try:
            return self._content.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise ValueError("is no UTF-8 text") from None

    def key(self, length: int) -> bytes:
        """Return a key of `length` bytes, written raw, as hexadecimal or as base64url; else ValueError."""
        if len(self._content) == length:
            return self._content
        written = self._content.strip()
        for read in (_from_hex, _from_base64url):
            key = read(written)
            if len(key) == length:
                return key
        raise ValueError(f"holds no key of {length} bytes (raw, hexadecimal or base64url)")


def _from_hex(written: bytes) -> bytes:
    try:
        return binascii.unhexlify(written)
    except binascii.Error:
        return b""


def _from_base64url(written: bytes) -> bytes:
    bare = written.rstrip(b"=")
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return b""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where credentials lie. `given`: systemd's directory or None; `kept`: our own, of 0600 files."""

    given: Path | None
    kept: Path

    @classmethod
    def of(cls, data_dir: Path, environ: Mapping[str, str]) -> Secrets:
        """Return the places for a gateway with this data directory and this environment."""
        given = environ.get("CREDENTIALS_DIRECTORY")
        return cls(Path(given) if given else None, data_dir / "credentials")

    def defect(self, name: str, key_bytes: int | None = None) -> str | None:
        """Say what is wrong with the credential `name` and how to mend it, or None. Never its content.

        key_bytes: the length of the key it must hold; None where it is no key.
        """
        try:
            secret = self._open(name)
            if key_bytes is not None:
                secret.key(key_bytes)
        except KeyError:
            places = " nor in ".join(str(place) for place in (self.given, self.kept) if place is not None)
            return f"credential {name!r} is not in {places} — put it there, mode 0600, or let systemd load it"
        except ConfigError as error:
            return error.problems[0]
        except ValueError as error:
            return f"credential {name!r} {error} — write the key into it again"
        return None

    def read(self, name: str) -> Secret:
        """Return the credential. ConfigError, with the mend, where it is missing or others can read it."""
        try:
            return self._open(name)
        except KeyError:
            raise ConfigError((self.defect(name) or name,)) from None

    def lookup(self, name: str) -> bytes:
        """Return a credential's bytes, as drivers ask for them; KeyError where there is none."""
        return self._open(name).reveal()

    def _open(self, name: str) -> Secret:
        if "/" in name or name.startswith("."):
            raise KeyError(name)  # a name, never a path
        for place in (self.given, self.kept):
            if place is not None and (content := _content(place / name, ours=place == self.kept)) is not None:
                return Secret(content)
        raise KeyError(name)


def _content(path: Path, *, ours: bool) -> bytes | None:
    """Return what the file holds, or None where there is none."""
    try:
        with os.fdopen(open_plain(path, os.O_RDONLY), "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if ours and mode & OTHERS:
                raise ConfigError(
                    (f"credential {path} can be read by others (mode {mode:04o}) — run: chmod 600 {path}",)
                )
            content = file.read(LARGEST_SECRET + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(
            (f"credential {path} cannot be read ({why}) — run this as the user that owns it",)
        ) from error
    if not content or len(content) > LARGEST_SECRET:
        raise ConfigError((f"credential {path} is empty or too large — write the key into it again",))
    return content
