"""One card, one number: the canonical identity that every reader of a building agrees on.

The same chip is 26 bits at one reader, 34 at the next and reversed at a third. An identity is a number in a
*space*; layouts that carry the same thing share the space, and byte order is put right before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from protocols.errors import WireError
from protocols.wiegand.formats import SPACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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


def reversed_bytes(value: int, size: int) -> int:
    """Turn the bytes of a number of `size` bytes round."""
    return int.from_bytes(value.to_bytes(size, "big"), "little")


def lookalikes(number: CardNumber) -> dict[str, CardNumber]:
    """Return what the same card is at a reader that is wrongly wired or set, by what is wrong.

    "card_inverted": D0 and D1 are exchanged, and no check tells it. "card_reversed": the bytes come in the
    other order, which no check ever tells. A number that looks the same either way is not among them.
    """
    width = width_of(number.space)
    found = {"card_inverted": CardNumber(number.space, number.value ^ ((1 << width) - 1))}
    if width % 8 == 0:
        found["card_reversed"] = CardNumber(number.space, reversed_bytes(number.value, width // 8))
    return {what: other for what, other in found.items() if other != number}


@dataclass(frozen=True, slots=True)
class Shortening:
    """How a kind of reader shortens a card: to a number of `space`. `how` says which bytes it leaves out.

    of: by the space of the card, what is made of its value.
    """

    space: str
    how: str
    of: Mapping[str, Callable[[int], int]]


def _last_four(value: int) -> int:
    return value & 0xFFFFFFFF


def _last_three(value: int) -> int:
    return value & 0xFFFFFF


def _first_three(value: int) -> int:
    return _last_four(value) >> 8  # of an EM4100 number, its customer byte aside


def _reversed_first_three(value: int) -> int:
    return reversed_bytes(_last_four(value), 4) & 0xFFFFFF


def _reversed_last_three(value: int) -> int:
    return reversed_bytes(_last_four(value), 4) >> 8


def _first_four_of_seven(value: int) -> int:
    return value >> 24


def _chip(turn: Callable[[int], int]) -> Mapping[str, Callable[[int], int]]:
    return MappingProxyType({"uid32": turn, "uid40": turn})


SHORTENINGS: Mapping[str, Shortening] = MappingProxyType(
    {
        "uid32": Shortening("uid32", "the first byte dropped", MappingProxyType({"uid40": _last_four})),
        "fc8cn16": Shortening("fc8cn16", "the first byte dropped", _chip(_last_three)),
        "fc8cn16-first": Shortening("fc8cn16", "the last byte dropped", _chip(_first_three)),
        "fc8cn16-first-reversed": Shortening(
            "fc8cn16", "bytes reversed, the last byte dropped", _chip(_reversed_first_three)
        ),
        "fc8cn16-reversed": Shortening(
            "fc8cn16", "bytes reversed, the first byte dropped", _chip(_reversed_last_three)
        ),
        "uid32-last": Shortening(
            "uid32", "the first three bytes dropped", MappingProxyType({"uid56": _last_four})
        ),
        "uid32-first": Shortening(
            "uid32", "the last three bytes dropped", MappingProxyType({"uid56": _first_four_of_seven})
        ),
    }
)
"""The kinds of readers that send less than the card holds, by name.

A name that is a space's is the way of the trade: `fc8cn16` are the last three bytes, the 3D5D that many cards
bear beside their 8H10D, and `uid32` are the last four of an EM4100 number. The others are makers' ways, which
no frame tells: they count only where a person has declared them for the readers of a place.
"""


def shortened(number: CardNumber, kinds: Iterable[str]) -> dict[str, CardNumber]:
    """Return what readers of `kinds` (of SHORTENINGS) make of a card, by kind.

    A kind that has nothing to leave out of this card is not among them.
    """
    found: dict[str, CardNumber] = {}
    for kind in kinds:
        way = SHORTENINGS[kind]
        turn = way.of.get(number.space)
        if turn is not None:
            found[kind] = CardNumber(way.space, turn(number.value))
    return found
