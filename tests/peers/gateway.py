"""A gateway's line for tests: a real journal, the real Sync, and a queue in place of the loop."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypeVar

from agent.clock import SystemClock
from agent.store.journal import Journal, open_journal
from agent.store.reader import JournalReader
from agent.store.rows import Batch, Entry
from agent.sync.backoff import delay_s
from agent.sync.facts import LinkDown, LinkUp, Sent, SyncFact
from agent.sync.settings import LinkSettings
from agent.sync.sync import Sync
from protocols.mqtt.payloads import Birth, State
from tests.peers.centre import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from agent.sync.rows import Reader

NAME = "gw-1"
STARTED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
FactT = TypeVar("FactT")


class Gateway:
    """Writes rows and follows the cursor, as the loop does; nothing else of the daemon."""

    def __init__(
        self, directory: Path, settings: LinkSettings, open_reader: Callable[[Path], Reader] = JournalReader
    ) -> None:
        self.journal: Journal = open_journal(directory / "journal.db", boot_id="b" * 32, at=STARTED).journal
        self._path = self.journal.path
        self._lock = threading.Lock()
        self._facts: list[SyncFact] = []
        self.sync = Sync(
            settings,
            boot_epoch=self.journal.start_boot(),
            put=self._put,
            clock=SystemClock(assume_synced=True),
            open_reader=lambda: open_reader(self._path),
            patience=lambda failures: min(0.1, delay_s(failures, 0.99) / 10),
        )
        self.sync.show(
            Birth(
                gw=NAME,
                epoch=0,
                at=STARTED,
                started_at=STARTED,
                boot_id="b",
                clock="synced",
                version="0",
                mqtt="5",
                key="k",
                revision=0,
            )
        )
        self.sync.show(State(gw=NAME, online=True, epoch=0, nonce="n0n0n0n0"))

    def __enter__(self) -> Self:
        self.sync.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.sync.stop(10), "the line did not end"
        self.journal.close()

    def record(self, count: int, kind: str = "entry.granted") -> int:
        """Commit `count` rows and wake the line; return the newest number."""
        rows = [
            Entry(kind, "lobby", {"n": n, "decision": "grant", "person": "p-0001"}, STARTED, n, "synced")
            for n in range(count)
        ]
        for start in range(0, count, 1000):
            self.journal.commit(Batch(entries=tuple(rows[start : start + 1000])))
        self.sync.wake()
        return self.journal.head[0]

    def facts(self, kind: type[FactT]) -> list[FactT]:
        """Return the facts of one kind so far."""
        with self._lock:
            return [fact for fact in self._facts if isinstance(fact, kind)]

    def up(self, times: int = 1, within_s: float = 20) -> None:
        """Wait until there have been `times` sessions."""
        until(lambda: len(self.facts(LinkUp)) >= times, within_s)

    def down(self, times: int = 1, within_s: float = 20) -> None:
        """Wait until `times` sessions have ended."""
        until(lambda: len(self.facts(LinkDown)) >= times, within_s)

    def sent(self, seq: int, within_s: float = 20) -> None:
        """Wait until the broker has everything up to `seq`."""
        until(lambda: any(fact.seq >= seq for fact in self.facts(Sent)), within_s)

    def _put(self, fact: SyncFact) -> None:
        with self._lock:
            self._facts.append(fact)


def plain(port: int) -> LinkSettings:
    """Return the settings of a line in clear text to the loopback."""
    return LinkSettings(host="127.0.0.1", port=port, gateway=NAME, cleartext=True)
