"""What a reader's keypad sends: a key as a short frame, or a whole code as a frame like a card's.

A key alone: four bits have nothing to check, eight carry the key and its complement, six have a parity bit at
either end. A whole code: the keypad gathers digits and sends them as a card would be, so that nothing in the
frame tells a code from a card. Whoever may type at such a keypad could type any card's number. Therefore it
must be declared which frames can come of typing; at that reader those are codes, and never cards.

Which of them a keypad sends is set at the reader.
Sources: HID's PINpad 8-bit guide, page 3 (its table misprints 7); CDVI KCPROXWLC, page 25; Rosslare
AY-T6350, page 18, for the six-bit codes and its own variant of them. Whole codes: Rosslare AY-Q54, pages 7-8
(four keys, or one to five, behind a facility; six keys as decimal digits) and AYC-G64, page 25 (decimal
digits, zeros in front); Prastel Easybkw, page 15 (up to eight keys in 30 bits). "number" is what makers call
a virtual card.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from protocols.wiegand.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.wiegand.layout import Format

KEYS = "0123456789*#"
ENDED = "#"  # a keypad that sends a whole code has been told so by a key, or by the last of its digits
MOST_DIGITS = 8  # more than ever a keypad gathers; ten would be every card there is

_CARD_BITS = 16  # of a 26-bit frame: what follows the facility
_HIGHEST_FACILITY = 255


class Keypad(StrEnum):
    """How a keypad sends a key."""

    FOUR = "4"
    SIX = "6"
    SIX_ROSSLARE = "6-rosslare"
    EIGHT = "8"


class CodeFrame(StrEnum):
    """How a keypad sends a whole code."""

    FACILITY_26 = "26-facility"  # 26 bits: the keypad's own facility, and the code as a number
    DECIMAL_26 = "26-decimal"  # 26 bits: six decimal digits of four bits, zeros in front
    NUMBER_26 = "26-number"  # 26 bits: the code as the card's whole number
    NUMBER_30 = "30-number"
    NUMBER_34 = "34-number"


_LAYOUTS: Mapping[CodeFrame, Format] = MappingProxyType(
    {
        CodeFrame.FACILITY_26: FORMATS["W26_CARD24"],
        CodeFrame.DECIMAL_26: FORMATS["W26_CARD24"],
        CodeFrame.NUMBER_26: FORMATS["W26_CARD24"],
        CodeFrame.NUMBER_30: FORMATS["W30_DATA28"],
        CodeFrame.NUMBER_34: FORMATS["W34_CARD32"],
    }
)


@dataclass(frozen=True, slots=True)
class Codes:
    """A keypad that sends whole codes.

    shortest, longest: digits of a code. The wire loses zeros in front; they are put back up to `shortest`.
    `longest` is what the keypad takes, not what anybody uses: a longer number is a card. facility: of
    FACILITY_26 alone; every frame with it is of the keypad.
    """

    frame: CodeFrame
    shortest: int
    longest: int
    facility: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest <= MOST_DIGITS:
            raise ValueError(f"a code has 1 to {MOST_DIGITS} digits, and the shortest is not the longer one")
        if (self.frame is CodeFrame.FACILITY_26) != (self.facility is not None):
            raise ValueError(f'a facility goes with "{CodeFrame.FACILITY_26}", and with nothing else')
        if self.facility is not None and not 0 <= self.facility <= _HIGHEST_FACILITY:
            raise ValueError(f"a facility lies between 0 and {_HIGHEST_FACILITY}")

    @property
    def bits(self) -> int:
        """Length of a frame that holds a code."""
        return _LAYOUTS[self.frame].bits


def _six(nibble: int) -> str:
    """Even parity over the first three bits in front, odd over the last three behind."""
    bits = f"{nibble:04b}"
    front, back = bits[:2], bits[2:]
    even = str(front.count("1") % 2)
    odd = str(1 - back.count("1") % 2)
    return even + bits + odd


def _complemented(nibble: int) -> str:
    return f"{nibble ^ 0xF:04b}{nibble:04b}"


_CODES: Mapping[Keypad, Mapping[str, str]] = MappingProxyType(
    {
        Keypad.FOUR: {f"{value:04b}": key for value, key in enumerate(KEYS)},
        Keypad.SIX: {_six(value): key for value, key in enumerate(KEYS)},
        Keypad.SIX_ROSSLARE: {
            _six(value): key for value, key in zip((10, *range(1, 10), 11, 12), KEYS, strict=True)
        },
        Keypad.EIGHT: {_complemented(value): key for value, key in enumerate(KEYS)},
    }
)


def typed(bits: str, keypad: Keypad | Codes) -> str | None:
    """Return the keys of a frame: of 0-9, * and #, or a whole code with # behind it.

    Usually it is one key; some keypads send several without a rest between them, which only keys that have a
    check can be told by: else a card might be keys. Empty: the frame can only be the keypad's, and is no key
    or code of it. None: it is no frame of the keypad's, and so perhaps a card.
    """
    if isinstance(keypad, Codes):
        return _code(bits, keypad)
    size, codes = frame_bits(keypad), _CODES[keypad]
    if len(bits) == size:
        return codes.get(bits, "")
    if keypad is Keypad.FOUR or not bits or len(bits) % size:
        return None
    keys = [codes.get(bits[at : at + size]) for at in range(0, len(bits), size)]
    return None if None in keys else "".join(key for key in keys if key)


def key_of_byte(byte: int) -> str | None:
    """Return the key that a converter prints as one byte: as text, or as the eight bits it came in."""
    return _BYTES.get(byte)


def frame_bits(keypad: Keypad) -> int:
    """Return how many bits a key has at this keypad."""
    return int(keypad.value[0])


def likely_keypad(bits: str) -> Keypad | None:
    """Return a keypad that sends such a key, or None where no keypad does."""
    return next((keypad for keypad in Keypad if bits in _CODES[keypad]), None)


def perhaps_code(bits: str) -> str | None:
    """Return the code that a keypad which sends whole codes would send as this frame, where that is likely.

    That is a sound frame of 26 or 34 bits whose number leaves the upper half to zeros, as few cards do.
    """
    for layout, most in _LIKELY_CODES:
        if len(bits) == layout.bits and not layout.failures(bits):
            number = layout.values(bits)["card"]
            return str(number) if 0 < number < most else None
    return None


_LIKELY_CODES = (
    (FORMATS["W26_CARD24"], 1 << 16),  # facility 0, which keypads have before anybody sets another
    (FORMATS["W34_CARD32"], 10**6),  # six digits: few codes are longer
)

_BYTES: Mapping[int, str] = MappingProxyType(
    {
        **{ord(key): key for key in KEYS},
        **{int(bits, 2): key for bits, key in _CODES[Keypad.EIGHT].items()},
    }
)


def _code(bits: str, codes: Codes) -> str | None:
    layout = _LAYOUTS[codes.frame]
    if len(bits) != layout.bits or bits.strip("01"):
        return None
    number = layout.values(bits)["card"]
    match codes.frame:
        case CodeFrame.FACILITY_26:
            mine, digits = number >> _CARD_BITS == codes.facility, str(number & ((1 << _CARD_BITS) - 1))
        case CodeFrame.DECIMAL_26:
            digits = f"{number:X}"
            mine = digits.isdecimal() and len(digits) <= codes.longest
        case _:
            mine, digits = number < 10**codes.longest, str(number)
    if not mine:
        return None
    sound = len(digits) <= codes.longest and not layout.failures(bits)
    return digits.zfill(codes.shortest) + ENDED if sound else ""
