"""Captured bytes, explained."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import SetKey
from protocols.osdp.explain import Explainer, Explanation
from protocols.osdp.framing import Block, Frame, encode
from protocols.osdp.happenings import Came, Order, Security, Settled, Timings
from protocols.osdp.reader import Reader
from tests.unit.protocols.osdp.talk import KEY, Talk, entropy, secure_talk

BITS = "00000010001101000101011010"
FRESH = bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")


def captured(talk: Talk) -> bytes:
    return b"".join(there + back for there, back in zip(talk.spoken, talk.heard, strict=True))


def explained(data: bytes, key: bytes | None = None) -> list[Explanation]:
    told = list(Explainer(key).explain(data))
    assert json.loads(json.dumps(told)) == told
    return told


@pytest.fixture(name="talk")
def session_with_a_card() -> Talk:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(4)
    talk.peer.device.present(BITS)
    talk.turns(2)
    return talk


def test_a_clear_card_is_told_in_words() -> None:
    (told,) = explained(bytes.fromhex("ff53811000055000011a00023456805ee6"))
    assert told["name"] == "RAW"
    assert told["fields"] == {"bits": BITS, "reader": 0, "format": 1}
    assert (told["direction"], told["address"], told["sequence"], told["check"]) == ("reply", 1, 1, "crc")


def test_a_nak_says_what_it_means() -> None:
    (told,) = explained(bytes.fromhex("53810900064109ef0e"))
    assert told["fields"] == {
        "reason": 9,
        "detail": "",
        "meaning": "the device cannot process this record",
    }


def test_a_session_is_opened_with_its_key(talk: Talk) -> None:
    told = explained(captured(talk), KEY)
    assert {each.get("proof") for each in told} == {None, "ok"}
    assert {each.get("mac") for each in told} == {None, "ok"}
    assert any(each["name"] == "RAW" and each["fields"]["bits"] == BITS for each in told)  # type: ignore[index]


def test_with_another_key_nothing_is_proven(talk: Talk) -> None:
    told = explained(captured(talk), FRESH)
    assert {each.get("proof") for each in told} == {None, "bad"}
    assert {each.get("mac") for each in told} == {None, "bad"}


def test_without_a_key_nothing_is_claimed(talk: Talk) -> None:
    told = explained(captured(talk))
    assert {each.get("mac") for each in told} == {None, "unchecked"}
    assert not any("proof" in each for each in told)


def test_the_default_key_needs_no_telling() -> None:
    talk = Talk(Reader(1, Security.INSTALL, Timings(), entropy(2)), SimulatedReader(1, entropy(1)))
    talk.until(Came)
    talk.turns(2)
    assert explained(captured(talk))[-1]["mac"] == "ok"


def test_a_repetition_is_told_as_one(talk: Talk) -> None:
    data = captured(talk) + talk.spoken[-1] + talk.heard[-1]
    told = explained(data, KEY)
    assert [each.get("repeated") for each in told[-2:]] == [True, True]
    assert told[-1]["mac"] == "ok"


def test_a_new_link_ends_the_session(talk: Talk) -> None:
    told = explained(captured(talk) + talk.spoken[0] + talk.spoken[-1] + talk.spoken[-2], KEY)
    assert told[-1]["mac"] == "unchecked"


def test_a_new_key_is_not_shown() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.order(Order(1, SetKey(FRESH), 1e9))
    talk.until(Settled)
    told = explained(captured(talk), KEY)
    assert any(each["name"] == "KEYSET" and each["fields"] == {"key": "not shown"} for each in told)
    assert FRESH.hex() not in json.dumps(told)


def test_noise_unknown_codes_and_nonsense_are_told() -> None:
    unknown = encode(Frame(1, False, 1, 0xF0, b"?"))
    nonsense = encode(Frame(1, True, 1, 0x50, b"\x00\x01\xff\xff"))
    told = explained(b"noise" + unknown + nonsense + b"\x53\x01")
    assert [each.get("why") for each in told] == ["garbage", None, None, "incomplete"]
    assert told[1]["name"] == "f0"
    assert told[1]["fields"] == {"code": 0xF0, "content": "3f"}
    assert "65535" in str(told[2]["error"])


def test_an_answer_to_a_challenge_that_was_not_captured_is_told_without_proof() -> None:
    proof = encode(Frame(1, False, 3, 0x77, bytes(16), Block(0x13, b"\x01")))
    assert "proof" not in explained(proof, KEY)[0]


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    explained(data, KEY)
