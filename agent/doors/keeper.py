"""Keeps a second copy of the list, in a thread of its own: the loop neither waits for it nor knows of it.

A list that has stood unchanged from one look to the next is copied, slowly. The looks cost one small query
each; while nothing changes that is all.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from agent.errors import StoreError
from agent.store.spare import Kept, kept_in, make_spare, spares

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOK_S: Final = 30.0
"""Between two looks at the list: it is copied when it has stood for so long, and twice that at most."""

COPY_EVERY_S: Final = 600.0
"""A list that changes all day is not copied each time: flash wears out, and a copy of 60 MB is much of it."""

PAUSE_S: Final = 0.02
"""After each step of a copy: 256 KiB in so long are 12 MiB a second at most, and 5 % of one core."""


class Keeper:
    """Copies the list at `path`. `look` is the thread's."""

    def __init__(self, path: Path, monotonic: Callable[[], float]) -> None:
        self._path = path
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._seen: Kept | None = None
        self._copied: Kept | None = None
        self._copied_at = float("-inf")
        self._begun = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Give up what is half done, and end."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)

    def look(self) -> bool:
        """Look at the list, and copy it if it is time; say whether a copy was made.

        A list or a disk that fails is not told here: who reads it for a door tells it.
        """
        try:
            if not self._begun:
                self._copied = self._newest_copy()
                self._begun = True
            return self._look()
        except StoreError:
            return False

    def _look(self) -> bool:
        found = kept_in(self._path)
        stood = found == self._seen
        self._seen = found
        at = self._monotonic()
        if not stood or found.revision == 0 or found == self._copied or at - self._copied_at < COPY_EVERY_S:
            return False
        if make_spare(self._path, self._pause) is None:
            return False
        self._copied = self._newest_copy()  # the list may have become another one meanwhile
        self._copied_at = at
        return True

    def _newest_copy(self) -> Kept | None:
        found = spares(self._path)
        try:
            return kept_in(found[-1], immutable=True) if found else None
        except StoreError:
            return None  # it is no list: another one is made

    def _pause(self) -> bool:
        return not self._stopping.wait(PAUSE_S)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            self.look()
