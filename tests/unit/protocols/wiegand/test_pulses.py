from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.wiegand.pulses import Assembler, Discarded, Edge, Fault, Frame, Happening, Limits, Stuck

CASES: list[dict[str, Any]] = json.loads(Path("tests/vectors/wiegand_timing.json").read_text())["cases"]
GAP_US = 30_000
BITS = "10111011000000110010000110"


def edges_of(bits: str, start_us: int = 0, period_us: int = 2000, width_us: int = 50) -> list[Edge]:
    found: list[Edge] = []
    for place, bit in enumerate(bits):
        at_us = start_us + place * period_us
        found += [(at_us, int(bit), 0), (at_us + width_us, int(bit), 1)]
    return found


def assembled(edges: list[Edge], end_us: int | None = None, limits: Limits | None = None) -> list[Happening]:
    assembler = Assembler(-GAP_US, limits or Limits())
    assembler.receive(edges)
    assembler.pass_time(edges[-1][0] + GAP_US if end_us is None else end_us)
    return list(iter(assembler.next, None))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_recorded_stream_gives_what_was_sent(case: dict[str, Any]) -> None:
    found = assembled([(at, line, level) for at, line, level in case["edges"]])
    expected = case["expect"]
    if "line" in expected[0]:
        assert found == [Stuck(expected[0]["line"], stuck=True, at_us=GAP_US)]
        return
    frames = [each.bits for each in found if isinstance(each, Frame)]
    assert [len(bits) for bits in frames] == [each["length"] for each in expected]
    assert all(bits == each["bits"] for bits, each in zip(frames, expected, strict=True) if "bits" in each)


@given(
    st.lists(st.text("01", min_size=1, max_size=80), min_size=1, max_size=4),
    st.integers(150, 20_000),
    st.integers(15, 140),
    st.data(),
)
def test_any_reader_in_any_split_gives_its_frames(
    cards: list[str], period_us: int, width_us: int, data: st.DataObject
) -> None:
    stream: list[Edge] = []
    start_us = 0
    for bits in cards:
        stream += edges_of(bits, start_us, period_us, width_us)
        start_us = stream[-1][0] + GAP_US + 1
    cut = data.draw(st.integers(0, len(stream)))
    assembler = Assembler(-GAP_US)
    for part in (stream[:cut], stream[cut:]):
        assembler.receive(part)
    assembler.pass_time(start_us)
    found = list(iter(assembler.next, None))
    assert [each.bits for each in found if isinstance(each, Frame)] == cards
    assert len(found) == len(cards)


@given(
    st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 1), st.integers(0, 1)), max_size=400).map(
        sorted
    )
)
def test_no_noise_raises_or_makes_a_frame_of_impossible_pulses(edges: list[Edge]) -> None:
    assembler = Assembler(-GAP_US)
    assembler.receive(edges)
    assembler.pass_time(1_000_000)
    for happening in iter(assembler.next, None):
        if isinstance(happening, Frame):
            assert 10 <= happening.shortest_pulse_us <= happening.longest_pulse_us <= 5000
            assert len(happening.bits) <= 128


def test_a_frame_says_how_its_pulses_were() -> None:
    (frame,) = assembled(edges_of(BITS, period_us=2000, width_us=50))
    assert frame == Frame(BITS, 50_050, 50, 50, 2000, 2000)
    (single,) = assembled(edges_of("1"))
    assert single == Frame("1", 50, 50, 50, 0, 0)


def test_the_frame_is_ended_by_the_gap_and_not_before() -> None:
    assembler = Assembler(-GAP_US)
    deadlines = [assembler.deadline_us]
    assembler.pass_time(0)
    deadlines.append(assembler.deadline_us)
    assert deadlines == [0, None]
    assembler.receive(edges_of("1010"))
    last_us = 6050
    deadlines.append(assembler.deadline_us)
    assert deadlines == [0, None, last_us + GAP_US]
    assembler.pass_time(last_us + GAP_US - 1)
    assert assembler.next() is None
    assembler.pass_time(last_us + GAP_US)
    assert isinstance(assembler.next(), Frame)
    deadlines.append(assembler.deadline_us)
    assert deadlines[-1] is None


def test_the_tail_of_a_card_that_was_there_before_us_is_no_card() -> None:
    assembler = Assembler(0)
    assembler.receive(edges_of("11010", start_us=1000))
    assembler.receive(edges_of(BITS, start_us=100_000))
    assembler.pass_time(1_000_000)
    first, second = iter(assembler.next, None)
    assert first == Discarded(Fault.STARTING, 5, 9050)
    assert isinstance(second, Frame)
    assert second.bits == BITS


