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
    from protocols.osdp.replies import FileStatus
    from protocols.osdp.transfer import Transfer

PART_WITHIN_S = 10.0
PAUSE_S = 0.5
"""After a part that was not answered: the reader has other troubles then."""

STALLED_AFTER_S = 300.0
"""A device that has taken nothing new for so long will not: twice the longest wait that it can ask for, and
some for a reader that was away. So long it may also be finishing."""

LONGEST_PART_S = 0.15
"""A part is on the wire for this at most, or is as short as every device takes: the others wait behind it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file is. done: the device has it all. failed: it will not.

    wants_clear: it failed only so far that the rest must go outside the secure channel.
    """

    taken_bytes: int
    total_bytes: int
    done: bool = False
    failed: str | None = None
    wants_clear: bool = False


class Sending:
    """One file for one reader. For the line's thread only. most_bytes: of a frame, for the others' sake."""

    def __init__(self, transfer: Transfer, tell: Callable[[Progress], None], most_bytes: int) -> None:
        self._transfer = transfer
        self._tell = tell
        self._most_bytes = most_bytes
        self._waits_for: int | None = None
        self._fitted = False
        self._moved_at: float | None = None
        self._stage = (0, False)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._transfer.over

    @property
    def given_up(self) -> bool:
        """Whether we have ended it, so that the device must be told."""
        return self._transfer.given_up

    def go_on(self, reader: Reader, can: Capabilities, token: Callable[[], int], at: float) -> None:
        """Order the next part; give up where nothing has moved for too long."""
        transfer = self._transfer
        stage = (transfer.offset, transfer.finishing)
        if self._moved_at is None or stage != self._stage:
            self._moved_at, self._stage = at, stage
        elif at - self._moved_at >= STALLED_AFTER_S:
            self.give_up(f"the device has taken nothing for {STALLED_AFTER_S:.0f} s")
            return
        if self._waits_for is not None or not reader.online:
            return
        if not self._fitted:
            transfer.fit(can, self._most_bytes)
            self._fitted = True
        self._waits_for = token()
        from_ = max(at, transfer.not_before)
        part = Order(
            self._waits_for, transfer.next(), from_ + PART_WITHIN_S, background=True, not_before=from_
        )
        reader.order(part, at)

    def settled(self, settled: Settled, *, secure: bool) -> bool:
        """Take the end of an order. False: it was not ours. secure: the link is."""
        if settled.order.token != self._waits_for:
            return False
        self._waits_for = None
        part = settled.order.command
        if settled.end is End.REFUSED:
            self._transfer.give_up(settled.detail)
        elif settled.end is not End.DONE or settled.reply is None or not isinstance(part, SendFile):
            self._transfer.not_before = settled.at + PAUSE_S
            return True
        else:
            self._transfer.take(part, settled.reply, settled.at, secure=secure)
        self._progress()
        return True

    def heard(self, said: FileStatus, at: float) -> None:
        """Take what the device says of its file without having been sent a part."""
        self._transfer.hear(said, at)
        if self._transfer.over:
            self._progress()

    def give_up(self, why: str) -> None:
        """End it without the device."""
        self._transfer.give_up(why)
        self._progress()

    def _progress(self) -> None:
        transfer = self._transfer
        self._tell(
            Progress(
                transfer.offset,
                len(transfer.content),
                transfer.done,
                transfer.failed,
                wants_clear=transfer.wants_clear,
            )
        )
