"""A file that goes to a device between its polls, and goes on where it was after a pause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.osdp.commands import SendFile
from protocols.osdp.happenings import End, Order, Settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.osdp.identity import Capabilities
    from protocols.osdp.reader import Reader
    from protocols.osdp.transfer import Transfer

PART_WITHIN_S = 10.0
PAUSE_S = 0.5
"""After a part that was not answered: the reader has other troubles then."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file is. done: the device has it all. failed: it will not."""

    taken_bytes: int
    total_bytes: int
    done: bool = False
    failed: str | None = None


class Sending:
    """One file for one reader. For the line's thread only."""

    def __init__(self, transfer: Transfer, tell: Callable[[Progress], None]) -> None:
        self._transfer = transfer
        self._tell = tell
        self._waits_for: int | None = None
        self._fitted = False

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._transfer.over

    def go_on(self, reader: Reader, can: Capabilities, token: Callable[[], int], at: float) -> None:
        """Order the next part, when it is time for one."""
        if self._waits_for is not None or not reader.online or at < self._transfer.not_before:
            return
        if not self._fitted:
            self._transfer.fit(can)
            self._fitted = True
        self._waits_for = token()
        part = self._transfer.next()
        reader.order(Order(self._waits_for, part, at + PART_WITHIN_S, background=True), at)

    def settled(self, settled: Settled) -> bool:
        """Take the end of an order. False: it was not ours."""
        if settled.order.token != self._waits_for:
            return False
        self._waits_for = None
        part = settled.order.command
        if settled.end is End.REFUSED:
            self._transfer.failed = settled.detail
        elif settled.end is not End.DONE or settled.reply is None or not isinstance(part, SendFile):
            self._transfer.not_before = settled.at + PAUSE_S
            return True
        else:
            self._transfer.take(part, settled.reply, settled.at)
        self._progress()
        return True

    def give_up(self, why: str) -> None:
        """End it without the device."""
        self._transfer.failed = why
        self._progress()

    def _progress(self) -> None:
        transfer = self._transfer
        self._tell(Progress(transfer.offset, len(transfer.content), transfer.done, transfer.failed))
