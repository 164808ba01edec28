"""`menshen bus move`: a device to another address and speed, and back where it does not come along."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli.app import main
from drivers.osdp.commission import NotDoneError, Place, Visit, move
from drivers.simulator.line import Line
from drivers.simulator.osdp_device import Device
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import SetCommunication
from protocols.osdp.happenings import Security
from protocols.osdp.replies import Communication

if TYPE_CHECKING:
    from collections.abc import Iterator

    from protocols.osdp.commands import Command
    from protocols.osdp.replies import Reply


@pytest.fixture
def peer() -> SimulatedReader:
    return SimulatedReader(3, os.urandom)


@pytest.fixture
def line(peer: SimulatedReader) -> Iterator[Line]:
    with Line([peer], time.perf_counter) as made:
        yield made


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]


def test_a_device_moves_and_is_found_where_it_went(
    line: Line, peer: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["bus", "move", "--port", str(line.path)]
    assert main([*arguments, "--address", "3", "--to-address", "9", "--to-baud", "38400"]) == 0
    assert peer.address == 9
    assert "9" in capsys.readouterr().out
    assert main([*arguments, "--address", "9", "--baud", "38400", "--to-address", "4", "--json"]) == 0
    (moved,) = told(capsys)
    assert (moved["address"], moved["baud"]) == (4, 38400)


def test_a_device_that_is_not_there_is_not_moved(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bus", "move", "--port", str(line.path), "--address", "8", "--to-address", "9"]) == 69
    assert "no reply" in capsys.readouterr().err


def test_a_device_that_does_not_come_along_is_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    class Stubborn(SimulatedReader):
        """Says that it moves, and stays."""

        def receive(self, data: bytes, at: float) -> list[bytes]:
            answers = super().receive(data, at)
            self.address = 3
            return answers

    with Line([Stubborn(3, os.urandom)], time.perf_counter) as line:
        assert main(["bus", "move", "--port", str(line.path), "--address", "3", "--to-address", "9"]) == 69
        assert "address 3" in capsys.readouterr().err


def test_no_device_is_moved_onto_another(capsys: pytest.CaptureFixture[str]) -> None:
    peers = [SimulatedReader(3, os.urandom), SimulatedReader(9, os.urandom)]
    with Line(peers, time.perf_counter) as line:
        assert main(["bus", "move", "--port", str(line.path), "--address", "3", "--to-address", "9"]) == 69
    assert "already" in capsys.readouterr().err
    assert [peer.address for peer in peers] == [3, 9]


class Liar(Device):
    """Names a place that cannot be."""

    def answer(self, command: Command, at: float) -> Reply:
        if isinstance(command, SetCommunication):
            return Communication(200, 12345)
        return super().answer(command, at)


def test_a_device_that_names_a_place_that_cannot_be_is_looked_for_where_it_was_sent(
    line: Line, peer: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.device = Liar()
    assert main(["bus", "move", "--port", str(line.path), "--address", "3", "--to-address", "9"]) == 0
    assert peer.address == 9
    assert "9" in capsys.readouterr().out


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_device_that_takes_the_address_and_not_the_speed_is_sent_back(*, comes_back: bool) -> None:
    class Stuck(SimulatedReader):
        """Goes to address 9, and from there perhaps nowhere."""

        def receive(self, data: bytes, at: float) -> list[bytes]:
            before = self.address
            answers = super().receive(data, at)
            self.address = before if before == 9 and not comes_back else self.address
            return answers

    peer = Stuck(3, os.urandom)
    with Line([peer], time.perf_counter) as slow, Line([], time.perf_counter) as fast:
        lines = {9600: slow.path, 38400: fast.path}

        def visit_at(place: Place) -> Visit:
            path, clock = lines[place.baud], time.perf_counter
            return Visit(path, place.baud, place.address, key=None, security=Security.OFF, clock=clock)

        where = "address 3, 9600" if comes_back else "address 9, 9600"
        with pytest.raises(NotDoneError, match=where):
            move(visit_at, lambda _: False, Place(3, 9600), Place(9, 38400), within_s=0.5)
