"""What systemd wants to hear: ready, alive, what goes on, stopping.

Source: systemd's manual pages sd_notify(3) (datagrams of NAME=VALUE lines to the socket in $NOTIFY_SOCKET)
and sd_watchdog_enabled(3) ($WATCHDOG_USEC, $WATCHDOG_PID; notify at half that time).
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_STATUS = 200
"""A status is one line of `systemctl status`."""

_MICROSECONDS = 1_000_000


class Service:
    """The line to the service manager. Without one, all calls do nothing; none ever blocks or raises."""

    def __init__(self, address: str | None, watchdog_s: float | None) -> None:
        self._address = address
        self._watchdog_s = watchdog_s if address else None
        self._socket: socket.socket | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Service:
        """Return the line that the environment of this process names."""
        address = environ.get("NOTIFY_SOCKET", "")
        return cls(address if address.startswith(("/", "@")) else None, _watchdog_s(environ))

    @property
    def beat_s(self) -> float | None:
        """How often `alive` must be said: half the time after which systemd would kill us; None: never."""
        return None if self._watchdog_s is None else self._watchdog_s / 2

    def ready(self, status: str = "") -> None:
        """Say that doors are served."""
        self._say("READY=1", *_status(status))

    def alive(self) -> None:
        """Feed the watchdog. Only the loop that decides calls this."""
        self._say("WATCHDOG=1")

    def status(self, status: str) -> None:
        """Say in one line what goes on, for `systemctl status`."""
        self._say(*_status(status))

    def stopping(self) -> None:
        """Say that the end is meant."""
        self._say("STOPPING=1")

    def close(self) -> None:
        """Give the socket back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _say(self, *lines: str) -> None:
        if self._address is None or not lines:
            return
        # A manager that does not listen is no reason to stop a door; the watchdog is its own to judge.
        with suppress(OSError):
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
                self._socket.setblocking(False)
            address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
            self._socket.sendto("\n".join(lines).encode(), address)


def _status(text: str) -> tuple[str, ...]:
    line = " ".join(text.split())[:LONGEST_STATUS]
    return (f"STATUS={line}",) if line else ()


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """Return the watchdog's time in seconds, where one is set and meant for this process."""
    given, meant = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not given.isdecimal() or int(given) == 0:
        return None
    if meant and meant != str(os.getpid()):
        return None
    return int(given) / _MICROSECONDS
