"""A reader, a lock and a button at GPIO lines, for the contract suite. They have no serial wire to be bad."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivers.contract import Ability
from drivers.wiegand_gpio.driver import WiegandGpio
from drivers.wiegand_gpio.settings import WiegandGpioSettings
from tests.contract.modbus.rig import no_secrets
from tests.contract.rig import Kind
from tests.peers.fake_chip import FakeChip

if TYPE_CHECKING:
    from drivers.simulator.line import Faults

D0, D1, LOCK, EXIT, LED, BEEPER = 4, 5, 10, 11, 12, 13
SETTLED_S = 0.05
"""A reader's line must have rested for one gap before its first card counts."""


class GpioRig:
    """One reader with light and beeper, one lock, one exit button."""

    device, point, input, reader = "gpio", "lock", "exit", "front-in"

    def __init__(self, faults: Faults) -> None:
        del faults
        self.chip = FakeChip(time.perf_counter)
        settings = WiegandGpioSettings.model_validate(
            {
                "kind": "wiegand-gpio",
                "name": self.device,
                "readers": [{"name": self.reader, "d0": D0, "d1": D1, "led": LED, "beeper": BEEPER}],
                "outputs": {self.point: {"line": LOCK}},
                "inputs": {self.input: {"line": EXIT}},
                "held_outputs": "accepted",
            }
        )
        self.driver = WiegandGpio(settings, time.perf_counter, no_secrets, open_chip=self.chip.open)

    def start(self) -> None:
        """Nothing to bring up."""

    def stop(self) -> None:
        """Nothing to take away."""

    def die(self) -> None:
        self.chip.break_down()

    def revive(self) -> None:
        self.chip.repair()

    unplug = die
    plug = revive

    def unlocked(self) -> bool:
        return self.chip.levels.get(LOCK) == 1

    def releases(self) -> int:
        return self.chip.sets.count((LOCK, 1))

    def set_input(self, *, active: bool) -> None:
        if self.chip.requests:
            self.chip.move(EXIT, 0 if active else 1)
        else:
            self.chip.levels[EXIT] = 0 if active else 1

    def present(self, bits: str) -> None:
        time.sleep(SETTLED_S)
        self.chip.card(D0, D1, bits)


KIND = Kind(
    "wiegand_gpio",
    frozenset({Ability.READ, Ability.RELEASE, Ability.SENSE, Ability.INDICATE}),
    GpioRig,
)
