"""A converter that prints 26-bit cards as six hex digits, and repeats one as long as it is held there."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING, Any

from drivers.contract import Ability
from drivers.simulator.line import Line
from drivers.wiegand_serial.driver import wiegand_serial
from drivers.wiegand_serial.settings import WiegandSerialSettings
from tests.contract.modbus.rig import no_secrets
from tests.contract.rig import Kind

if TYPE_CHECKING:
    from drivers.simulator.line import Faults

REPEATS = 12
REPEAT_S = 0.08  # longer than the silence that ends a line


class SerialRig:
    """One converter at one port."""

    device = reader = "front-in"
    point = input = "nothing"

    def __init__(self, faults: Faults, **more: Any) -> None:
        """more: settings beside, or instead of, those of a converter of 26-bit cards."""
        self._faults = faults
        self._random = Random(1)
        self.line = Line([], time.perf_counter, faults=faults)
        whole = {
            "kind": "wiegand-serial",
            "name": "serial",
            "device": self.line.path,
            "reader": self.reader,
            "shape": "line",
            "count": 6,
            "format": "W26_CARD24",
        }
        settings = WiegandSerialSettings.model_validate(whole | more)
        self.driver = wiegand_serial(settings, time.perf_counter, no_secrets)

    def start(self) -> None:
        self.line.start()

    def stop(self) -> None:
        self.line.stop()

    def die(self) -> None:
        self.line.unplug()

    def revive(self) -> None:
        self.line.plug()

    unplug = die
    plug = revive

    def unlocked(self) -> bool:
        return False

    def releases(self) -> int:
        return 0

    def set_input(self, *, active: bool) -> None:
        raise AssertionError(f"a converter has no input: {active}")

    def present(self, bits: str) -> None:
        line = f"{int(bits[1:-1], 2):06X}\r\n".encode("ascii")
        for _ in range(REPEATS):
            self.line.say(self._faults.spoil(line, self._random))
            time.sleep(REPEAT_S)


KIND = Kind("wiegand_serial", frozenset({Ability.READ}), SerialRig)
