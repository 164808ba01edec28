"""Wake a thread that waits on a file descriptor, from any other thread, without blocking."""

from __future__ import annotations

import contextlib
import os
import threading


class Bell:
    """Rung by many, heard by one. Rings while it is not heard are one ring."""

    def __init__(self) -> None:
        self._hear, self._pull = os.pipe()
        os.set_blocking(self._hear, False)
        os.set_blocking(self._pull, False)
        self._lock = threading.Lock()
        self._rung = False
        self._closed = False

    def fileno(self) -> int:
        """Return what to wait on for reading."""
        return self._hear

    def ring(self) -> None:
        """Wake the listener. After `close`: nothing."""
        with self._lock:
            if self._rung or self._closed:
                return
            self._rung = True
            os.write(self._pull, b"\0")

    def hush(self) -> None:
        """Take the ring; a ring after this is a new one."""
        with self._lock:
            if not self._rung or self._closed:
                return
            self._rung = False
            with contextlib.suppress(BlockingIOError):
                os.read(self._hear, 1)

    def close(self) -> None:
        """Free both ends."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._hear)
                os.close(self._pull)
