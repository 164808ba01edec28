"""What a GPIO port promises beyond what every driver does: bad wires are counted, said, and give no card."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from drivers.contract import (
    CardRead,
    Done,
    InputChanged,
    InputState,
    KeysPressed,
    Offline,
    Online,
    Release,
    Trouble,
)
from drivers.wiegand_gpio.driver import WiegandGpio
from drivers.wiegand_gpio.settings import WiegandGpioSettings
from protocols.wiegand.decoding import explain
from tests.contract.modbus.rig import no_secrets
from tests.contract.rig import Inbox
from tests.peers.fake_chip import FakeChip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CASES: list[dict[str, Any]] = json.loads(Path("tests/vectors/wiegand_timing.json").read_text())["cases"]
FRAMES = [case for case in CASES if "bits" in case["expect"][0]]
BITS = "10111011000000110010000110"
D0, D1, OTHER_D0, OTHER_D1, EXIT, LOCK = 4, 5, 6, 7, 11, 10
STOP_WITHIN_S = 5.0
SETTLED_S = 0.08
QUIET_S = 0.3


class Port:
    """A chip with two readers, a button and a lock, its driver running, and its clock's calls counted."""

    def __init__(self, **keypad: object) -> None:
        self.chip = FakeChip(time.perf_counter)
        self.inbox = Inbox()
        self.looks = 0
        settings = WiegandGpioSettings.model_validate(
            {
                "kind": "wiegand-gpio",
                "name": "gpio",
                "readers": [
                    {"name": "front-in", "d0": D0, "d1": D1} | keypad,
                    {"name": "side-in", "d0": OTHER_D0, "d1": OTHER_D1},
                ],
                "outputs": {"lock": {"line": LOCK}},
                "inputs": {"exit": {"line": EXIT}},
                "held_outputs": "accepted",
            }
        )
        self.driver = WiegandGpio(settings, self._clock, no_secrets, open_chip=self.chip.open)

    def _clock(self) -> float:
        self.looks += 1
        return time.perf_counter()

    def start(self) -> None:
        self.driver.start(self.inbox)
        self.inbox.after(0, Online)
        time.sleep(SETTLED_S)

    def say(self, edges: list[tuple[int, int, int]]) -> None:
        """Let edges of (microseconds, 0 for D0 and 1 for D1, level) come, the last of them now."""
        start_us = round(time.perf_counter() * 1e6) - edges[-1][0]
        with self.chip.lock:
            request = next(each for each in self.chip.requests if D0 in each.lines)
            request.put([((start_us + at_us) * 1000, (D0, D1)[line], level) for at_us, line, level in edges])

    def cards(self, reader: str = "front-in") -> list[str]:
        return [
            each.bits for each in self.inbox.events if isinstance(each, CardRead) and each.reader == reader
        ]

    def troubles(self) -> list[tuple[str, bool]]:
        return [(each.kind, each.active) for each in self.inbox.events if isinstance(each, Trouble)]

    def health(self) -> Mapping[str, int | float | str]:
        return self.driver.line_health()


@pytest.fixture
def port() -> Iterator[Port]:
    yield from running(Port())


@pytest.fixture
def with_keypad() -> Iterator[Port]:
    yield from running(Port(keypad="8"))


@pytest.fixture
def with_codes() -> Iterator[Port]:
    yield from running(Port(keypad_codes={"frame": "26-number", "shortest": 4, "longest": 6}))


def running(made: Port) -> Iterator[Port]:
    made.start()
    try:
        yield made
    finally:
        made.driver.stop(STOP_WITHIN_S)


@pytest.mark.parametrize("case", FRAMES, ids=lambda case: str(case["name"]))
def test_a_recorded_stream_is_its_cards_and_its_keys(with_keypad: Port, case: dict[str, Any]) -> None:
    with_keypad.say([(at, line, level) for at, line, level in case["edges"]])
    expected = [each["bits"] for each in case["expect"]]
    key_codes = {"11100001": "1", "10100101": "5"}

    def all_came(_: object) -> bool:
        keys = [each.keys for each in with_keypad.inbox.events if isinstance(each, KeysPressed)]
        cards = with_keypad.cards()
        return cards == [bits for bits in expected if bits not in key_codes] and keys == [
            key_codes[bits] for bits in expected if bits in key_codes
        ]

    assert with_keypad.inbox.wait_for(all_came)
    for each in case["expect"]:
        if each.get("reject") == "length":
            rejected = explain(each["bits"], ["H10301"]).rejected
            assert [why for refusal in rejected for why in refusal.why] == ["length"]


def test_a_frame_that_lost_a_pulse_comes_as_it_came_and_is_never_filled_up(port: Port) -> None:
    for lost in range(6):
        port.chip.card(D0, D1, BITS[:lost] + BITS[lost + 1 :])
        time.sleep(SETTLED_S)
    port.inbox.wait_for(lambda _: len(port.cards()) == 6)
    assert {len(bits) for bits in port.cards()} == {25}
    assert ("wiegand_lengths", True) in port.troubles()
    assert port.health()["front-in.bit_counts"] == "25:6"


