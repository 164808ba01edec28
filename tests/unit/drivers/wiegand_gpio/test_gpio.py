"""Readers, inputs and outputs at GPIO lines, with time moved by hand and lines made of values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import gpiod
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.contract import CardRead, Event, InputChanged, InputState, KeysPressed, Trouble
from drivers.ports import PortError
from drivers.wiegand_gpio.inputs import InputLines
from drivers.wiegand_gpio.lines import KernelChip, KernelEdges, KernelOutputs, LineEdge
from drivers.wiegand_gpio.reader import ReaderLine
from drivers.wiegand_gpio.settings import GpioInput, GpioReader, WiegandGpioSettings
from drivers.wiegand_gpio.sources import Source, listen, next_due
from drivers.wiegand_gpio.timers import Timers
from drivers.worker import Wake
from protocols.wiegand.formats import FORMATS
from tests.peers.fake_chip import FakeChip
from tests.peers.hand_clock import HandClock

D0, D1 = 4, 5
CODES = {"frame": "26-number", "shortest": 4, "longest": 6}
CARD = FORMATS["H10301"].encode({"facility": 118, "card": 1603})
SWAPPED = CARD.translate(str.maketrans("01", "10"))


class Wires:
    """One reader at a fake chip, its edges fed by hand."""

    def __init__(self, clock: HandClock, **settings: Any) -> None:
        self.clock = clock
        self.chip = FakeChip(clock.monotonic)
        self.reader = ReaderLine(GpioReader(name="front-in", d0=D0, d1=D1, **settings))
        self.edges = self.chip.edges(self.reader.pulls)
        self.reader.opened(self.edges, clock.monotonic())
        self.rest(0.1)

    def card(self, bits: str, lose: int = 0) -> list[Event]:
        self.clock.advance(0.5)
        self.chip.card(D0, D1, bits, lose)
        events = self.reader.receive(self.edges.read(), self.clock.monotonic())
        return events + self.rest(0.03)

    def rest(self, for_s: float) -> list[Event]:
        self.clock.advance(for_s)
        return self.reader.pass_time(self.clock.monotonic())


def test_a_card_is_its_bits_one_gap_after_its_last_edge(clock: HandClock) -> None:
    wires = Wires(clock)
    assert wires.card(CARD) == [CardRead("front-in", CARD, clock.monotonic())]
    assert wires.reader.report()["front-in.bit_counts"] == "26:1"


@pytest.mark.parametrize(("late_s", "left_s"), [(0.0, 0.03), (0.02, 0.01), (-1.0, 0.03), (1.0, 0.03)])
def test_the_gap_counts_from_the_last_edge_however_late_it_was_read(
    clock: HandClock, late_s: float, left_s: float
) -> None:
    wires = Wires(clock)
    at_ns = round((clock.monotonic() - late_s) * 1e9)
    wires.edges.put([(at_ns - 50_000, D0, 0), (at_ns, D0, 1)])
    wires.reader.receive(wires.edges.read(), clock.monotonic())
    assert wires.reader.close_at == pytest.approx(clock.monotonic() + left_s, abs=1e-4)


def test_a_card_is_not_ended_before_its_gap(clock: HandClock) -> None:
    wires = Wires(clock, gap_ms=50)
    assert wires.card(CARD) == []
    assert [type(event) for event in wires.rest(0.02)] == [CardRead]


@pytest.mark.parametrize(("keypad", "bits"), [("4", "1011"), ("8", "01001011"), ("6", "110111")])
def test_a_key_is_a_key(clock: HandClock, keypad: str, bits: str) -> None:
    wires = Wires(clock, keypad=keypad)
    assert wires.card(bits) == [KeysPressed("front-in", "#", clock.monotonic())]
    assert [type(event) for event in wires.card(CARD)] == [CardRead]


def test_what_is_neither_card_nor_key_is_nothing(clock: HandClock) -> None:
    wires = Wires(clock, keypad="8")
    assert wires.card("11111111") == []
    assert wires.card("0110") == []
    assert Wires(clock).card("1011") == []


def test_edges_that_the_kernel_dropped_make_no_card(clock: HandClock) -> None:
    wires = Wires(clock)
    assert wires.card(CARD, lose=2) == []
    assert wires.reader.report()["front-in.discarded_sequence"] == 1
    assert [type(event) for event in wires.card(CARD)] == [CardRead]


def test_swapped_wires_are_a_trouble_until_they_are_not(clock: HandClock) -> None:
    wires = Wires(clock)
    troubles = [event for _ in range(6) for event in wires.card(SWAPPED) if isinstance(event, Trouble)]
    assert [(each.kind, each.active) for each in troubles] == [("wiegand_swapped", True)]
    assert "swapped" in troubles[0].detail
    troubles = [event for _ in range(25) for event in wires.card(CARD) if isinstance(event, Trouble)]
    assert troubles == []
    assert wires.reader.close_at == pytest.approx(clock.monotonic() + 10, abs=4)
    (over,) = wires.rest(10)
    assert isinstance(over, Trouble)
    assert (over.kind, over.active) == ("wiegand_swapped", False)
    assert wires.reader.close_at is None


def test_a_line_that_hums_is_told_once_and_not_at_every_wave(clock: HandClock) -> None:
    wires = Wires(clock)
    troubles = []
    for _ in range(200):  # 50 Hz: 10 ms low, 10 ms high
        for level in (0, 1):
            wires.chip.move(D0, level)
            troubles += wires.reader.receive(wires.edges.read(), clock.monotonic())
            troubles += wires.rest(0.01)
    assert all(isinstance(each, Trouble) and each.active for each in troubles)
    assert 1 <= len(troubles) <= 3
    kinds = {each.kind for each in troubles if isinstance(each, Trouble)}
    assert "wiegand_stuck_d0" in kinds


def test_a_keypad_that_babbles_is_heard_at_a_persons_pace_and_told(clock: HandClock) -> None:
    wires = Wires(clock, keypad="8")
    events: list[Event] = []
    for _ in range(200):  # a key that sticks, thirty times a second
        wires.chip.card(D0, D1, "11100001")
        events += wires.reader.receive(wires.edges.read(), clock.monotonic())
        events += wires.rest(0.033)
    keys = sum(isinstance(event, KeysPressed) for event in events)
    assert keys < 100
    assert [event.kind for event in events if isinstance(event, Trouble)] == ["babble"]
    assert wires.reader.report()["front-in.babble_dropped"] == 200 - keys


def test_a_reader_that_babbled_and_fell_silent_is_said_to_babble_no_more(clock: HandClock) -> None:
    wires = Wires(clock, keypad="4")
    told: list[Event] = []
    for _ in range(60):
        wires.chip.card(D0, D1, "0101")
        told += wires.reader.receive(wires.edges.read(), clock.monotonic()) + wires.rest(0.04)
    while (due_at := wires.reader.close_at) is not None:  # as the thread does: nothing else wakes it
        told += wires.rest(max(0.0, due_at - clock.monotonic()))
    assert [event.active for event in told if isinstance(event, Trouble)] == [True, False]


def test_a_code_that_was_typed_is_keys_and_never_a_card(clock: HandClock) -> None:
    codes = {"frame": "26-facility", "facility": 15, "shortest": 4, "longest": 4}
    wires = Wires(clock, keypad_codes=codes)
    typed = FORMATS["H10301"].encode({"facility": 15, "card": 42})
    assert wires.card(typed) == [KeysPressed("front-in", "0042#", clock.monotonic())]
    assert wires.card("1" + typed[1:]) == []
    assert wires.card(CARD) == [CardRead("front-in", CARD, clock.monotonic())]
    assert wires.reader.report()["front-in.keys_refused"] == 1


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 5, 60, 900, 40_000]), st.booleans(), st.booleans(), st.booleans()),
        max_size=60,
    )
)
def test_whatever_comes_a_time_that_was_waited_for_is_not_asked_for_again(
    edges: list[tuple[int, bool, bool, bool]],
) -> None:
    clock = HandClock()
    wires = Wires(clock)
    for after_us, second, level, lost in edges:
        clock.advance(after_us / 1e6)
        at_ns = round(clock.monotonic() * 1e9)
        wires.edges.put([(at_ns, D1 if second else D0, int(level))], skip=int(lost))
        events = wires.reader.receive(wires.edges.read(), clock.monotonic())
        for _ in range(3):
            due_at = wires.reader.close_at
            if due_at is not None and due_at <= clock.monotonic():
                events += wires.reader.pass_time(clock.monotonic())
        assert wires.reader.close_at is None or wires.reader.close_at > clock.monotonic() - 1e-5
        assert not any(isinstance(event, CardRead) for event in events)  # three score edges: no card of 26
    wires.edges.close()


def test_keys_that_no_keypad_was_declared_for_are_a_trouble(clock: HandClock) -> None:
    wires = Wires(clock)
    events = [event for _ in range(6) for event in wires.card("11100001")]
    assert [event.kind for event in events if isinstance(event, Trouble)] == ["wiegand_keypad"]
    assert len(events) == 1


def test_a_line_that_rose_among_dropped_edges_is_not_stuck(clock: HandClock) -> None:
    wires = Wires(clock)
    at_ns = round(clock.monotonic() * 1e9)
    wires.edges.put([(at_ns, D0, 0)])
    wires.edges.put([(at_ns + 900_000, D1, 0), (at_ns + 950_000, D1, 1)], skip=3)
    assert wires.reader.receive(wires.edges.read(), clock.monotonic()) == []
    assert wires.rest(0.03) == []
    assert wires.reader.close_at is None
    assert [type(event) for event in wires.card(CARD)] == [CardRead]


def test_a_line_that_is_low_from_the_start_is_stuck(clock: HandClock) -> None:
    chip = FakeChip(clock.monotonic)
    chip.levels[D1] = 0
    reader = ReaderLine(GpioReader(name="front-in", d0=D0, d1=D1))
    reader.opened(chip.edges(reader.pulls), clock.monotonic())
    assert reader.close_at == pytest.approx(clock.monotonic() + 0.005)
    clock.advance(0.01)
    (trouble,) = reader.pass_time(clock.monotonic())
    assert isinstance(trouble, Trouble)
    assert (trouble.kind, trouble.active) == ("wiegand_stuck_d1", True)


def test_a_line_that_was_freed_while_the_chip_was_away_is_stuck_no_more(clock: HandClock) -> None:
    wires = Wires(clock)
    wires.chip.move(D0, 0)
    assert wires.reader.receive(wires.edges.read(), clock.monotonic()) == []
    (begun,) = wires.rest(0.01)
    wires.chip.levels[D0] = 1
    assert wires.reader.opened(wires.edges, clock.monotonic()) == []
    wires.rest(0.1)
    (over,) = wires.rest(10)
    assert [begun, over] == [
        Trouble("front-in", "wiegand_stuck_d0", active, words, at)
        for active, words, at in (
            (True, "D0 stays low: shorted to ground, or the reader has no power", clock.monotonic() - 10.1),
            (False, "", clock.monotonic()),
        )
    ]


def test_a_card_that_was_under_way_when_we_came_is_no_card(clock: HandClock) -> None:
    wires = Wires(clock)
    wires.reader.opened(wires.edges, clock.monotonic())
    wires.chip.card(D0, D1, CARD)
    assert wires.reader.receive(wires.edges.read(), clock.monotonic()) == []
    assert wires.rest(0.03) == []
    assert [type(event) for event in wires.card(CARD)] == [CardRead]


def inputs(clock: HandClock, **settings: Any) -> tuple[InputLines, FakeChip, list[Event]]:
    chip = FakeChip(clock.monotonic)
    lines = InputLines({"exit": GpioInput(line=7, **settings)})
    return lines, chip, lines.opened(chip.edges(lines.pulls), clock.monotonic())


@pytest.mark.parametrize(
    ("settings", "level", "state"),
    [
        ({}, 1, InputState.INACTIVE),
        ({}, 0, InputState.ACTIVE),
        ({"normally": "closed"}, 1, InputState.ACTIVE),
        ({"closed": "high"}, 1, InputState.ACTIVE),
    ],
)
def test_an_input_is_told_by_its_circuit(
    clock: HandClock, settings: dict[str, Any], level: int, state: InputState
) -> None:
    lines, _, _ = inputs(clock, **settings)
    chip = FakeChip(clock.monotonic)
    chip.levels[7] = level
    assert lines.opened(chip.edges(lines.pulls), clock.monotonic()) == [
        InputChanged("exit", state, clock.monotonic())
    ]


def test_a_bounce_is_not_told_and_what_stands_after_it_is(clock: HandClock) -> None:
    lines, _, _ = inputs(clock, debounce_ms=50)
    clock.advance(1)
    pressed = lines.receive([LineEdge(7, 0, 0, 1)], clock.monotonic())
    assert [type(event) for event in pressed] == [InputChanged]
    clock.advance(0.01)
    assert lines.receive([LineEdge(7, 1, 0, 2)], clock.monotonic()) == []
    assert lines.close_at == pytest.approx(clock.monotonic() + 0.04)
    clock.advance(0.05)
    (released,) = lines.pass_time(clock.monotonic())
    assert released == InputChanged("exit", InputState.INACTIVE, clock.monotonic())
    assert lines.close_at is None


def test_a_line_that_cannot_be_set_does_not_keep_the_others_from_rest(clock: HandClock) -> None:
    chip = FakeChip(clock.monotonic)
    told: list[str] = []
    timers = Timers({1: (0, 1), 2: (1, 0)}, clock.monotonic, told.append)
    with pytest.raises(PortError, match="not open"):
        timers.play(1, ((0, True),))
    timers.use(chip.outputs({1: 0, 2: 1}))
    timers.play(1, ((0, True), (5.0, False)))
    timers.play(2, ((0, True),))
    assert chip.levels == {1: 1, 2: 0}
    chip.break_down()
    timers.rest()
    assert told == ["the chip is gone", "the chip is gone"]
    chip.repair()
    timers.stop(0.1)
    assert chip.levels == {1: 0, 2: 1}
    with pytest.raises(PortError):
        timers.play(1, ((0, True),))


def settings(**change: Any) -> WiegandGpioSettings:
    whole = {
        "kind": "wiegand-gpio",
        "name": "gpio",
        "readers": [{"name": "front-in", "d0": 4, "d1": 5, "led": 6}],
        "outputs": {"lock": {"line": 10}},
        "inputs": {"exit": {"line": 11}},
        "held_outputs": "accepted",
    }
    return WiegandGpioSettings.model_validate(whole | change)


def test_a_port_says_what_is_wired_to_it() -> None:
    port = settings()
    assert port.devices == ("gpio", "front-in")
    assert (port.readers, port.outputs, port.inputs) == (("front-in",), ("lock",), ("exit",))
    assert port.device_of("lock") == "gpio"
    assert port.device_of("elsewhere") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"held_outputs": "refused"}, "cannot end a release"),
        ({"readers": [], "outputs": {}, "inputs": {}}, "at least one"),
        ({"inputs": {"exit": {"line": 4}}}, "line 4 is used twice"),
        ({"inputs": {"lock": {"line": 11}}}, "lock is named twice"),
        ({"readers": [{"name": "front-in", "d0": 4, "d1": 5, "gap_ms": 20}]}, "greater than 20"),
    ],
)
def test_a_mistake_is_refused_with_its_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**change)


@pytest.mark.parametrize(
    ("keypad", "words"),
    [
        ({"keypad_codes": CODES | {"frame": "26-facility"}}, "a facility goes with"),
        ({"keypad_codes": CODES | {"shortest": 7}}, "digits"),
        ({"keypad_codes": CODES | {"facility": 3}}, "a facility goes with"),
        ({"keypad_codes": CODES, "keypad": "4"}, "keys or whole codes"),
        ({"keypad": "7"}, "Input should be"),
    ],
)
def test_a_keypad_that_cannot_be_is_refused_with_its_reason(keypad: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(readers=[{"name": "front-in", "d0": 4, "d1": 5} | keypad])


def test_a_source_that_storms_is_left_alone_until_its_slice_ends(clock: HandClock) -> None:
    wires = Wires(clock)
    source = Source(wires.edges, wires.reader)
    source.opened(clock.monotonic())
    clock.advance(0.1)
    for count in (300, 300):
        at_ns = round(clock.monotonic() * 1e9)
        wires.edges.put([(at_ns + place * 1000, D0, place % 2) for place in range(count)])
        source.take(clock.monotonic())
    assert source.deaf(clock.monotonic())
    assert source.pass_time(clock.monotonic()) == []
    assert next_due([source], clock.monotonic(), 0.5) == pytest.approx(0.1)
    assert source.slices_cut == 1
    clock.advance(0.1)
    assert not source.deaf(clock.monotonic())


def test_a_chip_that_is_not_there_is_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="cannot open"):
        KernelChip(tmp_path / "gpiochip0")
    with pytest.raises(PortError, match="cannot open"):
        KernelChip(Path("/dev/null"))


class FakeRequest:
    """What libgpiod gives for requested lines."""

    fd = 99

    def __init__(self) -> None:
        self.values: dict[int, Any] = {}
        self.broken = False
        self.released = False

    def _check(self) -> None:
        if self.broken:
            raise OSError(5, "Input/output error")

    def read_edge_events(self) -> list[gpiod.EdgeEvent]:
        self._check()
        return [
            gpiod.EdgeEvent(gpiod.EdgeEvent.Type.FALLING_EDGE.value, 1000, D0, 1, 1),
            gpiod.EdgeEvent(gpiod.EdgeEvent.Type.RISING_EDGE.value, 51_000, D0, 2, 2),
        ]

    def get_value(self, line: int) -> Any:
        self._check()
        return self.values[line]

    def set_value(self, line: int, value: Any) -> None:
        self._check()
        self.values[line] = value

    def release(self) -> None:
        self.released = True


def test_the_kernels_edges_are_lines_levels_and_times() -> None:
    request = FakeRequest()
    request.values[D0] = gpiod.line.Value.ACTIVE
    edges = KernelEdges(cast("gpiod.LineRequest", request))
    assert edges.fileno() == 99
    assert list(edges.read()) == [LineEdge(D0, 0, 1000, 1), LineEdge(D0, 1, 51_000, 2)]
    assert edges.level(D0) == 1
    request.broken = True
    with pytest.raises(PortError, match="do not read"):
        edges.read()
    with pytest.raises(PortError, match="line 4"):
        edges.level(D0)
    edges.close()
    assert request.released


def test_the_kernels_outputs_are_set_and_left() -> None:
    request = FakeRequest()
    outputs = KernelOutputs(cast("gpiod.LineRequest", request))
    outputs.set(10, 1)
    assert request.values[10] is gpiod.line.Value.ACTIVE
    request.broken = True
    with pytest.raises(PortError, match="line 10"):
        outputs.set(10, 0)
    outputs.close()
    assert request.released


class FakeKernel:
    """What libgpiod gives for an opened chip."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.busy = False
        self.closed = False

    def request_lines(self, config: Any, **options: Any) -> FakeRequest:
        if self.busy:
            raise OSError(16, "Device or resource busy")
        self.asked.append({"config": config} | options)
        return FakeRequest()

    def close(self) -> None:
        self.closed = True


