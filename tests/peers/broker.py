"""A real Mosquitto on a free loopback port: started, stopped, killed and brought back by tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

TRIES = 200
EVERY_S = 0.05
"""Ten seconds in all for a start or an end: a loaded machine has taken two."""

OPEN = "listener {port} 127.0.0.1\nallow_anonymous true\n"
"""Anybody may do anything: for tests that are not about who may do what."""


def mosquitto() -> str:
    """Return the broker's program; the test fails where there is none, for `make test` installs it."""
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail("Mosquitto is not installed: sudo apt-get install mosquitto")
    return found


def free_port() -> int:
    """Return a TCP port of the loopback that nobody has at this moment."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


class Broker:
    """One Mosquitto. `config`: its whole configuration; {port} and {dir} stand for ours.

    persistent: what it holds survives a stop, and nearly all of it a kill.
    """

    def __init__(self, directory: Path, config: str = OPEN, *, persistent: bool = False) -> None:
        self.directory = directory
        self.port = free_port()
        self._config = config
        self._persistent = persistent
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until it listens."""
        text = self._config.replace("{port}", str(self.port)).replace("{dir}", str(self.directory))
        if os.geteuid() == 0:
            text += "\nuser root\n"  # it would become a user who may not write here
        if self._persistent:
            text += f"\npersistence true\npersistence_location {self.directory}/\n"
            text += "autosave_on_changes true\nautosave_interval 1\n"
        config = self.directory / "mosquitto.conf"
        config.write_text(text)
        with (self.directory / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([mosquitto(), "-c", str(config)], stdout=log, stderr=log)
        for _ in range(TRIES):
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(EVERY_S)
            else:
                return
        self.kill()
        pytest.fail(f"Mosquitto did not start:\n{self.log()}")

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(kill=False)

    def kill(self) -> None:
        """Pull its plug."""
        self._end(kill=True)

    def restart(self, *, kill: bool = False) -> None:
        """End it and start it again, on the same port."""
        self._end(kill=kill)
        self.start()

    def forget(self) -> None:
        """Lose all that was held for next time."""
        (self.directory / "mosquitto.db").unlink(missing_ok=True)

    def log(self) -> str:
        """Return what it has said."""
        return (self.directory / "mosquitto.log").read_text(errors="replace")

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(TRIES * EVERY_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
