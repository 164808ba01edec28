"""A line of one relay board, for the contract suite."""

from __future__ import annotations

import time

from drivers.contract import Ability
from drivers.modbus.driver import ModbusLine
from drivers.modbus.settings import ModbusBoard, ModbusInput, ModbusLineSettings
from drivers.simulator.line import Faults, Line
from drivers.simulator.relay_board import WELL, Mood, RelayBoard
from tests.contract.rig import Kind

LOCK, EXIT = 2, 3  # channels on the board, from 0


def no_secrets(name: str) -> bytes:
    raise KeyError(name)


class ModbusRig:
    """A Waveshare board with one lock and one exit button."""

    device, point, input, reader = "board", "lock", "exit", "nobody"

    def __init__(self, faults: Faults) -> None:
        clock = time.perf_counter
        self.board = RelayBoard(clock, address=7)
        self.line = Line([self.board], clock, faults=faults)
        settings = ModbusLineSettings(
            kind="modbus",
            name="relays",
            device=self.line.path,
            baud=115200,
            boards=(
                ModbusBoard(
                    name=self.device,
                    family="waveshare",
                    address=7,
                    outputs={self.point: LOCK + 1},
                    inputs={self.input: ModbusInput(channel=EXIT + 1)},
                ),
            ),
        )
        self.driver = ModbusLine(settings, clock, no_secrets)

    def start(self) -> None:
        self.line.start()

    def stop(self) -> None:
        self.line.stop()

    def die(self) -> None:
        self.board.mood = Mood(silent=True)

    def revive(self) -> None:
        self.board.mood = WELL

    def unplug(self) -> None:
        self.line.unplug()

    def plug(self) -> None:
        self.line.plug()

    def unlocked(self) -> bool:
        return self.board.coil(LOCK)

    def releases(self) -> int:
        return sum(each.channel == LOCK and each.on_for_s > 0 for each in self.board.history)

    def set_input(self, *, active: bool) -> None:
        self.board.set_input(EXIT, active)

    def present(self, bits: str) -> None:
        raise AssertionError(f"a relay board reads no card: {bits}")


KIND = Kind("modbus", frozenset({Ability.RELEASE, Ability.SENSE}), ModbusRig)
