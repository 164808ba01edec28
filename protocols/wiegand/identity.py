"""One card, one number: the canonical identity that every reader of a building agrees on.

The same chip is 26 bits at one reader, 34 at the next and reversed at a third. An identity is a number in a
*space*; layouts that carry the same thing share the space, and byte order is put right before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.errors import WireError
from protocols.wiegand.formats import SPACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SITE = re.compile(r"site\.[a-z0-9-]{2,24}\.(\d{1,3})")
_WIDEST_BITS = 128  # no frame is longer, so no number is


class NumberError(WireError):
    """This text or value is no card number."""


def width_of(space: str) -> int:
    """Return the bits of a space. A space of a site's own format says its width in its name."""
    if space in SPACES:
        return SPACES[space]
    own = _SITE.fullmatch(space)
    if own is None or not 0 < int(own[1]) <= _WIDEST_BITS:
        raise NumberError(f"{space!r} is no identity space")
    return int(own[1])


@dataclass(frozen=True, slots=True)
class CardNumber:
    """The identity of a card. Its text, such as `uid32:0A1B2C3D`, is what the keyed digest is made of."""

    space: str
    value: int

    def __post_init__(self) -> None:
        if not 0 <= self.value < 1 << width_of(self.space):
            raise NumberError(f"the number does not fit the space {self.space}")

    def __str__(self) -> str:
        digits = (width_of(self.space) + 3) // 4
        return f"{self.space}:{self.value:0{digits}X}"

    @classmethod
    def parse(cls, text: str) -> CardNumber:
        """Read the canonical text. NumberError for anything that `str` would not have written."""
        space, colon, digits = text.partition(":")
        if not colon or re.fullmatch(r"[0-9A-F]{1,32}", digits) is None:
            raise NumberError("a card number is written like uid32:0A1B2C3D")
        number = cls(space, int(digits, 16))
        if str(number) != text:
            raise NumberError(f"a number of {space} has {(width_of(space) + 3) // 4} digits")
        return number


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a reader that sends fewer bits makes of a card. `how` says which bits it leaves out."""

    number: CardNumber
    how: str


def reversed_bytes(value: int, size: int) -> int:
    """Turn the bytes of a number of `size` bytes round."""
    return int.from_bytes(value.to_bytes(size, "big"), "little")


def narrowed(number: CardNumber) -> tuple[Narrowed, ...]:
    """Return what readers that drop bytes would send for this card; nothing for spaces without such readers.

    A 26-bit reader on a 4-byte chip drops one byte, and which one differs by maker; both byte orders occur.
    """
    found: list[Narrowed] = []
    value = number.value
    if number.space == "uid40":  # EM4100: a customer byte, then the four that most readers send
        low = CardNumber("uid32", value & 0xFFFFFFFF)
        found.append(Narrowed(low, "the first byte dropped"))
        found += narrowed(low)
    elif number.space == "uid32":
        turned = reversed_bytes(value, 4)
        found += [
            Narrowed(CardNumber("fc8cn16", value & 0xFFFFFF), "the first byte dropped"),
            Narrowed(CardNumber("fc8cn16", value >> 8), "the last byte dropped"),
            Narrowed(CardNumber("fc8cn16", turned & 0xFFFFFF), "bytes reversed, the last byte dropped"),
            Narrowed(CardNumber("fc8cn16", turned >> 8), "bytes reversed, the first byte dropped"),
        ]
    elif number.space == "uid56":
        found += [
            Narrowed(CardNumber("uid32", value & 0xFFFFFFFF), "the first three bytes dropped"),
            Narrowed(CardNumber("uid32", value >> 24), "the last three bytes dropped"),
        ]
    return tuple(found)


def collisions(numbers: Iterable[CardNumber], *, how: str) -> Mapping[CardNumber, tuple[CardNumber, ...]]:
    """Return, for readers that narrow by `how`, each narrow number that more than one card would give.

    Two such cards are one card to that reader: whoever binds them must be told before both are issued.
    """
    groups: dict[CardNumber, set[CardNumber]] = {}
    for number in numbers:
        groups.setdefault(number, set()).add(number)
        for narrow in narrowed(number):
            if narrow.how == how:
                groups.setdefault(narrow.number, set()).add(number)
    return {narrow: tuple(sorted(cards, key=str)) for narrow, cards in groups.items() if len(cards) > 1}
