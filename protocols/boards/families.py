"""Register maps of the relay and input boards of the trade, as data, and the one planner that uses them.

A timed unlock is always the board's own pulse: a coil that is switched on and later off again stays on when
the gateway dies in between. A family without a pulse says so here, and the configuration must accept it in
writing. The registers that set a board's baud rate and address stand nowhere in this table: their codes
differ between boards that look alike, and a wrong one takes the board off the line.

None of them has a supervised input, one that tells a cut or shorted wire from a contact: their inputs are
dry contacts, on or off. That takes a reader with supervised inputs (OSDP).

Sources: Waveshare's pages on Modbus RTU Relay and Modbus RTU IO 8CH; the JuYing DAM and LC Technology relay
manuals; for Eletechsup the public description in acpiccolo/R413D08-Controller, and for the inputs of its
N4D8B08, which its own sheet lists as "81 to 88", a public driver whose author read them from a board as
hexadecimal; ZLAN 6042's product page; for Wiren Board its wiki's pages "Relay Module Modbus Management" and
"Relay tuning", and its public device templates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from protocols.boards.messages import (
    OFF,
    ON,
    READ_COILS,
    READ_HOLDING,
    READ_INPUTS,
    ReadBits,
    ReadRegisters,
    WriteCoil,
    WriteRegister,
    WriteRegisters,
)
from protocols.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.boards.messages import Request, Write

SIGNATURE_LETTERS = 6  # of a Wiren Board's name of itself
MOST_CHANNELS = 32  # the largest board of these families
_ROUNDING = 1e-6  # a duration that is a whole number of units but for the binary point is that number


class PulseError(WireError):
    """This board cannot give this pulse. The message says what it can."""


class PulseKind(StrEnum):
    """How a board is told to switch on for a time."""

    COIL_TIME = "coil_time"  # function 5 at base + channel, the value is the time
    MODE_AND_TIME = "mode_and_time"  # function 16 at base + stride * channel: mode 4 (flash on), time
    COMMAND_AND_TIME = "command_and_time"  # function 6 at base + channel: 0x06 and the time in one word


@dataclass(frozen=True, slots=True)
class Pulse:
    """A board's own timed pulse. unit_s: what it counts in; most: how many units at the longest."""

    kind: PulseKind
    base: int
    unit_s: float
    most: int
    stride: int = 1

    @property
    def longest_s(self) -> float:
        """The longest pulse in seconds."""
        return round(self.unit_s * self.most, 3)


@dataclass(frozen=True, slots=True)
class Register:
    """Where something stands: function to read it with, first address."""

    function: int
    address: int


@dataclass(frozen=True, slots=True)
class Linkage:
    """A register, or one for each channel, that must hold `normal`; else inputs switch relays.

    most: channels that have such a register; what stands behind them means something else.
    """

    address: int
    normal: int
    per_channel: bool
    most: int = MOST_CHANNELS


@dataclass(frozen=True, slots=True)
class Demand:
    """A holding register of the board's own settings that must lie in a range; else `trouble` is told.

    It is read and never written: what a board is set to is for the person who installs it.
    """

    trouble: str
    address: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Family:
    """What boards of one make have in common. most_inputs: beyond them stands something else."""

    name: str
    outputs: Register
    inputs: Register
    pulse: Pulse | None
    linkage: Linkage | None = None
    version: Register | None = None
    signature: Register | None = None
    most_inputs: int = MOST_CHANNELS
    demands: tuple[Demand, ...] = ()


_COILS = Register(READ_COILS, 0)
_INPUTS = Register(READ_INPUTS, 0)
_FLASH_ON = 4  # JuYing's and LC Technology's mode 闪开: on, and off again after the time
_DELAY = 0x0600  # Eletechsup: on for the seconds in the low byte
_OFF_COMMAND = 0x0200
_ZLAN_OUTPUTS = 16  # behind its inputs, which are coils too
_LONGEST_WATCHDOG_S = 60  # a door that a dead gateway leaves open for longer is simply open
_TENTHS = Pulse(PulseKind.MODE_AND_TIME, base=3, stride=5, unit_s=0.1, most=0xFFFF)

