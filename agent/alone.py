"""One process at a time for a gateway's data: the daemon, or one command that writes into its journal."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.errors import StoreError, Unavailable
from agent.plainfile import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_MODE = 0o644


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold the data directory: a second daemon on it could record nothing and would open nothing.

    Raises Unavailable while another has it, and StoreError where it cannot be held. The kernel lets go of the
    lock however a process ends.
    """
    lock = data_dir / "lock"
    try:
        handle = open_plain(lock, os.O_RDWR | os.O_CREAT, LOCK_MODE)
    except OSError as error:
        raise StoreError(
            f"cannot open {lock}: {error.strerror}", f"无法打开 {lock}:{error.strerror}"
        ) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(
                f"another daemon serves {data_dir}: stop it first",
                f"另一个守护进程正在使用 {data_dir}:请先停止它",
            ) from error
        yield
