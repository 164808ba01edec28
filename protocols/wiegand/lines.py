"""What serial readers and Wiegand-to-serial converters print, into frames: by a description, not by code.

Three shapes cover what is sold. A *line* of digits with an end of line; the *RDM6300* shape (start, ten hex
digits, two of check, end); the *length* shape (start, length, type, serial number, check, end). The number is
written into the frame of a format of ours, so that the same card is the same card at every kind of reader.
A converter that prints the bits as they came hides nothing: its line is the frame, with its parity, and with
what was lost.

Sources: RDM6300 as in flaviut/rdm6300 and KC-GMY/Cero-Core; the length shape from the Rhombus dual-frequency
module's page; WIE232 from Priority1Design; ten decimal digits, and a key as one byte, from S4A's converter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from protocols.wiegand.formats import FORMATS
from protocols.wiegand.identity import reversed_bytes
from protocols.wiegand.keypads import key_of_byte
from protocols.wiegand.layout import LONGEST_BITS, SHORTEST_BITS

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_LINE = (
    64  # no card number is longer; a line that is, is noise. A frame's own bits are as many as they are
)
START, END = 0x02, 0x03
_ENDS_OF_LINE = b"\r\n"
_RDM_BYTES = 14
_RDM_ID_DIGITS = 10
_LENGTH_BYTES = 9  # start, length, type, four of serial number, check, end: the length byte counts them all
_CARD_FIELD = "card"


class Shape(StrEnum):
    """How the reader frames what it says."""

    LINE = "line"
    RDM6300 = "rdm6300"
    LENGTH = "length"


class Digits(StrEnum):
    """How a line writes its number."""

    HEX = "hex"
    DECIMAL = "decimal"
    BITS = "bits"  # the frame itself, 0 and 1


@dataclass(frozen=True, slots=True)
class Description:
    """One make of reader. format: the frame its number is written into; it has the one field `card`.

    None with digits BITS, and only there: the frame is what it is.
    digits, count: of a line; count None takes any number of them. reversed_bytes: the reader sends the last
    byte first. byte_keys: a byte alone, and then silence, is a key. A number that does not fit the format is
    noise, and is never cut to fit.
    """

    shape: Shape
    format: str | None
    digits: Digits = Digits.HEX
    count: int | None = None
    reversed_bytes: bool = False
    byte_keys: bool = False

    def __post_init__(self) -> None:
        if (self.digits is Digits.BITS) != (self.format is None):
            raise ValueError("bits are a frame of some format already: give the one or the other")
        if self.digits is Digits.BITS and (self.reversed_bytes or self.shape is not Shape.LINE):
            raise ValueError("bits come as lines, in the order of the wire")
        if self.count is not None and not 1 <= self.count <= self.longest:
            raise ValueError(f"a line has 1 to {self.longest} digits")
        if self.byte_keys and self.shape is not Shape.LINE:
            raise ValueError("keys as single bytes come with lines, and with no other shape")
        if self.format is not None:
            self._number_format(self.format)

    @property
    def longest(self) -> int:
        """Characters of a line at the most."""
        return LONGEST_BITS if self.digits is Digits.BITS else LONGEST_LINE

    def _number_format(self, name: str) -> None:
        layout = FORMATS.get(name)
        if layout is None or [field.name for field in layout.fields] != [_CARD_FIELD]:
            raise ValueError(
                f"{self.format!r} is no format of one number: take W40_RAW, W32_CSN, W26_CARD24 …"
            )
        if self.reversed_bytes and layout.number_bits % 8:
            raise ValueError(f"{self.format} has no whole bytes to turn round")


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that were no card. dropped: the first of them; count: how many there were."""

    dropped: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed: one of 0-9, * and #."""

    key: str


