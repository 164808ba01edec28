"""What listens where a broker should, and is none: it answers with whatever bytes a test gives."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

WELCOME_5 = bytes([0x20, 3, 0, 0, 0])
"""CONNACK of MQTT 5: success, no session, no properties (3.2)."""
WELCOME_311 = bytes([0x20, 2, 0, 0])
"""CONNACK of MQTT 3.1.1: accepted, no session (3.2)."""
BLOCK = 64 * 1024


class Impostor:
    """Reads the CONNECT, says `answers` (one a connection, the last for ever), and then `then`, for ever.

    `then`: bytes repeated until the other side goes away; empty to be silent.
    """

    def __init__(self, *answers: bytes, then: bytes = b"") -> None:
        self._answers = answers
        self._then = then
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connects: list[bytes] = []
        """The first packet of every connection."""
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            first = connection.recv(BLOCK)
            if not first:
                return
            self.connects.append(first)
            connection.sendall(self._answers[min(len(self.connects), len(self._answers)) - 1])
            while self._then:
                connection.sendall(self._then)
            while connection.recv(BLOCK):
                pass
