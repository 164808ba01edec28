"""What Wiegand costs: edges into frames, frames into cards."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING, cast

import gpiod

from drivers.contract import CardRead, Online, Release
from drivers.wiegand_gpio.driver import WiegandGpio
from drivers.wiegand_gpio.lines import KernelEdges
from drivers.wiegand_gpio.reader import ReaderLine
from drivers.wiegand_gpio.settings import GpioReader, WiegandGpioSettings
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
BETWEEN_CARDS_S = 0.06
PATIENCE_S = 5.0


def _stream(count: int, start_us: int = 0) -> tuple[list[list[Edge]], int]:
    """Return the edges of `count` 26-bit cards, one list a card, and when the last is over."""
    bits = FORMATS["H10301"].encode({"facility": 118, "card": 1603})
    cards, at_us = [], start_us
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
    yield (
        "cost of one edge, assembler alone",
        f"{took_s / sum(map(len, cards)) * 1e9:,.0f} ns",
        "reported",
        "",
    )
    rate, edge_s = _through_the_reader(count)
    yield "frames from the kernel's events to the driver's", f"{rate:,.0f} /s", "reported", ""
    yield "cost of one edge, from the kernel's event", f"{edge_s * 1e9:,.0f} ns", "reported", ""
    started = time.perf_counter()
    for frame in frames:
        decode(frame.bits, ALLOWED)
    took_s = time.perf_counter() - started
    yield "frame → card, two formats allowed", f"{took_s / count * 1e6:.1f} us", "reported", ""
    took = _edge_to_relay(20 if quick else 100)
    met = at(took, LATE_SHARE) <= LATEST_AFTER_GAP_S
    yield (
        "last edge → lock's line, beyond the gap, driver alone",
        milliseconds(took),
        "p99 ≤ 10 ms",
        verdict(met=met),
    )


class _Request:
    """What libgpiod gives for requested lines, with the events of one card after another."""

    fd = -1

    def __init__(self, cards: list[list[Edge]]) -> None:
        numbers = itertools.count(1)
        kinds = (gpiod.EdgeEvent.Type.FALLING_EDGE.value, gpiod.EdgeEvent.Type.RISING_EDGE.value)
        self._cards = iter(
            [
                [
                    gpiod.EdgeEvent(kinds[level], at_us * 1000, (4, 5)[line], number, number)
                    for (at_us, line, level), number in zip(edges, numbers, strict=False)
                ]
                for edges in cards
            ]
        )

    def read_edge_events(self) -> list[gpiod.EdgeEvent]:
        return next(self._cards)

    def get_value(self, line: int) -> gpiod.line.Value:
        del line
        return gpiod.line.Value.ACTIVE


def _through_the_reader(count: int) -> tuple[float, float]:
    """Return cards a second, and seconds an edge, from libgpiod's events to the driver's own."""
    cards, end_us = _stream(count, start_us=2 * GAP_US)
    lines = KernelEdges(cast("gpiod.LineRequest", _Request(cards)))
    reader = ReaderLine(GpioReader(name="front-in", d0=4, d1=5))
    reader.opened(lines, 0.0)
    reader.pass_time(GAP_US / 1e6)
    found = 0
    started = time.perf_counter()
    for edges in cards:
        found += len(reader.receive(lines.read(), edges[-1][0] / 1e6))
    found += len(reader.pass_time(end_us / 1e6))
    took_s = time.perf_counter() - started
    frames = int(reader.report()["front-in.frames"])
    assert frames == count, (frames, found)
    return count / took_s, took_s / sum(map(len, cards))


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
            last_edge_at = CLOCK()
            chip.card(4, 5, FORMATS["H10301"].encode({"facility": 118, "card": 1603}))
            took_s.append(CLOCK() - last_edge_at - GAP_US / 1e6 if moved.wait(PATIENCE_S) else PATIENCE_S)
    finally:
        driver.stop(PATIENCE_S)
    return took_s


def _no_secrets(name: str) -> bytes:
    raise KeyError(name)
