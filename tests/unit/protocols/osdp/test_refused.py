"""A device that says no, or not now: NAK of every kind, and BUSY."""

from __future__ import annotations

import pytest

from protocols.osdp.codes import NakReason
from protocols.osdp.framing import Frame, encode
from protocols.osdp.happenings import Came, End, Order, Rank, Settled, Troubled, Went
from protocols.osdp.replies import Nak
from tests.unit.protocols.osdp.talk import LATER, PULSE, Talk, secure_talk


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


def test_a_poll_that_is_refused_changes_nothing(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(8)
    talk.back = lambda answer: answer
    talk.took.clear()
    talk.peer.device.reports.append(Nak(9))
    talk.turns(3)
    assert talk.took == []
    assert talk.reader.counters.naks == 1


def refuse_challenges(talk: Talk, times: int) -> None:
    """Answer the next challenges by a NAK in clear, as anybody on the line can."""
    left = iter(range(times))

    def meddle(answer: bytes) -> bytes:
        asks = talk.spoken[-1]
        challenge = asks[5] & 8 and asks[7] == 0x11
        refusal = encode(Frame(1, True, asks[5] & 3, 0x41, b"\x05"))
        return refusal if challenge and next(left, None) is not None else answer

    talk.back = meddle


def test_one_no_to_a_handshake_takes_nobody_offline_and_is_tried_again_at_once() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.peer.power_cycle()
    refuse_challenges(talk, 1)
    began = talk.at
    talk.turns(10)
    assert talk.reader.secure
    assert talk.at < began + 1.0
    assert not any(isinstance(each, Went | Troubled) for each in talk.took)


def test_a_handshake_refused_again_and_again_is_an_alarm_and_then_offline_with_the_reason() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.peer.power_cycle()
    refuse_challenges(talk, 1000)
    began = talk.at
    assert talk.until(Troubled).at < began + 2.0
    went = talk.until(Went)
    assert 7.0 < went.at - began < 10.0
    assert went.why == "the device refuses the handshake: the security block is not supported"
    talk.back = bytes
    talk.until(Came)
    talk.peer.silent = True
    assert talk.until(Went, turns=200).why == "no reply"
