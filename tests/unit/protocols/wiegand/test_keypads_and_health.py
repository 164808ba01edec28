from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.wiegand.formats import FORMATS
from protocols.wiegand.health import Finding, LineHealth
from protocols.wiegand.keypads import KEYS, Keypad, frame_bits, typed
from protocols.wiegand.pulses import Discarded, Fault, Frame, Stuck

CODES = json.loads(Path("tests/vectors/wiegand.json").read_text())["keypad"]
TABLES = {
    Keypad.FOUR: "four_bit",
    Keypad.EIGHT: "eight_bit_complement",
    Keypad.SIX: "six_bit_nibble_parity",
    Keypad.SIX_ROSSLARE: "six_bit_rosslare",
}
GOOD = FORMATS["H10301"].encode({"facility": 118, "card": 1603})
SWAPPED = GOOD.translate(str.maketrans("01", "10"))


def frame(bits: str, width_us: int = 50, interval_us: int = 2000) -> Frame:
    return Frame(bits, 0, width_us, width_us, interval_us, interval_us)


@pytest.mark.parametrize("keypad", Keypad)
def test_every_key_has_its_published_code(keypad: Keypad) -> None:
    table = CODES[TABLES[keypad]]
    assert {name: typed(bits, keypad) for name, bits in table.items()} == {name: name for name in KEYS}
    assert {len(bits) for bits in table.values()} == {frame_bits(keypad)}


@pytest.mark.parametrize("bits", CODES["must_reject_eight_bit"])
def test_a_code_that_is_no_key_is_none(bits: str) -> None:
    assert typed(bits, Keypad.EIGHT) == ""


@given(st.text(max_size=10), st.sampled_from(Keypad))
def test_no_text_raises(bits: str, keypad: Keypad) -> None:
    assert set(typed(bits, keypad) or "") <= set(KEYS)


def test_a_well_line_has_nothing_to_look_at() -> None:
    health = LineHealth()
    for _ in range(20):
        health.note(frame(GOOD))
    assert health.findings() == ()
    report = health.report()
    assert (report["frames"], report["parity_failed"], report["bit_counts"]) == (20, 0, "26:20")


def test_swapped_wires_are_found() -> None:
    health = LineHealth()
    for _ in range(6):
        health.note(frame(SWAPPED))
    assert health.findings() == (Finding.SWAPPED,)


def test_damaged_frames_are_a_finding() -> None:
    health = LineHealth()
    for place in range(8):
        health.note(frame(FORMATS["W42_DATA40"].encode({"card": place})))
        bits = FORMATS["W30_DATA28"].encode({"card": place})
        health.note(frame(("1" if bits[0] == "0" else "0") + bits[1:]))
    assert health.findings() == (Finding.PARITY,)


@pytest.mark.parametrize(
    ("happening", "finding"),
    [
        (Discarded(Fault.BOTH_LOW, 3, 0), Finding.BOTH_LOW),
        (Discarded(Fault.SEQUENCE, 3, 0), Finding.LATE),
        (Discarded(Fault.EDGE_LOST, 3, 0), Finding.NOISE),
        (Discarded(Fault.GLITCH, 0, 0, glitches=1), Finding.NOISE),
        (Discarded(Fault.RESTLESS, 99, 0), Finding.NOISE),
        (Frame(GOOD, 0, 50, 50, 2000, 2000, glitches=2), Finding.NOISE),
        (frame("11100001"), Finding.KEYPAD),
        (frame("10110"), Finding.LENGTHS),
        (frame("0" * 40), Finding.ONE_LINE),
    ],
)
def test_each_fault_leads_to_its_wire(happening: Frame | Discarded, finding: Finding) -> None:
    health = LineHealth()
    for _ in range(6):
        health.note(happening)
    assert finding in health.findings()


def test_nothing_is_concluded_from_one_slip_but_a_stuck_line_is() -> None:
    health = LineHealth()
    health.note(frame(SWAPPED))
    assert health.findings() == ()
    health.note(Stuck(1, stuck=True, at_us=0))
    assert health.findings() == (Finding.STUCK_D1,)
    health.note(Stuck(1, stuck=False, at_us=0))
    assert health.findings() == ()


def test_the_extremes_of_pulses_and_intervals_are_kept() -> None:
    health = LineHealth()
    health.note(frame(GOOD, width_us=400, interval_us=2400))
    health.note(frame(GOOD, width_us=50, interval_us=2000))
    report = health.report()
    assert (report["shortest_pulse_us"], report["longest_pulse_us"]) == (50, 400)
    assert (report["shortest_interval_us"], report["longest_interval_us"]) == (2000, 2400)


def test_what_is_counted_is_bounded() -> None:
    health = LineHealth()
    for count in range(1, 129):
        health.note(frame("1" * count))
    assert len(health.lengths) <= 33


def test_a_wire_that_breaks_after_a_good_year_is_found_at_once_and_mended_is_forgotten() -> None:
    health = LineHealth()
    for _ in range(10_000):
        health.note(frame(GOOD))
    for _ in range(6):
        health.note(frame(SWAPPED))
    assert health.findings() == (Finding.SWAPPED,)
    for _ in range(25):
        health.note(frame(GOOD))
    assert health.findings() == ()
    assert health.report()["looked_swapped"] == 6


def test_a_line_at_the_edge_of_a_finding_does_not_come_and_go_all_day() -> None:
    health, chance, told = LineHealth(), Random(1), [False]
    damaged = GOOD[:-1] + str(1 - int(GOOD[-1]))
    for _ in range(1000):
        health.note(frame(damaged if chance.random() < 0.2 else GOOD))
        told.append(Finding.PARITY in health.findings())
    assert any(told)
    assert sum(now != before for before, now in pairwise(told)) <= 10


def test_a_format_of_the_sites_own_is_not_bits_that_were_lost() -> None:
    health = LineHealth()
    for place in range(20):
        health.note(frame("10" * 22 + ("0" if place % 2 else "1")))  # 45 bits: in no table
    assert health.findings() == ()
    for lost in range(10):
        health.note(frame(("10" * 22)[: 43 - lost % 2 * 2]))
    assert Finding.LENGTHS in health.findings()


def test_keys_are_counted_and_are_neither_cards_nor_faults() -> None:
    health = LineHealth()
    for _ in range(20):
        health.note(frame("0000"), "0")
    assert health.findings() == ()
    for _ in range(20):
        health.note(frame("1111"), "")
    assert health.findings() == (Finding.PARITY,)
    report = health.report()
    assert (report["keys"], report["keys_refused"], report["parity_failed"]) == (20, 20, 0)
