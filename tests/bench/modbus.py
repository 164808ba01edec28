"""An exit button on a full line of relay boards: from the press to the release command on the wire.

Each press lasts a tenth of a second, so one that no look at the inputs falls into is missed, and counted with
the longest time there is. The line's own floor stands beside each figure: no master can do better at that
speed, since every look at one board's inputs is eight bytes out, six back and three and a half of silence.
"""

from __future__ import annotations

import itertools
import threading
import time
from random import Random
from typing import TYPE_CHECKING

from drivers.contract import InputChanged, InputState, Release
from drivers.modbus.driver import ModbusLine
from drivers.modbus.settings import ModbusLineSettings
from drivers.simulator.line import BITS_PER_CHARACTER, Line
from drivers.simulator.relay_board import Mood, RelayBoard, Switched
from protocols.boards.rtu import quiet_seconds
from tests.bench.figures import at, milliseconds, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.contract import Event

CLOCK = time.perf_counter
BOARDS = 4
TARGETS_MS = {9600: 150.0, 38400: 60.0}
LATE_SHARE = 0.99
PRESS_S = 0.1
MISSED_S = 1.0
BETWEEN_S = (0.3, 0.6)  # presses fall anywhere in a round
LOOK_BYTES, ANSWER_BYTES, WRITE_BYTES = 8, 6, 8
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

    def kill(self, board: RelayBoard) -> None:
        """Let a board die, and wait until it is known to be dead."""
        board.mood = Mood(silent=True)
        self._wait_for(BOARDS - 1)

    def start(self) -> None:
        """Bring the line up, and wait until every board answers."""
        self._line.start()
        self._driver.start(self._emit)
        self._wait_for(BOARDS)

    def _wait_for(self, online: int) -> None:
        end = CLOCK() + START_WITHIN_S
        while self._driver.line_health()["boards_online"] != online and CLOCK() < end:
            time.sleep(0.01)

    def stop(self) -> None:
        """Take everything away."""
        self._driver.stop(STOP_WITHIN_S)
        self._line.stop()

    def press(self, board: RelayBoard) -> float:
        """Press the button for a tenth of a second. Returns how long the relay took to move."""
        self._switched.clear()
        pressed_at = CLOCK()
        board.set_input(0, active=True)
        time.sleep(PRESS_S)
        board.set_input(0, active=False)
        came = self._switched.wait(MISSED_S)
        return self._switched_at - pressed_at if came else MISSED_S

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
    presses = 20 if quick else 100
    for baud in TARGETS_MS:
        row = Row(baud)
        row.start()
        try:
            yield _line(f"{BOARDS} boards at {baud}", _presses(row, row.boards, presses), baud, BOARDS)
            row.kill(row.boards[0])
            took_s = _presses(row, row.boards[1:], presses // 2)
            yield _line(f"{BOARDS} boards at {baud}, one of them dead", took_s, baud, BOARDS - 1)
        finally:
            row.stop()


def _line(what: str, took_s: list[float], baud: int, boards: int) -> tuple[str, str, str, str]:
    median_s, late_s = _floor_s(baud, boards)
    figures = f"{milliseconds(took_s)}; floor {median_s * 1e3:.1f} / {late_s * 1e3:.1f} ms"
    missed = sum(each >= MISSED_S for each in took_s)
    target_ms = TARGETS_MS[baud]
    met = not missed and at(took_s, LATE_SHARE) * 1e3 <= target_ms
    wanted = f"p99 ≤ {target_ms:.0f} ms, none of 100 ms missed ({missed})"
    return f"exit button → release command, {what}", figures, wanted, verdict(met=met)


def _floor_s(baud: int, boards: int) -> tuple[float, float]:
    """Return median and 99th percentile of the time that the wire alone takes, with nothing else on it.

    A press waits for the next look at its board, any part of a round; then the answer to that look comes
    back, the line falls silent, and the release goes out.
    """
    quiet_s, byte_s = quiet_seconds(baud), BITS_PER_CHARACTER / baud
    round_s = boards * ((LOOK_BYTES + ANSWER_BYTES) * byte_s + quiet_s)
    then_s = (ANSWER_BYTES + WRITE_BYTES) * byte_s + quiet_s
    return round_s / 2 + then_s, LATE_SHARE * round_s + then_s


def _presses(row: Row, boards: list[RelayBoard], count: int) -> list[float]:
    chance = Random(1)
    took_s = []
    for _ in range(count):
        time.sleep(chance.uniform(*BETWEEN_S))
        took_s.append(row.press(chance.choice(boards)))
    return took_s


def _no_secrets(name: str) -> bytes:
    raise KeyError(name)
