"""The one queue: all that happens waits here until the loop takes it. Bounded; never blocks who puts."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

LONGEST = 20_000
"""Items that may wait: a minute of eight babbling lines while the disk stalls, some 10 MB."""

BATCH = 256
"""Items taken at once: enough that a busy hour costs one fsync a batch, few enough that a door is not
kept waiting behind a long one."""

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """A queue from many threads to one. What does not fit is counted and dropped, newest first."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._longest = longest
        self._dropped = 0
        self._lock = threading.Lock()

    def put(self, item: Item, *, always: bool = False) -> None:
        """Add `item`, or count it as dropped where too many wait. Callable from any thread.

        always: for the few that must not be lost whatever waits, such as the word to stop.
        """
        if not always and self._queue.qsize() >= self._longest:
            with self._lock:
                self._dropped += 1
            return
        self._queue.put(item)

    def take(self, wait_s: float | None) -> list[Item]:
        """Return what waits, up to BATCH; wait for the first item up to `wait_s` (None: for ever)."""
        items: list[Item] = []
        try:
            items.append(self._queue.get(timeout=wait_s))
            while len(items) < BATCH:
                items.append(self._queue.get_nowait())
        except Empty:
            pass
        return items

    def dropped(self) -> int:
        """Return how many were dropped since the last call."""
        with self._lock:
            count, self._dropped = self._dropped, 0
        return count
