"""A number beside the journal that none given out has passed, so that a new journal never uses one again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agent.plainfile import clear_place, open_plain

if TYPE_CHECKING:
    from pathlib import Path

LEASE = 65_536
"""Numbers taken at a time: one small write for so many rows, and at most so many skipped after a loss."""

MOST = 2**53 - 1
"""The largest number that every reader of our messages counts exactly; a larger one here is damage."""

_DIGITS = 20  # a fixed width, so that a full disk can still take the next value in place


class Ceiling:
    """The highest number that may have been given out. A consumer counts by it, so it must never go back.

    lease: how many are taken at a time. most: a number above it is damage, and is not believed.
    """

    def __init__(self, path: Path, *, lease: int = LEASE, most: int = MOST) -> None:
        self._path = path
        self._lease = lease
        self._most = most
        clear_place(path)
        self.value = self._read()

    def cover(self, number: int) -> None:
        """Make sure on disk that `number` does not lie above the ceiling.

        A failing disk is not raised: this guards against losing the journal as well, and the journal's
        own commit tells of the same disk.
        """
        if number <= self.value:
            return
        value = number + self._lease
        try:
            handle = open_plain(self._path, os.O_WRONLY | os.O_CREAT)
            try:
                os.pwrite(handle, f"{value:0{_DIGITS}d}\n".encode("ascii"), 0)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError:
            return
        self.value = value

    def _read(self) -> int:
        try:
            with os.fdopen(open_plain(self._path, os.O_RDONLY), "rb") as file:
                text = file.read(_DIGITS).decode("ascii")
        except (OSError, UnicodeDecodeError):
            return 0
        found = int(text) if len(text) == _DIGITS and text.isdigit() else 0
        return found if found <= self._most else 0
