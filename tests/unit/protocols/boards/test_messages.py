"""Requests and replies as bytes, against published frames and against pymodbus as an independent reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from protocols.boards import mbap, rtu
from protocols.boards.messages import (
    ON,
    READ_COILS,
    READ_HOLDING,
    READ_INPUTS,
    ReadBits,
    ReadRegisters,
    ReplyError,
    Request,
    WriteCoil,
    WriteRegister,
    WriteRegisters,
    decode,
    decode_request,
    encode,
    encode_exception,
    encode_reply,
)
from protocols.errors import Refused, WireError

VECTORS: dict[str, Any] = json.loads(Path("tests/vectors/modbus.json").read_text())

WORDS = st.integers(0, 0xFFFF)
REQUESTS: st.SearchStrategy[Request] = st.one_of(
    st.builds(ReadBits, st.sampled_from([1, 2]), WORDS, st.integers(1, 64)),
    st.builds(ReadRegisters, st.sampled_from([3, 4]), WORDS, st.integers(1, 64)),
    st.builds(WriteCoil, WORDS, WORDS),
    st.builds(WriteRegister, WORDS, WORDS),
    st.builds(WriteRegisters, WORDS, st.lists(WORDS, min_size=1, max_size=64).map(tuple)),
)
UNITS = st.integers(1, 247)


def values_for(request: Request, data: st.DataObject) -> tuple[int, ...]:
    match request:
        case ReadBits():
            return tuple(
                data.draw(st.lists(st.integers(0, 1), min_size=request.count, max_size=request.count))
            )
        case ReadRegisters():
            return tuple(data.draw(st.lists(WORDS, min_size=request.count, max_size=request.count)))
        case _:
            return ()


@pytest.mark.parametrize("row", VECTORS["published"] + VECTORS["computed"], ids=lambda row: str(row["frame"]))
def test_a_published_frame_has_our_check(row: dict[str, Any]) -> None:
    frame = bytes.fromhex(row["frame"])
    assert rtu.crc(frame[:-2]) == frame[-2:]


@pytest.mark.parametrize("row", VECTORS["published_but_wrong"], ids=lambda row: str(row["frame"]))
def test_a_frame_published_with_a_wrong_check_is_none(row: dict[str, Any]) -> None:
    frame = bytes.fromhex(row["frame"])
    assert rtu.crc(frame[:-2]).hex() == row["correct_crc"] != frame[-2:].hex()


@given(REQUESTS)
def test_a_board_reads_what_we_ask(request: Request) -> None:
    assert decode_request(encode(request)) == request


@given(UNITS, REQUESTS.filter(lambda each: not isinstance(each, WriteCoil) or each.value in {0, ON}))
def test_another_implementation_reads_what_we_ask(unit: int, request: Request) -> None:
    frame = rtu.frame(unit, encode(request))
    used, read = FramerRTU(DecodePDU(is_server=True)).handleFrame(frame, unit, 0)
    assert read is not None
    assert (used, read.dev_id, read.address) == (len(frame), unit, request.address)
    assert FramerRTU(DecodePDU(is_server=True)).buildFrame(read) == frame


@given(UNITS, REQUESTS, st.data())
def test_we_read_what_a_board_answers(unit: int, request: Request, data: st.DataObject) -> None:
    values = values_for(request, data)
    frame = rtu.frame(unit, encode_reply(request, values))
    found = rtu.find_reply(frame, unit, request)
    assert found is not None
    assert decode(request, found.message) == values


@given(UNITS, REQUESTS, st.data())
def test_another_implementation_reads_what_a_board_answers(
    unit: int, request: Request, data: st.DataObject
) -> None:
    values = values_for(request, data)
    frame = rtu.frame(unit, encode_reply(request, values))
    _, read = FramerRTU(DecodePDU(is_server=False)).handleFrame(frame, unit, 0)
    assert read is not None
    match request:
        case ReadBits():
            assert [int(bit) for bit in read.bits[: request.count]] == list(values)
        case ReadRegisters():
            assert list(read.registers) == list(values)
        case _:
            assert read.address == request.address


@given(UNITS, REQUESTS, st.data(), st.binary(max_size=20), st.binary(max_size=20))
def test_noise_around_a_reply_costs_nothing(
    unit: int, request: Request, data: st.DataObject, before: bytes, after: bytes
) -> None:
    values = values_for(request, data)
    reply = rtu.frame(unit, encode_reply(request, values))
    found = rtu.find_reply(before + reply + after, unit, request)
    assert found is not None
    if found.skipped == len(before):  # noise may itself happen to be a reply: never seen, but not impossible
        assert decode(request, found.message) == values


@given(UNITS, REQUESTS, st.data())
def test_a_reply_counts_only_when_it_is_whole(unit: int, request: Request, data: st.DataObject) -> None:
    reply = rtu.frame(unit, encode_reply(request, values_for(request, data)))
    cut = data.draw(st.integers(0, len(reply) - 1))
    assert rtu.find_reply(reply[:cut], unit, request) is None


@given(UNITS, REQUESTS, st.data())
def test_a_flipped_bit_is_no_reply(unit: int, request: Request, data: st.DataObject) -> None:
    reply = bytearray(rtu.frame(unit, encode_reply(request, values_for(request, data))))
    reply[data.draw(st.integers(0, len(reply) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert rtu.find_reply(bytes(reply), unit, request) is None


@given(st.binary(max_size=80), UNITS, REQUESTS)
def test_no_bytes_make_the_search_raise(held: bytes, unit: int, request: Request) -> None:
    rtu.find_reply(held, unit, request)
    mbap.find_reply(held, 1, unit, request)


@given(st.binary(max_size=80), REQUESTS)
def test_no_reply_raises_anything_but_a_wire_error(reply: bytes, request: Request) -> None:
    for attempt in (lambda: decode(request, reply), lambda: decode_request(reply)):
        try:
            attempt()
        except WireError:
            continue


def test_the_echo_of_another_pulse_confirms_nothing() -> None:
    asked, other = WriteCoil(0x0200, 30), WriteCoil(0x0200, 50)
    frame = rtu.frame(1, encode_reply(other))
    assert rtu.find_reply(frame, 1, asked) is None
    with pytest.raises(ReplyError):
        decode(asked, encode_reply(other))


def test_a_reply_of_another_board_is_passed_over() -> None:
    asked = ReadBits(READ_COILS, 0, 8)
    frames = rtu.frame(2, encode_reply(asked, (1,) * 8)) + rtu.frame(1, encode_reply(asked, (0,) * 8))
    found = rtu.find_reply(frames, 1, asked)
    assert found is not None
    assert decode(asked, found.message) == (0,) * 8


@pytest.mark.parametrize(("code", "meaning"), [(2, "illegal address"), (99, "unknown exception")])
def test_a_refusal_is_raised_with_its_code(code: int, meaning: str) -> None:
    asked = ReadRegisters(READ_HOLDING, 0, 1)
    found = rtu.find_reply(b"\xff" + rtu.frame(1, encode_exception(3, code)), 1, asked)
    assert found is not None
    with pytest.raises(Refused, match=meaning) as caught:
        decode(asked, found.message)
    assert caught.value.code == code


@given(REQUESTS, st.data())
def test_a_gateways_reply_is_tied_to_its_question(request: Request, data: st.DataObject) -> None:
    values = values_for(request, data)
    reply = b"\0\7\0\0" + (len(encode_reply(request, values)) + 1).to_bytes(2, "big") + b"\x01"
    reply += encode_reply(request, values)
    found = mbap.find_reply(b"\0\0" + reply, 7, 1, request)
    assert found is not None
    assert decode(request, found.message) == values
    assert mbap.find_reply(reply, 8, 1, request) is None
    assert mbap.find_reply(reply[:-1], 7, 1, request) is None


def test_a_gateways_refusal_is_found() -> None:
    asked = ReadBits(READ_COILS, 0, 1)
    found = mbap.find_reply(bytes.fromhex("000700000003018102"), 7, 1, asked)
    assert found is not None
    with pytest.raises(Refused):
        decode(asked, found.message)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReadBits(3, 0, 1),
        lambda: ReadBits(1, 0, 0),
        lambda: ReadBits(1, -1, 1),
        lambda: ReadRegisters(1, 0, 1),
        lambda: ReadRegisters(3, 0, 65),
        lambda: WriteCoil(0x10000, 0),
        lambda: WriteRegister(0, -1),
        lambda: WriteRegisters(0, ()),
        lambda: WriteRegisters(0, (0x10000,)),
        lambda: rtu.frame(256, b""),
    ],
)
def test_what_no_board_can_be_asked_cannot_be_made(make: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        make()


@pytest.mark.parametrize(
    "message", ["", "0500", "0100000041", "010000000100", "0f00000001", "10000000010100"]
)
def test_a_board_knows_what_is_no_request(message: str) -> None:
    with pytest.raises(ReplyError):
        decode_request(bytes.fromhex(message))


def test_the_quiet_between_frames_follows_the_speed() -> None:
    assert rtu.quiet_seconds(9600) == pytest.approx(0.00401, abs=1e-5)
    assert rtu.quiet_seconds(115200) == pytest.approx(0.00175)
    assert rtu.frame_seconds(8, 9600) == pytest.approx(8 * 11 / 9600)


LOOK = ReadBits(READ_INPUTS, 0, 8)


@given(noise=st.binary(max_size=20), after=st.binary(max_size=5), other=st.integers(1, 247))
def test_a_whole_answer_under_another_address_is_told_from_noise(
    noise: bytes, after: bytes, other: int
) -> None:
    answer = rtu.frame(other, encode_reply(LOOK, (1, 0) * 4))
    assert rtu.stranger(noise + answer + after, 248, LOOK) is not None
    assert rtu.stranger(answer, other, LOOK) is None


@given(held=st.binary(max_size=300))
def test_no_noise_makes_the_search_for_strangers_fail(held: bytes) -> None:
    assert rtu.stranger(held, 1, LOOK) in {None, *range(256)}


def test_a_question_and_its_answer_take_the_time_of_their_bytes() -> None:
    assert (rtu.question_bytes(LOOK), rtu.answer_bytes(LOOK)) == (len(rtu.frame(1, encode(LOOK))), 6)
    assert rtu.frame_seconds(14, 9600, 10) == pytest.approx(0.01458, abs=1e-5)
    assert rtu.frame_seconds(14, 9600) == pytest.approx(0.01604, abs=1e-5)
    assert rtu.quiet_seconds(9600) == pytest.approx(0.00401, abs=1e-5)
    assert rtu.quiet_seconds(115200) == 0.00175
