"""Threads that stop when asked."""

from __future__ import annotations

import threading

from drivers.worker import Backoff, Wake, Worker


def test_a_worker_is_woken_and_ends() -> None:
    woken = threading.Event()

    def work(worker: Worker) -> None:
        while not worker.stopping:
            if worker.wake.wait(60.0) and not worker.stopping:
                woken.set()

    worker = Worker("test-worker", work)
    worker.start()
    worker.wake.ring()
    assert woken.wait(10.0)
    assert worker.stop(10.0)
    assert "test-worker" not in {thread.name for thread in threading.enumerate()}
    worker.wake.ring()  # whoever rings late does no harm
    assert worker.stop(10.0)


def test_one_that_never_started_is_stopped_all_the_same() -> None:
    assert Worker("test-worker", lambda _: None).stop(1.0)


def test_one_that_does_not_end_is_told() -> None:
    release = threading.Event()

    def work(_: Worker) -> None:
        release.wait(10.0)

    worker = Worker("test-worker", work)
    worker.start()
    assert not worker.stop(0.01)
    release.set()
    assert worker.stop(10.0)


def test_ringing_twice_is_ringing_once_and_a_full_bell_does_not_block() -> None:
    wake = Wake()
    for _ in range(100_000):
        wake.ring()
    assert wake.wait(0.0)
    while wake.wait(0.0):
        pass
    wake.clear()
    assert not wake.wait(0.0)
    assert wake.fileno() >= 0
    wake.close()
    wake.close()


def test_waits_grow_to_their_limit_and_begin_again() -> None:
    backoff = Backoff(1.0, 4.0, seed=1)
    waits = [backoff.next() for _ in range(6)]
    assert all(limit / 2 <= wait <= limit for wait, limit in zip(waits, [1, 2, 4, 4, 4, 4], strict=True))
    backoff.reset()
    assert backoff.next() <= 1.0
