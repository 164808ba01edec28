"""What is printed on a card, into the number that readers send, by the style that the office declares.

How numbers are printed is protocols/wiegand's to know; here a person has said which print it is, or nothing,
and then only what can be read in one way is taken: two persons must never share a card by a slip of reading.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING

from protocols.wiegand.printed import PrintedError, Reading, ambiguous, readings

if TYPE_CHECKING:
    from protocols.wiegand.identity import CardNumber

_CANONICAL = re.compile(r"([a-z][a-z0-9.-]*):([0-9A-Fa-f]+)")
_NUMERIC = re.compile(r"[0-9][0-9,，./;:\s-]*")
_HEX_READING = re.compile(r"[0-9]+H")


class Style(StrEnum):
    """How a number is printed, by the names of the trade."""

    CANONICAL = "canonical"
    HEX = "hex"
    D10 = "8H10D"
    D10_REVERSED = "8H10D-reversed"
    D8 = "6H8D"
    D3D5 = "3D5D"
    D5D5 = "5D5D"
    D13 = "10H13D"


class CardFlaw(StrEnum):
    """Why a text is no card number."""

    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"
    TOO_LARGE = "too_large"


_OTHER_NAMES = {"2h4h": Style.D3D5, "4h4h": Style.D5D5, "10h": Style.HEX, "8h": Style.HEX, "10d": Style.D10}
_OTHER_NAMES |= {"13d": Style.D13, "8d": Style.D8, "wg26": Style.D3D5, "wg34": Style.D5D5}
_OTHER_NAMES |= {"16进制": Style.HEX, "十六进制": Style.HEX, "10位十进制": Style.D10}


def read_style(text: str) -> Style | None:
    """Return the style that `text` names, or None."""
    plain = re.sub(r"[\s,，]", "", unicodedata.normalize("NFKC", text)).casefold()
    by_name = {style.value.casefold(): style for style in Style} | _OTHER_NAMES
    return by_name.get(plain)


def read_card(text: str, style: Style | None = None) -> CardNumber | CardFlaw:
    """Return the card whose print is `text`. `style`: as declared; None: only what can be read in one way."""
    text = unicodedata.normalize("NFKC", text).strip()
    if canonical := _CANONICAL.fullmatch(text):
        style, text = Style.CANONICAL, f"{canonical[1]}:{canonical[2].upper()}"
    try:
        found = readings(text)
    except PrintedError:
        return _flaw(text, style)
    if style is None:
        likely = [reading.number for reading in found if reading.likely]
        number = None if ambiguous(found) else likely[0]
        return CardFlaw.AMBIGUOUS if number is None else number
    meant = [reading.number for reading in found if _is(reading, style) and reading.number is not None]
    return meant[0] if meant else _flaw(text, style)


def _is(reading: Reading, style: Style) -> bool:
    name = reading.style.removesuffix(" without comma")
    if style is Style.HEX:
        return _HEX_READING.fullmatch(name) is not None
    return name.replace(" ", "-") == style.value


def _flaw(text: str, style: Style | None) -> CardFlaw:
    declared = style is not None and style is not Style.CANONICAL
    return CardFlaw.TOO_LARGE if declared and _NUMERIC.fullmatch(text) else CardFlaw.UNREADABLE
