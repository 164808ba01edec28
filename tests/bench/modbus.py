"""An exit button on a full line of relay boards: from the press to the release command on the wire."""

from __future__ import annotations

import itertools
import threading
import time
from random import Random
from typing import TYPE_CHECKING

from drivers.contract import InputChanged, InputState, Release
from drivers.modbus.driver import ModbusLine
from drivers.modbus.settings import ModbusLineSettings
from drivers.simulator.line import Line
from drivers.simulator.relay_board import Mood, RelayBoard, Switched
from tests.bench.figures import at, milliseconds, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.contract import Event

CLOCK = time.perf_counter
BOARDS = 4
TARGETS_MS = {9600: 150.0, 38400: 60.0}
LATE_SHARE = 0.99
LONGEST_PRESS_S = 3.0
BETWEEN_S = (0.5, 0.7)  # presses fall anywhere in a round; the last release is read back and forgotten
START_WITHIN_S = 10.0
STOP_WITHIN_S = 5.0


class Row:
    """Boards on one line, each with a button that opens its lock, and a clock on both."""

    def __init__(self, baud: int) -> None:
        self._switched = threading.Event()
        self._switched_at = 0.0
        self._ids = itertools.count(1)
        self.boards = [
            RelayBoard(CLOCK, address=number, on_switch=self._on_switch) for number in range(1, BOARDS + 1)
        ]
        self._line = Line(self.boards, CLOCK, baud=baud)
        boards = [
            {
                "name": f"board-{board.address}",
                "family": "waveshare",
                "address": board.address,
                "outputs": {f"lock-{board.address}": 1},
                "inputs": {f"exit-{board.address}": {"channel": 1}},
            }
            for board in self.boards
        ]
        port = {"kind": "modbus", "name": "relays", "device": self._line.path, "baud": baud, "boards": boards}
        self._driver = ModbusLine(ModbusLineSettings.model_validate(port), CLOCK, _no_secrets)

    def start(self) -> None:
        """Bring the line up, and wait until every board answers."""
        self._line.start()
        self._driver.start(self._emit)
        end = CLOCK() + START_WITHIN_S
        while self._driver.line_health()["boards_online"] != BOARDS and CLOCK() < end:
            time.sleep(0.01)

    def stop(self) -> None:
        """Take everything away."""
        self._driver.stop(STOP_WITHIN_S)
        self._line.stop()

    def press(self, board: RelayBoard) -> float:
        """Press the button until the relay moves. Returns how long that took."""
        self._switched.clear()
        pressed_at = CLOCK()
        board.set_input(0, active=True)
        came = self._switched.wait(LONGEST_PRESS_S)
        board.set_input(0, active=False)
        return self._switched_at - pressed_at if came else LONGEST_PRESS_S

    def _emit(self, event: Event) -> None:
        if isinstance(event, InputChanged) and event.state is InputState.ACTIVE:
            lock = event.point.replace("exit", "lock")
            self._driver.do(Release(next(self._ids), lock, 0.1, CLOCK() + 1.0))

    def _on_switch(self, switched: Switched) -> None:
        if switched.on_for_s > 0:
            self._switched_at = switched.at
            self._switched.set()


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the benchmark's one switch
    """Yield what, figure, target, verdict."""
    presses = 20 if quick else 80
    for baud, target_ms in TARGETS_MS.items():
        row = Row(baud)
        row.start()
        try:
            took_s = _presses(row, row.boards, presses)
            met = at(took_s, LATE_SHARE) * 1e3 <= target_ms
            what = f"exit button → release command, {BOARDS} boards at {baud}"
            yield what, milliseconds(took_s), f"p99 ≤ {target_ms:.0f} ms", verdict(met=met)
            row.boards[0].mood = Mood(silent=True)
            took_s = _presses(row, row.boards[1:], presses // 2)
            yield f"the same, one of the {BOARDS} dead", milliseconds(took_s), "reported", ""
        finally:
            row.stop()


def _presses(row: Row, boards: list[RelayBoard], count: int) -> list[float]:
    chance = Random(1)
    took_s = []
    for _ in range(count):
        time.sleep(chance.uniform(*BETWEEN_S))
        took_s.append(row.press(chance.choice(boards)))
    return took_s


def _no_secrets(name: str) -> bytes:
    raise KeyError(name)
