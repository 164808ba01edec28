"""Conditions of one reader: each is told once when it begins and once when it ends."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, assert_never

from protocols.osdp.happenings import Security, Troubled
from protocols.osdp.secure import TOOLS_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

MALFORMED_FOR_S = 60.0
"""A reader that said nonsense is in trouble until it has said none for this long."""


class Troubles:
    """What is wrong at present. `tell` takes each beginning and each end."""

    def __init__(self, tell: Callable[[Troubled], None]) -> None:
        self._tell = tell
        self._present: set[str] = set()
        self._malformed_until: float | None = None

    def note(self, kind: str, detail: str, at: float, *, active: bool) -> None:
        """Take that a condition holds, or does not. detail: of one that holds."""
        if active is not (kind in self._present):
            (self._present.add if active else self._present.discard)(kind)
            self._tell(Troubled(kind, active, detail if active else "", at))

    def in_use(self, security: Security, key: bytes, at: float) -> None:
        """Tell what of its security is given up, while it is so. key: of the session, if there is one."""
        match security:
            case Security.INSTALL:
                self.note("default_key", "the default key is in use, which everybody knows", at, active=True)
            case Security.OFF:
                self.note("clear_channel", "what it says travels in clear", at, active=True)
            case Security.REQUIRED:
                known = hmac.compare_digest(key, TOOLS_KEY)
                self.note("known_key", "its key is one that comes with test tools", at, active=known)
            case never:
                assert_never(never)

    def malformed(self, detail: str, at: float) -> None:
        """Take that it said something undamaged that makes no sense."""
        self._malformed_until = at + MALFORMED_FOR_S
        self.note("malformed", detail, at, active=True)

    def expire(self, at: float) -> None:
        """End what ends by itself."""
        if self._malformed_until is not None and at >= self._malformed_until:
            self._malformed_until = None
            self.note("malformed", "", at, active=False)
