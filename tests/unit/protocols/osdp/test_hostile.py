"""Readers that are not what they say, and people on the wire: nothing steps down, nothing is believed.

The first five are the published attacks on OSDP installations (Bishop Fox, "Badge of Shame", 2023).
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.codes import BlockType, NakReason
from protocols.osdp.commands import OutputRecord, SetKey, SetOutputs
from protocols.osdp.framing import Block, Deframer, Frame, encode
from protocols.osdp.happenings import Came, End, Order, Reported, Security, Settled, Timings, Troubled, Went
from protocols.osdp.identity import Capabilities, Capability
from protocols.osdp.reader import Reader
from protocols.osdp.replies import Raw
from protocols.osdp.secure import DEFAULT_KEY
from tests.unit.protocols.osdp.talk import KEY, Talk, entropy, secure_talk

BITS = "00000010001101000101011010"
PULSE = SetOutputs((OutputRecord(0, 5, 30),))
CLEAR_AND_ALLOWED = {0x61, 0x62, 0x76, 0x77}
LATER = 1e9


def commands(talk: Talk) -> list[Frame]:
    """Return every frame that the panel has sent."""
    deframer = Deframer()
    deframer.receive(b"".join(talk.spoken))
    return [found for found in iter(deframer.next, None) if isinstance(found, Frame)]


def says_nothing_in_clear(talk: Talk) -> bool:
    return all(frame.mac or frame.code in CLEAR_AND_ALLOWED for frame in commands(talk))


def believes_nothing(talk: Talk) -> bool:
    return not talk.reader.online and not any(talk.all(Came)) and not any(talk.all(Reported))


def alarms(talk: Talk) -> bool:
    return any(each.kind == "security" and each.active for each in talk.all(Troubled))


def against(peer: SimulatedReader) -> Talk:
    return Talk(Reader(1, Security.REQUIRED, Timings(), entropy(2), KEY), peer)


def test_encryption_is_not_optional() -> None:
    """A device without the secure channel stays outside, although it would talk in clear."""
    talk = against(SimulatedReader(1, entropy(1)))
    talk.peer.device.present(BITS)
    talk.turns(60)
    assert says_nothing_in_clear(talk)
    assert believes_nothing(talk)
    assert alarms(talk)


@pytest.mark.parametrize("reason", [NakReason.SECURITY_UNSUPPORTED, NakReason.SECURITY_REQUIRED, 3, 9])
def test_a_downgrade_by_altered_capabilities_and_a_refused_handshake_changes_nothing(reason: int) -> None:
    talk = secure_talk()
    talk.peer.device.capabilities = Capabilities((Capability(9, 0, 0),))
    talk.until(Came)  # the report alone changes nothing at all
    talk.peer.power_cycle()

    def meddle(answer: bytes) -> bytes:
        asked = commands(talk)[-1]
        if asked.code == 0x76:
            return encode(Frame(1, True, asked.sequence, 0x41, bytes((reason,))))
        return answer

    talk.back = meddle
    talk.turns(60)
    assert says_nothing_in_clear(talk)
    assert not talk.reader.online
    assert alarms(talk)
    assert len(list(talk.all(Went))) == 1


def test_a_device_in_install_mode_gets_neither_the_default_key_nor_a_new_one() -> None:
    talk = against(SimulatedReader(1, entropy(1)))  # knows the default key alone
    talk.turns(60)
    challenges = [frame for frame in commands(talk) if frame.code == 0x76]
    assert challenges
    assert all(frame.block == Block(BlockType.CHALLENGE, b"\x01") for frame in challenges)
    assert not any(frame.code == SetKey.CODE for frame in commands(talk))
    assert believes_nothing(talk)


def test_a_device_that_answers_our_challenge_with_the_default_key_is_not_believed() -> None:
    peer = SimulatedReader(1, entropy(1), key=DEFAULT_KEY)  # it pretends that the default key is its own
    talk = against(peer)
    talk.turns(60)
    assert says_nothing_in_clear(talk)
    assert believes_nothing(talk)
    assert alarms(talk)


def test_a_key_is_not_caught_while_a_reader_is_replaced() -> None:
    """Unplugged and replaced by one in install mode: it is offered nothing, and stays outside."""
    talk = secure_talk()
    talk.until(Came)
    talk.peer.silent = True
    talk.until(Went, turns=200)
    talk.peer = SimulatedReader(1, entropy(5))
    before = len(talk.spoken)
    talk.turns(60)
    later = commands(talk)[before:]
    assert {frame.code for frame in later} <= CLEAR_AND_ALLOWED
    assert not talk.reader.online
    assert alarms(talk)


def test_a_recorded_session_played_back_after_a_restart_opens_nothing() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.peer.device.present(BITS)
    talk.turns(10)
    recorded = list(talk.heard)
    again = Talk(Reader(1, Security.REQUIRED, Timings(), entropy(99), KEY), talk.peer)
    tape = iter(recorded * 5)
    again.back = lambda _: next(tape)
    again.turns(len(recorded) * 3)
    assert believes_nothing(again)


def test_a_session_recorded_and_played_into_a_later_one_is_lost_and_not_believed() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.peer.device.present(BITS)
    talk.turn()
    raw = talk.heard[-1]
    talk.took.clear()
    talk.back = lambda _: raw
    talk.turns(20)
    assert not any(isinstance(each.reply, Raw) for each in talk.all(Reported))


@pytest.mark.parametrize("reason", sorted(NakReason))
def test_a_nak_in_clear_inside_a_session_means_only_that_the_session_is_lost(reason: int) -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(7, PULSE, LATER, urgent=True))
    talk.back = lambda _: encode(Frame(1, True, commands(talk)[-1].sequence, 0x41, bytes((reason,))))
    talk.turn()
    talk.back = bytes
    assert talk.until(Settled).end is End.DONE
    assert says_nothing_in_clear(talk)
    assert list(talk.all(Went)) == []


@pytest.mark.parametrize("code", [0x40, 0x50, 0x53, 0x48])
def test_nothing_in_clear_is_believed_inside_a_session(code: int) -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.took.clear()
    talk.order(Order(7, PULSE, LATER, urgent=True))
    data = Raw(BITS).data() if code == 0x50 else b"\x00\x01\x31" if code == 0x53 else b"\x01\x00"
    forged = b"" if code == 0x40 else data
    talk.back = lambda _: encode(Frame(1, True, commands(talk)[-1].sequence, code, forged))
    talk.turns(40)
    assert not any(talk.all(Reported))
    assert not any(each.end is End.DONE for each in talk.all(Settled))


def test_a_first_r_mac_that_does_not_hold_is_no_session() -> None:
    talk = secure_talk()

    def meddle(answer: bytes) -> bytes:
        asked = commands(talk)[-1]
        if asked.code != 0x77:
            return answer
        block = Block(BlockType.INITIAL_RMAC, b"\x01")
        return encode(Frame(1, True, asked.sequence, 0x78, bytes(16), block))

    talk.back = meddle
    talk.turns(30)
    assert believes_nothing(talk)
    assert alarms(talk)


def test_a_proof_that_the_device_refuses_is_no_session() -> None:
    talk = secure_talk()
    talk.there = lambda wire: wire if commands(talk)[-1].code != 0x77 else _spoilt_proof(wire)
    talk.turns(30)
    assert believes_nothing(talk)
    assert alarms(talk)


def _spoilt_proof(wire: bytes) -> bytes:
    deframer = Deframer()
    deframer.receive(wire)
    frame = deframer.next()
    assert isinstance(frame, Frame)
    return encode(Frame(1, False, frame.sequence, frame.code, bytes(16), frame.block))


def test_a_device_in_clear_that_demands_security_is_an_alarm_and_stays_online() -> None:
    peer = SimulatedReader(1, entropy(1), key=KEY, secure_only=True)
    talk = Talk(Reader(1, Security.OFF, Timings(), entropy(2)), peer)
    talk.until(Came)
    talk.turns(20)
    assert alarms(talk)
    peer.secure_only = False
    talk.turns(20)
    security = [each.active for each in talk.all(Troubled) if each.kind == "security"]
    assert security == [True, False]


def test_the_default_key_is_used_only_where_it_is_written_out_and_is_an_alarm() -> None:
    talk = Talk(Reader(1, Security.INSTALL, Timings(), entropy(2)), SimulatedReader(1, entropy(1)))
    talk.until(Came)
    talk.turns(3)
    assert talk.reader.secure
    assert [each.kind for each in talk.all(Troubled)] == ["default_key"]


def test_a_key_that_comes_with_test_tools_is_an_alarm_as_long_as_it_is_in_use() -> None:
    known = bytes.fromhex("00112233445566778899aabbccddeeff")
    peer = SimulatedReader(1, entropy(1), key=known, secure_only=True)
    talk = Talk(Reader(1, Security.REQUIRED, Timings(), entropy(2), known), peer)
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(7, SetKey(KEY), LATER))
    talk.until(Settled)
    told = [(each.kind, each.active) for each in talk.all(Troubled)]
    assert told == [("known_key", True), ("known_key", False)]


def test_sealed_frames_without_a_session_are_not_believed() -> None:
    talk = Talk(Reader(1, Security.OFF, Timings(), entropy(2)), SimulatedReader(1, entropy(1)))
    talk.until(Came)
    talk.turns(6)
    talk.took.clear()
    forged = Frame(1, True, 0, 0x50, Raw(BITS).data(), Block(0x16), b"1234")
    talk.back = lambda _: encode(
        Frame(1, True, commands(talk)[-1].sequence, forged.code, forged.data, forged.block, forged.mac)
    )
    talk.turn()
    assert not any(talk.all(Reported))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=25), st.integers(0, 12))
def test_no_answer_of_any_kind_makes_a_card_or_an_order_done(answers: list[bytes], good: int) -> None:
    talk = secure_talk()
    talk.turns(good)
    talk.order(Order(7, PULSE, LATER, urgent=True))
    talk.took.clear()
    tape = iter(answers)
    talk.back = lambda _: next(tape)
    talk.turns(len(answers))
    assert not any(isinstance(each.reply, Raw) for each in talk.all(Reported))
    assert not any(each.end is End.DONE for each in talk.all(Settled))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_over_a_bad_wire_each_card_comes_once_and_each_order_is_acted_on(seed: int, secure: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    random = Random(seed)
    if secure:
        talk = secure_talk()
    else:
        talk = Talk(Reader(1, Security.OFF, Timings(), entropy(2)), SimulatedReader(1, entropy(1)))

    def bad(data: bytes) -> bytes:
        kept = bytes(
            byte ^ (1 << random.randrange(8) if random.random() < 0.02 else 0)
            for byte in data
            if random.random() >= 0.005
        )
        return kept if random.random() > 0.1 else kept + kept  # and now and then twice

    talk.until(Came)
    talk.there = talk.back = bad
    cards = [f"{random.getrandbits(26):026b}" for _ in range(5)]
    for number, card in enumerate(cards):
        talk.peer.device.present(card)
        talk.order(Order(number, PULSE, LATER, urgent=True))
        talk.turns(30)
    talk.there = talk.back = bytes
    talk.turns(20)
    got = [each.reply.bits for each in talk.all(Reported) if isinstance(each.reply, Raw)]
    assert got == cards
    done = [each.order.token for each in talk.all(Settled) if each.end is End.DONE]
    assert done == [0, 1, 2, 3, 4]


def test_a_device_that_loses_its_session_over_an_order_is_not_asked_for_ever() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    answer = talk.back

    def meddle(wire: bytes) -> bytes:
        asked = commands(talk)[-1]
        return encode(Frame(1, True, asked.sequence, 0x41, b"\x06")) if asked.code == 0x68 else answer(wire)

    talk.back = meddle
    talk.order(Order(7, PULSE, urgent=True))
    assert talk.until(Settled).end is End.UNPROVEN
    polls = talk.peer.polls
    talk.turns(12)
    assert talk.peer.polls > polls
    assert talk.reader.online
