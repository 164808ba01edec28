"""What is an accident once is a condition when it happens often: told once, ended once."""

from __future__ import annotations

from protocols.osdp.codes import NakReason, ReplyCode
from protocols.osdp.framing import Frame, encode
from protocols.osdp.happenings import Came, Reported, Troubled
from protocols.osdp.replies import Raw
from protocols.osdp.troubles import LASTS_S, OFTEN, Troubles
from tests.unit.protocols.osdp.talk import BITS, Talk, secure_talk

HAS_SECURITY = 0x08
SECURITY_TYPE = 7  # of a command on the wire, its mark counted


def judge() -> tuple[Troubles, list[Troubled]]:
    told: list[Troubled] = []
    return Troubles(told.append), told


def kinds(told: list[Troubled]) -> list[tuple[str, bool, float]]:
    return [(each.kind, each.active, each.at) for each in told]


def test_what_happens_often_is_told_once_and_ends_when_it_has_not_happened_for_a_while() -> None:
    troubles, told = judge()
    for number in range(3 * OFTEN):
        troubles.again("strangers", "why", float(number))
        troubles.expire(float(number))
    last = float(3 * OFTEN - 1)
    assert kinds(told) == [("strangers", True, OFTEN - 1.0)]
    troubles.expire(last + LASTS_S - 0.1)
    assert len(told) == 1
    troubles.expire(last + LASTS_S)
    assert kinds(told)[1:] == [("strangers", False, last + LASTS_S)]


def test_what_happens_now_and_then_is_never_told() -> None:
    troubles, told = judge()
    apart_s = LASTS_S / (OFTEN - 1) + 0.1
    for number in range(10 * OFTEN):
        troubles.again("strangers", "why", number * apart_s)
        troubles.expire(number * apart_s)
    assert told == []


def test_conditions_are_counted_apart() -> None:
    troubles, told = judge()
    for number in range(OFTEN - 1):
        troubles.again("strangers", "why", float(number))
        troubles.again("sessions_lost", "why", float(number))
    assert told == []


def test_somebody_who_answers_in_a_readers_place_is_told_of(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    stranger = encode(Frame(9, True, 1, 0x50, Raw(BITS).data()))
    talk.back = lambda answer: stranger + answer
    trouble = talk.until(Troubled)
    assert (trouble.kind, trouble.active) == ("strangers", True)
    assert talk.reader.counters.strangers == OFTEN
    assert talk.reader.online
    assert not any(isinstance(each.reply, Raw) for each in talk.all(Reported))


def test_a_session_that_is_broken_into_again_and_again_is_told_of() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    refusal = bytes((NakReason.SEQUENCE,))

    def intrude(answer: bytes) -> bytes:
        asked = talk.spoken[-1]
        in_session = asked[5] & HAS_SECURITY and asked[SECURITY_TYPE] in (0x15, 0x17)
        return encode(Frame(1, True, asked[5] & 3, ReplyCode.NAK, refusal)) if in_session else answer

    talk.back = intrude
    talk.turns(100)
    assert [(each.kind, each.active) for each in talk.all(Troubled)] == [("sessions_lost", True)]
    assert talk.reader.counters.sessions_lost >= OFTEN
    assert talk.reader.online
