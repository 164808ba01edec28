"""The gateway's nonces: what proves that a command is fresh when the clock cannot. Pure.

A nonce stands in the retained state. Two count at a time, the newest and the one before, so that a phone
that read the state a moment ago is not turned away by its renewal. While the clock is not synced they are
renewed so often that none is believed for longer than a synced clock would believe an open.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

NONCE_BYTES: Final = 16
RENEWED_S: Final = 15.0
"""While the clock is not synced: two lives of this are 30 s, the longest life of an open."""
RENEWED_SYNCED_S: Final = 300.0
"""With a synced clock a nonce is an extra; it is renewed so that a late will is corrected, too."""


@dataclass(frozen=True, slots=True)
class Nonces:
    """The nonces that count, newest first. `since`: monotonic seconds at which the newest was given out."""

    valid: tuple[str, ...] = ()
    since: float = float("-inf")

    @property
    def newest(self) -> str | None:
        """The one to be shown."""
        return self.valid[0] if self.valid else None

    def due(self, at: float, *, synced: bool) -> bool:
        """Say whether a fresh one is to be given out at `at`."""
        return at - self.since >= (RENEWED_SYNCED_S if synced else RENEWED_S)

    def renewed(self, fresh: bytes, at: float) -> Nonces:
        """Return these with a new one made of `fresh`, 16 random bytes; the one before the last lapses."""
        if len(fresh) != NONCE_BYTES:
            raise ValueError(f"a nonce is made of {NONCE_BYTES} random bytes")
        text = base64.urlsafe_b64encode(fresh).rstrip(b"=").decode("ascii")
        return Nonces((text, *self.valid[:1]), at)

    def counting(self, at: float, *, synced: bool) -> tuple[str, ...]:
        """Return those that count at `at`: none that should have been renewed long ago."""
        life_s = RENEWED_SYNCED_S if synced else RENEWED_S
        if at - self.since >= 2 * life_s:
            return ()
        return self.valid if at - self.since < life_s else self.valid[:1]
