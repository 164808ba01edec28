"""The daemon of the demo: `menshen run` as a real process of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from agent.demo.child import Child

if TYPE_CHECKING:
    from pathlib import Path

LAST_WORDS: Final = 2000
"""Characters of the daemon's log that are shown when it ends by itself. It masks names, numbers and keys."""


def daemon(config: Path, log: Path) -> Child:
    """Return the daemon on `config`, not started yet. It is ready when its record says so."""
    return Child((sys.executable, "-m", "agent", "run", "-c", str(config)), log)
