"""Find the boards on a line by asking, and never by writing.

Each address is asked for one coil. Whatever answers, if only to refuse, is a board; what else it lets one
read tells its family where that is safe to say. Address 0 is never asked, because some boards answer it all
at once; nor are 254 and 255, which reach any board of some families, unless they are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.modbus.exchange import Exchange, Silent
from drivers.modbus.framing import RtuFraming
from protocols.boards.families import FAMILIES, read_version
from protocols.boards.messages import READ_COILS, READ_HOLDING, READ_INPUTS, ReadBits, ReadRegisters
from protocols.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from drivers.contract import Monotonic
    from drivers.modbus.exchange import Wire
    from protocols.boards.messages import Reply, Request

BAUD_RATES = (9600, 115200, 38400, 19200, 4800, 57600)  # the makers' default first
ADDRESSES = tuple(range(1, 33))  # boards whose address is set by switches have at most five of them
REPLY_WITHIN_S = 0.1  # cheap boards take up to 50 ms
MOST_CHANNELS = (32, 16, 8, 4, 2, 1)

_COIL = ReadBits(READ_COILS, 0, 1)
_INPUT = ReadBits(READ_INPUTS, 0, 1)
_JUYING_STATE = ReadRegisters(READ_HOLDING, 0x03E8, 1)
_ELETECHSUP_STATE = ReadRegisters(READ_HOLDING, 1, 1)


@dataclass(frozen=True, slots=True)
class FoundBoard:
    """A board. families: those it may be of; empty: nothing tells. outputs, inputs: None: cannot be read."""

    address: int
    baud: int
    families: tuple[str, ...]
    outputs: int | None
    inputs: int | None
    version: str | None


def find_boards(
    open_wire: Callable[[int], Wire],
    clock: Monotonic,
    *,
    bauds: Iterable[int] = BAUD_RATES,
    addresses: Iterable[int] = ADDRESSES,
    tell: Callable[[int, int], None] = lambda _baud, _address: None,
) -> Iterator[FoundBoard]:
    """Give every board as it is found. tell: is told which speed and address come next.

    open_wire: from a speed to an opened line, closed here. Raises PortError. What is found at one speed is
    not looked for at another: a board has one.
    """
    left = list(addresses)
    for baud in bauds:
        wire = open_wire(baud)
        try:
            exchange = Exchange(
                wire,
                clock,
                RtuFraming(),
                baud=baud,
                reply_within_s=REPLY_WITHIN_S,
                counts={},
                probes=dict.fromkeys(left, (_COIL, _INPUT, _JUYING_STATE)),
            )
            for address in tuple(left):
                tell(baud, address)
                board = _look(exchange, address, baud)
                if board is not None:
                    left.remove(address)
                    yield board
        finally:
            wire.close()


def _look(exchange: Exchange, address: int, baud: int) -> FoundBoard | None:
    try:
        exchange.ask(address, _COIL)
        has_coils = True
    except Refused:
        has_coils = False
    except Silent:
        return None
    version = _read(exchange, address, read_version(FAMILIES["waveshare"]))
    if version is not None:
        families: tuple[str, ...] = ("waveshare",)
    elif has_coils:
        told = _read(exchange, address, _JUYING_STATE) is not None
        families = ("juying", "lctech") if told else ()
    else:
        told = _read(exchange, address, _ELETECHSUP_STATE) is not None
        families = ("eletechsup",) if told else ()
    return FoundBoard(
        address,
        baud,
        families,
        _channels(exchange, address, READ_COILS) if has_coils else None,
        _channels(exchange, address, READ_INPUTS),
        None if version is None else f"{version[0] / 100:.2f}",
    )


def _channels(exchange: Exchange, address: int, function: int) -> int | None:
    """Return the largest usual number of channels that the board lets one read."""
    for count in MOST_CHANNELS:
        if _read(exchange, address, ReadBits(function, 0, count)) is not None:
            return count
    return None


def _read(exchange: Exchange, address: int, request: Request | None) -> Reply | None:
    if request is None:
        return None
    try:
        return exchange.ask(address, request)
    except (Refused, Silent):
        return None
