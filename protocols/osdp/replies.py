"""What a device may answer, as values, in both directions.

`code_of` and `.data()` make a reply's code and data, `decode` reads them. Source: see codes.py.
"""
# ruff: noqa: D102 - `data` and `read` of every reply do what the module says

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from protocols.errors import WireError
from protocols.osdp.codes import ReplyCode
from protocols.osdp.fields import at_least, exactly, number
from protocols.osdp.identity import Capabilities, ExtendedIdentity, Identity, IdentityPart, read_extended

if TYPE_CHECKING:
    from collections.abc import Callable

RAW_HEAD_BYTES = 4
KEYPAD_HEAD_BYTES = 2
COM_BYTES = 5
CCRYPT_BYTES = 32
CRYPTOGRAM_BYTES = 16
FTSTAT_BYTES = 7
FORMATTED_HEAD_BYTES = 3
OUI_BYTES = 3
BITS_PER_BYTE = 8
KEY_STAR = 0x7F
KEY_HASH = 0x0D


class _Empty:
    """A reply without data."""

    __slots__ = ()

    def data(self) -> bytes:
        return b""

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, 0, cls.__name__)
        return cls()


@dataclass(frozen=True, slots=True)
class Ack(_Empty):
    """Understood; nothing to report."""

    CODE: ClassVar = ReplyCode.ACK


@dataclass(frozen=True, slots=True)
class Busy(_Empty):
    """Ask the same again later. Always in clear, with sequence 0."""

    CODE: ClassVar = ReplyCode.BUSY


@dataclass(frozen=True, slots=True)
class Nak:
    """No, with its reason (NakReason)."""

    CODE: ClassVar = ReplyCode.NAK
    reason: int
    detail: bytes = b""

    def data(self) -> bytes:
        return bytes((self.reason,)) + self.detail

    @classmethod
    def read(cls, data: bytes) -> Self:
        at_least(data, 1, "NAK")
        return cls(data[0], data[1:])


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """Tamper, and failure of power."""

    CODE: ClassVar = ReplyCode.LSTATR
    tamper: bool
    power_failed: bool

    def data(self) -> bytes:
        return bytes((int(self.tamper), int(self.power_failed)))

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, 2, "LSTATR")
        return cls(data[0] != 0, data[1] != 0)


class _States:
    """One byte for each of several things."""

    __slots__ = ()
    states: tuple[int, ...]

    def data(self) -> bytes:
        return bytes(self.states)


