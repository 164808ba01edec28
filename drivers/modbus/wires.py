"""Open what the settings name: a serial port, or a gateway on the network."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from drivers.ports import Port, PortError

if TYPE_CHECKING:
    from drivers.modbus.exchange import Wire
    from drivers.modbus.settings import ModbusLineSettings

CONNECT_WITHIN_S = 1.5  # a gateway on the same network answers in milliseconds; one lost packet costs 1 s
WRITE_WITHIN_S = 1.0  # a peer that takes nothing for so long is gone
LARGEST_READ_BYTES = 512


class TcpWire:
    """A connection to a gateway."""

    def __init__(self, host: str, port: int) -> None:
        try:
            self._socket = socket.create_connection((host, port), CONNECT_WITHIN_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, UnicodeError) as error:
            raise PortError(f"{host}:{port}: {error}") from error

    def read(self, within_s: float) -> bytes:
        """Return what has come, waiting at most so long for the first byte."""
        try:
            if within_s > 0:
                self._socket.settimeout(within_s)
            else:
                self._socket.setblocking(False)
            data = self._socket.recv(LARGEST_READ_BYTES)
        except (TimeoutError, BlockingIOError):
            return b""
        except OSError as error:
            raise PortError(str(error)) from error
        if not data:
            raise PortError("the gateway closed the connection")
        return data

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        try:
            self._socket.settimeout(WRITE_WITHIN_S)
            self._socket.sendall(data)
        except OSError as error:
            raise PortError(str(error)) from error

    def close(self) -> None:
        """Let go."""
        self._socket.close()


def open_wire(settings: ModbusLineSettings) -> Wire:
    """Open the line. Raises PortError, said in words."""
    if settings.tcp is not None:
        host, _, port = settings.tcp.rpartition(":")
        return TcpWire(host, int(port))
    if settings.device is None:
        raise PortError("the settings name no port")
    return Port(settings.device, settings.baud, rs485=settings.rs485, parity=settings.parity[0].upper())
