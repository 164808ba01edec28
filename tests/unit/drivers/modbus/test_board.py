"""A board's life opposite a simulated one, on a wire without time of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drivers.contract import (
    Done,
    Event,
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
from drivers.modbus.board import Board
from drivers.modbus.commands import Echoed, Hand
from drivers.modbus.exchange import Exchange, Silent
from drivers.modbus.framing import RtuFraming
from drivers.modbus.relays import CLAIM_S
from drivers.modbus.settings import ModbusBoard
from drivers.modbus.turns import Turn, Turns
from drivers.simulator.relay_board import WELL, Mood, RelayBoard
from protocols.boards.families import FAMILIES
from protocols.boards.messages import encode
from protocols.boards.rtu import frame
from protocols.errors import Refused
from tests.peers.hand_wire import HandWire

if TYPE_CHECKING:
    from tests.peers.hand_clock import HandClock

POLL_S = 0.02
REPLY_WITHIN_S = 0.15
READS = {1, 2, 3, 4}  # function codes that change nothing


class Bench:
    """One board, its simulated hardware and the line between, turned by hand."""

    def __init__(self, clock: HandClock, *late_s: float, family: str = "waveshare", **settings: Any) -> None:
        points: dict[str, Any] = {
            "outputs": {"lock": 1, "gate": 3},
            "inputs": {"exit": {"channel": 1}, "contact": {"channel": 2, "normally": "closed"}},
        }
        made = {"name": "board", "family": family, "address": 1} | points | settings
        self.clock = clock
        self.hardware = RelayBoard(clock.monotonic, family=family)
        self.wire = HandWire(clock, [self.hardware], *late_s)
        self.board = Board(
            ModbusBoard.model_validate(made),
            clock.monotonic(),
            poll_every_s=POLL_S,
            reply_within_s=REPLY_WITHIN_S,
        )
        self.exchange = Exchange(
            self.wire,
            clock.monotonic,
            RtuFraming(),
            baud=9600,
            reply_within_s=REPLY_WITHIN_S,
            counts={},
            probes={1: self.board.probes},
        )

    def turn(self, for_s: float) -> list[Event]:
        """Do what the line's thread does, for so long."""
        events: list[Event] = []
        turns = Turns([self.board], self.exchange)
        end = self.clock.monotonic() + for_s
        while (at := self.clock.monotonic()) < end:
            channel = self.board.to_put_off(at)
            if channel is not None:
                self.exchange.ask(1, self.board.write_off(channel))
                self.board.was_put_off(channel, self.clock.monotonic())
            elif (turn := turns.next(at)) is not None:
                events += self._poll(turn)
            else:
                self.clock.advance(max(0.0, min(turns.due(), self.board.next_off, end) - at) + 1e-3)
        return events

    def _poll(self, turn: Turn) -> list[Event]:
        question, at = turn.question, self.clock.monotonic()
        if self.board.watched and question == self.board.ask_inputs:
            self.board.looked_at = at
        try:
            reply = self.exchange.ask(1, question, patience_s=turn.patience_s)
        except Silent:
            now = self.clock.monotonic()
            told = self.board.silent(now, now - at)
            self.board.wait_until(self.exchange.clear_at(1, question))
            return told
        except Refused as error:
            return self.board.refused(question, error.meaning, self.clock.monotonic())
        return self.board.answered(question, reply, self.clock.monotonic())

    def do(self, command: Release | Lock) -> tuple[Done | Failed, list[Event]]:
        told: list[Event] = []
        hand, tried = Hand(self.exchange, self.board, self.clock.monotonic, told.append), 0
        answer = hand.attempt(command, tried)
        while not isinstance(answer, Done | Failed):
            if isinstance(answer, Echoed):
                answer = hand.prove(answer)
            else:
                tried += 1
                answer = hand.attempt(command, tried)
        return answer, told

    def release(self, for_s: float = 3.0, within_s: float = 5.0) -> Done | Failed:
        return self.do(Release(1, "lock", for_s, self.clock.monotonic() + within_s))[0]


def test_a_board_is_greeted_and_then_tells_its_inputs_once(clock: HandClock) -> None:
    events = Bench(clock).turn(0.5)
    online, *inputs = events
    assert isinstance(online, Online)
    assert online.identity == {"family": "waveshare", "address": "1", "version": "2.00"}
    assert [(each.point, each.state) for each in inputs if isinstance(each, InputChanged)] == [
        ("exit", InputState.INACTIVE),
        ("contact", InputState.ACTIVE),  # nothing is wired, and a contact is closed at rest
    ]
    assert len(inputs) == 2


@pytest.mark.parametrize("family", ["juying", "lctech", "zlan"])
def test_a_board_without_linkage_or_version_is_greeted_too(clock: HandClock, family: str) -> None:
    bench = Bench(clock, family=family, held_outputs="accepted")
    assert isinstance(bench.turn(0.5)[0], Online)


