"""What a panel may ask of a device, as values, in both directions.

`code_of` and `.data()` make a command's code and data, `decode` reads them. Source: see codes.py.
"""
# ruff: noqa: D102 - `data` and `read` of every command do what the module says

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from protocols.errors import WireError
from protocols.osdp.codes import CommandCode
from protocols.osdp.fields import at_least, exactly, number, records
from protocols.osdp.signals import Buzz, SetLights, ShowText

if TYPE_CHECKING:
    from collections.abc import Callable

TENTHS_PER_S = 10
LONGEST_TIMER_S = 0xFFFF / TENTHS_PER_S
OUTPUT_BYTES = 4
COMSET_BYTES = 5
KEY_BYTES = 16
KEYSET_BYTES = KEY_BYTES + 2
SCBK_KEY_TYPE = 1
CHALLENGE_BYTES = 8
FILE_HEAD_BYTES = 11
OUI_BYTES = 3


class _Empty:
    """A command without data."""

    __slots__ = ()

    def data(self) -> bytes:
        return b""

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, 0, cls.__name__)
        return cls()


@dataclass(frozen=True, slots=True)
class Poll(_Empty):
    """Ask whether there is anything to report."""

    CODE: ClassVar = CommandCode.POLL


@dataclass(frozen=True, slots=True)
class AskLocal(_Empty):
    """Ask for tamper and power."""

    CODE: ClassVar = CommandCode.LSTAT


@dataclass(frozen=True, slots=True)
class AskInputs(_Empty):
    """Ask for all inputs."""

    CODE: ClassVar = CommandCode.ISTAT


@dataclass(frozen=True, slots=True)
class AskOutputs(_Empty):
    """Ask for all outputs."""

    CODE: ClassVar = CommandCode.OSTAT


@dataclass(frozen=True, slots=True)
class AskReaders(_Empty):
    """Ask for the state of attached readers."""

    CODE: ClassVar = CommandCode.RSTAT


@dataclass(frozen=True, slots=True)
class Abort(_Empty):
    """End a transfer in parts."""

    CODE: ClassVar = CommandCode.ABORT


@dataclass(frozen=True, slots=True)
class Identify:
    """Ask who the device is; `extended` asks for texts (v2.2.2)."""

    CODE: ClassVar = CommandCode.ID
    extended: bool = False

    def data(self) -> bytes:
        return bytes((int(self.extended),))

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(extended=exactly(data, 1, "ID")[0] == 1)


@dataclass(frozen=True, slots=True)
class AskCapabilities:
    """Ask what the device can do."""

    CODE: ClassVar = CommandCode.CAP

    def data(self) -> bytes:
        return b"\x00"

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, 1, "CAP")
        return cls()


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One output: number from 0, control (OutputControl), timer in tenths of a second."""

    output: int
    control: int
    timer_tenths: int = 0


@dataclass(frozen=True, slots=True)
class SetOutputs:
    """Drive outputs."""

    CODE: ClassVar = CommandCode.OUT
    records: tuple[OutputRecord, ...]

    def data(self) -> bytes:
        return b"".join(
            bytes((r.output, r.control)) + r.timer_tenths.to_bytes(2, "little") for r in self.records
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(tuple(OutputRecord(r[0], r[1], number(r[2:])) for r in records(data, OUTPUT_BYTES, "OUT")))


@dataclass(frozen=True, slots=True)
class SetCommunication:
    """Give the device another address and speed. The answer comes at the old ones."""

    CODE: ClassVar = CommandCode.COMSET
    address: int
    baud: int

    def data(self) -> bytes:
        return bytes((self.address,)) + self.baud.to_bytes(4, "little")

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, COMSET_BYTES, "COMSET")
        return cls(data[0], number(data[1:]))


@dataclass(frozen=True, slots=True, repr=False)
class SetKey:
    """Give the device a new key (SCBK); legal only inside a secure session. Never printed."""

    CODE: ClassVar = CommandCode.KEYSET
    key: bytes

    def __repr__(self) -> str:
        return "SetKey(…)"

    def data(self) -> bytes:
        return bytes((SCBK_KEY_TYPE, len(self.key))) + self.key

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, KEYSET_BYTES, "KEYSET")
        if data[0] != SCBK_KEY_TYPE or data[1] != KEY_BYTES:
            raise WireError("KEYSET is not for an SCBK of 16 bytes")
        return cls(data[2:])


@dataclass(frozen=True, slots=True)
class Challenge:
    """Begin a secure session. Travels with block 11."""

    CODE: ClassVar = CommandCode.CHLNG
    rnd_a: bytes

    def data(self) -> bytes:
        return self.rnd_a

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(exactly(data, CHALLENGE_BYTES, "CHLNG"))


@dataclass(frozen=True, slots=True)
class ServerCryptogram:
    """Prove the panel's key. Travels with block 13."""

    CODE: ClassVar = CommandCode.SCRYPT
    cryptogram: bytes

    def data(self) -> bytes:
        return self.cryptogram

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(exactly(data, KEY_BYTES, "SCRYPT"))


