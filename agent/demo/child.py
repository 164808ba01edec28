"""A program that the demo runs beside itself, and never leaves behind."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from agent.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STOP_WITHIN_S: Final = 10.0


class Child:
    """One program; what it says goes to the file `log`. `start`, and always `stop`; then `start` again.

    A thread of its own makes the process, for an exception that a signal raises in the main thread would lose
    one just made. That thread is there before it is asked for a process, and `stop` waits for what it was
    asked for: an interrupt at any point leaves nothing.
    """

    def __init__(self, program: Sequence[str], log: Path) -> None:
        self._program = tuple(program)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._starter: ThreadPoolExecutor | None = None

    @property
    def pid(self) -> int:
        """The number of its process; 0 when there is none."""
        return 0 if self._process is None else self._process.pid

    @property
    def runs(self) -> bool:
        """Say whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it. Raises Unavailable where that cannot be done."""
        self.stop()
        self._starter = ThreadPoolExecutor(1, "demo-starter")
        self._starter.submit(int).result()
        try:
            self._starter.submit(self._start).result()
        except OSError as error:
            raise Unavailable(f"cannot start {self._program[0]}: {error.strerror}") from error

    def stop(self) -> None:
        """Ask it to end, if it runs, and kill it where it does not in time."""
        if self._starter is not None:
            self._starter.shutdown()
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def last_words(self, characters: int) -> str:
        """Return the end of what it said."""
        try:
            return self._log.read_text(encoding="utf-8", errors="replace").strip()[-characters:]
        except OSError:
            return ""

    def _start(self) -> None:
        with self._log.open("wb") as log:
            # A session of its own: a ^C at the terminal reaches the demo alone, which then stops it.
            self._process = subprocess.Popen(  # noqa: S603 - programs that the demo itself names
                self._program,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
