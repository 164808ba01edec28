"""The daemon's picture of itself, read from disk, and how far it may be believed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from agent.cli.words import say
from agent.clock import boot_id
from agent.doors.snapshot import FILE_NAME, STALE_AFTER_S, Snapshot
from agent.errors import AgentError, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from agent.clock import Clock

LARGEST_PICTURE = 4 * 1024 * 1024
"""64 doors with all their devices take some 100 KB."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture of a daemon that runs. `age_s`: how old; `stale`: the daemon should have written again."""

    snapshot: Snapshot
    age_s: float

    @property
    def stale(self) -> bool:
        """Say whether the daemon is late with its picture."""
        return self.age_s > STALE_AFTER_S


def look(data_dir: Path, clock: Clock) -> Seen:
    """Return the picture of the daemon that runs on `data_dir`.

    Raises Unavailable where none runs, and AgentError where its file cannot be read.
    """
    file = data_dir / FILE_NAME
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_PICTURE)
    except FileNotFoundError:
        raise Unavailable(say("status.never", file=file)) from None
    except OSError as error:
        raise Unavailable(say("status.closed", file=file, why=error.strerror)) from error
    try:
        snapshot = TypeAdapter(Snapshot).validate_json(content)
    except ValidationError as error:
        raise AgentError(say("status.broken", file=file)) from error
    if snapshot.boot_id != boot_id() or not _runs(snapshot.pid):
        at = snapshot.written_at.isoformat(timespec="seconds")
        raise Unavailable(say("status.gone", at=at, pid=snapshot.pid))
    return Seen(snapshot, max(0.0, clock.monotonic() - snapshot.written_mono_s))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it runs, as another user
        return True
    return True