@pytest.mark.parametrize("family", ["waveshare", "juying", "lctech", "eletechsup"])
def test_a_release_is_the_boards_own_pulse(clock: HandClock, family: str) -> None:
    bench = Bench(clock, family=family)
    bench.turn(0.5)
    assert bench.release(for_s=3.0) == Done(1, clock.monotonic())
    assert [(each.channel, each.on_for_s) for each in bench.hardware.history] == [(0, 3.0)]
    events = bench.turn(5.0)
    assert not bench.hardware.coil(0)
    assert events == []
    assert len(bench.hardware.history) == 1  # nobody had to switch it off


def test_a_held_relay_is_switched_off_by_us(clock: HandClock) -> None:
    bench = Bench(clock, family="wirenboard", held_outputs="accepted")
    bench.turn(0.5)
    bench.release(for_s=2.0)
    assert bench.hardware.coil(0)
    bench.turn(3.0)
    assert not bench.hardware.coil(0)


@pytest.mark.parametrize("for_s", [0.0, -1.0, float("nan"), 4000.0])
def test_a_relay_is_not_held_for_ever(clock: HandClock, for_s: float) -> None:
    bench = Bench(clock, family="wirenboard", held_outputs="accepted")
    bench.turn(0.5)
    answer = bench.release(for_s=for_s)
    assert isinstance(answer, Failed)
    assert answer.why == Why.REFUSED


def test_a_board_of_inputs_alone_is_polled(clock: HandClock) -> None:
    bench = Bench(clock, outputs={})
    bench.turn(0.5)
    bench.hardware.set_input(0, active=True)
    assert [type(event) for event in bench.turn(0.2)] == [InputChanged]


