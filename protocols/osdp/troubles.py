"""Conditions of one reader: each is told once when it begins and once when it ends."""

from __future__ import annotations

import hmac
from collections import deque
from typing import TYPE_CHECKING, assert_never

from protocols.osdp.happenings import Security, Troubled
from protocols.osdp.secure import TOOLS_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

LASTS_S = 60.0
"""What has happened without an end of its own is over when it has not happened again for this long."""
OFTEN = 8
"""So many times in LASTS_S are no accident: a late answer, or a reader that lost its power, comes alone."""


class Troubles:
    """What is wrong at present. `tell` takes each beginning and each end."""

    def __init__(self, tell: Callable[[Troubled], None]) -> None:
        self._tell = tell
        self._present: set[str] = set()
        self._until: dict[str, float] = {}
        self._times: dict[str, deque[float]] = {}

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
        self._last("malformed", detail, at)

    def again(self, kind: str, detail: str, at: float) -> None:
        """Take that something happened which now and then is ordinary, and often is not."""
        times = self._times.setdefault(kind, deque(maxlen=OFTEN))
        times.append(at)
        if len(times) == OFTEN and at - times[0] <= LASTS_S:
            self._last(kind, detail, at)

    def expire(self, at: float) -> None:
        """End what ends by itself."""
        for kind in [kind for kind, until in self._until.items() if until <= at]:
            del self._until[kind]
            self.note(kind, "", at, active=False)

    def _last(self, kind: str, detail: str, at: float) -> None:
        self._until[kind] = at + LASTS_S
        self.note(kind, detail, at, active=True)
