from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.boards.families import (
    FAMILIES,
    MOST_CHANNELS,
    PulseError,
    hold,
    off,
    pulse,
    pulse_seconds,
    read_demand,
    read_inputs,
    read_linkage,
    read_outputs,
    read_signature,
    read_version,
    units,
)
from protocols.boards.inputs import Input, forget, sample
from protocols.boards.messages import ON, ReadBits, ReadRegisters, Request, WriteCoil, WriteRegister, encode
from protocols.boards.rtu import frame

VECTORS: dict[str, Any] = json.loads(Path("tests/vectors/modbus.json").read_text())
NAMES = {
    "waveshare": ["waveshare"],
    "juying_dam": ["juying"],
    "lctech": ["lctech"],
    "juying_dam/lctech": ["juying", "lctech"],
    "eletechsup R4D/R413D/N4D": ["eletechsup"],
}
PULSES = [
    (name, row)
    for row in VECTORS["computed"]
    for name in NAMES[row["family"]]
    if row["call"]["op"] == "flash_on" or row["call"]["op"].startswith("delay")
]
WITH_PULSE = sorted(name for name, family in FAMILIES.items() if family.pulse is not None)
WITHOUT = sorted(set(FAMILIES) - set(WITH_PULSE))


def frame_of(unit: int, request: Request) -> bytes:
    return frame(unit, encode(request))


@pytest.mark.parametrize(("name", "row"), PULSES)
def test_a_pulse_is_the_makers_frame(name: str, row: dict[str, Any]) -> None:
    call = row["call"]
    for_s = call["ms"] / 1000 if "ms" in call else float(call["op"].split()[1])
    made = frame_of(call["addr"], pulse(FAMILIES[name], call["ch"], for_s))
    assert made.hex() == row["frame"]


@pytest.mark.parametrize(
    ("name", "channel", "for_s", "unit", "published"),
    [
        ("waveshare", 0, 0.7, 1, "0105020000078db0"),
        ("waveshare", 1, 0.8, 1, "0105020100089c74"),
        ("juying", 0, 1.0, 254, "fe1000030002040004000a416b"),
        ("juying", 1, 1.0, 254, "fe1000080002040004000a00d8"),
        ("juying", 2, 1.0, 254, "fe10000d0002040004000ac0e7"),
        ("lctech", 0, 2.0, 255, "ff10000300020400040014c59f"),
    ],
)
def test_a_pulse_is_the_published_frame(
    name: str, channel: int, for_s: float, unit: int, published: str
) -> None:
    assert frame_of(unit, pulse(FAMILIES[name], channel, for_s)).hex() == published


def test_switching_off_is_the_published_frame() -> None:
    assert frame_of(1, off(FAMILIES["waveshare"], 0)).hex() == "010500000000cdca"
    assert frame_of(254, off(FAMILIES["juying"], 0)).hex() == "fe0500000000d9c5"
    assert off(FAMILIES["eletechsup"], 0) == WriteRegister(1, 0x0200)


def test_reading_back_is_the_published_frame() -> None:
    assert frame_of(1, read_outputs(FAMILIES["waveshare"], 8)).hex() == "0101000000083dcc"
    assert frame_of(1, read_inputs(FAMILIES["waveshare"], 8)).hex() == "01020000000879cc"
    assert read_outputs(FAMILIES["eletechsup"], 4) == ReadRegisters(3, 1, 4)
    assert read_outputs(FAMILIES["zlan"], 2) == ReadBits(1, 16, 2)
    assert read_inputs(FAMILIES["zlan"], 2) == ReadBits(1, 0, 2)


@pytest.mark.parametrize("name", WITH_PULSE)
@given(for_s=st.floats(0.001, 250))
def test_a_duration_is_rounded_up_and_never_down(name: str, for_s: float) -> None:
    family = FAMILIES[name]
    assert family.pulse is not None
    given_s = pulse_seconds(family, for_s)
    assert for_s - 1e-6 <= given_s < for_s + family.pulse.unit_s + 1e-6


@pytest.mark.parametrize(("for_s", "count"), [(3.0, 30), (0.3, 3), (0.30001, 4), (0.01, 1), (3276.7, 0x7FFF)])
def test_whole_tenths_stay_what_they_are(for_s: float, count: int) -> None:
    assert FAMILIES["waveshare"].pulse is not None
    assert units(FAMILIES["waveshare"].pulse, for_s) == count


@pytest.mark.parametrize("name", WITH_PULSE)
@pytest.mark.parametrize("for_s", [0, -1, math.nan, math.inf, -math.inf])
def test_no_board_is_asked_for_a_pulse_that_is_none(name: str, for_s: float) -> None:
    with pytest.raises(PulseError, match="none"):
        pulse(FAMILIES[name], 0, for_s)


@pytest.mark.parametrize(
    ("name", "for_s", "longest"),
    [("waveshare", 3277, "3276.7"), ("eletechsup", 256, "255"), ("lctech", 7e3, "6553")],
)
def test_too_long_a_pulse_is_refused_and_the_longest_named(name: str, for_s: float, longest: str) -> None:
    with pytest.raises(PulseError, match=longest):
        pulse(FAMILIES[name], 0, for_s)


