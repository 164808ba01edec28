"""What Wiegand costs: edges into frames, frames into cards."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING

from drivers.contract import CardRead, Online, Release
from drivers.wiegand_gpio.driver import WiegandGpio
from drivers.wiegand_gpio.settings import WiegandGpioSettings
from protocols.wiegand.decoding import decode
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.pulses import Assembler, Frame
from tests.bench.figures import at, milliseconds, verdict
from tests.peers.fake_chip import FakeChip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.contract import Event
    from protocols.wiegand.pulses import Edge

LEAST_FRAMES_PER_S = 20_000
GAP_US = 30_000
ALLOWED = ("H10301", "W34_CARD32")
CLOCK = time.perf_counter
LATE_SHARE = 0.99
LATEST_AFTER_GAP_S = 0.010
LAST_REST_S = 0.00195  # a fake card's edges end a period, less a pulse, before it is handed over
BETWEEN_CARDS_S = 0.06
PATIENCE_S = 5.0


def _stream(count: int) -> tuple[list[list[Edge]], int]:
    """Return the edges of `count` 26-bit cards, one list a card, and when the last is over."""
    bits = FORMATS["H10301"].encode({"facility": 118, "card": 1603})
    cards, at_us = [], 0
    for _ in range(count):
        edges: list[Edge] = []
        for bit in bits:
            edges += [(at_us, int(bit), 0), (at_us + 50, int(bit), 1)]
            at_us += 2000
        cards.append(edges)
        at_us += GAP_US
    return cards, at_us + GAP_US


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the benchmark's one switch
    """Yield what, figure, target, verdict."""
    count = 2_000 if quick else 20_000
    cards, end_us = _stream(count)
    assembler = Assembler(-GAP_US)
    started = time.perf_counter()
    for edges in cards:
        assembler.receive(edges)
    assembler.pass_time(end_us)
    frames = [found for found in iter(assembler.next, None) if isinstance(found, Frame)]
    took_s = time.perf_counter() - started
    rate = len(frames) / took_s
    met = rate >= LEAST_FRAMES_PER_S and len(frames) == count
    yield "26-bit frames assembled", f"{rate:,.0f} /s", f"≥ {LEAST_FRAMES_PER_S:,} /s", verdict(met=met)
    yield "cost of one edge", f"{took_s / sum(map(len, cards)) * 1e9:,.0f} ns", "reported", ""
    started = time.perf_counter()
    for frame in frames:
        decode(frame.bits, ALLOWED)
    took_s = time.perf_counter() - started
    yield "frame → card, two formats allowed", f"{took_s / count * 1e6:.1f} us", "reported", ""
    took = _edge_to_relay(20 if quick else 100)
    met = at(took, LATE_SHARE) <= LATEST_AFTER_GAP_S
    yield "last edge → relay, beyond the gap", milliseconds(took), "p99 ≤ 10 ms", verdict(met=met)


def _edge_to_relay(count: int) -> list[float]:
    """Return, for cards at a GPIO reader, the time from the end of the gap to the lock's line."""
    chip = FakeChip(CLOCK)
    moved, waiting = threading.Event(), itertools.count(1)
    port = WiegandGpioSettings.model_validate(
        {
            "kind": "wiegand-gpio",
            "name": "gpio",
            "readers": [{"name": "front-in", "d0": 4, "d1": 5}],
            "outputs": {"lock": {"line": 10}},
            "held_outputs": "accepted",
        }
    )
    driver = WiegandGpio(port, CLOCK, _no_secrets, open_chip=chip.open)
    online = threading.Event()

    def emit(event: Event) -> None:
        if isinstance(event, Online):
            online.set()
        elif isinstance(event, CardRead) and decode(event.bits, ALLOWED) is not None:
            driver.do(Release(next(waiting), "lock", 0.01, CLOCK() + 1))
            moved.set()

    driver.start(emit)
    took_s = []
    try:
        online.wait(PATIENCE_S)
        for _ in range(count):
            time.sleep(BETWEEN_CARDS_S)
            moved.clear()
            chip.card(4, 5, FORMATS["H10301"].encode({"facility": 118, "card": 1603}))
            last_edge_at = CLOCK() - LAST_REST_S
            took_s.append(CLOCK() - last_edge_at - GAP_US / 1e6 if moved.wait(PATIENCE_S) else PATIENCE_S)
    finally:
        driver.stop(PATIENCE_S)
    return took_s


def _no_secrets(name: str) -> bytes:
    raise KeyError(name)