@pytest.mark.parametrize(
    ("edges", "fault"),
    [
        ([(0, 0, 0), (20, 1, 0), (50, 0, 1), (70, 1, 1)], Fault.BOTH_LOW),
        ([(0, 0, 0), (20, 0, 0), (50, 0, 1)], Fault.EDGE_LOST),
        ([(0, 0, 0), (50, 0, 1), (70, 0, 1)], Fault.EDGE_LOST),
        ([(0, 0, 0), (6000, 0, 1)], Fault.LONG_PULSE),
        ([(0, 0, 0), (15, 0, 1), (30, 0, 0), (45, 0, 1)], Fault.TOO_FAST),
        (edges_of("1" * 200), Fault.TOO_MANY),
    ],
)
def test_what_is_no_frame_is_discarded_whole_with_its_reason(edges: list[Edge], fault: Fault) -> None:
    found = assembled(edges)
    assert [type(each) for each in found] == [Discarded]
    assert isinstance(found[0], Discarded)
    assert found[0].fault == fault
    assert found[0].bits <= 128


def test_events_that_the_kernel_dropped_discard_the_frame() -> None:
    assembler = Assembler(-GAP_US)
    edges = edges_of(BITS)
    assembler.receive(edges[:10])
    assembler.lost_events()
    assembler.receive(edges[10:])
    assembler.pass_time(1_000_000)
    assert assembler.next() == Discarded(Fault.SEQUENCE, 26, 50_050)


def test_glitches_are_passed_over_and_counted() -> None:
    edges = sorted([*edges_of(BITS), (1000, 0, 0), (1004, 0, 1), (3000, 1, 0), (3009, 1, 1)])
    assembler = Assembler(-GAP_US)
    assembler.receive(edges)
    assembler.pass_time(1_000_000)
    frame = assembler.next()
    assert isinstance(frame, Frame)
    assert (frame.bits, frame.glitches) == (BITS, 2)


def test_a_stuck_line_is_told_once_and_its_end_too() -> None:
    assembler = Assembler(-GAP_US)
    assembler.receive([(0, 1, 0)])
    deadlines = [assembler.deadline_us]
    assembler.pass_time(4999)
    assert assembler.next() is None
    assembler.pass_time(5000)
    assembler.pass_time(90_000)
    assert list(iter(assembler.next, None)) == [Stuck(1, stuck=True, at_us=5000)]
    deadlines.append(assembler.deadline_us)
    assert deadlines == [5000, None]  # or whoever waits for it would look again at once, and for ever
    assembler.receive([(100_000, 1, 1)])
    assembler.pass_time(200_000)
    assert list(iter(assembler.next, None)) == [
        Stuck(1, stuck=False, at_us=100_000),
        Discarded(Fault.LONG_PULSE, 0, 100_000),
    ]


def test_a_line_that_rises_unseen_is_stuck_no_more_when_it_falls_again() -> None:
    assembler = Assembler(-GAP_US)
    assembler.receive([(0, 1, 0)])
    assembler.pass_time(5000)
    assembler.receive(edges_of(BITS, start_us=100_001))
    assembler.receive(edges_of(BITS, start_us=300_000))
    assembler.pass_time(1_000_000)
    found = list(iter(assembler.next, None))
    assert [type(each) for each in found] == [Stuck, Stuck, Discarded, Frame]
    assert found[1] == Stuck(1, stuck=False, at_us=100_001)


def test_a_line_that_is_seen_to_rest_needs_no_edge_for_it() -> None:
    assembler = Assembler(-GAP_US)
    assembler.receive([(0, 1, 0)])
    assembler.lost_events()
    assembler.settle(0, 1000)
    assembler.settle(1, 1000)
    assembler.receive(edges_of(BITS, start_us=100_000))
    assembler.pass_time(1_000_000)
    first, second = iter(assembler.next, None)
    assert first == Discarded(Fault.SEQUENCE, 0, 0)
    assert isinstance(second, Frame)


def test_glitches_alone_are_told_and_are_no_frame() -> None:
    assert assembled([(0, 0, 0), (5, 0, 1), (900, 1, 0), (905, 1, 1)]) == [
        Discarded(Fault.GLITCH, 0, 905, glitches=2)
    ]


def test_noise_that_never_rests_is_told_again_and_again_and_held_within_bounds() -> None:
    assembler = Assembler(-GAP_US)
    told: list[Happening] = []
    for second in range(10):
        assembler.receive(edges_of("10" * 250, start_us=second * 1_000_000))
        told += iter(assembler.next, None)
        assert assembler.deadline_us == second * 1_000_000 + 998_050 + GAP_US
    assert [each.fault for each in told if isinstance(each, Discarded)] == [
        Fault.TOO_MANY,
        Fault.RESTLESS,
        Fault.RESTLESS,
    ]
    assert len(told) == 3
    assembler.receive(edges_of(BITS, start_us=20_000_000))
    assembler.pass_time(30_000_000)
    assert [type(each) for each in iter(assembler.next, None)] == [Discarded, Frame]


@pytest.mark.parametrize(
    "limits",
    [
        {"shortest_pulse_us": 5000},
        {"shortest_pulse_us": -1},
        {"gap_us": 20_000},
        {"gap_us": 250_001},
    ],
)
def test_limits_that_cannot_be_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must|lies"):
        Limits(**limits)
