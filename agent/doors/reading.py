"""The list as the doors read it: a disk that cannot be read denies and raises an alarm, and ends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.domain.credentials import CredentialState
from agent.domain.facts import Noted
from agent.errors import StoreError
from agent.sync.complaints import Complaints

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.clock import Clock
    from agent.domain.credentials import Holding
    from agent.store.roster_table import RosterTable


class ListReader:
    """Looks credentials up. One thread: the loop's. `put` takes the alarm, which is said once a minute.

    forgetful: whether what tells a lost list from one that never was is lost itself, with the journal.
    """

    def __init__(
        self, table: RosterTable, clock: Clock, put: Callable[[Noted], None], *, forgetful: bool = False
    ) -> None:
        self._table = table
        self._forgetful = forgetful
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

    def pass_revoked(self, digest: bytes) -> bool | None:
        """Say whether a visitor's pass was revoked, by its digest; None where no list can tell.

        That is so where the list cannot be read, where an older one lies in its place, and where it may be
        gone without a trace. A gateway that never had a list has none to ask: nothing was revoked there.
        """
        if self._table.rolled_back or (self._forgetful and self._table.head().revision == 0):
            return None
        try:
            found = self._table.lookup(digest)
        except StoreError as error:
            self._complain(error)
            return None
        return found is not None and found.credential.state is not CredentialState.ACTIVE

    def _complain(self, error: StoreError) -> None:
        said = self._complaints.note("roster", "unreadable", self._clock.monotonic())
        if said is not None:
            self._put(Noted("roster.unreadable", {"why": str(error), "count": said.count}, alarm=True))