def test_a_burst_of_noise_is_counted_and_said_and_is_no_card(port: Port) -> None:
    chance = Random(7)
    for _ in range(8):
        falls = [(chance.randrange(20_000), chance.randrange(2)) for _ in range(40)]
        edges = [(at_us + after, line, level) for at_us, line in falls for after, level in ((0, 0), (90, 1))]
        port.say(sorted(edges))
        time.sleep(SETTLED_S)
    assert port.inbox.wait_for(lambda _: port.troubles())
    assert port.cards() == []
    health = port.health()
    assert sum(int(value) for name, value in health.items() if ".discarded_" in name) == 8
    port.chip.card(D0, D1, BITS)
    assert port.inbox.wait_for(lambda _: port.cards()) == [BITS]


def test_a_power_up_pulse_is_no_card(port: Port) -> None:
    port.say([(0, 0, 0), (50, 0, 1)])
    time.sleep(SETTLED_S)
    assert port.health()["front-in.bit_counts"] == "1:1"
    assert port.cards() == []


def test_a_line_that_stays_low_is_said_once_and_costs_nothing(port: Port) -> None:
    port.say([(0, 0, 0)])
    port.inbox.wait_for(lambda _: port.troubles())
    before = port.looks
    time.sleep(QUIET_S)
    assert port.looks - before < 50  # a thread that waits looks a few times; one that spins, thousands
    assert port.troubles() == [("wiegand_stuck_d0", True)]
    port.chip.card(OTHER_D0, OTHER_D1, BITS)
    assert port.inbox.wait_for(lambda _: port.cards("side-in")) == [BITS]


def test_a_keypad_that_babbles_is_said_and_its_neighbour_is_heard(with_keypad: Port) -> None:
    frames = "".join(["11100001"] * 60)
    edges, at_us = [], 0
    for place, bit in enumerate(frames):
        edges += [(at_us, int(bit), 0), (at_us + 50, int(bit), 1)]
        at_us += 31_000 if place % 8 == 7 else 200
    with_keypad.say(edges)
    with_keypad.inbox.wait_for(lambda _: ("babble", True) in with_keypad.troubles())
    time.sleep(QUIET_S)
    keys = sum(isinstance(each, KeysPressed) for each in with_keypad.inbox.events)
    assert keys < 60
    assert with_keypad.health()["front-in.babble_dropped"] == 60 - keys
    with_keypad.chip.card(OTHER_D0, OTHER_D1, BITS)
    assert with_keypad.inbox.wait_for(lambda _: with_keypad.cards("side-in")) == [BITS]


def test_a_typed_code_is_keys_at_its_reader_and_a_card_at_another(with_codes: Port) -> None:
    typed = "0" + f"{1234:024b}" + "0"
    with_codes.chip.card(D0, D1, typed)
    with_codes.chip.card(OTHER_D0, OTHER_D1, typed)
    with_codes.inbox.wait_for(lambda _: with_codes.cards("side-in"))
    keys = with_codes.inbox.after(0, KeysPressed)
    assert isinstance(keys, KeysPressed)
    assert (keys.reader, keys.keys) == ("front-in", "1234#")
    assert with_codes.cards("front-in") == []


def test_a_storm_on_one_line_delays_no_button_and_no_other_reader(port: Port) -> None:
    stop = threading.Event()

    def storm() -> None:
        while not stop.is_set():
            at_ns = round(time.perf_counter() * 1e9)
            with port.chip.lock:
                request = next(each for each in port.chip.requests if D0 in each.lines)
                request.put([(at_ns + place * 100, D0, place % 2) for place in range(400)])
            time.sleep(0.002)

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        time.sleep(SETTLED_S)
        port.chip.move(EXIT, 0)
        port.inbox.wait_for(
            lambda events: [
                each for each in events if isinstance(each, InputChanged) and each.state is InputState.ACTIVE
            ]
        )
        port.chip.card(OTHER_D0, OTHER_D1, BITS)
        assert port.inbox.wait_for(lambda _: port.cards("side-in")) == [BITS]
    finally:
        stop.set()
        thread.join()
    assert port.cards("front-in") == []
    time.sleep(QUIET_S)
    health = port.health()
    assert health["storm_slices"] != 0
    assert health["front-in.glitches"] != 0
    assert health["front-in.frames"] == 0


def test_a_lock_that_cannot_be_set_takes_the_port_offline_and_comes_back_locked() -> None:
    chip, inbox = FakeChip(time.perf_counter), Inbox()
    settings = WiegandGpioSettings.model_validate(
        {
            "kind": "wiegand-gpio",
            "name": "gpio",
            "outputs": {"lock": {"line": LOCK, "active": "low"}},
            "held_outputs": "accepted",
        }
    )
    driver = WiegandGpio(settings, time.perf_counter, no_secrets, open_chip=chip.open)
    driver.start(inbox)
    try:
        inbox.after(0, Online)
        driver.do(Release(1, "lock", 0.2, time.perf_counter() + STOP_WITHIN_S))
        assert isinstance(inbox.answer(1), Done)
        assert chip.levels[LOCK] == 0
        chip.break_down()  # nothing is read here: only the end of the release can find it out
        inbox.after(0, Offline)
        assert chip.levels[LOCK] == 0
        count = len(inbox.events)
        chip.repair()
        inbox.after(count, Online)
        assert chip.levels[LOCK] == 1
    finally:
        driver.stop(STOP_WITHIN_S)
