"""Commissioning of OSDP devices: who is on the line, give one a key, move one. Blocking, for a person's tool.

These work beside no daemon: the port is opened for one program alone.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from drivers.osdp.line import Carrier
from drivers.ports import Port
from protocols.errors import WireError
from protocols.osdp.codes import ANY_ADDRESS, BAUD_RATES, HIGHEST_ADDRESS
from protocols.osdp.commands import Command, Identify, SetCommunication, SetKey
from protocols.osdp.exchange import Exchange
from protocols.osdp.framing import MARK, Deframer, Frame
from protocols.osdp.happenings import (
    RECEIVE_BYTES,
    Came,
    End,
    Order,
    Reported,
    Security,
    Settled,
    Timings,
    Troubled,
)
from protocols.osdp.identity import Identity
from protocols.osdp.link import Link
from protocols.osdp.reader import Reader
from protocols.osdp.replies import Communication, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from drivers.contract import Monotonic
    from protocols.osdp.replies import Reply

ASK_WITHIN_S = 0.05
"""A search waits this long for each address: devices answer within 20 ms, and there are 127 of them."""

ASKED_TIMES = 3
"""An address where something spoke is asked again: two devices on it seldom say the same together."""

ORDER_WITHIN_S = 5.0
PACE_S = 0.01
COME_WITHIN_S = 3.0
"""A device takes up another speed within this, or not at all."""


Kind = TypeVar("Kind", Came, Settled, Reported)


class NotDoneError(Exception):
    """It was not done. `unproven`: it may have been, but nothing proves it."""

    def __init__(self, why: str, *, unproven: bool = False) -> None:
        super().__init__(why)
        self.unproven = unproven


@dataclass(frozen=True, slots=True)
class Found:
    """Something at an address. several: two devices, or so bad a line that nothing else can be told.

    identity: one of theirs; None where all that came was damaged.
    """

    baud: int
    address: int
    identity: Identity | None
    several: bool = False


def search(
    device: Path,
    bauds: Iterable[int],
    addresses: Iterable[int],
    clock: Monotonic,
    tell: Callable[[int, int], None],
) -> Iterator[Found]:
    """Give what answers, at each speed and address. `tell` is called ahead of each. Raises PortError."""
    wanted = tuple(addresses)
    for baud in bauds:
        port = Port(device, baud)
        try:
            for address in wanted:
                tell(baud, address)
                found = _who(port, clock, baud, address)
                if found is not None:
                    yield found
        finally:
            port.close()


def _who(port: Port, clock: Monotonic, baud: int, address: int) -> Found | None:
    """Return who is at the address, or None where nobody speaks."""
    known: set[tuple[int, Identity]] = set()
    for _ in range(ASKED_TIMES):
        answers, spoke = _ask(port, clock, baud, address)
        known |= answers
        if not known and not spoke:  # silence, or what was late for the address before
            return None
    own, identity = next(iter(known), (address, None))
    return Found(baud, own, identity, several=len(known) != 1)


def _ask(port: Port, clock: Monotonic, baud: int, address: int) -> tuple[set[tuple[int, Identity]], bool]:
    """Return who answered and from which address, and whether anything but our echo was heard."""
    timings = Timings()
    sequence, wire = Link(address, os.urandom).wrap(Identify())
    exchange = Exchange(address, sequence, wire)
    port.read(0)
    port.write(MARK + exchange.send(clock(), timings.wire_s(len(wire) + len(MARK), baud), ASK_WITHIN_S))
    deframer, heard = Deframer(RECEIVE_BYTES), b""
    known: set[tuple[int, Identity]] = set()
    longest = exchange.deadline + timings.wire_s(RECEIVE_BYTES, baud)
    until = exchange.deadline
    while (at := clock()) < until:
        data = port.read(until - at)
        if not data:
            continue
        heard += data
        deframer.receive(data)
        until = min(max(until, clock() + timings.gap_s), longest)
        while (found := deframer.next()) is not None:
            if isinstance(found, Frame) and found.reply and address in (found.address, ANY_ADDRESS):
                with suppress(WireError):
                    reply = decode(found.code, found.data)
                    known |= {(found.address, reply)} if isinstance(reply, Identity) else set()
    return known, bool(heard.replace(wire, b"").strip(MARK))


class Visit:
    """One device on a line of its own, for a while."""

    def __init__(
        self,
        device: Path,
        baud: int,
        address: int,
        *,
        key: bytes | None,
        security: Security,
        clock: Monotonic,
        crc: bool = True,
    ) -> None:
        """Open the port. Raises PortError."""
        self._clock = clock
        self._baud = baud
        self._port = Port(device, baud)
        self._carrier = Carrier(clock, Timings(), baud)
        self.reader = Reader(address, security, Timings(), os.urandom, key, crc=crc)
        self.why = "no reply"

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def until(
        self, kind: type[Kind], within_s: float, wanted: Callable[[Kind], bool] = lambda _: True
    ) -> Kind | None:
        """Take turns until a happening of `kind` that is `wanted`; None when there is none in time."""
        end = self._clock() + within_s
        while self._clock() < end:
            at = self._clock()
            _, due = self.reader.wish(at)
            due = max(due, self._carrier.free_at)
            if due > at:
                self._port.read(min(due - at, PACE_S))
            else:
                self._carrier.turn(self._port, self.reader)
            self.reader.expire(self._clock())
            while self.reader.happenings:
                happening = self.reader.happenings.popleft()
                if isinstance(happening, Troubled) and happening.active and happening.kind == "security":
                    self.why = happening.detail
                if isinstance(happening, kind) and wanted(happening):
                    return happening
        return None

    def come(self, within_s: float) -> Came:
        """Wait until the device is online. Raises NotDoneError."""
        came = self.until(Came, within_s)
        if came is None:
            raise NotDoneError(self.why)
        return came

    def order(self, command: Command) -> Settled:
        """Give the device an order, and return what became of it."""
        self.reader.order(Order(1, command), self._clock())
        settled = self.until(Settled, ORDER_WITHIN_S)
        if settled is None:
            raise NotDoneError("no reply", unproven=True)
        return settled


def give_key(visit: Visit, key: bytes) -> None:
    """Give the visited device, which is online, `key`, and see it proven in a session of its own.

    Raises NotDoneError, whose `unproven` says that the device may have the key all the same.
    """
    settled = visit.order(SetKey(key))
    if settled.end is not End.DONE:
        raise NotDoneError(settled.detail, unproven=settled.end is not End.REFUSED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device is on a line."""

    address: int
    baud: int


