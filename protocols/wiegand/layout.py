"""One layout of a Wiegand frame as data, and the one engine that reads and makes frames by it.

Positions count from 0, the first bit that arrived. A frame is always text of "0" and "1", never a bare
number: a leading zero is data, and a number would lose it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHORTEST_BITS = 4  # one key of a keypad is the shortest thing a reader sends
LONGEST_BITS = 128  # the longest layout in use has 75; beyond 128 it is a stuck or babbling line

_RUN = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_PARITY = re.compile(r"(\d{1,3}) (even|odd) ([\d,-]+)")
_XOR = re.compile(r"(\d{1,3})-(\d{1,3}) = ([48])-bit units of (\d{1,3})-(\d{1,3})")
_FIXED = re.compile(r"(\d{1,3})=([01])")
_ID = re.compile(r"[A-Z0-9][A-Z0-9_]{1,23}")
_FIELD = re.compile(r"[a-z][a-z_]{0,15}")


@dataclass(frozen=True, slots=True)
class Field:
    """A number in the frame. `positions`: most significant first, in any order on the wire."""

    name: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parity:
    """The bit `at` makes the count of ones over itself and `mask` even or odd."""

    at: int
    odd: bool
    mask: int  # of the whole frame as a number, the parity bit included


@dataclass(frozen=True, slots=True)
class Xor:
    """The bits `first`..`last` hold the XOR of all `unit`-bit groups of `over_first`..`over_last`."""

    first: int
    last: int
    unit: int
    over_first: int
    over_last: int


@dataclass(frozen=True, slots=True)
class Format:
    """One layout. `space`: the identity space in which its fields, in order, make one number."""

    id: str
    name: str
    bits: int
    fields: tuple[Field, ...]
    parity: tuple[Parity, ...]
    fixed: tuple[tuple[int, int], ...]
    xor: Xor | None
    space: str

    @property
    def checked(self) -> bool:
        """Say whether anything but the length can tell a good frame from a damaged one."""
        return bool(self.parity or self.xor)

    @property
    def number_bits(self) -> int:
        """Width of all fields together."""
        return sum(len(field.positions) for field in self.fields)

    def failures(self, bits: str) -> tuple[str, ...]:
        """Say what does not hold: "length", "fixed", "lrc", "parity@N" for the parity bit at N; sorted."""
        if len(bits) != self.bits:
            return ("length",)
        frame = int(bits, 2)
        wrong = [f"parity@{rule.at}" for rule in self.parity if not _holds(rule, frame)]
        if any(bits[at] != str(value) for at, value in self.fixed):
            wrong.append("fixed")
        if self.xor is not None and _xor_of(self.xor, bits) != int(
            bits[self.xor.first : self.xor.last + 1], 2
        ):
            wrong.append("lrc")
        return tuple(sorted(wrong))

    def values(self, bits: str) -> dict[str, int]:
        """Return the fields of a frame that has this length."""
        return {field.name: int("".join([bits[at] for at in field.positions]), 2) for field in self.fields}

    def number(self, values: Mapping[str, int]) -> int:
        """Join all fields, in the layout's order, into the one number of the card."""
        joined = 0
        for field in self.fields:
            joined = joined << len(field.positions) | values[field.name]
        return joined

    def encode(self, values: Mapping[str, int]) -> str:
        """Make the frame of these fields. ValueError when a field is missing, unknown or too large."""
        if set(values) != {field.name for field in self.fields}:
            raise ValueError(f"{self.id} has the fields {', '.join(field.name for field in self.fields)}")
        frame = ["0"] * self.bits
        for at, value in self.fixed:
            frame[at] = str(value)
        for field in self.fields:
            width = len(field.positions)
            if not 0 <= values[field.name] < 1 << width:
                raise ValueError(f"{self.id}: {field.name} does not fit {width} bits")
            for at, bit in zip(field.positions, f"{values[field.name]:0{width}b}", strict=True):
                frame[at] = bit
        if any(frame[at] != str(value) for at, value in self.fixed):
            raise ValueError(f"{self.id}: a field contradicts a fixed bit")
        for rule in self.parity:  # in the listed order: a later one may cover an earlier one's bit
            if not _holds(rule, int("".join(frame), 2)):
                frame[rule.at] = "1"
        if self.xor is not None:
            width = self.xor.last - self.xor.first + 1
            frame[self.xor.first : self.xor.last + 1] = f"{_xor_of(self.xor, ''.join(frame)):0{width}b}"
        return "".join(frame)


def _holds(rule: Parity, frame: int) -> bool:
    return bool((frame & rule.mask).bit_count() & 1) == rule.odd


def _xor_of(rule: Xor, bits: str) -> int:
    result = 0
    for at in range(rule.over_first, rule.over_last + 1, rule.unit):
        result ^= int(bits[at : at + rule.unit], 2)
    return result


