"""One reader's life, from the panel's side."""

from __future__ import annotations

import pytest

from protocols.osdp.codes import NakReason
from protocols.osdp.commands import (
    AskInputs,
    AskReaders,
    Identify,
    OutputRecord,
    Poll,
    SetCommunication,
    SetKey,
    SetOutputs,
    code_of,
)
from protocols.osdp.framing import Frame, encode
from protocols.osdp.happenings import (
    Came,
    End,
    Order,
    Rank,
    Reported,
    Security,
    Settled,
    Timings,
    Troubled,
    Went,
)
from protocols.osdp.identity import Capabilities, Capability
from protocols.osdp.orders import MOST_ORDERS
from protocols.osdp.reader import Reader
from protocols.osdp.replies import Communication, InputStates, Keys, Nak, OtherReply, Raw
from tests.unit.protocols.osdp.talk import BAUD, KEY, Talk, clear_talk, entropy, secure_talk

BITS = "00000010001101000101011010"
PULSE = SetOutputs((OutputRecord(0, 5, 30),))
LATER = 1e9


@pytest.fixture(params=[clear_talk, secure_talk], ids=["clear", "secure"])
def talk(request: pytest.FixtureRequest) -> Talk:
    made = request.param()
    assert isinstance(made, Talk)
    return made


def lost(_: bytes) -> bytes:
    return b""


def sent(talk: Talk) -> list[int]:
    """Return the codes of the commands that the device acted on."""
    return [code_of(command) for _, command in talk.peer.received]


def test_a_reader_comes_online_and_says_who_it_is(talk: Talk) -> None:
    came = talk.until(Came)
    assert came.identity.serial == 0x1000_0001
    assert talk.reader.online
    assert talk.reader.secure is (talk.reader.security is Security.REQUIRED)
    assert (came.cuid is None) is (talk.reader.security is Security.OFF)


def test_it_is_asked_only_for_what_it_says_that_it_has(talk: Talk) -> None:
    talk.peer.device.capabilities = Capabilities((Capability(13, 0, 2), Capability(17, 1, 1)))
    came = talk.until(Came)
    assert came.texts == (("maker", "Menshen"), ("product", "simulated reader"))
    talk.turns(5)
    assert AskReaders.CODE in sent(talk)
    assert AskInputs.CODE not in sent(talk)


def test_cards_keys_and_inputs_are_reported_once(talk: Talk) -> None:
    talk.until(Came)
    talk.peer.device.present(BITS)
    talk.peer.device.press("12#")
    talk.turns(12)
    told = [happening.reply for happening in talk.all(Reported)]
    assert [each for each in told if isinstance(each, Raw | Keys)] == [Raw(BITS, format=1), Keys("12#")]
    assert InputStates((0, 0)) in told


def test_an_order_goes_before_the_next_poll_and_is_done(talk: Talk) -> None:
    talk.until(Came)
    talk.order(Order(7, PULSE, LATER, urgent=True))
    assert talk.reader.wish(talk.at)[0] is Rank.URGENT
    polls = talk.peer.polls
    settled = talk.until(Settled)
    assert (settled.order.token, settled.end, talk.peer.polls) == (7, End.DONE, polls)
    assert talk.peer.device.outputs_on(talk.at) == (True, False)
    assert talk.peer.device.outputs_on(talk.at + 3.1) == (False, False)


