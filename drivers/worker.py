"""A thread that stops when it is asked, is woken at once, and backs off with chance in its waits."""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DRAIN_BYTES = 4096


class Wake:
    """A bell between threads that `select` can hear. Ringing it twice is ringing it once."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._lock = threading.Lock()
        self._closed = False

    def fileno(self) -> int:
        """Return what `select` waits for."""
        return self._read

    def ring(self) -> None:
        """Wake whoever waits. From any thread, also after `close`."""
        with self._lock:
            if not self._closed:
                with suppress(BlockingIOError):  # full: it rings already
                    os.write(self._write, b"!")

    def clear(self) -> None:
        """Silence it, before looking at what it rang for."""
        with suppress(BlockingIOError):
            os.read(self._read, DRAIN_BYTES)

    def wait(self, within_s: float) -> bool:
        """Wait for the bell, and silence it. False: it did not ring."""
        ready, _, _ = select.select([self._read], [], [], max(0.0, within_s))
        if ready:
            self.clear()
        return bool(ready)

    def close(self) -> None:
        """Give its descriptors back."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._read)
                os.close(self._write)


class Worker:
    """One thread running `work(worker)`, which returns soon after `stopping` becomes true."""

    def __init__(self, name: str, work: Callable[[Worker], None]) -> None:
        self.wake = Wake()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=work, args=(self,), name=name, daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether the thread should end."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """Ask the thread to end, and wait. True: it has ended."""
        self._stopping.set()
        self.wake.ring()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        ended = not self._thread.is_alive()
        if ended:
            self.wake.close()
        return ended


class Backoff:
    """How long to wait before trying again: longer each time up to a limit, less up to half by chance."""

    def __init__(self, first_s: float, longest_s: float, seed: int | None = None) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s
        self._random = Random(seed)  # noqa: S311 - spreads tries in time, no secret

    def next(self) -> float:
        """Return the wait before the next try, in seconds."""
        wait_s, self._next_s = self._next_s, min(self._longest_s, self._next_s * 2)
        return wait_s * self._random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin again with the shortest wait: it worked."""
        self._next_s = self._first_s
