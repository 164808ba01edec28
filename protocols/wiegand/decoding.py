"""Bits of a frame into a card, and into words for the person who holds the wires.

A frame counts only when every bit of it fits a format that the reader may give; there is no nearest match.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from protocols.errors import WireError
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.identity import CardNumber
from protocols.wiegand.keypads import perhaps_code
from protocols.wiegand.layout import LONGEST_BITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from protocols.wiegand.layout import Format

_COMPLEMENT = str.maketrans("01", "10")
_DOUBLED = 2  # a frame of twice the length is two frames run together
_TURNED = {  # the same frame with its bytes in the other order
    "W32_CSN": "W32_CSN_REV",
    "W32_CSN_REV": "W32_CSN",
    "W34_CARD32": "W34_CARD32_REV",
    "W34_CARD32_REV": "W34_CARD32",
}


class BitsError(WireError):
    """This is no frame: something other than 0 and 1, none, or too many."""


@dataclass(frozen=True, slots=True)
class Card:
    """A frame that fits `format`. `number` is who it is; `fields` are what a manual calls its parts."""

    format: str
    fields: Mapping[str, int]
    number: CardNumber


@dataclass(frozen=True, slots=True)
class Rejected:
    """A format that does not fit. `why`: the checks that fail, "length" | "fixed" | "lrc" | "parity@N"."""

    format: str
    why: tuple[str, ...]


_WORDS = {
    "swapped": "D0 and D1 probably swapped: the complement passes {format}",
    "backwards": "bits perhaps in reverse order: read backwards they pass {format}",
    "one_short": "{bits} bits: one bit of {length} was lost; look at the wire, the ground and the gap",
    "one_long": "{bits} bits: one more than {length}; a noise pulse, look at the shield and the ground",
    "doubled": "{bits} bits: two frames of {length} run together; the gap is set too long",
    "no_such_length": "no checked format has {bits} bits; the formats looked at have {lengths}",
    "unchecked": "no check bits: only the length fits, so a noisy line could have made this",
    "several": "several cards fit one frame: only the reader's own list of formats can tell which is meant",
    "typed": "perhaps no card: a keypad that sends whole codes sends {code} so; declare it (keypad_codes)",
    "byte_order": "a reader with the other byte order shows this card as {number} ({hex})",
}


@dataclass(frozen=True, slots=True)
class Hint:
    """What to look at first. kind: stable, for translations; the text is English."""

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return _WORDS[self.kind].format(**self.values)


@dataclass(frozen=True, slots=True)
class Explanation:
    """All readings of a frame, all refusals, and what to look at first (empty: nothing to say)."""

    bits: str
    matches: tuple[Card, ...]
    rejected: tuple[Rejected, ...]
    hints: tuple[Hint, ...]


def decode(bits: str, allowed: Sequence[str], table: Mapping[str, Format] = FORMATS) -> Card | None:
    """Return the card in `bits`, or None when no allowed format fits, or two that disagree on who it is.

    bits: "0" and "1" in the order they arrived, parity included. Whatever else it holds is None too: a reader
    may be broken. allowed: ids of the formats this reader may give; the first that fits names the card.
    """
    if not _is_frame(bits):
        return None
    cards = [_card(table[name], bits) for name in allowed if not table[name].failures(bits)]
    if not cards or any(card.number != cards[0].number for card in cards):
        return None
    return cards[0]


def explain(
    bits: str, allowed: Sequence[str] | None = None, table: Mapping[str, Format] = FORMATS
) -> Explanation:
    """Return every reading of `bits` among `allowed` (None: all formats), and hints at swapped wires.

    Raises BitsError when `bits` is no frame, and KeyError for a format that the table does not hold.
    """
    if not _is_frame(bits):
        raise BitsError(f"a frame is 1 to {LONGEST_BITS} digits, each 0 or 1")
    layouts = [table[name] for name in (table if allowed is None else allowed)]
    matches, rejected = [], []
    for layout in layouts:
        failures = layout.failures(bits)
        if failures:
            rejected.append(Rejected(layout.id, failures))
        else:
            matches.append(_card(layout, bits))
    return Explanation(bits, tuple(matches), tuple(rejected), tuple(_hints(bits, layouts, matches)))


def swapped(bits: str, layouts: Iterable[Format]) -> str | None:
    """Return the id of a checked format that the complement of `bits` fits while `bits` itself does not.

    That is what D0 and D1 exchanged look like. Groups of even size cannot show it.
    """
    turned = bits.translate(_COMPLEMENT)
    for layout in layouts:
        if layout.checked and layout.failures(bits) and not layout.failures(turned):
            return layout.id
    return None


def overlapping(allowed: Sequence[str], table: Mapping[str, Format] = FORMATS) -> tuple[tuple[str, str], ...]:
    """Return the pairs of formats that one frame can fit while meaning two different cards.

    A reader must not be given both: `decode` refuses such a frame. Two layouts of one length whose checks
    contradict each other never meet, and are no pair.
    """
    found = []
    for place, first in enumerate(allowed):
        for second in allowed[place + 1 :]:
            one, other = table[first], table[second]
            same_length = first != second and one.bits == other.bits
            if same_length and _number_rule(one) != _number_rule(other) and _can_meet(one, other):
                found.append((first, second))
    return tuple(found)


def _is_frame(bits: str) -> bool:
    return 0 < len(bits) <= LONGEST_BITS and not bits.strip("01")


def _card(layout: Format, bits: str) -> Card:
    values = layout.values(bits)
    return Card(layout.id, values, CardNumber(layout.space, layout.number(values)))


def _number_rule(layout: Format) -> tuple[str, tuple[int, ...]]:
    return layout.space, tuple(at for field in layout.fields for at in field.positions)


def _can_meet(one: Format, other: Format) -> bool:
    """Say whether any frame passes the checks of both: solve their parity rules as equations over one bit.

    An XOR over units is left out, so a pair may be called meeting that is not: the safe side.
    """
    rows: list[tuple[int, int]] = []
    for layout in (one, other):
        rows += [(rule.mask, int(rule.odd)) for rule in layout.parity]
        rows += [(1 << (layout.bits - 1 - at), value) for at, value in layout.fixed]
    solved: list[tuple[int, int]] = []
    for start_mask, start_value in rows:
        mask, value = start_mask, start_value
        for pivot, right in solved:
            if mask ^ pivot < mask:  # the pivot's highest bit is set in mask
                mask, value = mask ^ pivot, value ^ right
        if mask:
            solved.append((mask, value))
            solved.sort(reverse=True)
        elif value:
            return False
    return True


def _hints(bits: str, layouts: Sequence[Format], matches: Sequence[Card]) -> Iterable[Hint]:
    checked = [layout for layout in layouts if layout.checked]
    certain = [card for card in matches if any(layout.id == card.format for layout in checked)]
    if not certain:
        yield from _faults(bits, checked)
    if matches and not certain:
        yield Hint("unchecked")
    if len({card.number for card in matches}) > 1:
        yield Hint("several")
    code = perhaps_code(bits) if matches else None
    if code is not None:
        yield Hint("typed", {"code": code})
    for card in matches:
        if card.format in _TURNED and _TURNED[card.format] not in {other.format for other in matches}:
            turned = FORMATS[_TURNED[card.format]].values(bits)["card"]
            yield Hint("byte_order", {"number": str(turned), "hex": f"{turned:08X}"})


def _faults(bits: str, checked: Sequence[Format]) -> Iterable[Hint]:
    exchanged = swapped(bits, checked)
    if exchanged is not None:
        yield Hint("swapped", {"format": exchanged})
    backwards = [layout.id for layout in checked if not layout.failures(bits[::-1])]
    if backwards:
        yield Hint("backwards", {"format": backwards[0]})
    lengths = sorted({layout.bits for layout in checked})
    if lengths and len(bits) not in lengths:
        yield _about_length(len(bits), lengths)


def _about_length(count: int, lengths: Sequence[int]) -> Hint:
    near = [length for length in lengths if abs(length - count) == 1]
    if len(near) == 1:
        kind = "one_short" if near[0] > count else "one_long"
        return Hint(kind, {"bits": str(count), "length": str(near[0])})
    if any(count == _DOUBLED * length for length in lengths):
        return Hint("doubled", {"bits": str(count), "length": str(count // _DOUBLED)})
    return Hint("no_such_length", {"bits": str(count), "lengths": ", ".join(map(str, lengths))})
