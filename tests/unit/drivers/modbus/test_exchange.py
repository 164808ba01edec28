from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivers.modbus.exchange import ECHO_GONE_AFTER, Exchange, Silent, TooLate
from drivers.modbus.framing import RtuFraming, TcpFraming
from drivers.simulator.relay_board import WELL, Mood, RelayBoard
from protocols.boards.messages import (
    READ_COILS,
    READ_HOLDING,
    READ_INPUTS,
    ReadBits,
    ReadRegisters,
    Request,
    WriteCoil,
    encode,
    encode_reply,
)
from protocols.boards.rtu import frame
from protocols.errors import Refused
from tests.peers.hand_wire import HandWire

if TYPE_CHECKING:
    from tests.peers.hand_clock import HandClock

INPUTS = ReadBits(READ_INPUTS, 0, 8)
COILS = ReadBits(READ_COILS, 0, 8)
VERSION = ReadRegisters(READ_HOLDING, 0x8000, 1)
PULSE = WriteCoil(0x0200, 30)
REPLY_WITHIN_S = 0.15


def exchange_on(
    clock: HandClock, wire: HandWire, probes: tuple[Request, ...] = (COILS, INPUTS, VERSION)
) -> Exchange:
    return Exchange(
        wire,
        clock.monotonic,
        RtuFraming(),
        baud=9600,
        reply_within_s=REPLY_WITHIN_S,
        counts={},
        probes={1: probes, 2: probes},
    )


def asked(wire: HandWire, request: Request, unit: int = 1) -> int:
    return wire.written.count(frame(unit, encode(request)))


def test_a_reply_is_the_answer(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    board.set_input(2, active=True)
    exchange = exchange_on(clock, HandWire(clock, [board]))
    assert exchange.ask(1, INPUTS) == (0, 0, 1, 0, 0, 0, 0, 0)
    assert (exchange._counts[1].questions, exchange._counts[1].answers, exchange._counts[1].timeouts) == (
        1,
        1,
        0,
    )


def test_noise_before_a_reply_is_counted_and_costs_nothing(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board])
    exchange = exchange_on(clock, wire)
    wire.say(b"\x00\xff", after_s=0.003)
    assert exchange.ask(1, INPUTS) == (0,) * 8
    assert exchange._counts[1].noise_bytes == 2


def test_what_waits_on_the_line_is_thrown_away_first(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board])
    exchange = exchange_on(clock, wire)
    wire.say(frame(1, encode_reply(INPUTS, (1,) * 8)))
    assert exchange.ask(1, INPUTS) == (0,) * 8


def test_a_dead_board_costs_one_time_out(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    board.mood = Mood(silent=True)
    exchange = exchange_on(clock, HandWire(clock, [board]))
    start = clock.monotonic()
    with pytest.raises(Silent):
        exchange.ask(1, INPUTS)
    assert clock.monotonic() - start < REPLY_WITHIN_S + 0.06


def test_a_late_reply_is_never_the_answer_to_the_next_question(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board], 0.25, 0.005)
    exchange = exchange_on(clock, wire)
    board.set_input(0, active=True)
    with pytest.raises(Silent):
        exchange.ask(1, INPUTS)
    board.set_input(0, active=False)
    assert exchange.ask(1, INPUTS)[0] == 0
    assert asked(wire, COILS) == 1  # the probe of another shape that went first


def test_a_question_of_another_shape_needs_no_probe(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board], 0.25, 0.005)
    exchange = exchange_on(clock, wire)
    with pytest.raises(Silent):
        exchange.ask(1, PULSE)
    assert exchange.ask(1, COILS)[0] == 1
    assert len(wire.written) == 2


