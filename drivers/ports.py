"""A serial port: opened for us alone, read with a limit, written whole, closed. Also a pseudo-terminal.

Whatever goes wrong with the device is one PortError: pulled out, taken by another program, not there.
"""

from __future__ import annotations

import errno
import os
import select
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import serial
from serial.rs485 import RS485Settings

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_READ_BYTES = 4096
WRITE_WITHIN_S = 1.0
"""The longest command takes 0.6 s at 9600; a port that takes no bytes for this long is not working."""

# pyserial lets termios' own error through, which is no OSError: a port pulled out while it is being opened.
_TROUBLES = (serial.SerialException, OSError, ValueError, termios.error)


class PortError(Exception):
    """The port cannot be used: the message says why, in words for the person at the box."""


class Bell(Protocol):
    """What may end a wait for bytes: a descriptor that becomes readable."""

    def fileno(self) -> int:
        """Return the descriptor."""


class Port:
    """An open serial port. Not for several threads at once.

    rs485: whether the kernel drives the transceiver's direction. low_latency: whether the device gives each
    byte on at once. Both are what the device has, not what was asked for.
    """

    def __init__(
        self, device: Path, baud: int, *, rs485: bool = False, parity: str = serial.PARITY_NONE
    ) -> None:
        """Open `device` for this process alone: eight bits, one stop bit, `parity` of pyserial's letters.

        rs485: ask for the kernel's RS-485 mode.
        """
        try:
            self._serial = serial.Serial(str(device), baud, parity=parity, timeout=0, exclusive=True)
        except _TROUBLES as error:
            raise PortError(f"cannot open {device}: {_reason(error)}") from error
        self._fd = self._serial.fileno()
        self.device = device
        self.rs485 = rs485 and self._ask_rs485()
        self.low_latency = self._ask_low_latency()

    def read(self, within_s: float, wake: Bell | None = None) -> bytes:
        """Return what has come, as soon as anything has; nothing after `within_s`, or when `wake` rings."""
        try:
            watched: list[int | Bell] = [self._fd] if wake is None else [self._fd, wake]
            ready, _, _ = select.select(watched, [], [], max(0.0, within_s))
            if self._fd not in ready:
                return b""
            data = os.read(self._fd, LARGEST_READ_BYTES)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:
            raise PortError(f"{self.device} does not read: {error}") from error
        if not data:
            raise PortError(f"{self.device} is gone")
        return data

    def write(self, data: bytes) -> None:
        """Write all of `data`."""
        try:
            while data:
                try:
                    data = data[os.write(self._fd, data) :]
                except BlockingIOError:
                    self._wait_writable()
        except (OSError, ValueError) as error:
            raise PortError(f"{self.device} does not write: {error}") from error

    def close(self) -> None:
        """Give the port back. Also when it is gone, and when it is closed."""
        self._fd = -1  # whatever gets this number next is not ours
        with suppress(*_TROUBLES):
            self._serial.close()

    def _wait_writable(self) -> None:
        _, ready, _ = select.select([], [self._fd], [], WRITE_WITHIN_S)
        if not ready:
            raise PortError(f"{self.device} takes no bytes")

    def _ask_rs485(self) -> bool:
        try:
            self._serial.rs485_mode = RS485Settings()
        except _TROUBLES:
            return False
        return True

    def _ask_low_latency(self) -> bool:
        try:
            self._serial.set_low_latency_mode(True)
        except _TROUBLES:
            return False
        return True


def _reason(error: Exception) -> str:
    """Return why a port does not open, in few words."""
    number = getattr(error, "errno", None)
    if number == errno.EAGAIN:
        return "another program has it"
    return os.strerror(number) if number else str(error)
