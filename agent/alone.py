"""One process at a time for a gateway's data: the daemon, or one command that writes into its journal."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold the data directory: a second daemon on it could record nothing and would open nothing.

    Raises Unavailable while another has it. The kernel lets go of the lock however a process ends.
    """
    with (data_dir / "lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(
                f"another daemon serves {data_dir}: stop it first",
                f"另一个守护进程正在使用 {data_dir}:请先停止它",
            ) from error
        yield
