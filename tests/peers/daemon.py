"""The daemon as a process of its own, measured too where the tests are measured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
STOP_WITHIN_S = 20.0
COMMAND_WITHIN_S = 30.0
STARTED = '"event": "agent.started"'


class Daemon:
    """`menshen run` on one configuration. What it writes to its log goes to `log_file`, start after start."""

    def __init__(self, config: Path, log_file: Path) -> None:
        self._config = config
        self._log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait for nothing."""
        assert self._process is None, "it runs"
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(["run"]), stdout=log, stderr=log, cwd=ROOT, env=_environ()
            )

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None, "it does not run"
        return self._process.pid

    @property
    def ended(self) -> int | None:
        """The exit code of one that ended without being asked to."""
        return None if self._process is None else self._process.poll()

    def stop(self) -> int:
        """Ask it to end as systemd does, and return its exit code."""
        process, self._process = self._process, None
        assert process is not None, "it does not run"
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def kill(self) -> None:
        """Pull its plug, if it runs."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def log(self) -> str:
        """Return what it has written."""
        return self._log_file.read_text(errors="replace") if self._log_file.exists() else ""

    def menshen(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of `menshen` on the same configuration, and return how it ended."""
        return subprocess.run(
            self._command(arguments),
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_S,
            check=False,
            cwd=ROOT,
            env=_environ() | {"LC_ALL": "C.UTF-8"},
        )

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [*_python(), "-m", "agent", *arguments, "-c", str(self._config)]


def _python() -> list[str]:
    """Return the interpreter; under coverage, one that measures into a file that is combined later."""
    if Coverage.current() is None:
        return [sys.executable]
    settings = f"--rcfile={ROOT / 'pyproject.toml'}"
    return [sys.executable, "-m", "coverage", "run", "--parallel-mode", settings]


def _environ() -> dict[str, str]:
    measured: Any = Coverage.current()
    if measured is None:
        return dict(os.environ)
    return {**os.environ, "COVERAGE_FILE": str(Path(measured.config.data_file).absolute())}
