"""What a line of several boards promises beyond what every driver does."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from drivers.contract import (
    Done,
    Failed,
    InputChanged,
    InputState,
    Lock,
    Offline,
    Online,
    OutputFound,
    Release,
    Trouble,
    Why,
)
from drivers.modbus.driver import ModbusLine
from drivers.modbus.settings import ModbusLineSettings
from drivers.simulator.line import Line
from drivers.simulator.relay_board import WELL, Mood, RelayBoard
from tests.contract.modbus.rig import no_secrets
from tests.contract.rig import PATIENCE_S, Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.contract import Event

CLOCK = time.perf_counter
STOP_WITHIN_S = 5.0
PRESS_S = 0.1


def settings(count: int, family: str = "waveshare", **line: Any) -> ModbusLineSettings:
    boards = [
        {
            "name": f"board-{number}",
            "family": family,
            "held_outputs": "accepted",
            "address": number,
            "outputs": {f"lock-{number}": 1},
            "inputs": {f"exit-{number}": {"channel": 1}},
        }
        for number in range(1, count + 1)
    ]
    return ModbusLineSettings.model_validate({"kind": "modbus", "name": "relays", "boards": boards} | line)


class Boards:
    def __init__(self, count: int, baud: int, family: str = "waveshare") -> None:
        self.boards = [RelayBoard(CLOCK, address=number, family=family) for number in range(1, count + 1)]
        self.line = Line(self.boards, CLOCK, baud=baud)
        said = settings(count, family, device=self.line.path, baud=baud)
        self.driver = ModbusLine(said, CLOCK, no_secrets)
        self.inbox = Inbox()
        self._ids = itertools.count(1)

    def start(self) -> None:
        self.line.start()
        self.driver.start(self.inbox)
        everybody = {f"board-{board.address}" for board in self.boards}
        self.inbox.wait_for(lambda events: {e.device for e in events if isinstance(e, Online)} == everybody)

    def stop(self) -> None:
        self.driver.stop(STOP_WITHIN_S)
        self.line.stop()

    def release(self, number: int, for_s: float = 0.2) -> Done | Failed:
        command = next(self._ids)
        self.driver.do(Release(command, f"lock-{number}", for_s, CLOCK() + PATIENCE_S))
        return self.inbox.answer(command)


def told(inbox: Inbox, count: int, point: str, state: InputState) -> None:
    """Wait until the input is told to be in this state, behind the first `count` events."""

    def found(events: tuple[Event, ...]) -> list[Event]:
        changes = [event for event in events[count:] if isinstance(event, InputChanged)]
        return [event for event in changes if (event.point, event.state) == (point, state)]

    inbox.wait_for(found)


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Boards]:
    made = Boards(*getattr(request, "param", (2, 115200)))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_a_dead_board_does_not_delay_another(row: Boards) -> None:
    row.boards[0].mood = Mood(silent=True)
    row.inbox.after(0, Offline)
    dead, polls = row.boards[0].requests, row.boards[1].requests
    threading.Event().wait(2.0)
    assert row.boards[0].requests - dead <= 3  # asked once a second
    assert row.boards[1].requests - polls >= 20
    assert isinstance(row.release(2), Done)


@pytest.mark.parametrize("row", [(4, 9600)], indirect=True)
@pytest.mark.parametrize("dead", [0, 1])
def test_a_press_of_a_tenth_of_a_second_is_seen_on_a_full_slow_line(row: Boards, dead: int) -> None:
    for board in row.boards[:dead]:
        board.mood = Mood(silent=True)
        row.inbox.after(0, Offline)
    for round_number in range(6):
        board = row.boards[dead:][round_number % (4 - dead)]
        point = f"exit-{board.address}"
        count = len(row.inbox.events)
        board.set_input(0, active=True)
        threading.Event().wait(
            PRESS_S + 0.05
        )  # the press, and what a busy box may add to a round of the line
        board.set_input(0, active=False)
        told(row.inbox, count, point, InputState.ACTIVE)
        told(row.inbox, count, point, InputState.INACTIVE)


def test_a_relay_that_a_foreign_hand_switches_on_is_found_and_put_off(row: Boards) -> None:
    row.boards[1].set_coil(0, on=True)
    found = row.inbox.after(0, OutputFound)
    assert isinstance(found, OutputFound)
    assert (found.point, found.on) == ("lock-2", True)
    row.inbox.wait_for(lambda _: not row.boards[1].coil(0))


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        (Mood(exception=4), Why.REFUSED),
        (Mood(answers_as=9), Why.UNPROVEN),
        (Mood(mute=True), Why.UNPROVEN),
    ],
)
def test_a_board_that_misbehaves_is_never_said_to_have_opened(row: Boards, mood: Mood, why: Why) -> None:
    row.boards[0].mood = mood
    answer = row.release(1)
    assert isinstance(answer, Failed)
    assert answer.why in {why, Why.OFFLINE}
    assert isinstance(row.release(2), Done)


def test_a_release_that_is_tried_again_never_overtakes_the_lock_behind_it(row: Boards) -> None:
    for command in range(5000, 5040, 2):
        row.boards[0].lose(command % 4)
        row.driver.do(Release(command, "lock-1", 30, CLOCK() + PATIENCE_S))
        row.driver.do(Lock(command + 1, "lock-1"))
        row.inbox.answer(command)
        if isinstance(row.inbox.answer(command + 1), Done):
            assert not row.boards[0].coil(0)


def test_a_lost_command_is_made_good_on_a_running_line(row: Boards) -> None:
    for _ in range(10):
        row.boards[0].lose(1)
        assert isinstance(row.release(1), Done)


@pytest.mark.parametrize("row", [(1, 115200, "wirenboard")], indirect=True)
def test_an_off_that_is_lost_is_sent_until_the_relay_is_off(row: Boards) -> None:
    assert isinstance(row.release(1, 0.4), Done)
    row.boards[0].mood = Mood(mute=True)
    threading.Event().wait(0.6)  # the off goes out, is done, and is not confirmed
    row.boards[0].set_coil(0, on=True)  # and something puts the relay on again
    row.boards[0].mood = WELL
    row.inbox.wait_for(lambda _: not row.boards[0].coil(0))


@pytest.mark.parametrize("row", [(1, 115200, "wirenboard")], indirect=True)
def test_an_off_that_is_refused_is_a_trouble(row: Boards) -> None:
    assert isinstance(row.release(1, 0.3), Done)
    row.boards[0].mood = Mood(exception=4)
    found = row.inbox.after(0, Trouble)
    assert isinstance(found, Trouble)
    assert (found.kind, found.active) == ("stuck_output", True)
    row.boards[0].mood = WELL
    row.inbox.wait_for(lambda _: not row.boards[0].coil(0))
    row.inbox.wait_for(lambda events: [e for e in events if isinstance(e, Trouble) and not e.active])


def test_releases_of_several_boards_do_not_mix(row: Boards) -> None:
    for number in (1, 2, 1, 2):
        assert isinstance(row.release(number), Done)
    assert [len(board.history) for board in row.boards] == [2, 2]


def test_releases_that_begin_one_pulse_anew_are_proven_by_one_look(row: Boards) -> None:
    """As an exit button's are: the reflex of life safety asks for one, and the loop for the other."""
    for command in (1, 2, 3):
        row.driver.do(Release(command, "lock-1", 3, CLOCK() + PATIENCE_S))
    assert all(isinstance(row.inbox.answer(command), Done) for command in (1, 2, 3))
    assert [len(row.inbox.answers(command)) for command in (1, 2, 3)] == [1, 1, 1]
    assert len(row.boards[0].history) == 3


