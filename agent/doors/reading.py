"""The list as the doors read it: a disk that cannot be read denies and raises an alarm, and ends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.domain.facts import Noted
from agent.errors import StoreError
from agent.sync.complaints import Complaints

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.clock import Clock
    from agent.domain.credentials import Holding
    from agent.store.roster_table import RosterTable


class ListReader:
    """Looks credentials up. One thread: the loop's. `put` takes the alarm, which is said once a minute."""

    def __init__(self, table: RosterTable, clock: Clock, put: Callable[[Noted], None]) -> None:
        self._table = table
        self._clock = clock
        self._put = put
        self._complaints = Complaints()

    def lookup(self, digest: bytes) -> Holding | None:
        """Return who holds a credential; None, which opens nothing, where the list cannot be read."""
        try:
            return self._table.lookup(digest)
        except StoreError as error:
            self._complain(error)
            return None

    def phone_key(self, kid: str) -> tuple[bytes, Holding] | None:
        """Return a phone's key and holding; None where the list cannot be read."""
        try:
            return self._table.phone_key(kid)
        except StoreError as error:
            self._complain(error)
            return None

    def _complain(self, error: StoreError) -> None:
        said = self._complaints.note("roster", "unreadable", self._clock.monotonic())
        if said is not None:
            self._put(Noted("roster.unreadable", {"why": str(error), "count": said.count}, alarm=True))