@dataclass(frozen=True, slots=True)
class TellReceiveSize:
    """Tell the longest frame that the panel takes."""

    CODE: ClassVar = CommandCode.ACURXSIZE
    size_bytes: int

    def data(self) -> bytes:
        return self.size_bytes.to_bytes(2, "little")

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(number(exactly(data, 2, "ACURXSIZE")))


@dataclass(frozen=True, slots=True)
class SendFile:
    """One fragment of a file of `total` bytes, at `offset`. kind: 1 opaque, 80..FF the maker's own."""

    CODE: ClassVar = CommandCode.FILETRANSFER
    kind: int
    total: int
    offset: int
    fragment: bytes

    def data(self) -> bytes:
        head = bytes((self.kind,)) + self.total.to_bytes(4, "little") + self.offset.to_bytes(4, "little")
        return head + len(self.fragment).to_bytes(2, "little") + self.fragment

    @classmethod
    def read(cls, data: bytes) -> Self:
        at_least(data, FILE_HEAD_BYTES, "FILETRANSFER")
        fragment = exactly(data[FILE_HEAD_BYTES:], number(data[9:11]), "FILETRANSFER's fragment")
        return cls(data[0], number(data[1:5]), number(data[5:9]), fragment)


@dataclass(frozen=True, slots=True)
class MakerCommand:
    """A maker's own command, with the maker's number (OUI)."""

    CODE: ClassVar = CommandCode.MFG
    oui: bytes
    content: bytes

    def data(self) -> bytes:
        return self.oui + self.content

    @classmethod
    def read(cls, data: bytes) -> Self:
        at_least(data, OUI_BYTES, "MFG")
        return cls(data[:OUI_BYTES], data[OUI_BYTES:])


@dataclass(frozen=True, slots=True)
class KeepActive:
    """Keep the card field on for `for_ms` milliseconds."""

    CODE: ClassVar = CommandCode.KEEPACTIVE
    for_ms: int

    def data(self) -> bytes:
        return self.for_ms.to_bytes(2, "little")

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(number(exactly(data, 2, "KEEPACTIVE")))


@dataclass(frozen=True, slots=True)
class OtherCommand:
    """A command that this module gives no shape: biometrics, smart cards, or nothing known."""

    code: int
    content: bytes

    def data(self) -> bytes:
        return self.content


Command = (
    Poll
    | Identify
    | AskCapabilities
    | AskLocal
    | AskInputs
    | AskOutputs
    | AskReaders
    | SetOutputs
    | SetLights
    | Buzz
    | ShowText
    | SetCommunication
    | SetKey
    | Challenge
    | ServerCryptogram
    | TellReceiveSize
    | SendFile
    | MakerCommand
    | Abort
    | KeepActive
    | OtherCommand
)

_SHAPES = (
    Poll,
    Identify,
    AskCapabilities,
    AskLocal,
    AskInputs,
    AskOutputs,
    AskReaders,
    SetOutputs,
    SetLights,
    Buzz,
    ShowText,
    SetCommunication,
    SetKey,
    Challenge,
    ServerCryptogram,
    TellReceiveSize,
    SendFile,
    MakerCommand,
    Abort,
    KeepActive,
)
_READ: dict[int, Callable[[bytes], Command]] = {shape.CODE.value: shape.read for shape in _SHAPES}


def code_of(command: Command) -> int:
    """Return the command's code."""
    return command.code if isinstance(command, OtherCommand) else command.CODE.value


def decode(code: int, data: bytes) -> Command:
    """Return the command with this code and these clear data. Raises WireError where they do not fit."""
    read = _READ.get(code)
    return OtherCommand(code, data) if read is None else read(data)
