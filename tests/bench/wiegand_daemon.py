"""The whole daemon with a Wiegand reader and a lock at GPIO lines: from a card's last edge to its lock."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from protocols.wiegand.formats import FORMATS
from tests.bench.figures import at, milliseconds, verdict
from tests.bench.house import WITHIN_S, House
from tests.peers.centre import until
from tests.peers.gpio_daemon import D0, D1, LOCK

if TYPE_CHECKING:
    from collections.abc import Iterable

GAP_S = 0.030
LATE_SHARE = 0.99
LATEST_AFTER_GAP_S = 0.010
BETWEEN_CARDS_S = 0.3  # two cards never come closer than 0.25 s

_PORT = f"""
[[port]]
kind = "wiegand-gpio"
name = "chip"
device = "/dev/null"
held_outputs = "accepted"
readers = [{{ name = "hall-in", d0 = {D0}, d1 = {D1} }}]
outputs = {{ hall-lock = {{ line = {LOCK} }} }}
"""


class GpioHouse(House):
    """A running house whose lobby has a Wiegand reader and a lock at GPIO lines."""

    def start(self) -> None:
        """Start the daemon with its chip in its own process, and wait until it is on line."""
        self._rewire()
        self.centre.forget()
        command = [sys.executable, "-m", "tests.peers.gpio_daemon", "run", "-c", str(self.building.config)]
        self._daemon = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        until(self._born, WITHIN_S)

    def card_to_lock(self, serial: int) -> float:
        """Hold a card before the reader; return the seconds from its last edge to its lock."""
        daemon = self._daemon
        assert daemon is not None
        assert daemon.stdin is not None
        assert daemon.stdout is not None
        bits = FORMATS["W34_CARD32"].encode({"card": self.list.number(serial).value})
        daemon.stdin.write(bits.encode("ascii") + b"\n")
        daemon.stdin.flush()
        return float(daemon.stdout.readline())

    def _rewire(self) -> None:
        text = self.building.config.read_text(encoding="utf-8")
        text = text.replace('reader = "lobby-in", direction', 'reader = "hall-in", direction')
        text = text.replace('lock = "lobby-lock"', 'lock = "hall-lock"')
        self.building.config.write_text(text + _PORT, encoding="utf-8")


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the table's signature
    """Measure a house with 200 000 cards (quick: 20 000)."""
    cards, count = (20_000, 20) if quick else (200_000, 100)
    with ExitStack() as stack:
        house = GpioHouse(stack, cards)
        house.start()
        house.lay_out()
        times = []
        for number in range(count):
            time.sleep(BETWEEN_CARDS_S + number % 7 * 0.013)
            times.append(house.card_to_lock(1 + number * 37 % cards) - GAP_S)
    yield (
        f"last Wiegand edge → lock's line, beyond the gap, whole daemon, {cards} cards, on disk before",
        milliseconds(times),
        f"p99 ≤ {LATEST_AFTER_GAP_S * 1e3:.0f} ms",
        verdict(met=at(times, LATE_SHARE) <= LATEST_AFTER_GAP_S),
    )
