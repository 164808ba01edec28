"""What a reader's life is made of: its timings, the orders it is given, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocols.osdp.commands import Command
    from protocols.osdp.identity import Capabilities, Identity
    from protocols.osdp.replies import Reply

BITS_PER_CHARACTER = 10
"""8N1: a start bit, eight, a stop bit."""

RECEIVE_BYTES = 512
"""The longest frame that this panel takes: four times what every device takes, half a second at 9600."""


class Security(StrEnum):
    """What a reader must prove. There is no way from one to another but a setting."""

    REQUIRED = "required"  # the site's key
    INSTALL = "install"  # the default key, which everybody knows
    OFF = "off"  # nothing: in clear


class Rank(IntEnum):
    """Whose turn it is, lowest first."""

    URGENT = auto()  # a lock's output
    ORDER = auto()
    ORDINARY = auto()  # a poll, a step of the handshake, a repetition
    PROBE = auto()  # somebody who does not answer


@dataclass(frozen=True, slots=True)
class Timings:
    """Times of a line. The defaults are the standard's, as far as it is publicly described.

    reply_within_s: an answer begins within this. resend_after_s: the shortest wait that is learnt from a
    quick device. offline_after_s: silence that ends a connection. gap_s: silence inside a frame that ends
    it. idle_characters: between frames. busy_wait_s: before a busy device is asked again. retry_key_s:
    between handshakes that failed on the key. receive_bytes: the longest frame that the panel takes.
    """

    reply_within_s: float = 0.2
    resend_after_s: float = 0.04
    offline_after_s: float = 8.0
    gap_s: float = 0.03
    idle_characters: int = 2
    busy_wait_s: float = 0.05
    retry_key_s: float = 1.0
    receive_bytes: int = RECEIVE_BYTES

    def wire_s(self, count: int, baud: int) -> float:
        """Return how long `count` bytes are on the wire."""
        return count * BITS_PER_CHARACTER / baud


@dataclass(frozen=True, slots=True)
class Order:
    """A command for one reader. token: the caller's name for it. urgent: before all else on the line.

    not_before, not_after: on the wire between these times only, the first for those in the background.
    background: takes turns with polls instead of going first.
    """

    token: int
    command: Command
    not_after: float | None = None
    urgent: bool = False
    background: bool = False
    not_before: float = 0.0

    def late(self, at: float) -> bool:
        """Tell whether it must not be put on the wire any more."""
        return self.not_after is not None and at > self.not_after


class End(StrEnum):
    """What became of an order."""

    DONE = auto()
    REFUSED = auto()
    LATE = auto()  # never sent
    UNPROVEN = auto()  # sent, and no answer
    OFFLINE = auto()  # never sent
    OVERLOADED = auto()  # never accepted


@dataclass(frozen=True, slots=True)
class Settled:
    """An order's end, exactly one each. reply: what the device answered. detail: why not, in words."""

    order: Order
    end: End
    at: float
    reply: Reply | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """The reader is online. cuid: its number inside the secure channel, where there is one."""

    at: float
    identity: Identity
    capabilities: Capabilities
    texts: tuple[tuple[str, str], ...]
    cuid: bytes | None


@dataclass(frozen=True, slots=True)
class Went:
    """The reader is offline."""

    why: str
    at: float


@dataclass(frozen=True, slots=True)
class Reported:
    """The reader said something: of its own accord, or `asked` by an order."""

    reply: Reply
    at: float
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Troubled:
    """A condition begins or ends.

    kind: "security" (no secure session can be made), "default_key" and "clear_channel" (a setting allows
    them, and they are in use), "known_key" (the site's key is one of test tools), "identity_changed",
    "malformed" (undamaged answers that make no sense), "strangers" (somebody answers in its place, or late)
    and "sessions_lost" (it breaks off, or is broken into), the last two only where they come often.
    """

    kind: str
    active: bool
    detail: str
    at: float


Happening = Came | Went | Reported | Troubled | Settled


@dataclass(slots=True)
class Counters:
    """One reader's figures since start."""

    sent: int = 0
    resent: int = 0
    timeouts: int = 0
    damaged: int = 0
    noise_bytes: int = 0
    echoes: int = 0
    strangers: int = 0
    busy: int = 0
    naks: int = 0
    malformed: int = 0
    maker: int = 0
    unread: int = 0
    sessions: int = 0
    sessions_lost: int = 0
    replies: int = 0
