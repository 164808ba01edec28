"""Items of the inbox into facts: each to the desk that understands it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from agent.domain.facts import Fact, Noted
from agent.doors.makers import MakersDesk
from agent.sync.facts import (
    ChunkReceived,
    Confirmed,
    DeltaReceived,
    Dropped,
    HeadReceived,
    LinkDown,
    LinkUp,
    OrderReceived,
    ReplayAsked,
    RowsSpoilt,
    Sent,
)
from drivers.contract import MakerTold, Online, PassRead

if TYPE_CHECKING:
    from agent.domain.moment import Moment
    from agent.doors.books import Turn
    from agent.doors.devices import Devices
    from agent.doors.identities import Identities
    from agent.doors.items import Item
    from agent.doors.orders import OrderDesk
    from agent.doors.passes import PassDesk
    from agent.doors.rosters import RosterDesk
    from agent.doors.translate import Translator
    from agent.sync.facts import SyncFact

_SYNC = (
    LinkUp,
    LinkDown,
    Sent,
    Confirmed,
    ReplayAsked,
    OrderReceived,
    HeadReceived,
    DeltaReceived,
    ChunkReceived,
    Dropped,
    RowsSpoilt,
)


class Desks:
    """All who turn items into facts. One thread: the loop's."""

    def __init__(
        self,
        translator: Translator,
        passes: PassDesk,
        orders: OrderDesk,
        rosters: RosterDesk,
        devices: Devices,
        *,
        identities: Identities,
    ) -> None:
        self._translator = translator
        self._passes = passes
        self._orders = orders
        self._rosters = rosters
        self._devices = devices
        self._identities = identities
        self._makers = MakersDesk()
        self.link: LinkUp | LinkDown | None = None

    @property
    def busy(self) -> bool:
        """Whether a roster is in hand, so that the loop should not wait."""
        return self._rosters.busy

    def facts(self, item: Item, turn: Turn, at: Moment) -> tuple[Fact, ...]:
        """Return the facts in `item`; cursors and settings go into `turn`."""
        if isinstance(item, Noted):
            return (item,)
        if isinstance(item, _SYNC):
            return self._sync(item, turn, at)
        if isinstance(item, PassRead):
            return self._passes.facts(item, turn)
        if isinstance(item, MakerTold):
            return self._makers.facts(item, at)
        self._devices.note(item, at)
        facts = self._translator.facts(item)
        return (*facts, *self._identities.facts(item, turn)) if isinstance(item, Online) else facts

    def work(self, turn: Turn, at: Moment) -> tuple[Fact, ...]:
        """Carry on with what was too long for one turn."""
        return self._rosters.work(turn, at)

    def settle(self) -> None:
        """Hear that the turn is on disk."""
        self._rosters.settle()

    def _sync(self, item: SyncFact, turn: Turn, at: Moment) -> tuple[Fact, ...]:
        match item:
            case OrderReceived():
                return self._orders.facts(item, at)
            case HeadReceived() | DeltaReceived() | ChunkReceived():
                return self._rosters.facts(item, turn, at)
            case Sent(seq):
                turn.sent = max(turn.sent or 0, seq)
                return ()
            case Confirmed(seq):
                turn.confirmed = max(turn.confirmed or 0, seq)
                return ()
            case LinkUp() | LinkDown() | ReplayAsked() | Dropped() | RowsSpoilt():
                return (self._said(item),)
            case _:
                assert_never(item)

    def _said(self, item: LinkUp | LinkDown | ReplayAsked | Dropped | RowsSpoilt) -> Noted:
        match item:
            case LinkUp(epoch, mqtt, kept):
                self.link = item
                self._rosters.renew()
                return Noted("link.up", {"epoch": epoch, "mqtt": mqtt, "session_present": kept})
            case LinkDown(epoch, why):
                self.link = item
                return Noted("link.down", {"epoch": epoch, "why": why})
            case ReplayAsked(first, last):
                return Noted("journal.replayed", {"from": first, "to": last})
            case Dropped(kind, why, count):
                return Noted("message.dropped", {"message": kind, "why": why, "count": count})
            case RowsSpoilt(first, last, count):
                return Noted("journal.damaged", {"from": first, "to": last, "rows": count}, alarm=True)
            case _:
                assert_never(item)
