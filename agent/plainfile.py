"""Open a file of ours, and nothing else: a pipe in its place would hold the opening up for ever."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OWNER_ONLY = 0o600
NO_FILE = "it is no regular file: move it away"


def open_plain(path: Path, flags: int, mode: int = OWNER_ONLY) -> int:
    """Return a descriptor of the regular file at `path`, as `os.open` does. Never waits.

    Raises OSError, with NO_FILE as its text where something else is there.
    """
    try:
        handle = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno in {errno.ENXIO, errno.EISDIR}:  # a pipe that nobody reads, a socket; a folder
            raise OSError(error.errno, NO_FILE, str(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, NO_FILE, str(path))
    return handle


def clear_place(path: Path) -> None:
    """Move away what is at `path` and is no file, so that one can be made there. Never raises.

    For files that a start can do without: a gateway serves its doors whatever lies in their place.
    """
    with suppress(OSError):
        if not stat.S_ISREG(path.stat().st_mode):
            path.rename(path.with_name(f"{path.name}.bad"))
