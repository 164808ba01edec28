"""A file on its way to one device: which part goes next, and what the device says of it.

A device's FTSTAT says to go on, to wait, to take other sizes of parts, that it is finishing (it is then asked
by empty parts), or that it will not. What was taken is not sent again after a pause; a device that has
forgotten is begun with anew, a few times. One that wants the file outside the secure channel gets it there
only where a person has allowed it. What it wants of the polls is for `turns`. Source: see codes.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.osdp.codes import FileCode, FileFlag, Function
from protocols.osdp.commands import FILE_HEAD_BYTES, SendFile
from protocols.osdp.framing import LONGEST_FRAME
from protocols.osdp.replies import FileStatus

if TYPE_CHECKING:
    from protocols.osdp.identity import Capabilities
    from protocols.osdp.replies import Reply

SMALLEST_FRAME_BYTES = 128
"""Every device takes this; only its own FTSTAT may ask for less."""

FRAME_AROUND_BYTES = 14
"""Header 5, security block 2, code 1, MAC 4, CRC 2."""

CIPHER_BYTES = 16
LEAST_FRAME_BYTES = FRAME_AROUND_BYTES + 2 * CIPHER_BYTES
"""Room for the head of a part and four bytes of the file: a device that wants less wants nonsense."""

HIGHEST_KIND = 0xFF
MOST_BEGINNINGS = 3
MOST_BYTES = 16 * 1024 * 1024
"""Larger than any reader's firmware; at 9600 it would take most of a day."""

MS_PER_S = 1000


class Transfer:
    """One file for one device. `offset` is what the device has taken; `done` and `failed` end it.

    kind: 1 for a file that the device makes sense of by itself; 80..FF are the maker's. may_be_clear: a
    person has allowed the file to leave the secure channel. given_up: we ended it, so the device must be
    told. wants_clear: the device wants what is left of it in clear, and that is allowed: see `go_on_clear`.
    """

    def __init__(self, content: bytes, kind: int = 1, *, may_be_clear: bool = False) -> None:
        if not 0 < len(content) <= MOST_BYTES:
            raise ValueError(f"a file has 1 to {MOST_BYTES} bytes, not {len(content)}")
        if not 0 < kind <= HIGHEST_KIND:
            raise ValueError(f"a file's kind is 1 to {HIGHEST_KIND}, not {kind}")
        self.content = content
        self.kind = kind
        self.offset = 0
        self.done = False
        self.rebooting = False
        self.finishing = False
        self.failed: str | None = None
        self.given_up = False
        self.wants_clear = False
        self.not_before = 0.0
        self._may_be_clear = may_be_clear
        self._longest = SMALLEST_FRAME_BYTES
        self._most_bytes = LONGEST_FRAME
        self._beginnings = 1

    @property
    def over(self) -> bool:
        """Whether there is nothing more to send."""
        return self.done or self.failed is not None

    def fit(self, capabilities: Capabilities, most_bytes: int = LONGEST_FRAME) -> None:
        """Take the device's own word for the longest frame that it receives, and ours for the longest sent.

        most_bytes: a longer frame would keep the line from the others for too long.
        """
        self._most_bytes = min(LONGEST_FRAME, max(SMALLEST_FRAME_BYTES, most_bytes))
        found = capabilities.find(Function.RECEIVE_SIZE)
        if found is not None:
            self._longest = max(SMALLEST_FRAME_BYTES, found.compliance | found.count << 8)

    def next(self) -> SendFile:
        """Return the part to send now. Empty when everything was taken and the device is finishing."""
        longest = min(self._longest, self._most_bytes)
        room = (longest - FRAME_AROUND_BYTES) // CIPHER_BYTES * CIPHER_BYTES - 1
        part = self.content[self.offset : self.offset + room - FILE_HEAD_BYTES]
        return SendFile(self.kind, len(self.content), self.offset, part)

    def take(self, sent: SendFile, answer: Reply, at: float, *, secure: bool) -> None:
        """Take the device's answer to a part. secure: it went inside the secure channel."""
        if not isinstance(answer, FileStatus):
            self.give_up("the device does not answer as one that takes files")
            return
        self.not_before = at + answer.delay_ms / MS_PER_S
        if answer.longest >= LEAST_FRAME_BYTES:
            self._longest = answer.longest
        if answer.status == FileCode.ABORTED and self._beginnings < MOST_BEGINNINGS and sent.offset:
            self._beginnings += 1  # it has forgotten what it had: a restart, another file between
            self.offset = 0
        elif answer.status < 0:
            self.failed = _refusal(answer.status)
        else:
            self.offset = max(self.offset, sent.offset + len(sent.fragment))
            self.rebooting = answer.status == FileCode.REBOOTING
            self.finishing = answer.status == FileCode.FINISHING
            finished = answer.status in (FileCode.PROCESSED, FileCode.REBOOTING)
            whole = self.offset >= len(self.content)
            self.done = whole and (finished or (answer.status == FileCode.GO_ON and not sent.fragment))
        if secure and not self.over and answer.flags & FileFlag.LEAVE_SECURE:
            self._leave_secure()

    def hear(self, said: FileStatus, at: float) -> None:
        """Take what the device says of the file when it is polled: that it is through, or has had enough."""
        if self.over:
            return
        self.not_before = max(self.not_before, at + said.delay_ms / MS_PER_S)
        if said.status < 0:
            self.failed = _refusal(said.status)
        elif self.offset >= len(self.content) and said.status in (FileCode.PROCESSED, FileCode.REBOOTING):
            self.rebooting = said.status == FileCode.REBOOTING
            self.done = True

    def give_up(self, why: str) -> None:
        """End it without the device, which must be told."""
        self.failed = why
        self.given_up = True

    def go_on_clear(self) -> None:
        """Go on where it was, over a link without a secure channel."""
        self.failed = None
        self.wants_clear = False
        self.not_before = 0.0

    def _leave_secure(self) -> None:
        if self._may_be_clear:
            self.wants_clear = True
            self.failed = "the device wants the rest outside the secure channel"
        else:
            self.give_up("the device wants the file outside the secure channel, which is not allowed here")


_REFUSALS: dict[int, str] = {
    FileCode.ABORTED: "the device has given the file up",
    FileCode.UNRECOGNISED: "the device does not recognise the file",
    FileCode.MALFORMED: "the device finds the file malformed",
}


def _refusal(status: int) -> str:
    return _REFUSALS.get(status, f"the device refuses the file ({status})")