def test_a_board_that_is_always_one_reply_behind_is_never_believed(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    board.mood = Mood(behind=True)
    exchange = exchange_on(clock, HandWire(clock, [board]))
    for request in (INPUTS, INPUTS, PULSE, PULSE, INPUTS, COILS, INPUTS, PULSE) * 5:
        with pytest.raises(Silent):
            exchange.ask(1, request)
        clock.advance(1.0)


def test_a_board_that_was_behind_is_believed_again_once_it_has_caught_up(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    board.mood = Mood(behind=True)
    exchange = exchange_on(clock, HandWire(clock, [board]))
    with pytest.raises(Silent):
        exchange.ask(1, INPUTS)
    board.mood = WELL
    board.set_input(0, active=True)
    assert exchange.ask(1, INPUTS)[0] == 1


def test_the_silence_of_one_board_is_no_reason_to_doubt_another(clock: HandClock) -> None:
    dead, well = RelayBoard(clock.monotonic, address=1), RelayBoard(clock.monotonic, address=2)
    dead.mood = Mood(silent=True)
    wire = HandWire(clock, [dead, well])
    exchange = exchange_on(clock, wire)
    with pytest.raises(Silent):
        exchange.ask(1, INPUTS)
    assert exchange.ask(2, INPUTS) == (0,) * 8
    assert len(wire.written) == 2


def test_where_no_probe_helps_time_does(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    board.set_input(0, active=True)
    wire = HandWire(clock, [board], 0.25, 0.005)
    exchange = exchange_on(clock, wire, probes=(INPUTS, ReadRegisters(READ_HOLDING, 9999, 1)))
    sent_at = clock.monotonic()
    with pytest.raises(Silent):
        exchange.ask(1, INPUTS)
    board.set_input(0, active=False)
    assert exchange.ask(1, INPUTS)[0] == 0
    assert clock.monotonic() - sent_at >= 0.5


def test_a_question_past_its_time_is_not_sent(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board])
    exchange = exchange_on(clock, wire)
    with pytest.raises(TooLate):
        exchange.ask(1, PULSE, not_after=clock.monotonic() - 0.001)
    assert wire.written == []


def test_a_question_that_grows_late_behind_a_babbling_line_is_not_sent(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board])
    exchange = exchange_on(clock, wire)
    exchange.ask(1, COILS)
    for tenth in range(50):
        wire.say(b"\x55", after_s=tenth * 0.003)
    with pytest.raises(TooLate):
        exchange.ask(1, PULSE, not_after=clock.monotonic() + 0.1)
    assert asked(wire, PULSE) == 0


def test_a_line_that_never_falls_silent_is_not_waited_for_long(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board])
    exchange = exchange_on(clock, wire)
    exchange.ask(1, COILS)
    for step in range(100):
        wire.say(b"\x55" * 64, after_s=step * 0.002)
    start = clock.monotonic()
    assert exchange.ask(1, INPUTS) == (0,) * 8
    assert clock.monotonic() - start < 0.2
    assert exchange._counts[1].noise_bytes > 4000


def test_a_refusal_is_an_answer_of_its_own(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    board.mood = Mood(exception=4)
    exchange = exchange_on(clock, HandWire(clock, [board]))
    with pytest.raises(Refused, match="device failure"):
        exchange.ask(1, COILS)
    assert exchange._counts[1].refusals == 1


@pytest.mark.parametrize("code", [5, 6, 10, 11])
def test_a_board_that_is_busy_and_one_that_its_gateway_does_not_reach_are_silent(
    clock: HandClock, code: int
) -> None:
    board = RelayBoard(clock.monotonic)
    board.mood = Mood(exception=code)
    exchange = exchange_on(clock, HandWire(clock, [board]))
    with pytest.raises(Silent):
        exchange.ask(1, COILS)
    assert exchange._counts[1].refusals == 1


def test_a_reply_under_another_address_is_no_reply(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    board.mood = Mood(answers_as=9)
    exchange = exchange_on(clock, HandWire(clock, [board]))
    with pytest.raises(Silent):
        exchange.ask(1, COILS)


def test_an_adapter_that_hears_itself_does_not_confirm_its_own_writes(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    exchange = exchange_on(clock, HandWire(clock, [board], echo=True))
    assert exchange.ask(1, COILS) == (0,) * 8
    exchange.ask(1, PULSE)
    assert board.coil(0)
    board.mood = Mood(silent=True)
    with pytest.raises(Silent):
        exchange.ask(1, PULSE)
    assert exchange._counts[1].noise_bytes == 8  # its own question, and nothing after it


def test_a_line_that_echoes_no_more_is_not_lost_for_ever(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board], echo=True)
    exchange = exchange_on(clock, wire)
    exchange.ask(1, COILS)

    wire._echo = False
    with pytest.raises(Silent):  # it may be a lost echo: the board's own word is not yet told from it
        exchange.ask(1, PULSE)
    for _ in range(ECHO_GONE_AFTER):
        exchange.ask(1, INPUTS)
    exchange.ask(1, PULSE)

    assert board.coil(0)


def test_one_lost_echo_does_not_make_the_next_one_a_confirmation(clock: HandClock) -> None:
    board = RelayBoard(clock.monotonic)
    wire = HandWire(clock, [board], echo=True)
    exchange = exchange_on(clock, wire)
    exchange.ask(1, COILS)
    wire._echo = False
    exchange.ask(1, COILS)
    wire._echo = True
    board.mood = Mood(silent=True)

    with pytest.raises(Silent):
        exchange.ask(1, PULSE)


def test_a_gateways_late_reply_bears_an_old_number(clock: HandClock) -> None:
    wire = HandWire(clock, [])
    exchange = Exchange(
        wire, clock.monotonic, TcpFraming(), baud=9600, reply_within_s=0.1, counts={}, probes={}
    )
    with pytest.raises(Silent):
        exchange.ask(1, COILS)
    answer = encode_reply(COILS, (1,) * 8)
    head = b"\0\0" + (len(answer) + 1).to_bytes(2, "big") + b"\x01"
    clock.advance(1.0)
    wire.say(b"\0\x01" + head + answer, after_s=0.03)
    with pytest.raises(Silent):
        exchange.ask(1, COILS)
    clock.advance(1.0)
    wire.say(b"\0\x03" + head + answer, after_s=0.03)
    assert exchange.ask(1, COILS) == (1,) * 8
