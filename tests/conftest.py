"""What every test has: a clock moved by hand, free ports, and two checks that run by themselves."""

from __future__ import annotations

import logging
import socket
import threading
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings

from tests.peers.hand_clock import HandClock
from tests.peers.log_watch import LogWatch, StandardLogs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A busy box is slow, and that is no failure: what must be fast is measured by the benchmark, as ratios.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")

THREADS_END_WITHIN_S = 5.0
"""How long a thread that was told to stop may take on a busy box."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(autouse=True)
def log_watch() -> Iterator[LogWatch]:
    """Every log line of the test. At its end, none may hold a card number, a key or a token."""
    watch = LogWatch()
    handler = StandardLogs(watch)
    logging.getLogger().addHandler(handler)
    structlog.configure(processors=[watch], cache_logger_on_first_use=False)
    try:
        yield watch
    finally:
        structlog.reset_defaults()
        logging.getLogger().removeHandler(handler)
    assert watch.breaches() == []


@pytest.fixture(autouse=True)
def _no_thread_is_left(log_watch: LogWatch) -> Iterator[None]:
    del log_watch  # asked for, so that threads are gone before the log is judged
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(THREADS_END_WITHIN_S)
    assert [thread.name for thread in left if thread.is_alive()] == []


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Ports on the loopback that nobody listens on, each given once."""
    given: set[int] = set()

    def find() -> int:
        while True:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                port: int = listener.getsockname()[1]
            if port not in given:
                given.add(port)
                return port

    return find
