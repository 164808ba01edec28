"""What is printed on a card, into the number that readers send, by the style that the office declares.

One EM4100 id is 40 bits: a customer byte and four more. "8H10D" reads "eight hex digits, printed as ten
decimal digits". A bare number of eight digits may be read in three ways, and is refused unless the style is
declared. Sources: cp.ck365.cn/40/detail_198040, 191i.com and seabreezerfid.com, whose examples agree.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from protocols.wiegand.identity import CardNumber, NumberError, reversed_bytes

_HEX_SPACES = {6: "fc8cn16", 8: "uid32", 10: "uid40", 14: "uid56"}
_CANONICAL = re.compile(r"[a-z][a-z0-9.-]*:[0-9A-Fa-f]+")
_PAIR = re.compile(r"(\d{1,5})\s*[,，.]\s*(\d{1,5})")
_BARE_3D5D = re.compile(r"(\d{3})(\d{5})")
_BARE_5D5D = re.compile(r"(\d{5})(\d{5})")
FACILITY_DIGITS = 3
UID32_DIGITS = 10
UID40_DIGITS = 13


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
    if _CANONICAL.fullmatch(text):
        space, _, digits = text.partition(":")
        style, text = Style.CANONICAL, f"{space}:{digits.upper()}"
    known = _guess(text) if style is None else style
    if isinstance(known, CardFlaw):
        return known
    try:
        return _read(text, known) or CardFlaw.UNREADABLE
    except NumberError:
        return CardFlaw.UNREADABLE if known is Style.CANONICAL else CardFlaw.TOO_LARGE


def _guess(text: str) -> Style | CardFlaw:
    if pair := _PAIR.fullmatch(text):
        return Style.D3D5 if len(pair[1]) <= FACILITY_DIGITS else Style.D5D5
    if not text.isascii():
        return CardFlaw.UNREADABLE
    if text.isdecimal():
        by_length = {UID32_DIGITS: Style.D10, UID40_DIGITS: Style.D13}
        return by_length.get(len(text), CardFlaw.AMBIGUOUS)
    return Style.HEX


def _read(text: str, style: Style) -> CardNumber | None:
    match style:
        case Style.CANONICAL:
            return CardNumber.parse(text)
        case Style.HEX:
            return _hex(text)
        case Style.D3D5 | Style.D5D5:
            return _pair(text, style)
        case Style.D10 | Style.D10_REVERSED | Style.D8 | Style.D13:
            return _decimal(text, style)


def _hex(text: str) -> CardNumber | None:
    digits = re.sub(r"[\s:-]", "", text.removeprefix("0x"))
    space = _HEX_SPACES.get(len(digits))
    if space is None or re.fullmatch(r"[0-9A-Fa-f]+", digits, re.ASCII) is None:
        return None
    return CardNumber(space, int(digits, 16))


def _pair(text: str, style: Style) -> CardNumber | None:
    bare = _BARE_3D5D if style is Style.D3D5 else _BARE_5D5D
    found = _PAIR.fullmatch(text) or bare.fullmatch(text)
    if found is None:
        return None
    high, low = int(found[1]), int(found[2])
    if low >> 16 or high >> (8 if style is Style.D3D5 else 16):
        raise NumberError("a part of the number is larger than its bits")
    return CardNumber("fc8cn16" if style is Style.D3D5 else "uid32", high << 16 | low)


def _decimal(text: str, style: Style) -> CardNumber | None:
    if re.fullmatch(r"[0-9]{1,13}", text) is None:
        return None
    value = int(text)
    if style is Style.D8:
        return CardNumber("fc8cn16", value)
    if style is Style.D13:
        return CardNumber("uid40", value)
    number = CardNumber("uid32", value)
    return CardNumber("uid32", reversed_bytes(value, 4)) if style is Style.D10_REVERSED else number