def test_a_press_of_a_tenth_of_a_second_is_seen_once(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.set_input(0, active=True)
    events = bench.turn(0.1)
    bench.hardware.set_input(0, active=False)
    events += bench.turn(0.2)
    states = [each.state for each in events if isinstance(each, InputChanged)]
    assert states == [InputState.ACTIVE, InputState.INACTIVE]


def test_a_relay_found_on_at_start_is_told_and_put_off(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.hardware.set_coil(2, on=True)
    assert [type(each) for each in bench.turn(CLAIM_S - 0.1)] == [Online, InputChanged, InputChanged]
    assert bench.hardware.coil(2)  # a door may be meant to stand open: it is for the agent to say
    events = bench.turn(2.0)
    assert [(each.point, each.on) for each in events if isinstance(each, OutputFound)] == [
        ("gate", True),
        ("gate", False),
    ]
    assert not bench.hardware.coil(2)


def test_a_relay_found_on_at_start_stays_on_for_a_door_that_is_meant_to_stand_open(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.hardware.set_coil(0, on=True)
    bench.turn(1.0)
    assert isinstance(bench.release(for_s=20), Done)
    assert bench.turn(5.0) == []
    assert bench.hardware.coil(0)
    assert [each.on_for_s for each in bench.hardware.history] == [20.0]  # and was never off in between


def test_a_relay_found_on_at_start_that_ends_by_itself_is_told_all_the_same(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.hardware.set_coil(0, on=True)
    bench.turn(0.5)
    bench.hardware.set_coil(0, on=False)
    events = bench.turn(2.0)
    assert [(each.point, each.on) for each in events if isinstance(each, OutputFound)] == [
        ("lock", True),
        ("lock", False),
    ]
    assert bench.hardware.history == ()


def test_a_relay_that_will_not_go_off_is_a_trouble_that_ends(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.mood = Mood(stuck_on=frozenset({0}))
    events = bench.turn(3.0)
    assert [each.active for each in events if isinstance(each, Trouble)] == [True]
    assert [each.on for each in events if isinstance(each, OutputFound)] == [True]
    bench.hardware.mood = WELL
    events = bench.turn(3.0)
    assert [each.kind for each in events if isinstance(each, Trouble)] == ["stuck_output"]
    assert [each.on for each in events if isinstance(each, OutputFound)] == [False]


def test_our_own_release_is_not_found(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.release(for_s=10)
    assert bench.turn(5.0) == []


def test_a_linkage_mode_is_a_trouble(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.hardware.link(2, mode=1)
    found = [each for each in bench.turn(0.5) if isinstance(each, Trouble)]
    assert [(each.kind, each.active) for each in found] == [("linkage", True)]
    assert "channel 3" in found[0].detail


def test_a_silent_board_is_offline_once_and_then_asked_once_a_second(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.mood = Mood(silent=True)
    events = bench.turn(2.0)
    assert [type(each) for each in events] == [Offline, InputChanged, InputChanged]
    assert {each.state for each in events if isinstance(each, InputChanged)} == {InputState.UNKNOWN}
    sent = len(bench.wire.written)
    assert bench.turn(10.0) == []
    assert 8 <= len(bench.wire.written) - sent <= 10
    bench.hardware.mood = WELL
    assert isinstance(bench.turn(1.5)[0], Online)


def test_a_board_that_never_answered_is_offline_too(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.hardware.mood = Mood(silent=True)
    assert isinstance(bench.turn(2.0)[0], Offline)


def test_a_board_that_refuses_to_be_read_is_offline_with_the_reason(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.mood = Mood(exception=2)
    offline = bench.turn(2.0)[0]
    assert isinstance(offline, Offline)
    assert "is it of the family waveshare" in offline.why


def test_a_lost_port_is_said_once(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.hardware.set_coil(0, on=True)
    bench.hardware.link(0, mode=1)
    bench.board.answered(bench.board.extra_question, (1, 0, 0), clock.monotonic())
    bench.board.answered(bench.board.extra_question, (1, 0, 0), clock.monotonic())
    linked, offline, *_ = bench.board.lost(clock.monotonic(), "pulled out")
    assert isinstance(linked, Trouble)
    assert isinstance(offline, Offline)
    assert bench.board.lost(clock.monotonic(), "pulled out") == []


def test_a_lost_echo_is_made_good_by_reading_back(clock: HandClock) -> None:
    bench = Bench(clock, 0.005)
    bench.turn(0.5)
    bench.wire._late_s = [0.3, 0.005]
    assert isinstance(bench.release(), Done)
    assert len(bench.hardware.history) == 1


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_command_is_sent_again(clock: HandClock, lost: int) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.lose(lost)
    assert isinstance(bench.release(), Done)
    assert len(bench.hardware.history) == 1


@pytest.mark.parametrize("by", ["an earlier release", "a foreign hand"])
def test_a_lost_release_is_sent_again_though_something_else_has_the_relay_on(
    clock: HandClock, by: str
) -> None:
    bench = Bench(clock)
    if by == "a foreign hand":
        bench.hardware.set_coil(0, on=True)
    bench.turn(0.5)
    if by == "an earlier release":
        bench.release(for_s=2)
        bench.turn(1.5)
    bench.hardware.lose(1)
    assert isinstance(bench.release(for_s=3), Done)
    assert bench.hardware.history[-1].on_for_s == 3
    assert bench.hardware.history[-1].at > clock.monotonic() - 0.5


def test_a_lost_lock_is_sent_again(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.release(for_s=60)
    bench.hardware.lose(1)
    assert isinstance(bench.do(Lock(2, "lock"))[0], Done)
    assert not bench.hardware.coil(0)


def test_an_echo_stands_where_reading_back_is_lost(clock: HandClock) -> None:
    bench = Bench(clock, 0.005)
    bench.turn(0.5)
    bench.wire._late_s = [0.005, 0.4, 0.005]
    assert isinstance(bench.release(), Done)


def test_a_board_that_dies_under_a_command_leaves_it_unproven(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.mood = Mood(mute=True)
    answer, _ = bench.do(Release(1, "lock", 3.0, clock.monotonic() + 5))
    assert isinstance(answer, Failed)
    assert answer.why == Why.UNPROVEN
    assert any(isinstance(event, Offline) for event in bench.turn(2.0))
    offline, _ = bench.do(Lock(2, "lock"))
    assert isinstance(offline, Failed)
    assert offline.why == Why.OFFLINE


def test_a_relay_that_reads_off_though_confirmed_is_no_opening(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.mood = Mood(stuck_off=frozenset({0}))
    answer, told = bench.do(Release(1, "lock", 3.0, clock.monotonic() + 5))
    assert isinstance(answer, Failed)
    assert answer.why == Why.UNPROVEN
    assert [each.kind for each in told if isinstance(each, Trouble)] == ["actuation"]
    bench.hardware.mood = WELL
    answer, told = bench.do(Release(2, "lock", 3.0, clock.monotonic() + 5))
    assert isinstance(answer, Done)
    assert [each.active for each in told if isinstance(each, Trouble)] == [False]


def test_a_pulse_that_is_over_before_it_is_read_back_was_a_pulse(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.wire._late_s = [0.12]
    assert isinstance(bench.release(for_s=0.1), Done)


def test_a_refused_release_is_refused(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.mood = Mood(exception=4)
    answer = bench.release()
    assert isinstance(answer, Failed)
    assert (answer.why, answer.detail) == (Why.REFUSED, "board: device failure")


def test_a_release_that_grew_late_is_late(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    answer = bench.release(within_s=-0.001)
    assert isinstance(answer, Failed)
    assert answer.why == Why.LATE
    assert bench.hardware.history == ()


def test_a_release_is_not_sent_again_past_its_time(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.hardware.mood = Mood(silent=True)
    sent = len(bench.wire.written)
    answer = bench.release(within_s=0.1)
    assert isinstance(answer, Failed)
    assert answer.why == Why.UNPROVEN
    assert sum(frame[1] == 5 for frame in bench.wire.written[sent:]) == 1


def test_a_point_of_another_board_is_unknown_here(clock: HandClock) -> None:
    answer, _ = Bench(clock).do(Lock(1, "elsewhere"))
    assert isinstance(answer, Failed)
    assert answer.why == Why.UNKNOWN_POINT


def test_a_lock_is_proven_by_reading_back(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.release(for_s=60)
    assert bench.do(Lock(2, "lock"))[0] == Done(2, clock.monotonic())
    assert not bench.hardware.coil(0)
    bench.hardware.mood = Mood(mute=True)
    answer, _ = bench.do(Lock(3, "lock"))
    assert isinstance(answer, Failed)
    assert answer.why == Why.UNPROVEN


@pytest.mark.parametrize(
    ("register", "value", "trouble"),
    [(8, 0, "no_watchdog"), (8, 3600, "no_watchdog"), (6, 1, "restores")],
)
def test_what_a_wiren_board_is_set_to_is_told_and_never_written(
    clock: HandClock, register: int, value: int, trouble: str
) -> None:
    bench = Bench(clock, family="wirenboard", held_outputs="accepted")
    bench.hardware.set_register(register, value)
    found = [each for each in bench.turn(0.5) if isinstance(each, Trouble)]
    assert [(each.kind, each.active) for each in found] == [(trouble, True)]
    assert f"holding register {register} is {value}" in found[0].detail
    assert {frame[1] for frame in bench.wire.written} <= READS


def test_an_input_of_a_wiren_board_that_switches_a_relay_is_a_trouble(clock: HandClock) -> None:
    bench = Bench(clock, family="wirenboard", held_outputs="accepted")
    bench.hardware.link(1, mode=0)  # the factory's own setting
    found = [each for each in bench.turn(0.5) if isinstance(each, Trouble)]
    assert [each.kind for each in found] == ["linkage"]


def test_old_firmware_that_has_not_such_a_register_is_greeted_all_the_same(clock: HandClock) -> None:
    bench = Bench(clock, family="wirenboard", held_outputs="accepted")
    bench.hardware._settings.clear()
    assert isinstance(bench.turn(0.5)[0], Online)


def test_a_board_lost_while_only_we_can_put_its_relay_off_is_a_trouble(clock: HandClock) -> None:
    bench = Bench(clock, family="wirenboard", held_outputs="accepted")
    bench.turn(0.5)
    bench.release(for_s=5)
    bench.hardware.mood = Mood(silent=True)
    events = bench.turn(10.0)
    assert [each.kind for each in events if isinstance(each, Trouble)] == ["left_on"]
    assert any(isinstance(each, Offline) for each in events)
    assert bench.hardware.coil(0)  # nobody can help it from here
    bench.hardware.mood = WELL
    events = bench.turn(3.0)
    assert not bench.hardware.coil(0)
    assert [(each.kind, each.active) for each in events if isinstance(each, Trouble)] == [("left_on", False)]


def test_a_board_lost_during_its_own_pulse_is_no_more_than_lost(clock: HandClock) -> None:
    bench = Bench(clock)
    bench.turn(0.5)
    bench.release(for_s=5)
    bench.hardware.mood = Mood(silent=True)
    events = bench.turn(10.0)
    assert not any(isinstance(each, Trouble) for each in events)
    assert not bench.hardware.coil(0)  # its own pulse ended it
    bench.hardware.mood = WELL
    assert not any(isinstance(each, OutputFound) for each in bench.turn(3.0))


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_nothing_is_ever_written_but_the_pulse_and_the_off_of_an_output_that_was_named(
    clock: HandClock, family: str
) -> None:
    bench = Bench(clock, family=family, held_outputs="accepted")
    bench.hardware.link(2, mode=1)
    bench.turn(0.5)
    bench.release(for_s=3)
    bench.do(Lock(2, "lock"))
    bench.hardware.set_coil(2, on=True)
    bench.turn(3.0)
    bench.hardware.mood = Mood(silent=True)
    bench.turn(3.0)
    bench.hardware.mood = WELL
    bench.turn(2.0)
    make = bench.board.write_on
    allowed = {frame(1, encode(bench.board.write_off(channel))) for channel in (0, 2)}
    allowed |= {frame(1, encode(make(channel, 3))) for channel in (0, 2)}
    written = {each for each in bench.wire.written if each[1] not in READS}
    assert written <= allowed
    assert len(written) >= 3  # a release, a lock, and the relay that a foreign hand had put on
