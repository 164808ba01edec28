"""Conditions of one device, told without flapping: begun at once, ended when they have been gone for a while.

A line that hums is stuck and free fifty times a second; each telling of it would be an entry in the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import Trouble

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CALM_S = 10.0  # a condition that comes back within this has never gone


class Troubles:
    """What is told of a device. words: of each kind, what is wrong."""

    def __init__(self, device: str, words: Mapping[str, str]) -> None:
        self._device = device
        self._words = words
        self._seen_at: dict[str, float] = {}
        self.ends_at: float | None = None
        """When a condition that is gone will be told to be over, should it stay gone."""

    def note(self, kinds: Collection[str], at: float) -> list[Trouble]:
        """Take the conditions there are at `at`; return what is to be told of them."""
        begun = sorted(set(kinds) - self._seen_at.keys())
        self._seen_at.update(dict.fromkeys(kinds, at))
        over = sorted(kind for kind, seen_at in self._seen_at.items() if at - seen_at >= CALM_S)
        for kind in over:
            del self._seen_at[kind]
        gone = [seen_at for kind, seen_at in self._seen_at.items() if kind not in kinds]
        self.ends_at = min(gone) + CALM_S if gone else None
        return [
            *(Trouble(self._device, kind, True, self._words[kind], at) for kind in begun),
            *(Trouble(self._device, kind, False, "", at) for kind in over),
        ]
