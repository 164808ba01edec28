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
from drivers.ports import PortError
from protocols.boards.families import FAMILIES, read_inputs, read_outputs, read_signature, read_version
from protocols.boards.messages import READ_COILS, READ_HOLDING, READ_INPUTS, ReadBits, ReadRegisters
from protocols.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from drivers.contract import Monotonic
    from drivers.modbus.exchange import Wire
    from protocols.boards.families import Family
    from protocols.boards.messages import Reply, Request

BAUD_RATES = (9600, 115200, 38400, 19200, 4800, 57600, 2400)  # the makers' default first
PARITIES = ("none", "even", "odd")  # no board of these families leaves its factory with one
ADDRESSES = tuple(range(1, 33))  # boards whose address is set by switches have at most five of them
HIGHEST_ADDRESS = 255
REPLY_WITHIN_S = 0.1  # cheap boards take up to 50 ms
MOST_CHANNELS = (32, 16, 8, 6, 4, 2, 1)

_COIL = ReadBits(READ_COILS, 0, 1)
_INPUT = ReadBits(READ_INPUTS, 0, 1)
_JUYING_STATE = ReadRegisters(READ_HOLDING, 0x03E8, 1)
_COILS = FAMILIES["waveshare"]  # the map that most share: coils and inputs from 0
_SPLIT = FAMILIES["zlan"]
_REGISTERS = FAMILIES["eletechsup"]
_SIGNED = FAMILIES["wirenboard"]


@dataclass(frozen=True, slots=True)
class FoundBoard:
    """A board. families: those it may be of; empty: nothing tells. outputs, inputs: None: cannot be read.

    version: as it says it; for a board that tells its model, that.
    """

    address: int
    baud: int
    parity: str
    families: tuple[str, ...]
    outputs: int | None
    inputs: int | None
    version: str | None


def find_boards(
    open_wire: Callable[[int, str], Wire],
    clock: Monotonic,
    *,
    bauds: Iterable[int] = BAUD_RATES,
    parities: Iterable[str] = PARITIES,
    addresses: Iterable[int] = ADDRESSES,
    tell: Callable[[int, int], None] = lambda _baud, _address: None,
) -> Iterator[FoundBoard]:
    """Give every board as it is found. tell: is told which speed and address come next.

    open_wire: from a speed and a parity to an opened line, closed here. Raises PortError. What is found at
    one speed is not looked for at another: a board has one. All speeds come before the next parity, and a
    parity that the port cannot do is passed over.
    """
    left = list(addresses)
    speeds = tuple(bauds)
    for parity, baud in ((parity, baud) for parity in parities for baud in speeds):
        if not left:
            return
        wire = _opened(open_wire, baud, parity)
        if wire is None:
            continue
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
                if _answers(exchange, address):
                    left.remove(address)
                    yield _look(exchange, address, baud, parity)
        finally:
            wire.close()


def _opened(open_wire: Callable[[int, str], Wire], baud: int, parity: str) -> Wire | None:
    """Open the line; None where it is there but cannot do this parity."""
    try:
        return open_wire(baud, parity)
    except PortError:
        if parity == PARITIES[0]:
            raise
    open_wire(baud, PARITIES[0]).close()  # raises what is wrong when the port is gone
    return None


def _answers(exchange: Exchange, address: int) -> bool:
    try:
        exchange.ask(address, _COIL)
    except Refused:
        return True
    except Silent:
        return False
    return True


def _look(exchange: Exchange, address: int, baud: int, parity: str) -> FoundBoard:
    """Say what a board that answers is, as far as it lets one read."""
    has_coils = _read(exchange, address, _COIL) is not None
    version = _read(exchange, address, read_version(_COILS))
    model = _model(_read(exchange, address, read_signature(_SIGNED)))
    map_of: Family | None = _COILS if has_coils else None
    if model is not None:
        families: tuple[str, ...] = (_SIGNED.name,)
    elif version is not None:
        families = (_COILS.name,)
    elif has_coils and _is_zlan(exchange, address):
        families, map_of = (_SPLIT.name,), _SPLIT
    elif has_coils:
        told = _read(exchange, address, _JUYING_STATE) is not None
        families = ("juying", "lctech") if told else ()
    else:
        told = _read(exchange, address, read_outputs(_REGISTERS, 1)) is not None
        families, map_of = ((_REGISTERS.name,), _REGISTERS) if told else ((), None)
    inputs_by = map_of or _COILS
    return FoundBoard(
        address,
        baud,
        parity,
        families,
        None if map_of is None else _channels(exchange, address, lambda count: read_outputs(map_of, count)),
        _channels(exchange, address, lambda count: read_inputs(inputs_by, count)),
        model if version is None else f"{version[0] / 100:.2f}",
    )


def _is_zlan(exchange: Exchange, address: int) -> bool:
    """Say whether the coils of a board are two things with a gap between, and it has no inputs proper."""
    first = _SPLIT.outputs.address
    return (
        _read(exchange, address, _INPUT) is None
        and _read(exchange, address, ReadBits(READ_COILS, first - 1, 1)) is None
        and _read(exchange, address, ReadBits(READ_COILS, first, 1)) is not None
    )


def _model(signature: Reply | None) -> str | None:
    """Return a Wiren Board's name of itself, one letter a register; None where that is no such thing."""
    if signature is None or not all(0 <= letter < 0x7F for letter in signature):  # noqa: PLR2004 - ASCII
        return None
    text = "".join(map(chr, signature)).rstrip("\0")
    return text if text.startswith("WB") and text.isprintable() else None


def _channels(exchange: Exchange, address: int, question: Callable[[int], Request]) -> int | None:
    """Return the largest usual number of channels that the board lets one read as on or off."""
    for count in MOST_CHANNELS:
        reply = _read(exchange, address, question(count))
        if reply is not None and set(reply) <= {0, 1}:
            return count
    return None


def _read(exchange: Exchange, address: int, request: Request | None) -> Reply | None:
    if request is None:
        return None
    try:
        return exchange.ask(address, request)
    except (Refused, Silent):
        return None
