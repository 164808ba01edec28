"""Writes the newest picture of the gateway to disk, in a thread of its own: the loop never waits for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from agent.doors.snapshot import Snapshot, write

if TYPE_CHECKING:
    from pathlib import Path


class Scribe:
    """Holds one picture at most: an older one that was not yet written is of no use any more."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._changed = threading.Condition()
        self._newest: Snapshot | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)
        self.failed = False
        """Whether the last write failed: a full disk is told by the journal, and not twice."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, picture: Snapshot) -> None:
        """Have `picture` written as soon as the disk is free."""
        with self._changed:
            self._newest = picture
            self._changed.notify()

    def stop(self, within_s: float) -> None:
        """Write what waits, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(within_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._stopping)
                picture, self._newest = self._newest, None
            if picture is None:
                return
            try:
                write(picture, self._data_dir)
                self.failed = False
            except OSError:
                self.failed = True
