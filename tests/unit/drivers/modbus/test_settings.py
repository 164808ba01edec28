from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.modbus.settings import ModbusLineSettings
from drivers.registry import too_late_s

BOARD: dict[str, Any] = {
    "name": "lobby-board",
    "family": "waveshare",
    "address": 1,
    "outputs": {"lobby-lock": 1},
    "inputs": {"lobby-exit": {"channel": 1}, "lobby-contact": {"channel": 2, "normally": "closed"}},
}
SECOND: dict[str, Any] = {
    "name": "yard-board",
    "family": "waveshare",
    "address": 2,
    "outputs": {"yard-lock": 1},
}
LINE: dict[str, Any] = {"kind": "modbus", "name": "relays", "device": "/dev/ttyUSB0", "boards": [BOARD]}


def test_a_line_says_what_hangs_on_it() -> None:
    line = ModbusLineSettings.model_validate(LINE | {"boards": [BOARD, SECOND]})
    assert line.device == Path("/dev/ttyUSB0")
    assert line.devices == ("lobby-board", "yard-board")
    assert line.outputs == ("lobby-lock", "yard-lock")
    assert line.inputs == ("lobby-exit", "lobby-contact")
    assert line.readers == ()


def test_a_gateway_on_the_network_is_a_line_too() -> None:
    line = ModbusLineSettings.model_validate(
        {key: value for key, value in LINE.items() if key != "device"}
        | {"tcp": "gw.local:502", "framing": "tcp"}
    )
    assert line.tcp == "gw.local:502"


def test_a_board_without_a_pulse_needs_a_word_in_writing() -> None:
    board = SECOND | {"family": "wirenboard"}
    with pytest.raises(ValidationError, match="cannot end a release"):
        ModbusLineSettings.model_validate(LINE | {"boards": [board]})
    ModbusLineSettings.model_validate(LINE | {"boards": [board | {"held_outputs": "accepted"}]})


@pytest.mark.parametrize(
    ("boards", "baud", "parity", "late"),
    [
        (4, 9600, "none", False),
        (5, 9600, "none", False),
        (5, 9600, "even", True),
        (6, 9600, "none", True),
        (16, 38400, "none", False),
        (3, 4800, "none", True),
    ],
)
def test_a_line_with_more_boards_than_its_speed_has_time_for_says_so(
    boards: int, baud: int, parity: str, *, late: bool
) -> None:
    row = [
        {"name": f"b-{at}", "family": "waveshare", "address": at, "inputs": {f"exit-{at}": {"channel": 8}}}
        for at in range(1, boards + 1)
    ]
    line = ModbusLineSettings.model_validate(LINE | {"boards": row, "baud": baud, "parity": parity})
    assert (too_late_s(line) is not None) == late


def test_several_samples_of_a_press_take_several_looks() -> None:
    row = [
        {"name": f"b-{at}", "family": "waveshare", "address": at, "inputs": {f"e-{at}": {"channel": 1}}}
        for at in (1, 2, 3)
    ]
    line = LINE | {"boards": row}
    assert too_late_s(ModbusLineSettings.model_validate(line)) is None
    row[0]["inputs"] = {"e-1": {"channel": 1, "samples": 2}}
    assert too_late_s(ModbusLineSettings.model_validate(line)) == pytest.approx(0.112, abs=0.001)


def test_of_a_line_behind_a_gateway_nobody_here_can_say_how_fast_it_is() -> None:
    line = ModbusLineSettings.model_validate(LINE | {"device": None, "tcp": "gw:502", "baud": 2400})
    assert line.counts_after_s is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"device": None}, "either a serial device or a tcp gateway"),
        ({"tcp": "gw:502"}, "either a serial device or a tcp gateway"),
        ({"device": None, "tcp": "gw"}, "host:port"),
        ({"device": None, "tcp": "gw:0"}, "host:port"),
        ({"device": None, "tcp": "gw:65536"}, "host:port"),
        ({"framing": "tcp"}, "needs a tcp gateway"),
        ({"baud": 1200}, "Input should be"),
        ({"boards": []}, "at least 1"),
        ({"boards": [BOARD, SECOND | {"address": 1}]}, "two boards at address 1"),
        ({"boards": [BOARD, SECOND | {"address": 254}]}, "reach any board"),
        ({"boards": [BOARD, SECOND | {"name": "lobby-board"}]}, "lobby-board is named twice"),
        ({"boards": [BOARD, SECOND | {"outputs": {"lobby-exit": 1}}]}, "lobby-exit is named twice"),
        ({"boards": [BOARD | {"address": 0}]}, "greater than or equal to 1"),
        ({"boards": [BOARD | {"outputs": {}, "inputs": {}}]}, "at least one output or input"),
        ({"boards": [BOARD | {"outputs": {"a": 0}}]}, "a: a channel is 1 to 32"),
        ({"boards": [BOARD | {"outputs": {"a": 1, "b": 1}}]}, "two outputs on channel 1"),
        (
            {"boards": [BOARD | {"inputs": {"a": {"channel": 3}, "b": {"channel": 3}}}]},
            "two inputs on channel 3",
        ),
        (
            {"boards": [BOARD | {"inputs": {"a": {"channel": 1, "supervised": True}}}]},
            "no board of these families can supervise an input",
        ),
        (
            {"boards": [BOARD | {"family": "eletechsup", "inputs": {"a": {"channel": 9}}}]},
            "a: a channel is 1 to 8",
        ),
        ({"boards": [BOARD | {"speed": 1}]}, "Extra inputs"),
        ({"name": "Not A Name"}, "pattern"),
    ],
)
def test_a_mistake_is_refused_with_its_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ModbusLineSettings.model_validate(LINE | change)