def test_locks_go_before_lights_and_in_their_order(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(5)
    talk.order(Order(1, Identify(), LATER))
    assert talk.reader.wish(talk.at)[0] is Rank.ORDER
    talk.order(Order(2, PULSE, LATER, urgent=True))
    talk.order(Order(3, PULSE, LATER, urgent=True))
    talk.turns(3)
    assert [settled.order.token for settled in talk.all(Settled)] == [2, 3, 1]


def test_what_is_in_the_background_takes_turns_with_polls(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(8)
    for token in range(3):
        talk.order(Order(token, Identify(), LATER, background=True))
    polls = talk.peer.polls
    talk.turns(6)
    assert len(list(talk.all(Settled))) == 3
    assert talk.peer.polls == polls + 3


def test_a_lost_answer_is_asked_for_by_the_same_bytes_and_acted_on_once(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(7, PULSE, LATER, urgent=True))
    talk.back = lost
    talk.turns(2)
    talk.back = bytes
    assert talk.until(Settled).end is End.DONE
    assert talk.spoken[-1] == talk.spoken[-2] == talk.spoken[-3]
    assert sent(talk).count(0x68) == 1
    assert talk.peer.repeats == 2


def test_a_card_in_a_lost_answer_is_delivered_once(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.peer.device.present(BITS)
    talk.back = lost
    talk.turn()
    talk.back = bytes
    talk.turns(4)
    assert [each.reply for each in talk.all(Reported)].count(Raw(BITS, format=1)) == 1


def test_a_damaged_answer_is_asked_for_at_once(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    at = talk.at
    talk.back = lambda wire: wire[:-1] + bytes((wire[-1] ^ 1,))
    talk.turn()
    assert talk.at < at + 0.1
    assert talk.reader.counters.damaged == 1
    talk.back = bytes
    talk.turn()
    assert talk.spoken[-1] == talk.spoken[-2]


def test_silence_makes_it_a_probe_and_after_eight_seconds_offline(talk: Talk) -> None:
    talk.until(Came)
    talk.peer.silent = True
    talk.turns(6)
    assert talk.reader.silent
    assert talk.reader.wish(talk.at)[0] is Rank.PROBE
    began = talk.at
    went = talk.until(Went, turns=200)
    assert went.why == "no reply"
    assert 7.0 < went.at - began <= 8.5
    assert not talk.reader.online


def test_it_comes_back_by_itself(talk: Talk) -> None:
    talk.until(Came)
    talk.peer.silent = True
    talk.until(Went, turns=200)
    talk.peer.silent = False
    talk.peer.power_cycle()
    assert talk.until(Came).at > 0


def test_a_short_loss_of_power_is_no_offline(talk: Talk) -> None:
    talk.until(Came)
    talk.peer.power_cycle()
    talk.turns(10)
    talk.peer.device.present(BITS)
    talk.until(Reported)
    assert list(talk.all(Went)) == []
    assert len(list(talk.all(Came))) == 1


def test_a_device_that_stays_mute_after_power_loss_is_begun_anew(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.there = lost
    while talk.spoken[-1][5] & 3:  # until the link begins anew with sequence 0
        talk.turn()
    assert talk.reader.online


def test_orders_for_a_reader_that_is_offline_fail_at_once(talk: Talk) -> None:
    talk.order(Order(1, PULSE, LATER))
    assert talk.reader.happenings.popleft() == Settled(
        Order(1, PULSE, LATER), End.OFFLINE, talk.at, detail="the reader is offline"
    )


def test_too_late_is_never_sent(talk: Talk) -> None:
    talk.until(Came)
    talk.order(Order(1, PULSE, talk.at - 0.001, urgent=True))
    talk.order(Order(2, Identify(), talk.at + 0.001))
    talk.at += 0.01
    talk.reader.expire(talk.at)
    assert [each.end for each in talk.reader.happenings if isinstance(each, Settled)] == [End.LATE, End.LATE]
    talk.turns(3)
    assert 0x68 not in sent(talk)


def test_an_order_whose_answer_is_lost_is_not_repeated_when_it_is_late(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.there = lost
    talk.order(Order(7, PULSE, talk.at + 0.1, urgent=True))
    talk.turns(3)
    (settled,) = talk.all(Settled)
    assert settled.end is End.UNPROVEN
    talk.there = bytes
    talk.turns(20)
    assert 0x68 not in sent(talk)
    assert talk.reader.online


def test_an_order_lost_with_its_session_is_given_again(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.peer.power_cycle()
    talk.order(Order(7, PULSE, LATER, urgent=True))
    assert talk.until(Settled).end is End.DONE
    assert sent(talk).count(0x68) == 1


def test_an_order_in_the_background_that_is_lost_is_the_callers_to_repeat(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(8)
    talk.peer.power_cycle()
    talk.order(Order(7, PULSE, LATER, background=True))
    assert talk.until(Settled).end is End.UNPROVEN


def test_going_offline_ends_every_order(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.peer.silent = True
    talk.order(Order(1, PULSE, LATER, urgent=True))
    talk.order(Order(2, PULSE, LATER))
    talk.order(Order(3, PULSE, LATER, background=True))
    talk.turn()
    talk.until(Went, turns=200)
    talk.turn()
    ends = {settled.order.token: settled.end for settled in talk.all(Settled)}
    assert ends == {1: End.UNPROVEN, 2: End.OFFLINE, 3: End.OFFLINE}


def test_a_port_that_goes_takes_the_order_on_the_wire_along(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(1, PULSE, LATER, urgent=True))
    talk.reader.speak(talk.at, BAUD)
    talk.reader.leave("the port is gone", talk.at)
    told = list(talk.reader.happenings)
    assert [type(each) for each in told] == [Settled, Went]
    assert isinstance(told[0], Settled)
    assert told[0].end is End.UNPROVEN


def test_too_many_orders_are_refused(talk: Talk) -> None:
    talk.until(Came)
    for token in range(MOST_ORDERS + 1):
        talk.order(Order(token, PULSE, LATER))
    last = talk.reader.happenings[-1]
    assert isinstance(last, Settled)
    assert (last.order.token, last.end) == (MOST_ORDERS, End.OVERLOADED)


def test_a_nak_refuses_the_order_and_nobody_goes_offline(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    for reason in (2, 3, 7, 8, 9, 0xFF):
        talk.peer.nak.append(reason)
        talk.order(Order(reason, PULSE, LATER))
        settled = talk.until(Settled)
        assert (settled.end, settled.order.token) == (End.REFUSED, reason)
    assert list(talk.all(Went)) == []
    assert talk.reader.counters.naks == 6


def test_bad_check_characters_are_answered_by_the_same_bytes(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    spoilt = Frame(1, True, 0, 0x41, bytes((NakReason.BAD_CHECK,)))
    talk.back = lambda _: encode(spoilt)
    talk.turns(2)
    assert talk.spoken[-1] == talk.spoken[-2]
    talk.back = bytes
    talk.turn()
    assert talk.reader.counters.sessions_lost == 0


def test_bad_check_characters_in_the_handshake_are_answered_by_the_same_bytes(talk: Talk) -> None:
    spoilt = Frame(1, True, 0, 0x41, bytes((NakReason.BAD_CHECK,)))
    talk.back = lambda _: encode(spoilt)
    talk.turns(2)
    assert talk.spoken[-1] == talk.spoken[-2]


def test_a_wrong_sequence_number_begins_the_link_anew(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.back = lambda _: encode(Frame(1, True, 2, 0x41, bytes((NakReason.SEQUENCE,))))
    talk.turn()
    talk.back = bytes
    talk.turn()
    assert talk.spoken[-1][5] & 3 == 0
    talk.turns(8)
    assert talk.reader.online


def test_a_busy_device_is_asked_again_later_by_the_same_bytes(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.peer.busy = 2
    talk.order(Order(7, PULSE, LATER, urgent=True))
    at = talk.at
    talk.turn()
    rank, due = talk.reader.wish(talk.at)
    assert rank is Rank.ORDINARY
    assert due == pytest.approx(talk.at + 0.05)
    assert talk.until(Settled).end is End.DONE
    assert talk.at > at + 0.1
    assert talk.spoken[-1] == talk.spoken[-3]


def test_endless_busy_is_offline_after_eight_seconds(talk: Talk) -> None:
    talk.until(Came)
    talk.peer.busy = 100_000
    assert talk.until(Went, turns=200).why == "no reply"


def test_own_echo_strangers_and_stale_answers_are_passed_over(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    stranger = encode(Frame(9, True, 1, 0x50, Raw(BITS).data()))
    stale = encode(Frame(1, True, (talk.spoken[-1][5] & 3), 0x50, Raw(BITS).data()))
    talk.back = lambda answer: talk.spoken[-1] + stranger + stale + answer
    talk.turn()
    assert (talk.reader.counters.echoes, talk.reader.counters.strangers) == (1, 2)
    assert not any(isinstance(each.reply, Raw) for each in talk.all(Reported))


def test_a_pending_noise_counter_and_a_turn_nobody_began(talk: Talk) -> None:
    talk.back = lambda answer: b"noise" + answer
    talk.turn()
    assert talk.reader.counters.noise_bytes == len(b"noise\xff")
    fresh = Reader(1, Security.OFF, Timings(), entropy())
    assert fresh.hear(Frame(1, True, 0, 0x40), 0.0)
    assert fresh.deadline == 0.0


def test_probes_of_a_silent_reader_are_short_and_each_eighth_is_full(talk: Talk) -> None:
    talk.peer.silent = True
    waits = []
    for _ in range(16):
        talk.reader.speak(talk.at, 230400)
        waits.append(round(talk.reader.deadline - talk.at, 2))
        talk.at = talk.reader.deadline
        talk.reader.unanswered(talk.at)
    assert waits == [*[0.04] * 7, 0.2, *[0.04] * 7, 0.2]


def test_an_answer_that_makes_no_sense_is_trouble_and_its_end(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.peer.device.reports.append(OtherReply(0x50, b"\x00\x01\xff\xff"))
    trouble = talk.until(Troubled)
    assert (trouble.kind, trouble.active) == ("malformed", True)
    assert not any(isinstance(each.reply, Raw) for each in talk.all(Reported))
    talk.at += 61
    talk.reader._proven_at = talk.at  # it was polled meanwhile
    talk.reader.expire(talk.at)
    ended = talk.reader.happenings.popleft()
    assert isinstance(ended, Troubled)
    assert (ended.kind, ended.active) == ("malformed", False)


def test_another_device_at_the_address_is_an_alarm_until_the_first_is_back(talk: Talk) -> None:
    talk.until(Came)
    own = talk.peer.device.serial
    talk.peer.device.serial = 4711
    talk.peer.power_cycle()
    alarm = talk.until(Troubled, turns=20) if talk.reader.security is Security.REQUIRED else None
    talk.turns(20)
    alarm = next(each for each in talk.all(Troubled) if each.kind == "identity_changed")
    assert alarm.active
    assert "serial is 00001267, and was 10000001" in alarm.detail
    talk.peer.device.serial = own
    talk.peer.power_cycle()
    talk.turns(20)
    assert [each.active for each in talk.all(Troubled) if each.kind == "identity_changed"] == [True, False]


def test_a_device_that_is_not_the_configured_one_is_an_alarm() -> None:
    talk = secure_talk()
    talk.reader = Reader(
        1, Security.REQUIRED, Timings(), entropy(2), KEY, expected={"cuid": "0102030405060708"}
    )
    trouble = talk.until(Troubled)
    assert trouble.kind == "identity_changed"


def test_the_old_check_is_spoken_and_understood() -> None:
    talk = clear_talk()
    talk.reader = Reader(1, Security.OFF, Timings(), entropy(2), crc=False)
    talk.until(Came)
    assert all(wire[5] & 4 == 0 for wire in talk.spoken)


def test_a_new_key_is_done_only_when_a_session_proves_it() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    fresh = bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")
    talk.order(Order(7, SetKey(fresh), LATER))
    talk.turn()
    assert list(talk.all(Settled)) == []
    assert talk.until(Settled).end is End.DONE
    assert talk.peer.key == fresh
    talk.turns(5)
    assert list(talk.all(Went)) == []


def test_a_new_key_whose_acknowledgement_is_lost_is_found_out() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    fresh = bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")
    talk.order(Order(7, SetKey(fresh), LATER))
    talk.back = lost
    talk.turn()
    talk.back = bytes
    assert talk.until(Settled).end is End.DONE


def test_a_new_key_that_never_arrived_is_refused_and_the_old_one_serves() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(7, SetKey(bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")), LATER))
    talk.there = lost
    talk.turn()
    talk.there = bytes
    talk.peer.power_cycle()
    settled = talk.until(Settled)
    assert (settled.end, settled.detail) == (End.REFUSED, "it still has the key it had")
    assert talk.reader.online


def test_a_new_key_that_is_refused_is_forgotten() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.peer.nak.append(9)
    talk.order(Order(7, SetKey(bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")), LATER))
    assert talk.until(Settled).end is End.REFUSED
    talk.peer.power_cycle()
    talk.turns(12)
    assert list(talk.all(Went)) == []


def test_a_new_key_is_unproven_when_the_device_goes() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(7, SetKey(bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")), LATER))
    talk.turn()
    talk.peer.silent = True
    talk.until(Went, turns=300)
    talk.turn()
    assert [each.end for each in talk.all(Settled)] == [End.UNPROVEN]


def test_a_device_takes_its_new_address() -> None:
    talk = clear_talk()
    talk.until(Came)
    talk.order(Order(7, SetCommunication(5, 38400), LATER))
    settled = talk.until(Settled)
    assert settled.reply == Communication(5, 38400)
    assert talk.peer.address == 5


def test_a_key_belongs_to_a_reader_that_must_be_secure_and_to_no_other() -> None:
    for security, key in ((Security.REQUIRED, None), (Security.OFF, KEY), (Security.INSTALL, KEY)):
        with pytest.raises(ValueError, match="a key belongs"):
            Reader(1, security, Timings(), entropy(), key)


def test_a_question_that_costs_the_session_is_not_asked_again() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.back = lambda _: encode(Frame(1, True, talk.spoken[-1][5] & 3, 0x41, b"\x06"))
    talk.turn()
    talk.back = bytes
    talk.turns(12)
    assert sent(talk).count(0x64) == 1
    talk.peer.device.present(BITS)
    talk.turns(3)
    assert any(isinstance(each.reply, Raw) for each in talk.all(Reported))


def test_poll_is_what_a_reader_is_asked_when_there_is_nothing_else(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(10)
    assert talk.peer.polls > 3
    assert code_of(Poll()) == 0x60


def test_a_poll_that_is_refused_changes_nothing(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(8)
    talk.back = lambda answer: answer
    talk.took.clear()
    talk.peer.device.reports.append(Nak(9))
    talk.turns(3)
    assert talk.took == []
    assert talk.reader.counters.naks == 1


def test_an_order_whose_answer_makes_no_sense_is_unproven(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(8)
    talk.peer.device.reports.append(OtherReply(0x48, b"odd"))
    talk.order(Order(7, Poll(), LATER, urgent=True))
    assert talk.until(Settled).end is End.UNPROVEN


def test_a_device_that_was_never_understood_is_not_alive(talk: Talk) -> None:
    talk.back = lambda wire: wire[:-1] + bytes((wire[-1] ^ 1,))
    talk.turns(3)
    assert talk.reader.counters.damaged == 3
    talk.back = bytes
    talk.until(Came)


def test_an_answer_in_the_weaker_check_is_asked_for_again(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.took.clear()
    talk.back = lambda _: encode(Frame(1, True, talk.spoken[-1][5] & 3, 0x50, Raw(BITS).data(), crc=False))
    talk.turns(2)
    assert talk.took == []
    assert talk.spoken[-1] == talk.spoken[-2]
