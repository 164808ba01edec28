"""Keys that a reader's keypad sends as short frames.

Four bits are the key alone, with nothing to check. Eight bits carry the key and its complement. Six bits
have a parity bit at either end. Which of them a keypad sends is set at the reader and must be configured.
Sources: HID's PINpad 8-bit guide, page 3 (its table misprints 7); CDVI KCPROXWLC, page 25; Rosslare AY-T6350,
page 18, for the six-bit codes and its own variant of them.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = "0123456789*#"


class Keypad(StrEnum):
    """How a keypad sends its keys."""

    FOUR = "4"
    SIX = "6"
    SIX_ROSSLARE = "6-rosslare"
    EIGHT = "8"


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


def key(bits: str, keypad: Keypad) -> str | None:
    """Return the key of a frame, one of 0-9, * and #; None when it is no key of this keypad."""
    return _CODES[keypad].get(bits)


def frame_bits(keypad: Keypad) -> int:
    """Return how many bits a key has at this keypad: a frame of another length is a card."""
    return int(keypad.value[0])
