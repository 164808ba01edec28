"""A serial port, on a pseudo-terminal."""

from __future__ import annotations

import os
import termios
import tty
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivers import ports
from drivers.ports import Port, PortError
from drivers.worker import Wake

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pair:
    """A pseudo-terminal: its far end, and the path of the near one."""

    def __init__(self) -> None:
        self.far, self.near = os.openpty()
        tty.setraw(self.near)
        self.path = Path(os.ttyname(self.near))

    def unplug(self) -> None:
        os.close(self.far)
        os.close(self.near)
        self.far = self.near = -1


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    if made.far >= 0:
        made.unplug()


@pytest.fixture
def port(pair: Pair) -> Iterator[Port]:
    made = Port(pair.path, 9600)
    yield made
    made.close()


def test_bytes_go_both_ways(pair: Pair, port: Port) -> None:
    port.write(b"out")
    assert os.read(pair.far, 10) == b"out"
    os.write(pair.far, b"in")
    assert port.read(5.0) == b"in"


def test_reading_ends_when_nothing_comes(port: Port) -> None:
    assert port.read(0.0) == b""
    assert port.read(0.001) == b""


def test_a_bell_ends_the_wait(port: Port) -> None:
    wake = Wake()
    wake.ring()
    assert port.read(60.0, wake) == b""
    wake.close()


def test_a_port_is_for_one_program_alone(pair: Pair, port: Port) -> None:
    assert port.device == pair.path
    with pytest.raises(PortError, match="another program has it"):
        Port(pair.path, 9600)


def test_a_port_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="No such file"):
        Port(tmp_path / "ttyUSB9", 9600)


def test_what_is_no_port_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no port")
    with pytest.raises(PortError, match="cannot open"):
        Port(tmp_path / "file", 9600)


def test_a_port_pulled_out_is_one_error(pair: Pair, port: Port) -> None:
    pair.unplug()
    with pytest.raises(PortError):
        port.read(5.0)
    with pytest.raises(PortError):
        port.write(b"x")


def test_a_closed_port_is_the_same_error(port: Port) -> None:
    port.close()
    with pytest.raises(PortError):
        port.read(0.0)
    with pytest.raises(PortError):
        port.write(b"x")


def test_much_is_written_whole_while_somebody_reads(pair: Pair, port: Port) -> None:
    os.set_blocking(pair.far, False)
    sent = bytes(3000)
    port.write(sent)
    got = b""
    while len(got) < len(sent):
        got += os.read(pair.far, 4096)
    assert got == sent


def test_a_port_that_takes_no_bytes_is_an_error(port: Port) -> None:
    ports_limit = ports.WRITE_WITHIN_S
    assert ports_limit <= 1.0
    with pytest.raises(PortError, match="takes no bytes"):
        port.write(bytes(1_000_000))


def test_what_the_device_does_not_have_is_told(pair: Pair) -> None:
    made = Port(pair.path, 115200, rs485=True)
    assert (made.rs485, made.low_latency) == (False, False)
    made.close()
    made.close()


def test_a_port_pulled_out_while_it_is_opened_is_a_port_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise termios.error(5, "Input/output error")

    master, slave = os.openpty()
    try:
        monkeypatch.setattr(termios, "tcflush", gone)
        with pytest.raises(PortError, match="cannot open"):
            Port(Path(os.ttyname(slave)), 9600)
    finally:
        os.close(master)
        os.close(slave)
