"""What Wiegand costs: edges into frames, frames into cards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from protocols.wiegand.decoding import decode
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.pulses import Assembler, Frame
from tests.bench.figures import verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from protocols.wiegand.pulses import Edge

LEAST_FRAMES_PER_S = 20_000
GAP_US = 30_000
ALLOWED = ("H10301", "W34_CARD32")


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
