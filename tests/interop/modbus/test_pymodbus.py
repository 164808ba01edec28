"""pymodbus as an independent master: what our driver is tested against is a board to others too."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from pymodbus.client import ModbusSerialClient

from drivers.simulator.line import Line
from drivers.simulator.relay_board import Mood, RelayBoard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymodbus.pdu import ModbusPDU

CLOCK = time.perf_counter
ADDRESS = 3


@pytest.fixture
def board() -> RelayBoard:
    return RelayBoard(CLOCK, address=ADDRESS)


@pytest.fixture
def master(board: RelayBoard) -> Iterator[ModbusSerialClient]:
    with Line([board], CLOCK) as line:
        client = ModbusSerialClient(str(line.path), baudrate=9600, timeout=1, retries=0)
        assert client.connect()
        yield client
        client.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped


def good(reply: ModbusPDU) -> ModbusPDU:
    assert not reply.isError()
    return reply


def test_it_reads_inputs_relays_and_the_version(board: RelayBoard, master: ModbusSerialClient) -> None:
    board.set_input(2, active=True)
    board.set_coil(5, on=True)
    inputs = good(master.read_discrete_inputs(0, count=8, device_id=ADDRESS))
    coils = good(master.read_coils(0, count=8, device_id=ADDRESS))
    version = good(master.read_holding_registers(0x8000, count=1, device_id=ADDRESS))
    assert [place for place, bit in enumerate(inputs.bits) if bit] == [2]
    assert [place for place, bit in enumerate(coils.bits) if bit] == [5]
    assert list(version.registers) == [200]


def test_it_switches_a_relay(board: RelayBoard, master: ModbusSerialClient) -> None:
    good(master.write_coil(1, value=True, device_id=ADDRESS))
    assert board.coil(1)
    good(master.write_coil(1, value=False, device_id=ADDRESS))
    assert not board.coil(1)


def test_it_is_refused_what_the_board_does_not_have(board: RelayBoard, master: ModbusSerialClient) -> None:
    assert master.read_coils(4, count=8, device_id=ADDRESS).exception_code == 2
    board.mood = Mood(exception=4)
    assert master.read_coils(0, count=8, device_id=ADDRESS).exception_code == 4
