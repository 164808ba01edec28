"""`menshen bus find` on a line of boards."""

from __future__ import annotations

import json
import time

import pytest

from agent.cli.app import main
from drivers.simulator.line import Line
from drivers.simulator.relay_board import RelayBoard
from protocols.boards.rtu import crc

CLOCK = time.perf_counter
READS = {1, 2, 3, 4}  # function codes that change nothing
QUESTION_BYTES = 8


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


class Ear:
    """Hears everything that is put on the line."""

    def __init__(self) -> None:
        self.heard = b""

    def receive(self, data: bytes, _at: float) -> tuple[bytes, ...]:
        self.heard += data
        return ()


def frames(heard: bytes) -> list[bytes]:
    """Cut what was heard into questions: every question of `find` has eight bytes."""
    found = [heard[at : at + QUESTION_BYTES] for at in range(0, len(heard), QUESTION_BYTES)]
    assert all(crc(each[:-2]) == each[-2:] for each in found)
    return found


def test_boards_are_found_and_nothing_but_reading_is_ever_on_the_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    boards = [
        RelayBoard(CLOCK, address=2),
        RelayBoard(CLOCK, address=4, family="eletechsup"),
        RelayBoard(CLOCK, address=200, family="wirenboard"),
    ]
    ear = Ear()
    with Line([*boards, ear], CLOCK, baud=9600) as line:
        arguments = ["bus", "find", "--kind", "modbus", "--port", str(line.path)]
        arguments += ["--baud", "9600", "--address", "0,2,3,4,200"]
        assert main([*arguments, "--json"]) == 0
        found = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
        assert main(arguments) == 0
    assert [(each["ev"], each["address"], each["families"]) for each in found] == [
        ("board", 2, ["waveshare"]),
        ("board", 4, ["eletechsup"]),
        ("board", 200, ["wirenboard"]),
    ]
    assert found[2]["version"] == "WBMR6C"
    asked = frames(ear.heard)
    assert {each[1] for each in asked} <= READS
    assert {each[0] for each in asked} == {2, 3, 4, 200}  # and never 0, which some boards answer all at once
    shown = capsys.readouterr().out
    assert "board of waveshare  8 outputs  8 inputs" in shown
    assert [board.history for board in boards] == [(), (), ()]


def test_a_line_without_a_board_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with Line([], CLOCK, baud=9600) as line:
        arguments = ["bus", "find", "--kind", "modbus", "--port", str(line.path), "--baud", "115200"]
        assert main([*arguments, "--address", "1,2"]) == 69
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_a_found_board_is_told_in_chinese(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with Line([RelayBoard(CLOCK, address=2)], CLOCK, baud=9600) as line:
        arguments = ["bus", "find", "--kind", "modbus", "--port", str(line.path), "--baud", "9600"]
        assert main([*arguments, "--address", "2"]) == 0
    assert "Modbus 板,型号系列 waveshare  8 路输出  8 路输入" in capsys.readouterr().out
