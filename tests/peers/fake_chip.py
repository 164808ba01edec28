"""A GPIO chip made of pipes and dictionaries: what the kernel's lines do, without any."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from drivers.ports import PortError
from drivers.wiegand_gpio.lines import LineEdge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from drivers.contract import Monotonic
    from drivers.wiegand_gpio.lines import Pull

PULSE_US = 50
PERIOD_US = 2000


class FakeEdges:
    """A request of input lines, readable like the kernel's."""

    def __init__(self, chip: FakeChip, lines: Iterable[int]) -> None:
        self.lines = tuple(lines)
        self._chip = chip
        self._read, self._write = os.pipe()
        self._waiting: list[LineEdge] = []
        self._sequence = 0

    def fileno(self) -> int:
        return self._read

    def put(self, edges: Iterable[tuple[int, int, int]], skip: int = 0) -> None:
        """Let edges of (nanoseconds, line, level) come; skip: so many were dropped before."""
        self._sequence += skip
        for at_ns, line, level in edges:
            self._sequence += 1
            self._waiting.append(LineEdge(line, level, at_ns, self._sequence))
        os.write(self._write, b"!")

    def read(self) -> Sequence[LineEdge]:
        with self._chip.lock:
            self._chip.check()
            os.read(self._read, 64)
            waiting, self._waiting = self._waiting, []
            return waiting

    def level(self, line: int) -> int:
        return self._chip.levels.get(line, 1)

    def close(self) -> None:
        with self._chip.lock:
            self._chip.requests.remove(self)
            os.close(self._read)
            os.close(self._write)


class FakeOutputs:
    """A request of output lines."""

    def __init__(self, chip: FakeChip) -> None:
        self._chip = chip

    def set(self, line: int, level: int) -> None:
        with self._chip.lock:
            self._chip.check()
            self._chip.levels[line] = level
            self._chip.sets.append((line, level))
        if self._chip.told is not None:
            self._chip.told(line, level)

    def close(self) -> None:
        """Lines keep their levels."""


class FakeChip:
    """The chip as the kernel has it, over any number of openings. told: of each line that is set."""

    def __init__(self, clock: Monotonic, told: Callable[[int, int], None] | None = None) -> None:
        self.told = told
        self.lock = threading.RLock()
        self.levels: dict[int, int] = {}
        self.sets: list[tuple[int, int]] = []
        self.requests: list[FakeEdges] = []
        self.pulls: dict[int, Pull] = {}
        self._clock = clock
        self._broken = False

    def open(self, path: object) -> FakeChip:
        with self.lock:
            self.check()
        del path
        return self

    def check(self) -> None:
        if self._broken:
            raise PortError("the chip is gone")

    def edges(self, pulls: Mapping[int, Pull]) -> FakeEdges:
        with self.lock:
            self.pulls |= pulls
            self.requests.append(FakeEdges(self, pulls))
            return self.requests[-1]

    def outputs(self, levels: Mapping[int, int]) -> FakeOutputs:
        with self.lock:
            self.levels.update(levels)
            return FakeOutputs(self)

    def close(self) -> None:
        """Stay: the kernel's chip is still there."""

    def break_down(self) -> None:
        """Let every call fail from now on, and the waiting thread notice."""
        with self.lock:
            self._broken = True
            for request in self.requests:
                request.put([])

    def repair(self) -> None:
        with self.lock:
            self._broken = False

    def move(self, line: int, level: int) -> None:
        """Change an input line's level."""
        with self.lock:
            self.levels[line] = level
            self._request(line).put([(round(self._clock() * 1e9), line, level)])

    def card(self, d0: int, d1: int, bits: str, lose: int = 0) -> None:
        """Send a frame with the times that a reader's pulses have, its last edge now.

        lose: edges dropped within.
        """
        edges = []
        start_us = round(self._clock() * 1e6) - (len(bits) - 1) * PERIOD_US - PULSE_US
        for place, bit in enumerate(bits):
            line = d1 if bit == "1" else d0
            at_us = start_us + place * PERIOD_US
            edges += [(at_us * 1000, line, 0), ((at_us + PULSE_US) * 1000, line, 1)]
        with self.lock:
            request = self._request(d0)
            request.put(edges[: len(bits)])
            request.put(edges[len(bits) + lose :], skip=lose)

    def _request(self, line: int) -> FakeEdges:
        return next(request for request in self.requests if line in request.lines)
