"""The simulator's files are written as the kernel's documents say, on a folder that looks like configfs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.peers.gpio_sim import SimulatedChip, missing

if TYPE_CHECKING:
    from pathlib import Path


def test_a_chip_is_made_and_moved_through_the_files_that_the_kernel_documents(tmp_path: Path) -> None:
    config, devices = tmp_path / "config" / "gpio-sim", tmp_path / "platform"
    bank = config / "menshen" / "bank0"
    line = devices / "gpio-sim.0" / "gpiochip7" / "sim_gpio4"
    bank.mkdir(parents=True)
    line.mkdir(parents=True)
    (config / "menshen" / "dev_name").write_text("gpio-sim.0\n")
    (bank / "chip_name").write_text("gpiochip7\n")
    (line / "value").write_text("1\n")
    chip = SimulatedChip("menshen", 16, config, devices)
    assert str(chip.path) == "/dev/gpiochip7"
    assert (bank / "num_lines").read_text() == "16"
    assert (config / "menshen" / "live").read_text() == "1"
    chip.pull(4, 0)
    assert (line / "pull").read_text() == "pull-down"
    chip.pull(4, 1)
    assert (line / "pull").read_text() == "pull-up"
    assert chip.value(4) == 1


def test_where_there_is_no_simulator_the_reason_and_the_mend_are_said(tmp_path: Path) -> None:
    assert "modprobe gpio-sim" in str(missing(tmp_path / "gpio-sim"))
    assert missing(tmp_path) is None