@dataclass(frozen=True, slots=True)
class InputStates(_States):
    """Every input (InputCode), from number 0."""

    CODE: ClassVar = ReplyCode.ISTATR
    states: tuple[int, ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(tuple(data))


@dataclass(frozen=True, slots=True)
class OutputStates(_States):
    """Every output, 0 off and 1 on, from number 0."""

    CODE: ClassVar = ReplyCode.OSTATR
    states: tuple[int, ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(tuple(data))


@dataclass(frozen=True, slots=True)
class ReaderStates(_States):
    """Every attached reader: 0 normal, 1 not connected, 2 tampered with."""

    CODE: ClassVar = ReplyCode.RSTATR
    states: tuple[int, ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(tuple(data))


@dataclass(frozen=True, slots=True)
class Raw:
    """A card. bits: "0" and "1" in the order read, one or more. format: 0 unstated, 1 Wiegand with parity."""

    CODE: ClassVar = ReplyCode.RAW
    bits: str
    reader: int = 0
    format: int = 0

    def data(self) -> bytes:
        size = -(-len(self.bits) // BITS_PER_BYTE)
        body = int(self.bits.ljust(size * BITS_PER_BYTE, "0"), 2).to_bytes(size, "big")
        return bytes((self.reader, self.format)) + len(self.bits).to_bytes(2, "little") + body

    @classmethod
    def read(cls, data: bytes) -> Self:
        count = number(at_least(data, RAW_HEAD_BYTES, "RAW")[2:4])
        if not count:
            raise WireError("RAW of no bits")
        body = exactly(data[RAW_HEAD_BYTES:], -(-count // BITS_PER_BYTE), f"RAW's card of {count} bits")
        bits = f"{int.from_bytes(body, 'big'):0{len(body) * BITS_PER_BYTE}b}"
        return cls(bits[:count], data[0], data[1])


@dataclass(frozen=True, slots=True)
class Formatted:
    """A card as characters: deprecated, and tolerated."""

    CODE: ClassVar = ReplyCode.FMT
    characters: bytes
    reader: int = 0
    direction: int = 0

    def data(self) -> bytes:
        return bytes((self.reader, self.direction, len(self.characters))) + self.characters

    @classmethod
    def read(cls, data: bytes) -> Self:
        size = at_least(data, FORMATTED_HEAD_BYTES, "FMT")[2]
        return cls(exactly(data[FORMATTED_HEAD_BYTES:], size, "FMT's characters"), data[0], data[1])


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Keys pressed: digits, "*" and "#", and function keys as "A" to "H". Not printed: it may be a PIN."""

    CODE: ClassVar = ReplyCode.KEYPAD
    keys: str
    reader: int = 0

    def __repr__(self) -> str:
        return f"Keys({len(self.keys)} keys)"

    def data(self) -> bytes:
        body = bytes({"*": KEY_STAR, "#": KEY_HASH}.get(key, ord(key)) for key in self.keys)
        return bytes((self.reader, len(body))) + body

    @classmethod
    def read(cls, data: bytes) -> Self:
        size = at_least(data, KEYPAD_HEAD_BYTES, "KEYPAD")[1]
        body = exactly(data[KEYPAD_HEAD_BYTES:], size, "KEYPAD's keys")
        keys = ({KEY_STAR: "*", KEY_HASH: "#"}.get(key, chr(key)) for key in body)
        text = "".join(keys)
        if not all(key in "0123456789*#ABCDEFGH" for key in text):
            raise WireError("KEYPAD holds what is no key")
        return cls(text, data[0])


@dataclass(frozen=True, slots=True)
class Communication:
    """The address and speed now in force."""

    CODE: ClassVar = ReplyCode.COM
    address: int
    baud: int

    def data(self) -> bytes:
        return bytes((self.address,)) + self.baud.to_bytes(4, "little")

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, COM_BYTES, "COM")
        return cls(data[0], number(data[1:]))


@dataclass(frozen=True, slots=True)
class ClientCryptogram:
    """The device's proof of the key: its unique number, its random number, the cryptogram."""

    CODE: ClassVar = ReplyCode.CCRYPT
    cuid: bytes
    rnd_b: bytes
    cryptogram: bytes

    def data(self) -> bytes:
        return self.cuid + self.rnd_b + self.cryptogram

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, CCRYPT_BYTES, "CCRYPT")
        return cls(data[:8], data[8:16], data[16:])


@dataclass(frozen=True, slots=True)
class InitialRmac:
    """The first link of the MAC chain."""

    CODE: ClassVar = ReplyCode.RMAC_I
    rmac: bytes

    def data(self) -> bytes:
        return self.rmac

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(exactly(data, CRYPTOGRAM_BYTES, "RMAC_I"))


@dataclass(frozen=True, slots=True)
class FileStatus:
    """How a file goes on: status (FileCode), what the device asks for. longest: 0 keeps the size."""

    CODE: ClassVar = ReplyCode.FTSTAT
    status: int
    delay_ms: int = 0
    longest: int = 0
    flags: int = 1

    def data(self) -> bytes:
        return (
            bytes((self.flags,))
            + self.delay_ms.to_bytes(2, "little")
            + self.status.to_bytes(2, "little", signed=True)
            + self.longest.to_bytes(2, "little")
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, FTSTAT_BYTES, "FTSTAT")
        status = int.from_bytes(data[3:5], "little", signed=True)
        return cls(status, number(data[1:3]), number(data[5:7]), data[0])


@dataclass(frozen=True, slots=True)
class MakerReply:
    """A maker's own reply."""

    CODE: ClassVar = ReplyCode.MFGREP
    oui: bytes
    content: bytes

    def data(self) -> bytes:
        return self.oui + self.content

    @classmethod
    def read(cls, data: bytes) -> Self:
        at_least(data, OUI_BYTES, "MFGREP")
        return cls(data[:OUI_BYTES], data[OUI_BYTES:])


@dataclass(frozen=True, slots=True)
class OtherReply:
    """A reply that this module gives no shape: biometrics, smart cards, or nothing known."""

    code: int
    content: bytes

    def data(self) -> bytes:
        return self.content


Reply = (
    Ack
    | Busy
    | Nak
    | Identity
    | ExtendedIdentity
    | IdentityPart
    | Capabilities
    | LocalStatus
    | InputStates
    | OutputStates
    | ReaderStates
    | Raw
    | Formatted
    | Keys
    | Communication
    | ClientCryptogram
    | InitialRmac
    | FileStatus
    | MakerReply
    | OtherReply
)
_SHAPES = (
    Ack,
    Busy,
    Nak,
    Identity,
    Capabilities,
    LocalStatus,
    InputStates,
    OutputStates,
    ReaderStates,
    Raw,
    Formatted,
    Keys,
    Communication,
    ClientCryptogram,
    InitialRmac,
    FileStatus,
    MakerReply,
)
_READ: dict[int, Callable[[bytes], Reply]] = {
    ReplyCode.EXT_PDID.value: read_extended,
    **{shape.CODE.value: shape.read for shape in _SHAPES},
}


def code_of(reply: Reply) -> int:
    """Return the reply's code."""
    return reply.code if isinstance(reply, OtherReply) else reply.CODE.value


def decode(code: int, data: bytes) -> Reply:
    """Return the reply with this code and these clear data. Raises WireError where they do not fit."""
    read = _READ.get(code)
    return OtherReply(code, data) if read is None else read(data)
