"""The real daemon, its GPIO chip made of pipes: a program for the benchmark.

Each line of standard input is a card's bits, held before the reader at lines `D0` and `D1`. Each line of
standard output is one opening: the seconds from the last edge of the card to the lock's line.
"""

from __future__ import annotations

import sys
import threading
from functools import partial

from agent.cli.app import main
from agent.clock import SystemClock
from drivers.wiegand_gpio import driver
from tests.peers.fake_chip import FakeChip

D0, D1, LOCK = 4, 5, 10


def run() -> int:
    """Run `menshen` with this program's arguments."""
    clock = SystemClock()
    shown_at = 0.0

    def told(line: int, level: int) -> None:
        if (line, level) == (LOCK, 1):
            print(clock.monotonic() - shown_at, flush=True)  # noqa: T201 - what this program is for

    chip = FakeChip(clock.monotonic, told)

    def feed() -> None:
        nonlocal shown_at
        for bits in sys.stdin:
            shown_at = clock.monotonic()
            chip.card(D0, D1, bits.strip())

    driver.WiegandGpio = partial(driver.WiegandGpio, open_chip=chip.open)  # type: ignore[misc,assignment] # no GPIO here
    threading.Thread(target=feed, daemon=True).start()
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
