"""A wire that tests can cut, or leave hanging without a word: TCP from a free loopback port to another."""

from __future__ import annotations

import contextlib
import socket
import threading
from enum import Enum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

BLOCK = 64 * 1024
LEVEL_5 = b"\x00\x04MQTT\x05"
"""How the variable header of a CONNECT of version 5 begins (MQTT 5.0, 3.1.2)."""
REFUSED_FOR_ITS_VERSION = bytes([0x20, 2, 0, 1])
"""A CONNACK of 3.1.1: unacceptable protocol version (MQTT 3.1.1, 3.2.2.3)."""


class Old(Enum):
    """What a broker that knows no version 5 does when it meets it."""

    REFUSES = "refuses"
    HANGS_UP = "hangs up"
    SAYS_NOTHING = "says nothing"


class Relay:
    """Passes bytes both ways while it is whole; `held` swallows them, as a dead router does.

    `old`: what is behind shall seem to know no version 5.
    """

    def __init__(self, to_port: int, old: Old | None = None) -> None:
        self._to_port = to_port
        self._old = old
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self.held = False
        self.passed = 0
        """Bytes that went towards the broker."""

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def cut(self) -> None:
        """Cut every connection that passes now; new ones are let through."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._closed:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self._to_port), timeout=5)
                there.settimeout(None)
            except OSError:
                here.close()
                continue
            with self._lock:
                self._ends |= {here, there}
            self._start(self._carry, here, there)
            self._start(self._carry, there, here)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                if self.held:
                    continue
                if target.getpeername()[1] == self._to_port:
                    self.passed += len(block)
                    if self._old is not None and LEVEL_5 in block[:16]:
                        if self._old is Old.SAYS_NOTHING:
                            continue
                        if self._old is Old.REFUSES:
                            source.sendall(REFUSED_FOR_ITS_VERSION)
                        break
                target.sendall(block)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()  # each thread closes the end that it reads; the other thread closes the other

    def _start(self, work: Callable[..., None], *given: socket.socket) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()
