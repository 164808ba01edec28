"""What a Modbus master may ask a board and what the board may answer, as values and as bytes.

Only the eight function codes that relay and input boards use. A reply counts only when it repeats what it
must repeat: Modbus RTU has no transaction number, so the echo is all that ties a reply to its request.
Source: Modbus Application Protocol V1.1b3, sections 6.1 to 6.6, 6.11, 6.12 and 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from protocols.errors import Refused, WireError

ON = 0xFF00
OFF = 0x0000

READ_COILS = 1
READ_INPUTS = 2
READ_HOLDING = 3
READ_INPUT_REGISTERS = 4
WRITE_COIL = 5
WRITE_REGISTER = 6
WRITE_REGISTERS = 16

MOST_BITS = 64  # no board here has more channels; a claim of more is noise
MOST_REGISTERS = 64  # the same, where a board has a register for each channel
_EXCEPTION = 0x80
_EXCEPTION_BYTES = 2

_MEANINGS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledged, not done yet",
    6: "device busy",
    10: "gateway path unavailable",
    11: "gateway target does not answer",
}


class ReplyError(WireError):
    """These bytes do not answer the request."""


@dataclass(frozen=True, slots=True)
class ReadBits:
    """Ask for `count` coils (function 1) or discrete inputs (function 2) from `address`."""

    function: int
    address: int
    count: int

    def __post_init__(self) -> None:
        if self.function not in {READ_COILS, READ_INPUTS} or not 1 <= self.count <= MOST_BITS:
            raise ValueError(f"cannot read {self.count} bits by function {self.function}")
        _word(self.address)


@dataclass(frozen=True, slots=True)
class ReadRegisters:
    """Ask for `count` holding (function 3) or input registers (function 4) from `address`."""

    function: int
    address: int
    count: int

    def __post_init__(self) -> None:
        if self.function not in {READ_HOLDING, READ_INPUT_REGISTERS} or not 1 <= self.count <= MOST_REGISTERS:
            raise ValueError(f"cannot read {self.count} registers by function {self.function}")
        _word(self.address)


@dataclass(frozen=True, slots=True)
class WriteCoil:
    """Write one coil. `value` is ON or OFF by the standard; boards hide their pulses in others."""

    address: int
    value: int

    def __post_init__(self) -> None:
        _word(self.address, self.value)


@dataclass(frozen=True, slots=True)
class WriteRegister:
    """Write one holding register."""

    address: int
    value: int

    def __post_init__(self) -> None:
        _word(self.address, self.value)


@dataclass(frozen=True, slots=True)
class WriteRegisters:
    """Write holding registers from `address`."""

    address: int
    values: tuple[int, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.values) <= MOST_REGISTERS:
            raise ValueError(f"cannot write {len(self.values)} registers")
        _word(self.address, *self.values)


Request = ReadBits | ReadRegisters | WriteCoil | WriteRegister | WriteRegisters
Write = WriteCoil | WriteRegister | WriteRegisters

Reply = tuple[int, ...]
"""The bits or registers that were read, lowest address first; empty for a write that was confirmed."""


def _word(*values: int) -> None:
    if any(not 0 <= value <= 0xFFFF for value in values):  # noqa: PLR2004 - the largest 16-bit number
        raise ValueError(f"{values} are not all 16-bit numbers")


def function_of(request: Request) -> int:
    """Return the function code of a request."""
    match request:
        case ReadBits() | ReadRegisters():
            return request.function
        case WriteCoil():
            return WRITE_COIL
        case WriteRegister():
            return WRITE_REGISTER
        case WriteRegisters():
            return WRITE_REGISTERS
        case _:
            assert_never(request)


def encode(request: Request) -> bytes:
    """Return the request as bytes, function code first, without address or check."""
    head = bytes((function_of(request),)) + request.address.to_bytes(2, "big")
    match request:
        case ReadBits() | ReadRegisters():
            return head + request.count.to_bytes(2, "big")
        case WriteCoil() | WriteRegister():
            return head + request.value.to_bytes(2, "big")
        case WriteRegisters():
            words = b"".join(value.to_bytes(2, "big") for value in request.values)
            return head + len(request.values).to_bytes(2, "big") + bytes((len(words),)) + words
        case _:
            assert_never(request)


def reply_head(request: Request) -> bytes:
    """Return the bytes with which every good reply to `request` begins."""
    match request:
        case ReadBits():
            return bytes((request.function, (request.count + 7) // 8))
        case ReadRegisters():
            return bytes((request.function, request.count * 2))
        case WriteCoil() | WriteRegister():
            return encode(request)
        case WriteRegisters():
            return encode(request)[:5]
        case _:
            assert_never(request)


def reply_size(request: Request) -> int:
    """Return how many bytes a good reply to `request` has, without address and check."""
    head = reply_head(request)
    return len(head) + head[1] if isinstance(request, ReadBits | ReadRegisters) else len(head)


def exception_head(request: Request) -> bytes:
    """Return the one byte with which the board's refusal of `request` begins."""
    return bytes((function_of(request) | _EXCEPTION,))


