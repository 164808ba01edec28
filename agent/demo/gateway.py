"""The daemon of the demo: `menshen run` as a real process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

STOP_WITHIN_S: Final = 10.0
LAST_WORDS: Final = 2000
"""Characters of the daemon's log that are shown when it ends by itself."""


class Gateway:
    """The process. Use as a context manager; it is asked to end, and killed where it does not."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config = config
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            # A session of its own, so that a ^C at the terminal reaches the demo, which then ends the daemon.
            self._process = subprocess.Popen(  # noqa: S603 - this very program, with a file of ours
                [sys.executable, "-m", "agent", "run", "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int:
        """The number of its process; 0 when there is none."""
        return 0 if self._process is None else self._process.pid

    @property
    def runs(self) -> bool:
        """Say whether it runs."""
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        """Return the end of its log. It holds no names, numbers or keys: the daemon masks them."""
        return self._log.read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