def test_a_readers_lines_are_one_request_with_a_large_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = FakeKernel()
    monkeypatch.setattr(gpiod, "Chip", lambda _: kernel)
    chip = KernelChip(Path("/dev/gpiochip0"))
    chip.edges({D0: "up", D1: "up", 7: "as-is"})
    chip.outputs({10: 1, 11: 0})
    edges, outputs = kernel.asked
    assert edges["event_buffer_size"] >= 512
    assert list(edges["config"]) == [D0, D1, 7]
    assert {wanted.edge_detection for wanted in edges["config"].values()} == {gpiod.line.Edge.BOTH}
    up, as_is = gpiod.line.Bias.PULL_UP, gpiod.line.Bias.AS_IS
    assert [wanted.bias for wanted in edges["config"].values()] == [up, up, as_is]
    assert [bool(each.output_value) for each in outputs["config"].values()] == [True, False]
    kernel.busy = True
    with pytest.raises(PortError, match="busy"):
        chip.edges({D0: "off"})
    with pytest.raises(PortError, match="busy"):
        chip.outputs({10: 0})
    chip.close()
    assert kernel.closed


def test_a_thread_that_is_kept_from_its_work_cuts_no_card_in_two(clock: HandClock) -> None:
    """It was woken for a neighbour; the second half of the card comes before it gets to the clock."""
    wires = Wires(clock)
    neighbour = ReaderLine(GpioReader(name="back-in", d0=6, d1=7))
    beside = wires.chip.edges(neighbour.pulls)
    neighbour.opened(beside, clock.monotonic())
    sources = [Source(wires.edges, wires.reader), Source(beside, neighbour)]
    start_ns = round(clock.monotonic() * 1e9)
    edges = [
        (start_ns + place * 2_000_000 + after_ns, D1 if bit == "1" else D0, level)
        for place, bit in enumerate(CARD)
        for after_ns, level in ((0, 0), (50_000, 1))
    ]
    clock.advance(0.025)
    wires.edges.put(edges[:26])
    beside.put([(round(clock.monotonic() * 1e9), 6, 0), (round(clock.monotonic() * 1e9) + 50_000, 6, 1)])
    stalls = [0.0, 0.0, 0.0, 0.0, 0.0, 0.04]
    wake = Wake()

    def monotonic() -> float:
        if stalls and (stall_s := stalls.pop(0)):
            clock.advance(stall_s)
            wires.edges.put(edges[26:])
        return clock.monotonic()

    found = list(listen(sources, wake, monotonic, 0.5))
    beside.put([(round(clock.monotonic() * 1e9), 6, 0), (round(clock.monotonic() * 1e9) + 50_000, 6, 1)])
    found += listen(sources, wake, monotonic, 0.5)
    clock.advance(0.03)
    found += listen(sources, wake, monotonic, 0.5)
    wake.close()
    assert [event.bits for event in found if isinstance(event, CardRead)] == [CARD]
    assert wires.reader.report()["front-in.bit_counts"] == "26:1"