def decode(request: Request, reply: bytes) -> Reply:
    """Return what `reply` says to `request`.

    Raises Refused with the board's exception code, and ReplyError for anything else that is no answer to it.
    """
    if reply[:1] == exception_head(request) and len(reply) == _EXCEPTION_BYTES:
        raise Refused(reply[1], _MEANINGS.get(reply[1], "unknown exception"))
    head = reply_head(request)
    if not reply.startswith(head) or len(reply) != reply_size(request):
        raise ReplyError("the reply does not repeat what was asked")
    body = reply[len(head) :]
    match request:
        case ReadBits():
            return tuple(body[at // 8] >> at % 8 & 1 for at in range(request.count))
        case ReadRegisters():
            return tuple(int.from_bytes(body[at : at + 2], "big") for at in range(0, len(body), 2))
        case WriteCoil() | WriteRegister() | WriteRegisters():
            return ()
        case _:
            assert_never(request)


def decode_request(pdu: bytes) -> Request:
    """Read a request as a board does, for simulated boards. ReplyError when it is none that we know."""
    if len(pdu) < 5:  # noqa: PLR2004 - function, address and one word is the shortest request
        raise ReplyError("too short for a request")
    function, address = pdu[0], int.from_bytes(pdu[1:3], "big")
    word, rest = int.from_bytes(pdu[3:5], "big"), pdu[5:]
    try:
        match function:
            case 1 | 2 if not rest:
                return ReadBits(function, address, word)
            case 3 | 4 if not rest:
                return ReadRegisters(function, address, word)
            case 5 if not rest:
                return WriteCoil(address, word)
            case 6 if not rest:
                return WriteRegister(address, word)
            case 16 if len(rest) == 1 + 2 * word and rest[:1] == bytes((2 * word & 0xFF,)):
                values = (int.from_bytes(rest[at : at + 2], "big") for at in range(1, len(rest), 2))
                return WriteRegisters(address, tuple(values))
            case _:
                raise ReplyError(f"function {function} is not one of ours, or has the wrong length")
    except ValueError as error:
        raise ReplyError(str(error)) from error


def encode_reply(request: Request, values: Reply = ()) -> bytes:
    """Return a board's good reply to `request`, for simulated boards. values: as `decode` returns them."""
    head = reply_head(request)
    match request:
        case ReadBits():
            packed = sum(bit << at for at, bit in enumerate(values))
            return head + packed.to_bytes(head[1], "little")
        case ReadRegisters():
            return head + b"".join(value.to_bytes(2, "big") for value in values)
        case WriteCoil() | WriteRegister() | WriteRegisters():
            return head
        case _:
            assert_never(request)


def encode_exception(function: int, code: int) -> bytes:
    """Return a board's refusal, for simulated boards."""
    return bytes((function | _EXCEPTION, code))
