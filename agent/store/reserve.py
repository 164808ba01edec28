"""Room kept back on the disk, given up when it is full, so that the alarm itself can still be written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agent.plainfile import clear_place, open_plain

if TYPE_CHECKING:
    from pathlib import Path

RESERVE_BYTES = 1024 * 1024
"""The write-ahead log of some hundred commits: the alarm that the disk is full, and what follows it."""

ROOM_FACTOR = 4
"""The reserve is taken back only when the disk has this many times its size: it must not fill the disk."""


class Reserve:
    """A file of real blocks that holds nothing. Whoever else fills the disk may take the room it gives up."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self.held = False
        clear_place(path)
        self.take()

    def take(self) -> None:
        """Take the room, if the disk has plenty. Never raises: without it the journal still works."""
        try:
            handle = open_plain(self._path, os.O_WRONLY | os.O_CREAT)
            try:
                disk = os.fstatvfs(handle)
                kept = os.fstat(handle).st_size >= self._size_bytes
                if not kept and disk.f_bavail * disk.f_frsize >= ROOM_FACTOR * self._size_bytes:
                    os.posix_fallocate(handle, 0, self._size_bytes)
                    kept = True
                self.held = kept
            finally:
                os.close(handle)
        except OSError:
            self.held = False

    def give_up(self) -> bool:
        """Give the room to the disk; say whether there was any."""
        if not self.held:
            return False
        self.held = False
        try:
            os.truncate(self._path, 0)
        except OSError:
            return False
        return True
