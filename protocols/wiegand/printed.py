"""Every reading of a number that is printed on a card or typed by a person.

One EM4100 id is 40 bits: a customer byte and four more. The trade prints it in eight ways, with names such as
"8H10D": eight hex digits, printed as ten decimal digits. A reading is *likely* when a card with that print
looks just so; the others are what a slip of typing, or a reader with the other byte order, makes of it.
Sources: the card vendors' pages cp.ck365.cn/40/detail_198040, 191i.com and seabreezerfid.com, which agree.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.errors import WireError
from protocols.wiegand.identity import SHORTENINGS, CardNumber, reversed_bytes, shortened, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_TEXT = 64  # the longest id there is has 20 decimal digits; separators may stand between them

_HEX_SPACES = {6: "fc8cn16", 8: "uid32", 10: "uid40", 14: "uid56", 16: "uid64"}
_PAIR = re.compile(r"(\d{1,5})\s*[,./;:\s-]\s*(\d{1,5})", re.ASCII)
_GROUPED_HEX = re.compile(r"[0-9A-Fa-f]{2}(?:[\s:-]?[0-9A-Fa-f]{2})+")
_SPREADSHEET = re.compile(
    r"^'|(?<=\d)\.0$"
)  # what is no digit of the number: a mark of text, a whole number's .0
_ROUNDED = re.compile(r"\d[.,]\d+[eE]\+?\d+")
_U32_DIGITS, _U24_DIGITS, _U40_DIGITS = 10, 8, 13
_FACILITY_DIGITS = 3
_CARD_BITS = 16
_BYTE, _WORD, _U24, _U32, _U40 = 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF


class PrintedError(WireError):
    """Nothing of this text can be a card number. kind: "long" | "shortened" | "none", for translations."""

    def __init__(self, kind: str) -> None:
        super().__init__(_WHY_NOT[kind])
        self.kind = kind


_WHY_NOT = {
    "long": f"longer than {LONGEST_TEXT} characters: no card number",
    "shortened": "a spreadsheet has rounded it: format the column as text, and enter it again",
    "none": "not a number that cards bear: decimal, hex, or two numbers with a comma between",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading. number: None for a print that leaves out too much to tell a card."""

    style: str
    number: CardNumber | None
    likely: bool


def readings(text: str) -> tuple[Reading, ...]:
    """Return every reading of `text`, the likely ones first. PrintedError when there is none."""
    if len(text) > LONGEST_TEXT:
        raise PrintedError("long")
    plain = _SPREADSHEET.sub("", unicodedata.normalize("NFKC", text).strip())
    if _ROUNDED.fullmatch(plain):
        raise PrintedError("shortened")
    found = sorted(_all(plain), key=lambda reading: not reading.likely)
    if not found:
        raise PrintedError("none")
    return tuple(dict.fromkeys(found))


def ambiguous(found: tuple[Reading, ...]) -> bool:
    """Say whether the likely readings name more than one card, or none for certain."""
    named = {reading.number for reading in found if reading.likely}
    return len(named) != 1 or None in named


def prints(number: CardNumber) -> Mapping[str, str]:
    """Return the ways in which the trade prints this card, by name; empty for other kinds of numbers."""
    value = number.value
    shown: dict[str, str] = {}
    if number.space == "uid40":
        shown["10H"] = f"{value:010X}"
        shown["10H13D"] = f"{value:013d}"
    if number.space in {"uid40", "uid32"}:
        low = value & _U32
        shown["8H"] = f"{low:08X}"
        shown["8H10D"] = f"{low:010d}"
        shown["8H10D reversed"] = f"{reversed_bytes(low, 4):010d}"
        shown["5D5D"] = f"{low >> 16:05d},{low & _WORD:05d}"
    if number.space in {"uid40", "uid32", "fc8cn16"}:
        shown["6H8D"] = f"{value & _U24:08d}"
        shown["3D5D"] = f"{value >> 16 & _BYTE:03d},{value & _WORD:05d}"
        shown["4H5D"] = f"{value & _WORD:05d}"
    return shown


def seen_by_readers(number: CardNumber) -> Mapping[str, CardNumber]:
    """Return what readers of each kind make of this card, by the kind's name (SHORTENINGS, or its own space).

    Readers that send the whole of it are the first.
    """
    return {number.space: number, **shortened(number, SHORTENINGS)}


def _all(text: str) -> Iterator[Reading]:
    if re.fullmatch(r"[a-z][a-z0-9.-]*:[0-9A-F]+", text):
        try:
            yield Reading("canonical", CardNumber.parse(text), likely=True)
        except WireError as error:
            raise PrintedError("none") from error
        return
    pair = _PAIR.fullmatch(text)
    if pair is not None:
        yield from _pair(pair[1], pair[2])
    if re.fullmatch(r"[0-9]+", text):
        yield from _decimal(text)
    yield from _hexadecimal(text)


def _pair(first: str, second: str) -> Iterator[Reading]:
    high, low = int(first), int(second)
    if low > _WORD or high > _WORD:
        return
    short = len(first) <= _FACILITY_DIGITS
    if high <= _BYTE and short:
        yield Reading("3D5D", CardNumber("fc8cn16", high << _CARD_BITS | low), likely=True)
    yield Reading("5D5D", CardNumber("uid32", high << _CARD_BITS | low), likely=not short)


def _decimal(text: str) -> Iterator[Reading]:
    value, count = int(text), len(text)
    cut = not text.startswith("0")  # a spreadsheet takes leading zeros away, and leaves none behind
    if count <= _U32_DIGITS and value <= _U32:
        yield Reading("8H10D", CardNumber("uid32", value), likely=cut or count == _U32_DIGITS)
        yield Reading("8H10D reversed", CardNumber("uid32", reversed_bytes(value, 4)), likely=False)
    if count <= _U24_DIGITS and value <= _U24:
        yield Reading("6H8D", CardNumber("fc8cn16", value), likely=cut or count == _U24_DIGITS)
    if count == _U24_DIGITS:
        high, low = int(text[:_FACILITY_DIGITS]), int(text[_FACILITY_DIGITS:])
        if high <= _BYTE and low <= _WORD:
            number = CardNumber("fc8cn16", high << _CARD_BITS | low)
            yield Reading("3D5D without comma", number, likely=True)
    if count == _U32_DIGITS:
        high, low = int(text[:5]), int(text[5:])
        if high <= _WORD and low <= _WORD:
            number = CardNumber("uid32", high << _CARD_BITS | low)
            yield Reading("5D5D without comma", number, likely=False)
    if _U32_DIGITS < count <= _U40_DIGITS and value <= _U40:
        yield Reading("10H13D", CardNumber("uid40", value), likely=cut or count == _U40_DIGITS)
    if count <= len(str(_WORD)) and value <= _WORD:
        yield Reading("4H5D", None, likely=True)


def _hexadecimal(text: str) -> Iterator[Reading]:
    bare = text.removeprefix("0x").removeprefix("0X")
    if not _GROUPED_HEX.fullmatch(bare):
        return
    digits = re.sub(r"[\s:-]", "", bare)
    space = _HEX_SPACES.get(len(digits))
    if space is None:
        return
    value, size = int(digits, 16), width_of(space) // 8
    certain = bare != text or not digits.isdecimal() or len(digits) > _U40_DIGITS
    yield Reading(f"{len(digits)}H", CardNumber(space, value), likely=certain)
    turned = CardNumber(space, reversed_bytes(value, size))
    yield Reading(f"{len(digits)}H reversed", turned, likely=False)
