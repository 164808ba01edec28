"""What other threads want of the line, as notes that are read when the line has time. Nothing blocks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.sync.bell import Bell


class Wishes:
    """Each note is one value, replaced whole; whoever writes one rings the bell."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._chunk: tuple[int, int] | None = None

    @property
    def stopping(self) -> bool:
        """Say whether the end was asked for."""
        return self._stop.is_set()

    @property
    def chunk(self) -> tuple[int, int] | None:
        """Revision and number of the chunk that is wanted."""
        return self._chunk

    def stop(self) -> None:
        """Ask for the end."""
        self._stop.set()
        self._bell.ring()

    def rest(self, wait_s: float) -> None:
        """Wait for `wait_s`, or until the end is asked for."""
        self._stop.wait(wait_s)

    def wake(self) -> None:
        """Rows were committed."""
        if not self._woken.is_set():
            self._woken.set()
            self._bell.ring()

    def take_woken(self) -> bool:
        """Say whether rows were committed since the last call."""
        if not self._woken.is_set():
            return False
        self._woken.clear()
        return True

    def want(self, chunk: tuple[int, int] | None) -> None:
        """Replace the chunk that is wanted."""
        self._chunk = chunk
        self._bell.ring()
