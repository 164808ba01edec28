"""All that the agent may know of hardware: points, commands, events, and one driver behind one port.

A *point* is a name that the configuration gives to one output or one input; a *reader* is a name of one
reader; a *device* is whatever has an address of its own on the port (a reader, a board). All names are
unique on a gateway. Times named `at` and `not_after` are seconds of the clock handed to the driver
(monotonic). Nothing here is a wall clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Ability(StrEnum):
    """What a port's hardware can do. The agent asks for the ability, never for the make."""

    READ = "read"  # has readers that report cards and keys
    SCAN = "scan"  # has readers that report a text, such as a visitor's pass shown as a QR code
    SENSE = "sense"  # has inputs
    RELEASE = "release"  # has outputs that end their own pulse
    INDICATE = "indicate"  # can show a signal to the person at a reader


class Signal(StrEnum):
    """What the person at the reader is shown. The driver turns it into its light and its sound."""

    GRANTED = "granted"
    DENIED = "denied"
    READY = "ready"  # back to rest: the reader's ordinary colour
    WARNING = "warning"  # the door is held open and is about to alarm


class InputState(StrEnum):
    """An input, supervised where the hardware can tell."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    SHORT = "short"
    OPEN_CIRCUIT = "open_circuit"
    FAULT = "fault"
    UNKNOWN = "unknown"  # the device does not answer, so nobody knows


class Why(StrEnum):
    """Why a command failed. Sorted by what follows, not by how the wire felt."""

    OFFLINE = "offline"  # the device does not answer
    LATE = "late"  # its `not_after` passed before it could be put on the wire
    REFUSED = "refused"  # the device said no
    UNKNOWN_POINT = "unknown_point"  # no such point or reader on this port
    UNPROVEN = "unproven"  # sent, but the answer was lost: it may have been done
    OVERLOADED = "overloaded"  # too many commands wait at this port
    STOPPED = "stopped"  # the driver was stopped first


# --- commands: what the agent asks ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Release:
    """Unlock the output `point` for `for_s` seconds; the hardware locks it again without being told.

    A second Release while one runs starts the time anew (so a held door is a lease that is renewed).
    Not put on the wire after `not_after`: a late open never happens.
    """

    id: int
    point: str
    for_s: float
    not_after: float


@dataclass(frozen=True, slots=True)
class Lock:
    """End a running release of the output `point` now."""

    id: int
    point: str


@dataclass(frozen=True, slots=True)
class Indicate:
    """Show `signal` at `reader`. Always behind any Release that waits at the same port."""

    id: int
    reader: str
    signal: Signal


Command = Release | Lock | Indicate


# --- events: what the hardware tells -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardRead:
    """A reader read a card. `bits`: "0" and "1" in the order of the wire, parity included."""

    reader: str
    bits: str
    at: float


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """Keys at a reader's keypad, in the order pressed: digits, "*" and "#".

    Usually one key an event, at the time it was pressed. A keypad that gathers a whole code sends it at once,
    with "#" behind it, whether or not a "#" was pressed: the person has ended it.
    """

    reader: str
    keys: str
    at: float


@dataclass(frozen=True, slots=True)
class PassRead:
    """A reader read a text, such as a signed pass. `text`: printable ASCII, bounded, never logged."""

    reader: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class MakerTold:
    """A device said something of its maker's own, unasked. maker: its number, hex digits.

    content: for who knows what it means. It may be a card's number or a finger's: never recorded.
    """

    device: str
    maker: str
    content: bytes = field(repr=False)
    at: float


@dataclass(frozen=True, slots=True)
class InputChanged:
    """An input has a new state, or a first one since start or since its device came back."""

    point: str
    state: InputState
    at: float


@dataclass(frozen=True, slots=True)
class OutputFound:
    """An output was found on with no release of ours running: a welded relay, a foreign hand, a restart."""

    point: str
    on: bool
    at: float


@dataclass(frozen=True, slots=True)
class Online:
    """A device answers. `identity`: what it says of itself (maker, model, serial …), all text."""

    device: str
    at: float
    identity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offline:
    """A device stopped answering, or its port is gone. Its inputs become UNKNOWN by separate events."""

    device: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """A condition of a device that somebody must look at, or its end.

    kind: "tamper", "power", "identity_changed", "security", "noise", … — lower case, stable, documented
    by the driver. `detail` never holds a card number or a key.
    """

    device: str
    kind: str
    active: bool
    detail: str
    at: float


@dataclass(frozen=True, slots=True)
class Done:
    """The command `id` was carried out: the device has confirmed it."""

    id: int
    at: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The command `id` was not carried out, or cannot be proven to have been (UNPROVEN)."""

    id: int
    why: Why
    detail: str
    at: float


Event = (
    CardRead
    | KeysPressed
    | PassRead
    | MakerTold
    | InputChanged
    | OutputFound
    | Online
    | Offline
    | Trouble
    | Done
    | Failed
)
Emit = Callable[[Event], None]
Monotonic = Callable[[], float]
Secrets = Callable[[str], bytes]
"""A credential's name to its bytes. Raises KeyError for a name that is not there."""


class Driver(Protocol):
    """Hardware behind one port: a bus, a converter, a relay board, a panel.

    `start` and `do` return at once. Trouble with the device is an event, never an exception: a cut wire
    must not look like a bug.
    """

    @property
    def name(self) -> str:
        """The port's name in the configuration."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What this port can do."""

    def start(self, emit: Emit) -> None:
        """Begin work. `emit` may be called from any thread, and never blocks."""

    def do(self, command: Command) -> None:
        """Accept `command`. Exactly one Done or Failed with its id follows, also after `stop`."""

    def stop(self, within_s: float) -> None:
        """Leave every output locked, close the port, end the threads."""

    def line_health(self) -> Mapping[str, int | float | str]:
        """Counters and figures of the line since start. Callable from any thread, at any time."""


@runtime_checkable
class Attentive(Protocol):
    """A driver that asks its readers by turns, and for a moment can do so more often."""

    def attend(self, reader: str) -> None:
        """Expect somebody at `reader`: its door has just opened. From any thread; returns at once."""


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How far a file for a device is. done: the device has it all. failed: why it never will."""

    taken_bytes: int
    total_bytes: int
    done: bool = False
    failed: str | None = None


@runtime_checkable
class Carrying(Protocol):
    """A driver that carries files, such as firmware, to its devices beside its other work."""

    def carry_file(
        self, device: str, content: bytes, kind: int, tell: Callable[[FileProgress], None]
    ) -> None:
        """Begin to send `content`; doors go first. `tell` is called from any thread, and never blocks.

        A file that is under way to the same device is given up. From any thread; returns at once. Raises
        ValueError for a file that cannot be sent.
        """

    def drop_file(self, device: str) -> None:
        """Give up the file that is under way to the device, if there is one. From any thread."""


class PortSettings(Protocol):
    """What every port's settings can say of themselves, whatever the make."""

    @property
    def name(self) -> str:
        """The port's name."""

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of all devices on the port."""

    @property
    def readers(self) -> tuple[str, ...]:
        """Names of all readers on the port."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all output points."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all input points."""

    def device_of(self, point: str) -> str | None:
        """Return the device that has the output or input `point`, or None where no device here has it."""
