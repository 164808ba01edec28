"""Output lines that go back to rest by themselves, on a thread that does nothing else.

A GPIO line has no pulse of its own, so this thread is what ends a release. It never reads, never waits for a
reader, and puts every line to rest when it ends.
"""

from __future__ import annotations

import heapq
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.ports import PortError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from drivers.contract import Monotonic
    from drivers.wiegand_gpio.lines import Outputs

LONGEST_REST_S = 0.5  # the thread looks at its list at least this often


@dataclass(order=True, frozen=True, slots=True)
class _Change:
    at: float
    place: int
    line: int = field(compare=False)
    on: bool = field(compare=False)
    turn: int = field(compare=False)


class Timers:
    """Switches lines on, and off again in time. levels: of each line, (at rest, active).

    broken: told why, each time that a line cannot be set.
    """

    def __init__(
        self, levels: Mapping[int, tuple[int, int]], clock: Monotonic, broken: Callable[[str], None]
    ) -> None:
        self._levels = levels
        self._clock = clock
        self._broken = broken
        self._outputs: Outputs | None = None
        self._changes: list[_Change] = []
        self._turns: dict[int, int] = dict.fromkeys(levels, 0)  # a newer order makes older changes void
        self._places = 0
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="gpio-timers", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def use(self, outputs: Outputs | None) -> None:
        """Take the lines that were opened at rest; None: they are gone."""
        with self._wake:
            self._outputs = outputs
            self._changes.clear()

    def play(self, line: int, steps: Iterable[tuple[float, bool]]) -> None:
        """Switch `line` now and later: steps of seconds from now, and on or off. Voids what was planned.

        Raises PortError when the line cannot be set, or is not there.
        """
        with self._wake:
            outputs = None if self._stopping else self._outputs
            if outputs is None:
                raise PortError("the lines are not open")
            self._turns[line] += 1
            now = self._clock()
            for after_s, on in steps:
                if after_s <= 0:
                    self._set(outputs, line, on=on)
                else:
                    self._places += 1
                    change = _Change(now + after_s, self._places, line, on, self._turns[line])
                    heapq.heappush(self._changes, change)
            self._wake.notify_all()

    def stop(self, within_s: float) -> None:
        """Put every line to rest, and end the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(within_s)
        self.rest()

    def rest(self) -> None:
        """Put every line to rest now. A line that cannot be set is reported, and the others are still set."""
        with self._wake:
            self._changes.clear()
            if self._outputs is None:
                return
            for line in self._levels:
                with suppress(PortError):
                    self._set(self._outputs, line, on=False)

    def _run(self) -> None:
        with self._wake:
            while not self._stopping:
                at = self._clock()
                while self._changes and self._changes[0].at <= at:
                    self._change(heapq.heappop(self._changes))
                wait_s = self._changes[0].at - at if self._changes else LONGEST_REST_S
                self._wake.wait(min(max(wait_s, 0.0), LONGEST_REST_S))

    def _change(self, change: _Change) -> None:
        if self._outputs is None or change.turn != self._turns[change.line]:
            return
        with suppress(PortError):  # told; whoever opens the lines anew puts them to rest
            self._set(self._outputs, change.line, on=change.on)

    def _set(self, outputs: Outputs, line: int, *, on: bool) -> None:
        try:
            outputs.set(line, self._levels[line][on])
        except PortError as error:
            self._broken(str(error))
            raise
