"""How a reader comes online: who it is, what it is asked, and what is not as it was."""

from __future__ import annotations

from protocols.osdp.commands import AskInputs, AskReaders, Poll, code_of
from protocols.osdp.framing import Frame, encode
from protocols.osdp.happenings import Came, Reported, Security, Timings, Troubled
from protocols.osdp.identity import Capabilities, Capability
from protocols.osdp.reader import Reader
from protocols.osdp.replies import InputStates, Keys, OtherReply, Raw
from tests.unit.protocols.osdp.talk import BITS, KEY, Talk, clear_talk, entropy, secure_talk, sent


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


def test_poll_is_what_a_reader_is_asked_when_there_is_nothing_else(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(10)
    assert talk.peer.polls > 3
    assert code_of(Poll()) == 0x60


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
