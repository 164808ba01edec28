"""Audits the list and keeps a second copy of it, in a thread of its own: the loop never waits for it.

A list that has stood unchanged from one look to the next is added up, once after a start and then once a day,
and copied when it is another one than the copy; both slowly. The looks cost one small query each, and while
nothing changes that is all. A list whose rows are not those that were signed opens nothing from then on: the
daemon ends, the next start sets the file aside, and goes on with the copy, if that is sound, or asks for one.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from agent.errors import StoreError
from agent.roster.audit import audit
from agent.store.database import mark_damaged
from agent.store.spare import Kept, kept_in, make_spare, spares

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOK_S: Final = 30.0
"""Between two looks at the list: it is copied when it has stood for so long, and twice that at most."""

COPY_EVERY_S: Final = 600.0
"""A list that changes all day is not copied each time: flash wears out, and a copy of 60 MB is much of it."""

AUDIT_EVERY_S: Final = 86_400.0

PAUSE_S: Final = 0.02
"""After each step: 256 KiB of a copy, or 20 rows of an audit, which take 0.4 ms: 2 % of one core.

An audit of 200 000 cards and as many persons takes seven minutes so.
"""

HURRY_S: Final = 0.001
"""After each step where the list in force is spoilt already, and nobody gets in until the copy is audited."""


class Keeper:
    """Watches the list at `path`. `look` is the thread's.

    spoilt: called when the rows are not those that were signed. end: when a start finds the files ready.
    """

    def __init__(
        self,
        path: Path,
        monotonic: Callable[[], float],
        spoilt: Callable[[], None] = lambda: None,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._monotonic = monotonic
        self._spoilt = spoilt
        self._end = end
        self._audited_at = float("-inf")
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
        if not stood or found.revision == 0:
            return False
        if at - self._audited_at >= AUDIT_EVERY_S and not self._audited(at):
            return False
        if found == self._copied or at - self._copied_at < COPY_EVERY_S:
            return False
        if make_spare(self._path, self._pause) is None:
            return False
        self._copied = self._newest_copy()  # the list may have become another one meanwhile
        self._copied_at = at
        return True

    def _audited(self, at: float) -> bool:
        """Say whether the list is sound. Where it is not, it is given up, with the copies that are not."""
        sound = audit(self._path, self._pause)
        if sound is None:
            return False  # it became another one meanwhile: at a later look
        if sound:
            self._audited_at = at
            return True
        self._spoilt()
        mark_damaged(self._path)
        for each in spares(self._path):
            if audit(each, self._hurry, immutable=True) is False:
                with suppress(OSError):  # it cannot be read or moved: what it is, a start finds out
                    each.rename(each.with_name(f"{each.name}.bad"))
        self._stopping.set()
        self._end()
        return False

    def _newest_copy(self) -> Kept | None:
        found = spares(self._path)
        try:
            return kept_in(found[-1], immutable=True) if found else None
        except StoreError:
            return None  # it is no list: another one is made

    def _pause(self) -> bool:
        return not self._stopping.wait(PAUSE_S)

    def _hurry(self) -> bool:
        return not self._stopping.wait(HURRY_S)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            self.look()