def positions(text: str) -> tuple[int, ...]:
    """Read "1-8,12" into 1 to 8 and 12, in the order written. ValueError when it is something else."""
    found: list[int] = []
    for part in text.split(","):
        run = _RUN.fullmatch(part.strip())
        if run is None:
            raise ValueError(f"{part!r} is not a bit position or a run of them such as 1-8")
        first, last = int(run[1]), int(run[2] or run[1])
        if last < first or last >= LONGEST_BITS:
            raise ValueError(f"{part!r}: a run rises, and ends before {LONGEST_BITS}")
        found += range(first, last + 1)
    return tuple(found)


def define(
    id: str,  # noqa: A002 - the word of the table and of the configuration
    bits: int,
    fields: Mapping[str, str],
    *,
    name: str = "",
    parity: Sequence[str] = (),
    fixed: Sequence[str] = (),
    xor: str | None = None,
    space: str | None = None,
) -> Format:
    """Make a layout from its notation; ValueError names what cannot be right.

    fields: name to positions, "1-8" or "24-31,16-23". parity: "0 even 1-12", in the order of computing.
    fixed: "1=1". xor: "40-43 = 4-bit units of 0-39". space: None gives the layout a space of its own.
    """
    if _ID.fullmatch(id) is None:
        raise ValueError(f"{id!r} is no format name: capitals, digits and _, 2 to 24 of them")
    if not SHORTEST_BITS <= bits <= LONGEST_BITS:
        raise ValueError(f"{id}: a frame has {SHORTEST_BITS} to {LONGEST_BITS} bits, not {bits}")
    made = tuple(_field(id, key, text, bits) for key, text in fields.items())
    used = [at for field in made for at in field.positions]
    if not used:
        raise ValueError(f"{id}: a layout without fields identifies nobody")
    if len(set(used)) != len(used):
        raise ValueError(f"{id}: two fields share a bit")
    rules = tuple(_parity(id, text, bits) for text in parity)
    check = None if xor is None else _xor(id, xor, bits)
    reserved = [rule.at for rule in rules]
    if check is not None:
        reserved += range(check.first, check.last + 1)
    if set(reserved) & set(used) or len(set(reserved)) != len(reserved):
        raise ValueError(f"{id}: a check bit is also a field's bit, or another check's")
    for place, rule in enumerate(rules):
        if any(rule.mask >> (bits - 1 - later.at) & 1 for later in rules[place + 1 :]):
            raise ValueError(f"{id}: parity bit {rule.at} covers one computed after it; list them in order")
    still = tuple(_fixed(id, text, bits) for text in fixed)
    if len({at for at, _ in still} | set(reserved)) != len(still) + len(reserved):
        raise ValueError(f"{id}: a fixed bit is named twice, or is a check bit too")
    width = len(used)
    return Format(
        id=id,
        name=name or id,
        bits=bits,
        fields=made,
        parity=rules,
        fixed=still,
        xor=check,
        space=space or f"site.{id.lower().replace('_', '-')}.{width}",
    )


def _inside(format_id: str, at: int, bits: int) -> None:
    if at >= bits:
        raise ValueError(f"{format_id}: bit {at} is beyond the frame's {bits} bits")


def _field(format_id: str, name: str, text: str, bits: int) -> Field:
    if _FIELD.fullmatch(name) is None:
        raise ValueError(f"{format_id}: {name!r} is no field name: small letters and _, up to 16")
    where = positions(text)
    _inside(format_id, max(where), bits)
    return Field(name, where)


def _parity(format_id: str, text: str, bits: int) -> Parity:
    found = _PARITY.fullmatch(text)
    if found is None:
        raise ValueError(f'{format_id}: {text!r} is no parity; write it like "0 even 1-12"')
    at, over = int(found[1]), positions(found[3])
    _inside(format_id, max(at, *over), bits)
    if at in over:
        raise ValueError(f"{format_id}: parity bit {at} covers itself")
    mask = sum({1 << (bits - 1 - place) for place in (at, *over)})
    return Parity(at, found[2] == "odd", mask)


def _xor(format_id: str, text: str, bits: int) -> Xor:
    found = _XOR.fullmatch(text)
    if found is None:
        raise ValueError(f'{format_id}: {text!r} is no XOR; write it like "40-43 = 4-bit units of 0-39"')
    first, last, unit, over_first, over_last = (int(part) for part in found.groups())
    _inside(format_id, max(last, over_last), bits)
    whole = (over_last - over_first + 1) % unit == 0
    apart = last < over_first or first > over_last
    if last - first + 1 != unit or over_first >= over_last or not whole or not apart:
        raise ValueError(f"{format_id}: {text!r} does not cover whole units apart from itself")
    return Xor(first, last, unit, over_first, over_last)


def _fixed(format_id: str, text: str, bits: int) -> tuple[int, int]:
    found = _FIXED.fullmatch(text)
    if found is None:
        raise ValueError(f'{format_id}: {text!r} is no fixed bit; write it like "1=1"')
    _inside(format_id, int(found[1]), bits)
    return int(found[1]), int(found[2])