def move(
    visit_at: Callable[[Place], Visit],
    taken: Callable[[Place], bool],
    old: Place,
    new: Place,
    within_s: float = COME_WITHIN_S,
) -> tuple[Identity, Place]:
    """Move a device from `old` to `new`; return who it is, and where: it may have said another place.

    taken: whether anybody is at a place. One that does not come along is looked for, and sent back to `old`.
    Raises NotDoneError, PortError.
    """
    if new.address != old.address and taken(new):
        raise NotDoneError(f"somebody is at address {new.address}, {new.baud} baud, already")
    visit = visit_at(old)
    try:
        before = visit.come(within_s).identity
        settled = visit.order(SetCommunication(new.address, new.baud))
        if settled.end is End.REFUSED:
            raise NotDoneError(settled.detail)
        new = _agreed(settled.reply, new)
    finally:
        visit.close()
    for place in dict.fromkeys((new, old, Place(new.address, old.baud), Place(old.address, new.baud))):
        visit = visit_at(place)
        try:
            if not _is_there(visit, before, within_s):
                continue
            if place == new:
                return before, place
            if place != old:
                visit.order(SetCommunication(old.address, old.baud))
        finally:
            visit.close()
        at = place if place == old or not _found(visit_at(old), before, within_s) else old
        raise NotDoneError(f"it did not come along and is at address {at.address}, {at.baud} baud")
    raise NotDoneError("it does not answer any more, at no address and speed it should have", unproven=True)


def _agreed(reply: Reply | None, asked: Place) -> Place:
    """Return the place that a device says it goes to: as asked, unless it names another that can be."""
    if not isinstance(reply, Communication):
        return asked
    sound = reply.address <= HIGHEST_ADDRESS and reply.baud in BAUD_RATES
    return Place(reply.address, reply.baud) if sound else asked


def _is_there(visit: Visit, who: Identity, within_s: float) -> bool:
    came = visit.until(Came, within_s)
    return came is not None and came.identity == who


def _found(visit: Visit, who: Identity, within_s: float) -> bool:
    try:
        return _is_there(visit, who, within_s)
    finally:
        visit.close()
