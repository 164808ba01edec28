"""One command on the wire: sent, waiting, answered, lost, and sent again byte for byte.

A device answers a repeated command with its last answer and does not act again, as long as the bytes, and
with them sequence number and MAC, are the same. So a lost answer is asked for by the same bytes. A device
that is busy says so with sequence 0, in clear. Source: see codes.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from protocols.osdp.codes import NakReason, ReplyCode

if TYPE_CHECKING:
    from protocols.osdp.framing import Frame

LINK_NAKS = frozenset(
    {
        NakReason.BAD_CHECK.value,
        NakReason.SEQUENCE.value,
        NakReason.SECURITY_UNSUPPORTED.value,
        NakReason.SECURITY_REQUIRED.value,
    }
)
"""Said about the line and the session, not about the command; devices disagree on their sequence number."""

MARGIN = 4
"""A device is waited for this many times its own longest answering time before it is asked again."""

EVEN_TRIES = 4
"""A lost command is likelier than a device that has become slow, for so many tries."""

MOST_DOUBLED = 12  # more doublings are beyond any longest wait
FADE = 0.98
"""An old longest answering time counts this much of itself at the next answer."""


class Verdict(Enum):
    """What a frame heard during an exchange is to it."""

    ANSWER = auto()
    BUSY = auto()
    ECHO = auto()  # our own words: an adapter that hears itself
    STRANGER = auto()  # another device's answer
    STALE = auto()  # an answer to an earlier command
    DAMAGED = auto()  # in the other kind of check: a flipped bit has turned a CRC into a weak checksum


@dataclass(slots=True)
class Exchange:
    """A command's bytes and their fate. `not_after`: not sent, nor sent again, after this time.

    sequence: the command's. crc: its check, in which a device must answer. sent: how often it was.
    deadline: when waiting ends, once sent.
    """

    address: int
    sequence: int
    wire: bytes
    not_after: float | None = None
    crc: bool = True
    sent: int = 0
    sent_at: float = 0.0
    deadline: float = 0.0

    def send(self, at: float, on_the_wire_s: float, patience_s: float) -> bytes:
        """Return the bytes to put on the wire now; the same each time."""
        self.sent += 1
        self.sent_at = at + on_the_wire_s
        self.deadline = self.sent_at + patience_s
        return self.wire

    def late(self, at: float) -> bool:
        """Tell whether it must not be put on the wire any more."""
        return self.not_after is not None and at > self.not_after

    def hear(self, frame: Frame) -> Verdict:
        """Tell what `frame` is to this exchange."""
        if not frame.reply:
            return Verdict.ECHO
        if frame.address != self.address:
            return Verdict.STRANGER
        if frame.crc is not self.crc:
            return Verdict.DAMAGED
        if frame.block is None:
            if frame.code == ReplyCode.BUSY and frame.sequence == 0 and not frame.data:
                return Verdict.BUSY
            if frame.code == ReplyCode.NAK and frame.data[:1] and frame.data[0] in LINK_NAKS:
                return Verdict.ANSWER
        return Verdict.ANSWER if frame.sequence == self.sequence else Verdict.STALE


class Patience:
    """How long to wait for one device, learnt from how it answers: never less or more than the bounds.

    Waiting the standard's whole 200 ms after each lost byte would cost the others more than the loss.
    """

    def __init__(self, shortest_s: float, longest_s: float) -> None:
        self._shortest_s = min(shortest_s, longest_s)
        self._longest_s = longest_s
        self._peak_s: float | None = None

    @property
    def shortest_s(self) -> float:
        """The lower bound."""
        return self._shortest_s

    def observe(self, took_s: float) -> None:
        """Take how long an answer took to begin."""
        old = 0.0 if self._peak_s is None else self._peak_s * FADE
        self._peak_s = max(took_s, old)

    def allow(self, sent_before: int) -> float:
        """Return how long to wait: the same a few times, then doubled each time that it was sent in vain."""
        if self._peak_s is None:
            return self._longest_s
        first_s = max(self._shortest_s, MARGIN * self._peak_s)
        return float(
            min(self._longest_s, first_s * 2.0 ** max(0, min(sent_before, MOST_DOUBLED) - EVEN_TRIES))
        )