@pytest.mark.parametrize("name", WITHOUT)
def test_a_board_without_a_pulse_says_so_and_can_be_held(name: str) -> None:
    family = FAMILIES[name]
    with pytest.raises(PulseError, match="no pulse"):
        pulse(family, 0, 1)
    assert hold(family, 1) == WriteCoil(family.outputs.address + 1, ON)
    assert pulse_seconds(family, 1.23) == 1.23


@pytest.mark.parametrize("name", WITH_PULSE)
def test_a_board_with_a_pulse_is_never_held(name: str) -> None:
    with pytest.raises(PulseError, match="nothing may hold"):
        hold(FAMILIES[name], 0)


@pytest.mark.parametrize("channel", [-1, MOST_CHANNELS])
def test_a_channel_beyond_the_board_is_our_mistake(channel: int) -> None:
    for ask in (off, hold):
        with pytest.raises(ValueError, match="no channel"):
            ask(FAMILIES["zlan"], channel)
    with pytest.raises(ValueError, match="no channel"):
        pulse(FAMILIES["waveshare"], channel, 1)


def test_no_write_of_ours_can_reach_a_register_of_the_uart() -> None:
    forbidden = {"waveshare": {0x2000, 0x4000}, "eletechsup": {0x00FE, 0x00FF}, "juying": {0x03E9}}
    forbidden["lctech"] = {0x03E9, 0}
    for name, family in FAMILIES.items():
        for channel in range(MOST_CHANNELS):
            makes = (pulse, off) if family.pulse else (hold, off)
            for made in (make(family, channel, *([1.0] if make is pulse else [])) for make in makes):
                if not isinstance(made, WriteCoil):  # coils are another space than registers
                    assert made.address not in forbidden.get(name, set())


def test_linkage_and_version_are_asked_where_there_is_a_register() -> None:
    assert read_linkage(FAMILIES["waveshare"], 8) == ReadRegisters(3, 0x1000, 8)
    assert read_linkage(FAMILIES["eletechsup"], 8) == ReadRegisters(3, 0x00FD, 1)
    assert read_linkage(FAMILIES["zlan"], 8) is None
    assert read_version(FAMILIES["waveshare"]) == ReadRegisters(3, 0x8000, 1)
    assert read_version(FAMILIES["zlan"]) is None


def test_the_inputs_of_an_eletechsup_board_stand_at_hexadecimal_81() -> None:
    assert read_inputs(FAMILIES["eletechsup"], 8) == ReadRegisters(3, 0x81, 8)


def test_a_wiren_board_is_asked_for_its_watchdog_and_for_what_it_does_at_power_up() -> None:
    asked = {each.trouble: read_demand(each) for each in FAMILIES["wirenboard"].demands}
    assert asked == {"no_watchdog": ReadRegisters(3, 8, 1), "restores": ReadRegisters(3, 6, 1)}
    assert read_signature(FAMILIES["wirenboard"]) == ReadRegisters(3, 200, 6)
    assert read_signature(FAMILIES["waveshare"]) is None
    assert read_linkage(FAMILIES["wirenboard"], 8) == ReadRegisters(3, 9, 6)  # what stands behind is no mode


def test_the_first_sample_tells_the_state() -> None:
    assert sample(Input(0.05), closed=False, at=1.0) == (Input(0.05, closed=False, deaf_until=1.0), True)


def test_the_first_edge_counts_at_once_and_its_bounces_do_not() -> None:
    state, _ = sample(Input(0.05), closed=False, at=0.0)
    told = []
    for at, closed in [(1.0, True), (1.01, False), (1.02, True), (1.06, True), (1.1, False), (1.11, True)]:
        state, changed = sample(state, closed=closed, at=at)
        if changed:
            told.append((at, closed))
    assert told == [(1.0, True), (1.1, False)]


def test_what_stands_when_the_deaf_time_ends_is_told() -> None:
    state, _ = sample(Input(0.05), closed=False, at=0.0)
    state, _ = sample(state, closed=True, at=1.0)
    state, early = sample(state, closed=False, at=1.01)
    state, later = sample(state, closed=False, at=1.06)
    assert (early, later) == (False, True)


def test_several_samples_must_agree_where_that_is_asked() -> None:
    state, _ = sample(Input(0.0, samples=3), closed=False, at=0.0)
    told = []
    for closed in (True, True, False, True, True, True):
        state, changed = sample(state, closed=closed, at=1.0)
        told.append(changed)
    assert told == [False, False, False, False, False, True]


def test_a_lost_input_tells_its_first_state_again() -> None:
    state, _ = sample(Input(0.05), closed=True, at=0.0)
    state, changed = sample(forget(state), closed=True, at=9.0)
    assert changed


@pytest.mark.parametrize(("deaf_s", "samples"), [(-0.1, 1), (0, 0), (0, 6)])
def test_an_input_that_cannot_be_is_refused(deaf_s: float, samples: int) -> None:
    with pytest.raises(ValueError, match="samples"):
        Input(deaf_s, samples)
