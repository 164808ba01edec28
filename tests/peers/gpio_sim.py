"""A GPIO chip of the kernel's own simulator: its lines are real to the kernel, and moved through sysfs.

Source: docs.kernel.org/admin-guide/gpio/gpio-sim. A chip is made by folders in configfs and lives once `live`
is 1; each line then has a folder `sim_gpioN` below the device, with `pull` to write and `value` to read.
"""

from __future__ import annotations

import os
from pathlib import Path

CONFIG = Path("/sys/kernel/config/gpio-sim")
DEVICES = Path("/sys/devices/platform")
BANK = "bank0"


def missing(config: Path = CONFIG) -> str | None:
    """Return why there is no simulator here, and the mend; None where there is one."""
    if not config.is_dir():
        return "this kernel has no gpio-sim: mount -t configfs none /sys/kernel/config && modprobe gpio-sim"
    return None if os.access(config, os.W_OK) else "making a simulated GPIO chip needs root"


class SimulatedChip:
    """A chip of `lines` lines, all pulled down at first, as the kernel makes them."""

    def __init__(self, name: str, lines: int, config: Path = CONFIG, devices: Path = DEVICES) -> None:
        self._device = config / name
        self._bank = self._device / BANK
        self._bank.mkdir(parents=True, exist_ok=True)
        (self._bank / "num_lines").write_text(str(lines))
        (self._device / "live").write_text("1")  # returns when the chip is there
        chip = (self._bank / "chip_name").read_text().strip()
        self.path = Path("/dev") / chip
        self._lines = devices / (self._device / "dev_name").read_text().strip() / chip

    def pull(self, line: int, level: int) -> None:
        """Move an input line: 1 is up, 0 is down. An edge for whoever listens."""
        (self._lines / f"sim_gpio{line}" / "pull").write_text("pull-up" if level else "pull-down")

    def value(self, line: int) -> int:
        """Return the level of a line now, as driven by whoever has it."""
        return int((self._lines / f"sim_gpio{line}" / "value").read_text())

    def remove(self) -> None:
        """Take the chip away."""
        (self._device / "live").write_text("0")
        self._bank.rmdir()
        self._device.rmdir()
