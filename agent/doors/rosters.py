"""The roster's messages on the loop's thread: applied by slices, recorded, receipted when on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, assert_never

from agent.domain.facts import Fact, Json, Noted, RosterInForce
from agent.roster.receipts import DoorReach, receipt_message
from agent.roster.results import Applied, Ignored, Reason, Refused, Result, Waiting, Wanted, Working
from agent.store.memory import ROSTER_HIGHEST
from agent.sync.complaints import Complaints
from agent.sync.facts import ChunkReceived, DeltaReceived, HeadReceived

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.domain.moment import Moment
    from agent.doors.books import Turn
    from agent.roster.roster import Roster
    from agent.store.roster_table import RosterTable
    from protocols.mqtt.roster_messages import ReceiptMessage

RosterItem = HeadReceived | DeltaReceived | ChunkReceived

_ANYBODY = frozenset(
    {
        Reason.MALFORMED,
        Reason.TOO_LARGE,
        Reason.WRONG_TYPE,
        Reason.UNKNOWN_KEY,
        Reason.BAD_SIGNATURE,
        Reason.WRONG_AUDIENCE,
    }
)
"""Refusals that anybody at the broker can cause, so they are recorded once a minute and not each time."""


class Line(Protocol):
    """What of the line to the centre the roster needs."""

    def show(self, document: ReceiptMessage, /) -> None:
        """Have a document stand retained."""

    def want_chunk(self, revision: int, number: int, /) -> None:
        """Ask for one chunk of a snapshot."""

    def want_no_chunk(self) -> None:
        """Ask for none."""


class RosterDesk:
    """Applies rosters and signs their receipts. One thread: the loop's."""

    def __init__(
        self,
        roster: Roster,
        table: RosterTable,
        *,
        gateway: str,
        doors: tuple[str, ...],
        key: Ed25519PrivateKey,
        line: Line | None,
    ) -> None:
        self._roster = roster
        self._table = table
        self._gateway = gateway
        self._reach = tuple(DoorReach(door) for door in doors)
        self._key = key
        self._line = line
        self._complaints = Complaints()
        self._receipt_due = True
        self._told_wanted: Wanted | None = None

    @property
    def busy(self) -> bool:
        """Whether `work` has something to do."""
        return self._roster.busy

    def facts(self, item: RosterItem, turn: Turn, at: Moment) -> tuple[Fact, ...]:
        """Take a message; return what became of it as facts."""
        match item:
            case HeadReceived(token):
                result = self._roster.on_head(token, at.utc)
            case DeltaReceived(token):
                result = self._roster.on_delta(token, at.utc)
            case ChunkReceived(revision, number, body):
                result = self._roster.on_chunk(revision, number, body, at.utc)
            case _:
                assert_never(item)
        return self._told(result, turn, at)

    def work(self, turn: Turn, at: Moment) -> tuple[Fact, ...]:
        """Carry on for some milliseconds with what is in hand."""
        result = self._roster.work(at.utc)
        return () if result is None else self._told(result, turn, at)

    def renew(self) -> None:
        """Have the receipt said again: a new session, or somebody may have missed it."""
        self._receipt_due = True

    def settle(self) -> None:
        """Say the receipt, if it is due. Called when everything it vouches for is on disk."""
        if not self._receipt_due or self._line is None:
            return
        self._receipt_due = False
        self._told_wanted = self._roster.wanted
        self._line.show(
            receipt_message(self._reach, self._roster.head, self._gateway, self._key, self._told_wanted)
        )

    def _told(self, result: Result, turn: Turn, at: Moment) -> tuple[Fact, ...]:
        match result:
            case Applied():
                return self._applied(result, turn)
            case Refused():
                return self._refused(result, at)
            case Waiting(revision, missing, wanted):
                self._receipt_due = self._receipt_due or wanted != self._told_wanted
                if missing and self._line is not None:
                    self._line.want_chunk(revision, missing[0])
                return ()
            case Ignored() | Working():
                return ()
            case _:
                assert_never(result)

    def _applied(self, done: Applied, turn: Turn) -> tuple[Fact, ...]:
        self._receipt_due = True
        if self._line is not None:
            self._line.want_no_chunk()
        turn.settings[ROSTER_HIGHEST] = str(done.revision)
        body: dict[str, Json] = {
            "revision": done.revision,
            "digest": done.digest,
            "count": done.count,
            "source": done.source,
            "put": done.put,
            "removed": done.removed,
            "key": done.key,
            "unknown_doors": list(done.unknown_doors),
        }
        return RosterInForce(self._table.rules()), Noted("roster.enforced", body)

    def _refused(self, refused: Refused, at: Moment) -> tuple[Fact, ...]:
        self._receipt_due = refused.wanted is not None
        body: dict[str, Json] = {"reason": refused.reason.value, "detail": refused.detail}
        if refused.reason in _ANYBODY:
            said = self._complaints.note("roster", refused.reason.value, at.monotonic)
            if said is None:
                return ()
            body["count"] = said.count
        return (Noted("roster.refused", body, alarm=True),)