def test_a_relay_that_reads_off_fails_every_release_that_waits_for_its_proof(row: Boards) -> None:
    row.boards[0].mood = Mood(stuck_off=frozenset({0}))
    for command in (1, 2, 3):
        row.driver.do(Release(command, "lock-1", 3, CLOCK() + PATIENCE_S))
    answers = [row.inbox.answer(command) for command in (1, 2, 3)]
    assert {answer.why for answer in answers if isinstance(answer, Failed)} == {Why.UNPROVEN}
    assert not any(isinstance(answer, Done) for answer in answers)


@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.02, 0.1])
def test_what_waits_for_its_proof_is_answered_when_the_port_goes_or_the_line_is_stopped(
    row: Boards, after_s: float
) -> None:
    row.driver.do(Release(1, "lock-1", 3, CLOCK() + PATIENCE_S))
    row.driver.do(Lock(2, "lock-2"))
    row.driver.do(Release(3, "lock-1", 3, CLOCK() + PATIENCE_S))
    threading.Event().wait(after_s)
    row.line.unplug()
    for command in (1, 2, 3):
        row.inbox.answer(command)
    row.driver.do(Release(4, "lock-1", 3, CLOCK() + PATIENCE_S))
    row.driver.stop(STOP_WITHIN_S)
    row.inbox.answer(4)
    assert [len(row.inbox.answers(command)) for command in (1, 2, 3, 4)] == [1, 1, 1, 1]


@pytest.mark.parametrize("row", [(4, 9600)], indirect=True)
def test_a_press_is_seen_while_every_door_is_released(row: Boards) -> None:
    count = len(row.inbox.events)
    for command in range(100, 116):
        row.driver.do(Release(command, f"lock-{command % 4 + 1}", 0.5, CLOCK() + PATIENCE_S))
    row.boards[2].set_input(0, active=True)
    told(row.inbox, count, "exit-3", InputState.ACTIVE)
    assert all(isinstance(row.inbox.answer(command), Done) for command in range(100, 116))
    kinds = [type(event) for event in row.inbox.events[count:]]
    assert Done in kinds[kinds.index(InputChanged) :]  # the press was not behind all of them


def test_more_commands_than_the_line_can_do_are_refused(row: Boards) -> None:
    for command in range(1000, 1200):
        row.driver.do(Release(command, "lock-1", 0.1, CLOCK() + PATIENCE_S))
    answers = [row.inbox.answer(command) for command in range(1000, 1200)]
    assert any(isinstance(each, Failed) and each.why == Why.OVERLOADED for each in answers)


def test_a_babbling_line_moves_no_relay(row: Boards) -> None:
    for count in range(200):
        row.line.say(bytes((count & 0xFF, 0x05, 0x02)) * 20)
    threading.Event().wait(1.0)
    assert [board.history for board in row.boards] == [(), ()]
    row.inbox.wait_for(lambda _: isinstance(row.release(1), Done))


def test_health_counts_what_happened(row: Boards) -> None:
    row.boards[0].mood = Mood(silent=True)
    row.inbox.after(0, Offline)
    health = row.driver.line_health()
    assert (health["boards"], health["boards_online"]) == (2, 1)
    assert health["board-1.timeouts"] != 0
    for name in ("board-1", "board-2"):  # what one board does not answer is not told of the others
        questions, answers, timeouts = (
            int(health[f"{name}.{each}"]) for each in ("questions", "answers", "timeouts")
        )
        assert abs(questions - answers - timeouts) <= 1  # one may be under way
