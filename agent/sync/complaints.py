"""Say once a minute what came a thousand times. Pure: the time is given."""

from __future__ import annotations

from typing import Final

from agent.sync.facts import Dropped

QUIET_S: Final = 60.0
KINDS: Final = 64
"""Kinds are ours, not a stranger's; this is what a mistake of ours may cost."""


class Complaints:
    """Counts useless messages by kind and reason."""

    def __init__(self) -> None:
        self._said_at: dict[tuple[str, str], float] = {}
        self._waiting: dict[tuple[str, str], int] = {}

    def note(self, kind: str, why: str, at: float) -> Dropped | None:
        """Count one; return what to say now, or None where it was said within the minute."""
        key = (kind, why)
        if key not in self._said_at and len(self._said_at) >= KINDS:
            key = ("message", "other")
        self._waiting[key] = self._waiting.get(key, 0) + 1
        said_at = self._said_at.get(key)
        if said_at is not None and at - said_at < QUIET_S:
            return None
        self._said_at[key] = at
        return Dropped(*key, self._waiting.pop(key))