_TABLE = (
    Family(
        "waveshare",
        _COILS,
        _INPUTS,
        Pulse(PulseKind.COIL_TIME, base=0x0200, unit_s=0.1, most=0x7FFF),
        Linkage(0x1000, normal=0, per_channel=True),
        Register(READ_HOLDING, 0x8000),
    ),
    Family("juying", _COILS, _INPUTS, _TENTHS),
    Family("lctech", _COILS, _INPUTS, _TENTHS),
    Family(
        "eletechsup",
        Register(READ_HOLDING, 1),
        Register(READ_HOLDING, 0x0081),
        Pulse(PulseKind.COMMAND_AND_TIME, base=1, unit_s=1.0, most=0xFF),
        Linkage(0x00FD, normal=0, per_channel=False),
        most_inputs=8,
    ),
    Family("zlan", Register(READ_COILS, _ZLAN_OUTPUTS), _COILS, None, most_inputs=_ZLAN_OUTPUTS),
    Family(
        "wirenboard",
        _COILS,
        _INPUTS,
        None,
        Linkage(9, normal=3, per_channel=True, most=6),
        signature=Register(READ_HOLDING, 200),
        demands=(
            Demand("no_watchdog", address=8, least=1, most=_LONGEST_WATCHDOG_S),
            Demand("restores", address=6, least=0, most=0),
        ),
    ),
)

FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in _TABLE})
"""Every family we know, by the name that the configuration gives."""


def _channel(channel: int) -> int:
    if not 0 <= channel < MOST_CHANNELS:
        raise ValueError(f"{channel} is no channel: 0 to {MOST_CHANNELS - 1}")
    return channel


def units(pulse: Pulse, for_s: float) -> int:
    """Return `for_s` in the board's units, rounded up: a door is never open for less than was granted.

    PulseError for zero, for less, for no number and for more than the board can count.
    """
    if not (math.isfinite(for_s) and for_s > 0):
        raise PulseError(f"a pulse of {for_s} s is none")
    count = math.ceil(for_s / pulse.unit_s - _ROUNDING)
    if count > pulse.most:
        raise PulseError(f"the board's longest pulse is {pulse.longest_s} s, not {for_s} s")
    return max(1, count)


def pulse(family: Family, channel: int, for_s: float) -> Write:
    """Return the write that switches `channel` (from 0) on for at least `for_s`, off by the board itself."""
    _channel(channel)
    own = family.pulse
    if own is None:
        raise PulseError(f"boards of {family.name} have no pulse of their own")
    count = units(own, for_s)
    match own.kind:
        case PulseKind.COIL_TIME:
            return WriteCoil(own.base + channel, count)
        case PulseKind.MODE_AND_TIME:
            return WriteRegisters(own.base + own.stride * channel, (_FLASH_ON, count))
        case PulseKind.COMMAND_AND_TIME:
            return WriteRegister(own.base + channel, _DELAY | count)
        case _:
            assert_never(own.kind)


def pulse_seconds(family: Family, for_s: float) -> float:
    """Return how long the board really stays on when asked for `for_s`; the same where we end it."""
    return for_s if family.pulse is None else units(family.pulse, for_s) * family.pulse.unit_s


def hold(family: Family, channel: int) -> Write:
    """Return the write that switches `channel` on until told otherwise: for boards without a pulse."""
    if family.pulse is not None:
        raise PulseError(f"boards of {family.name} have a pulse of their own; nothing may hold their coil")
    return WriteCoil(family.outputs.address + _channel(channel), ON)


def off(family: Family, channel: int) -> Write:
    """Return the write that switches `channel` off, whatever made it be on."""
    address = family.outputs.address + _channel(channel)
    if family.outputs.function == READ_HOLDING:
        return WriteRegister(address, _OFF_COMMAND)
    return WriteCoil(address, OFF)


def read_outputs(family: Family, count: int) -> Request:
    """Return the question for the state of the first `count` outputs; the answer is 1 for on."""
    return _read(family.outputs, count)


def read_inputs(family: Family, count: int) -> Request:
    """Return the question for the first `count` inputs; the answer is 1 for a closed circuit."""
    return _read(family.inputs, count)


def read_linkage(family: Family, channels: int) -> Request | None:
    """Return the question whether the board's inputs switch its relays, or None where it has no such mode."""
    link = family.linkage
    if link is None:
        return None
    return ReadRegisters(READ_HOLDING, link.address, min(channels, link.most) if link.per_channel else 1)


def read_signature(family: Family) -> Request | None:
    """Return the question for the board's name of itself, a letter a register, or None where it has none."""
    place = family.signature
    return None if place is None else _read(place, SIGNATURE_LETTERS)


def read_demand(demand: Demand) -> Request:
    """Return the question for one of the board's own settings."""
    return ReadRegisters(READ_HOLDING, demand.address, 1)


def read_version(family: Family) -> Request | None:
    """Return the question for the board's version (a hundredth each), or None where it has none."""
    return None if family.version is None else _read(family.version, 1)


def _read(place: Register, count: int) -> Request:
    if place.function in {READ_COILS, READ_INPUTS}:
        return ReadBits(place.function, place.address, count)
    return ReadRegisters(place.function, place.address, count)
