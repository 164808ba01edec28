"""A QR reader at a serial port, for the contract suite."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivers.contract import Ability
from drivers.qr_serial.driver import qr_serial
from drivers.qr_serial.settings import QrSerialSettings
from drivers.simulator.line import Line
from tests.contract.modbus.rig import no_secrets
from tests.contract.rig import Kind

if TYPE_CHECKING:
    from drivers.simulator.line import Faults


class QrRig:
    """One QR reader at one port."""

    device = reader = "gate-qr"
    point = input = "nothing"

    def __init__(self, faults: Faults) -> None:
        self.line = Line([], time.perf_counter, faults=faults)
        settings = QrSerialSettings(kind="qr-serial", name="qr", device=self.line.path, reader=self.reader)
        self.driver = qr_serial(settings, time.perf_counter, no_secrets)

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
        raise AssertionError(f"a QR reader has no input: {active}")

    def present(self, bits: str) -> None:
        raise AssertionError(f"a QR reader reads no card: {bits}")


KIND = Kind("qr_serial", frozenset({Ability.SCAN}), QrRig)
