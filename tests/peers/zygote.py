"""Starts the real daemon fast, again and again: a parent that has imported everything forks a child a start.

As a program (`python -m tests.peers.zygote CONFIG`) it is that parent: one thread, no state of a daemon, a
letter on its standard input for each start and each end. A child is a process like any other daemon, and is
killed like one. `Zygote` is the test's side of it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from agent.config.load import load
from agent.main import run

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).parents[2]
START, REAP = "s", "r"


class Zygote:
    """Starts daemons on `config`, one at a time. What they write to their logs goes to `log_file`."""

    def __init__(self, config: Path, log_file: Path) -> None:
        with log_file.open("ab") as log:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.peers.zygote", str(config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                text=True,
                bufsize=1,
            )
        self._child: int | None = None

    def __enter__(self) -> Self:
        assert self._told() == "ready"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            os.kill(self._child, signal.SIGKILL)
        self._parent.kill()
        self._parent.communicate()

    def start(self) -> None:
        """Start a daemon, and wait for nothing."""
        self._say(START)
        self._child = int(self._told())

    def kill(self) -> int:
        """Pull its plug, and return how it ended: -9, unless it had ended by itself before."""
        assert self._child is not None
        os.kill(self._child, signal.SIGKILL)  # not reaped yet, so the number is nobody else's
        self._say(REAP)
        self._child = None
        return int(self._told())

    def _say(self, letter: str) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.write(letter + "\n")

    def _told(self) -> str:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline().strip()


def serve(config: Path) -> None:
    """Be the parent, until standard input ends."""
    load(config, os.environ)  # so that a child imports nothing
    assert threading.active_count() == 1, "a fork with threads is a fork with their locks"
    _tell("ready")
    child = 0
    for line in sys.stdin:
        if line.strip() == REAP:
            _tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            continue
        child = os.fork()
        if child == 0:
            _be_the_daemon(config)
        _tell(child)


def _tell(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _be_the_daemon(config: Path) -> None:
    """Run the daemon and end with its exit code, whatever happens: never come back into the parent's loop."""
    code = os.EX_SOFTWARE
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        code = run(load(config, os.environ), os.environ)
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
