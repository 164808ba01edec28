"""`menshen bus find` on a line of boards."""

from __future__ import annotations

import json
import time

import pytest

from agent.cli.app import main
from drivers.simulator.line import Line
from drivers.simulator.relay_board import RelayBoard

CLOCK = time.perf_counter


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def test_boards_are_found_and_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    boards = [RelayBoard(CLOCK, address=2), RelayBoard(CLOCK, address=4, family="eletechsup", inputs=0)]
    with Line(boards, CLOCK, baud=9600) as line:
        arguments = ["bus", "find", "--kind", "modbus", "--port", str(line.path)]
        arguments += ["--baud", "9600", "--address", "0,2,3,4"]
        assert main([*arguments, "--json"]) == 0
        found = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
        assert main(arguments) == 0
    assert [(each["ev"], each["address"], each["families"]) for each in found] == [
        ("board", 2, ["waveshare"]),
        ("board", 4, ["eletechsup"]),
    ]
    shown = capsys.readouterr().out
    assert "board of waveshare  8 outputs  8 inputs" in shown
    assert [board.history for board in boards] == [(), ()]