class Reader:
    """Turn received bytes into frames. Never reads, waits or logs."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._layout = None if description.format is None else FORMATS[description.format]
        self._held = b""
        self._too_long = False

    def receive(self, data: bytes) -> None:
        """Take bytes in any split."""
        self._held += data

    def silence(self) -> Noise | Key | None:
        """Note that the line has been silent: what is half is thrown away, but a byte alone may be a key."""
        self._too_long = False
        key = key_of_byte(self._held[0]) if self._description.byte_keys and len(self._held) == 1 else None
        if key is not None:
            self._held = b""
            return Key(key)
        return self._drop(len(self._held)) if self._held else None

    def next(self) -> str | Noise | None:
        """Return the bits of the next card, the next noise, or None when more bytes are needed."""
        match self._description.shape:
            case Shape.LINE:
                return self._line()
            case Shape.RDM6300:
                return self._framed(_RDM_BYTES, _rdm6300)
            case Shape.LENGTH:
                return self._framed(_LENGTH_BYTES, _length)
            case _:
                assert_never(self._description.shape)

    def _line(self) -> str | Noise | None:
        held = self._held.lstrip(_ENDS_OF_LINE) if not self._too_long else self._held
        end = next((at for at, byte in enumerate(held) if byte in _ENDS_OF_LINE), None)
        if end is None:
            self._held = held
            self._too_long = self._too_long or len(held) > self._description.longest
            return self._drop(len(held)) if held and self._too_long else None
        line, self._held = held[:end], held[end + 1 :]
        if self._too_long or len(line) > self._description.longest:
            self._too_long = False  # its tail could look like a card of its own: it went with it
            return _noise(line)
        plain = line.strip(b" \t")
        if self._description.digits is Digits.BITS:
            return _frame(plain, self._description) or _noise(line)
        return self._bits(_number(plain, self._description)) or _noise(line)

    def _framed(self, size: int, read: Callable[[bytes], int | None]) -> str | Noise | None:
        start = self._held.find(START)
        if start != 0:
            return self._drop(len(self._held) if start < 0 else start) if self._held else None
        again = self._held.find(START, 1, size)
        whole = len(self._held) >= size
        value = read(self._held[:size]) if whole else None
        if value is not None:
            frame, self._held = self._held[:size], self._held[size:]
            return self._bits(value) or _noise(frame)
        if self._description.shape is Shape.RDM6300 and again > 0:  # hex digits never hold a start
            return self._drop(again)
        return self._drop(1) if whole else None

    def _bits(self, value: int | None) -> str | None:
        layout = self._layout
        if value is None or layout is None or value >> layout.number_bits:
            return None
        if self._description.reversed_bytes:
            value = reversed_bytes(value, layout.number_bits // 8)
        return layout.encode({_CARD_FIELD: value})

    def _drop(self, count: int) -> Noise:
        dropped, self._held = self._held[:count], self._held[count:]
        return _noise(dropped)


def _noise(dropped: bytes) -> Noise:
    return Noise(dropped[:LONGEST_LINE], len(dropped))


def _frame(line: bytes, description: Description) -> str | None:
    """Read the bits of a frame, or of a key."""
    fits = description.count in {None, len(line)} and len(line) >= SHORTEST_BITS
    return line.decode("ascii") if fits and not line.strip(b"01") else None


def _number(line: bytes, description: Description) -> int | None:
    decimal = description.digits is Digits.DECIMAL
    if re.fullmatch(rb"[0-9]+" if decimal else rb"[0-9A-Fa-f]+", line) is None:
        return None
    if description.count is not None and len(line) != description.count:
        return None
    return int(line, 10 if decimal else 16)


def _rdm6300(frame: bytes) -> int | None:
    """Read start, ten hex digits, two of the XOR of their five bytes, end."""
    digits = frame[1:-1]
    if frame[-1] != END or re.fullmatch(rb"[0-9A-Fa-f]{12}", digits) is None:
        return None
    *body, check = bytes.fromhex(digits.decode("ascii"))
    return int(digits[:_RDM_ID_DIGITS], 16) if _xor(bytes(body)) == check else None


def _length(frame: bytes) -> int | None:
    """Read start, length of all, type, four bytes of serial number, XOR of what is between, end."""
    if frame[1] != _LENGTH_BYTES or frame[-1] != END or _xor(frame[1:-2]) != frame[-2]:
        return None
    return int.from_bytes(frame[3:-2], "big")


def _xor(data: bytes) -> int:
    result = 0
    for byte in data:
        result ^= byte
    return result
