"""What is lost, damaged or late on the wire, and a reader that falls silent."""

from __future__ import annotations

from protocols.osdp.framing import Frame, encode
from protocols.osdp.happenings import Came, End, Order, Rank, Reported, Security, Settled, Timings, Went
from protocols.osdp.reader import BABBLES_AFTER, Reader
from protocols.osdp.replies import Raw
from tests.unit.protocols.osdp.talk import BITS, LATER, PULSE, Talk, entropy, lost, sent


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


def test_a_device_that_only_babbles_is_asked_as_rarely_as_a_silent_one(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.back = lambda wire: wire[:-1] + bytes((wire[-1] ^ 1,))
    talk.turns(BABBLES_AFTER - 1)
    ranks = [talk.reader.wish(talk.at)[0]]
    talk.turn()
    ranks.append(talk.reader.wish(talk.at)[0])
    talk.back = bytes
    talk.turn()
    ranks.append(talk.reader.wish(talk.at)[0])
    assert ranks == [Rank.ORDINARY, Rank.PROBE, Rank.ORDINARY]
    assert talk.reader.online
