"""Link, login and exchange where a whole reader's life does not lead."""

from __future__ import annotations

import pytest

from protocols.errors import WireError
from protocols.osdp.exchange import Exchange, Patience, Verdict
from protocols.osdp.framing import Block, Frame, encode
from protocols.osdp.happenings import Came, Security, Troubled, Went
from protocols.osdp.link import HandshakeFailed, Link
from protocols.osdp.login import Login, LoginFailed, Stage
from protocols.osdp.replies import ClientCryptogram, InitialRmac
from tests.unit.protocols.osdp.talk import clear_talk, entropy, secure_talk


def test_a_handshake_that_nobody_began_is_refused() -> None:
    link = Link(1, entropy())
    with pytest.raises(HandshakeFailed):
        link.prove(ClientCryptogram(bytes(8), bytes(8), bytes(16)))
    with pytest.raises(HandshakeFailed):
        link.confirm(InitialRmac(bytes(16)), Block(0x14, b"\x01"))


def test_an_answer_out_of_place_is_no_login() -> None:
    login = Login(Link(1, entropy()), Security.OFF, None)
    with pytest.raises(LoginFailed, match="out of place") as failed:
        login.take(Frame(1, True, 0, 0x40))
    assert not failed.value.security
    with pytest.raises(LoginFailed, match="reason 0x77"):
        login.take(Frame(1, True, 0, 0x41, b"\x77"))
    assert login.stage is Stage.IDENTIFY


def test_a_device_that_does_not_tell_what_it_can_is_taken_as_it_is() -> None:
    login = Login(Link(1, entropy()), Security.OFF, None)
    login.take(Frame(1, True, 0, 0x45, bytes(12)))
    login.take(Frame(1, True, 1, 0x41, b"\x03"))
    assert login.ready
    assert login.capabilities is not None
    assert login.capabilities.records == ()


def test_a_device_that_claims_texts_and_has_none_is_taken_as_it_is() -> None:
    login = Login(Link(1, entropy()), Security.OFF, None)
    login.take(Frame(1, True, 0, 0x45, bytes(12)))
    login.take(Frame(1, True, 1, 0x46, b"\x11\x01\x01"))
    assert login.stage is Stage.TEXTS
    login.take(Frame(1, True, 2, 0x41, b"\x03"))
    assert login.ready
    assert login.texts == ()


def test_a_proof_is_made_only_behind_a_challenge() -> None:
    login = Login(Link(1, entropy()), Security.OFF, None)
    login.stage = Stage.PROVE
    with pytest.raises(AssertionError):
        login.next()


def test_nobody_is_asked_who_it_is_before_it_has_said_so() -> None:
    with pytest.raises(AssertionError):
        _ = Login(Link(1, entropy()), Security.OFF, None).who


def test_a_key_belongs_to_a_login_that_must_be_secure() -> None:
    with pytest.raises(ValueError, match="a key belongs"):
        Login(Link(1, entropy()), Security.REQUIRED, None)


def test_the_same_key_offered_again_is_one_key_to_try() -> None:
    key = bytes(range(3, 19))
    login = Login(Link(1, entropy()), Security.REQUIRED, key)
    login.offer(key)
    login.withdraw()
    assert login.key == key


def test_an_answer_that_makes_no_sense_in_the_handshake_is_tried_again_later() -> None:
    talk = clear_talk()
    talk.back = lambda _: encode(Frame(1, True, 0, 0x45, b"short"))
    at = talk.at
    talk.turns(2)
    assert talk.at > at + 1.0
    assert [each.kind for each in talk.all(Troubled)] == ["malformed"]
    talk.back = bytes
    talk.until(Came)


def test_a_login_refused_for_another_reason_is_tried_again_and_is_no_alarm() -> None:
    talk = clear_talk()
    talk.peer.nak.append(9)
    talk.until(Came)
    assert next(talk.all(Troubled)).kind == "clear_channel"


def test_a_handshake_spoilt_while_online_is_offline_with_an_alarm() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.peer.key = bytes(range(7, 23))
    talk.peer.power_cycle()
    went = talk.until(Went)
    assert went.why == "the device does not have this key"


def test_what_a_frame_is_to_an_exchange() -> None:
    exchange = Exchange(5, 2, b"wire")
    assert exchange.hear(Frame(5, False, 2, 0x60)) is Verdict.ECHO
    assert exchange.hear(Frame(6, True, 2, 0x40)) is Verdict.STRANGER
    assert exchange.hear(Frame(5, True, 2, 0x50, crc=False)) is Verdict.DAMAGED
    assert exchange.hear(Frame(5, True, 1, 0x40)) is Verdict.STALE
    assert exchange.hear(Frame(5, True, 0, 0x79)) is Verdict.BUSY
    assert exchange.hear(Frame(5, True, 1, 0x79)) is Verdict.STALE
    assert exchange.hear(Frame(5, True, 3, 0x41, b"\x04")) is Verdict.ANSWER
    assert exchange.hear(Frame(5, True, 3, 0x41, b"\x09")) is Verdict.STALE
    assert exchange.hear(Frame(5, True, 3, 0x41)) is Verdict.STALE
    assert exchange.hear(Frame(5, True, 2, 0x50, block=Block(0x16), mac=b"1234")) is Verdict.ANSWER


def test_patience_is_learnt_and_doubled_within_its_bounds() -> None:
    patience = Patience(0.05, 0.2)
    assert patience.allow(0) == 0.2
    patience.observe(0.003)
    assert [patience.allow(sent) for sent in range(8)] == [0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.2, 0.2]
    patience.observe(0.04)
    assert patience.allow(0) == pytest.approx(0.16)
    for _ in range(500):
        patience.observe(0.001)
    assert patience.allow(0) == 0.05
    assert Patience(0.5, 0.2).shortest_s == 0.2


def test_a_wire_error_is_the_root_of_all() -> None:
    assert issubclass(HandshakeFailed, WireError)
    assert issubclass(LoginFailed, WireError)
