"""A reader's pairing in the journal, while no daemon writes it: who was given a key, and belongs there.

The act is on disk before the key leaves: a pairing of which nothing is known cannot be. What the paired
device said of itself is remembered in the commit of its record, as the one that belongs at its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from agent.alone import alone
from agent.clock import boot_id
from agent.doors.identities import kept_by_pairing
from agent.store.journal import open_journal
from agent.store.rows import Batch, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from agent.clock import Clock
    from agent.store.journal import Journal
    from agent.store.retention import Limits

MS_PER_S = 1000


@dataclass(frozen=True, slots=True)
class Pairing:
    """One reader's: its place, its address on the line, and who did it, as a user number of this machine.

    identity: "serial", "cuid", as the device says. rekeyed: it had a key of its own before.
    """

    device: str
    address: int
    uid: int
    identity: Mapping[str, str]
    rekeyed: bool

    @property
    def body(self) -> dict[str, object]:
        """It, as it is recorded."""
        told = {"device": self.device, "address": self.address, "uid": self.uid, "rekeyed": self.rekeyed}
        return {**told, **self.identity}


class PairingBook:
    """The journal in `data_dir`, held alone. Use as a context manager.

    Raises Unavailable where the daemon runs, StoreError where the disk does not take it.
    """

    def __init__(self, data_dir: Path, limits: Limits, clock: Clock) -> None:
        self._alone: AbstractContextManager[None] = alone(data_dir)
        self._path = data_dir / "journal.db"
        self._limits = limits
        self._clock = clock

    def __enter__(self) -> Self:
        self._alone.__enter__()
        opened = None
        try:
            at = self._clock.utc()
            opened = open_journal(self._path, boot_id=boot_id(), at=at, limits=self._limits)
            self._journal: Journal = opened.journal
            if opened.quarantined is not None:
                found = opened.quarantined
                body = {"database": "journal", "kept_at": found.kept_at.name, "why": found.why}
                self._write("store.quarantined", body, alarm=True)
        except BaseException:
            if opened is not None:
                opened.journal.close()
            self._alone.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it, for the daemon."""
        self._journal.close()
        self._alone.__exit__(kind, error, trace)

    def begun(self, pairing: Pairing) -> int:
        """Record that a key is about to be given; return the row's number."""
        return self._write("reader.pairing", pairing.body)

    def paired(self, pairing: Pairing) -> int:
        """Record that the device has proven its key, and that it is the one that belongs at its place."""
        name, text = kept_by_pairing(pairing.device, pairing.identity)
        return self._write("reader.paired", pairing.body, settings={name: text})

    def failed(self, pairing: Pairing, why: str, *, unproven: bool) -> int:
        """Record that it has not, or that nothing proves it."""
        body = {**pairing.body, "why": why, "unproven": unproven}
        return self._write("reader.pairing_failed", body, alarm=unproven)

    def _write(
        self,
        kind: str,
        body: Mapping[str, object],
        *,
        settings: Mapping[str, str] | None = None,
        alarm: bool = False,
    ) -> int:
        at = self._clock.now()
        entry = Entry(kind, None, body, at.utc, int(at.monotonic * MS_PER_S), at.clock.value, alarm=alarm)
        rows = self._journal.commit(Batch(entries=(entry,), settings=dict(settings or {})))
        return rows[0].seq
