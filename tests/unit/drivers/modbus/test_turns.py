"""How often inputs are looked at on a slow line, counted on a wire that takes its time and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivers.modbus.board import LONG_LOOK_NEW_S, LONG_LOOK_S, RETRY_S, Board
from drivers.modbus.exchange import Exchange, Silent
from drivers.modbus.framing import RtuFraming
from drivers.modbus.settings import PRESS_S, ModbusBoard
from drivers.modbus.turns import Turns
from drivers.simulator.relay_board import WELL, Mood, RelayBoard
from protocols.boards.rtu import frame_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.peers.hand_clock import HandClock

BITS = 10
REPLY_WITHIN_S = 0.15


class PacedWire:
    """Boards on a line of one speed: every byte takes its time, and each board some of its own."""

    def __init__(self, clock: HandClock, boards: Iterable[RelayBoard], baud: int, own_s: float) -> None:
        self._clock = clock
        self._boards = tuple(boards)
        self._baud = baud
        self.own_s = {each.address: own_s for each in self._boards}
        self._coming: list[tuple[float, bytes]] = []

    def write(self, data: bytes) -> None:
        at = self._clock.monotonic() + frame_seconds(len(data), self._baud, BITS)
        for board in self._boards:
            for reply in board.receive(data, at):
                ends = at + self.own_s[board.address] + frame_seconds(len(reply), self._baud, BITS)
                self._coming.append((ends, reply))

    def read(self, within_s: float) -> bytes:
        until = self._clock.monotonic() + within_s
        if self._coming and self._coming[0][0] <= until:
            at, data = self._coming.pop(0)
            self._clock.advance(max(0.0, at - self._clock.monotonic()))
            return data
        self._clock.advance(within_s)
        return b""

    def close(self) -> None:
        """Nothing to let go of."""


class Row:
    """Boards of one lock and one exit button each on a line, turned by hand."""

    def __init__(self, clock: HandClock, count: int, baud: int, own_s: float = 0.0) -> None:
        self.clock = clock
        self.hardware = [RelayBoard(clock.monotonic, address=number + 1) for number in range(count)]
        self.boards = [self._board(each.address) for each in self.hardware]
        self.wire = PacedWire(clock, self.hardware, baud, own_s)
        self.exchange = Exchange(
            self.wire,
            clock.monotonic,
            RtuFraming(),
            baud=baud,
            reply_within_s=REPLY_WITHIN_S,
            counts={},
            probes={each.address: each.probes for each in self.boards},
            character_bits=BITS,
        )
        self.turns = Turns(self.boards, self.exchange)
        self.looks: dict[str, list[float]] = {each.name: [] for each in self.boards}
        self.silences: list[tuple[float, float]] = []  # when, and for how long

    def _board(self, address: int) -> Board:
        settings = ModbusBoard.model_validate(
            {
                "name": f"board-{address}",
                "family": "waveshare",
                "address": address,
                "outputs": {f"lock-{address}": 1},
                "inputs": {f"exit-{address}": {"channel": 1}},
            }
        )
        return Board(settings, self.clock.monotonic(), poll_every_s=0.02, reply_within_s=REPLY_WITHIN_S)

    def run(self, for_s: float) -> None:
        end = self.clock.monotonic() + for_s
        while (at := self.clock.monotonic()) < end:
            turn = self.turns.next(at)
            if turn is None:
                self.clock.advance(0.002)
                continue
            board = turn.board
            if board.watched and turn.question == board.ask_inputs:
                board.looked_at = at
            try:
                reply = self.exchange.ask(board.address, turn.question, patience_s=turn.patience_s)
            except Silent:
                took_s = self.clock.monotonic() - at
                self.silences.append((at, took_s))
                board.silent(self.clock.monotonic(), took_s)
                continue
            if turn.question == board.ask_inputs:
                self.looks[board.name].append(at)
            board.answered(turn.question, reply, self.clock.monotonic())

    def forget(self) -> None:
        self.looks = {name: [] for name in self.looks}
        self.silences.clear()

    def gaps(self, *names: str) -> list[float]:
        """All times between two looks at the inputs of these boards, longest last."""
        return sorted(
            later - earlier
            for name in names
            for earlier, later in zip(self.looks[name], self.looks[name][1:], strict=False)
        )


ALL = ("board-1", "board-2", "board-3", "board-4")
WELL_ONES = ALL[1:]


@pytest.mark.parametrize(("baud", "own_s"), [(9600, 0.0), (9600, 0.001), (19200, 0.01), (38400, 0.012)])
def test_no_press_falls_between_two_looks_on_a_line_of_four(
    clock: HandClock, baud: int, own_s: float
) -> None:
    row = Row(clock, 4, baud, own_s)
    row.run(3.0)
    row.forget()
    row.run(60.0)
    assert row.gaps(*ALL)[-1] <= PRESS_S
    assert all(board.online for board in row.boards)


def test_where_four_slow_boards_fill_the_line_the_rest_still_gets_its_turn(clock: HandClock) -> None:
    row = Row(clock, 4, 9600, 0.006)
    row.run(3.0)
    row.forget()
    row.run(60.0)
    gaps = row.gaps(*ALL)
    assert gaps[len(gaps) * 9 // 10] <= PRESS_S  # the rounds without a look at an output
    assert gaps[-1] <= 1.3 * PRESS_S
    outputs = [row.exchange._counts[each.address].questions for each in row.boards]
    assert min(outputs) > 0


@pytest.mark.parametrize("heard", [True, False])
def test_a_dead_board_hides_no_press_at_another(clock: HandClock, *, heard: bool) -> None:
    row = Row(clock, 4, 9600, 0.001)
    if heard:
        row.run(3.0)
    row.hardware[0].mood = Mood(silent=True)
    row.run(3.0)
    row.forget()
    row.run(10.0)
    assert row.gaps(*WELL_ONES)[-1] <= PRESS_S
    assert 7 <= len(row.silences) <= 11
    row.hardware[0].mood = WELL
    row.run(3.0)
    assert row.boards[0].online


def test_a_board_that_dies_costs_one_time_out_in_its_first_second_too(clock: HandClock) -> None:
    row = Row(clock, 4, 9600, 0.001)
    row.run(3.0)
    row.forget()
    row.hardware[0].mood = Mood(silent=True)
    died_at = clock.monotonic()
    row.run(3.0)
    full_s = row.exchange.wire_s(row.boards[0].ask_inputs) + REPLY_WITHIN_S
    for second in range(3):
        began = died_at + second * RETRY_S
        spent_s = sum(took_s for at, took_s in row.silences if began <= at < began + RETRY_S)
        assert 0 < spent_s <= full_s
    assert not row.boards[0].online
    gaps = row.gaps(*WELL_ONES)
    assert gaps[-1] <= 1.25 * PRESS_S  # while it is asked again and again
    assert sum(gap > PRESS_S for gap in gaps) <= 5 * len(WELL_ONES)


@pytest.mark.parametrize(("heard", "within_s"), [(True, LONG_LOOK_S), (False, LONG_LOOK_NEW_S)])
def test_a_board_that_needs_more_time_than_the_others_leave_it_is_found_by_a_long_look(
    clock: HandClock, within_s: float, *, heard: bool
) -> None:
    row = Row(clock, 4, 9600)
    if heard:
        row.run(3.0)
    row.hardware[0].mood = Mood(silent=True)
    row.run(3.0)
    row.wire.own_s[1] = 0.08
    row.hardware[0].mood = WELL
    row.run(5.0)
    assert not row.boards[0].online
    row.run(within_s)
    assert row.boards[0].online


@pytest.mark.parametrize(("baud", "own_s"), [(38400, 0.001), (9600, 0.006)])
def test_long_looks_at_several_dead_boards_do_not_add_up(clock: HandClock, baud: int, own_s: float) -> None:
    row = Row(clock, 8, baud, own_s)
    for each in row.hardware[:4]:
        each.mood = Mood(silent=True)
    row.run(5.0)
    row.forget()
    row.run(LONG_LOOK_NEW_S + 5.0)
    assert sum(took_s >= REPLY_WITHIN_S for _, took_s in row.silences) >= 4
    assert row.gaps(*(each.name for each in row.boards[4:]))[-1] <= REPLY_WITHIN_S + 1.5 * PRESS_S


def test_one_lost_reply_is_asked_for_again_at_once(clock: HandClock) -> None:
    row = Row(clock, 2, 9600, 0.001)
    row.run(2.0)
    row.forget()
    row.hardware[0].lose(1)
    row.run(1.0)
    assert len(row.silences) == 1
    assert row.gaps("board-1")[-1] <= 1.5 * PRESS_S
    assert row.boards[0].online
