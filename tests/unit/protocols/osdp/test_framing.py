"""Frames in bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.osdp import commands, replies
from protocols.osdp.framing import (
    LONGEST_FRAME,
    MAC_BLOCKS,
    MARK,
    Block,
    Deframer,
    Frame,
    Noise,
    check_of,
    encode,
)

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "osdp.json").read_text("utf-8"))

blocks = st.none() | st.builds(Block, st.sampled_from([0x11, 0x12, 0x13, 0x14]), st.binary(max_size=4))
plain_frames = st.builds(
    Frame,
    address=st.integers(0, 0x7F),
    reply=st.booleans(),
    sequence=st.integers(0, 3),
    code=st.integers(0, 0xFF),
    data=st.binary(max_size=200),
    block=blocks,
    crc=st.booleans(),
    flags=st.sampled_from([0, 0x80]),
)
sealed_frames = st.builds(
    Frame,
    address=st.integers(0, 0x7F),
    reply=st.booleans(),
    sequence=st.integers(0, 3),
    code=st.integers(0, 0xFF),
    data=st.binary(max_size=64),
    block=st.sampled_from(sorted(MAC_BLOCKS)).map(Block),
    mac=st.binary(min_size=4, max_size=4),
)
frames = plain_frames | sealed_frames


def everything(deframer: Deframer) -> list[Frame | Noise]:
    return list(iter(deframer.next, None))


def read(data: bytes) -> list[Frame | Noise]:
    deframer = Deframer()
    deframer.receive(data)
    return everything(deframer)


def only_frames(found: list[Frame | Noise]) -> list[Frame]:
    return [each for each in found if isinstance(each, Frame)]


@pytest.mark.parametrize("vector", VECTORS["checks"])
def test_check_characters_are_those_of_the_examples(vector: dict[str, str]) -> None:
    content = bytes.fromhex(vector["content"])
    assert check_of(content, crc=vector["kind"] == "crc").hex() == vector["check"]


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=lambda vector: vector["value"].partition("(")[0])
def test_sample_frames_are_read_and_made(vector: dict[str, object]) -> None:
    wire = bytes.fromhex(str(vector["wire"]))
    (frame,) = only_frames(read(wire))
    decode = replies.decode if frame.reply else commands.decode
    value = decode(frame.code, frame.data)
    assert (repr(value), frame.reply, frame.sequence) == (
        vector["value"],
        vector["reply"],
        vector["sequence"],
    )
    assert value.data() == frame.data
    assert encode(frame) == wire


@given(frames)
def test_a_frame_comes_back_as_it_was(frame: Frame) -> None:
    assert read(encode(frame)) == [frame]


@given(st.lists(frames, max_size=4), st.data())
def test_frames_survive_any_split(sent: list[Frame], data: st.DataObject) -> None:
    wire = b"".join(MARK + encode(frame) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    deframer, found = Deframer(), []
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        deframer.receive(wire[start:end])
        found += everything(deframer)
    assert found == sent
    assert deframer.held == 0


@given(st.binary(max_size=30).filter(lambda noise: 0x53 not in noise), frames, st.binary(max_size=30))
def test_a_frame_is_found_behind_noise(before: bytes, frame: Frame, after: bytes) -> None:
    assert only_frames(read(before + encode(frame) + after))[:1] == [frame]


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_and_none_is_forgotten(data: bytes) -> None:
    deframer = Deframer()
    deframer.receive(data)
    found = everything(deframer)
    kept = sum(len(encode(each)) if isinstance(each, Frame) else len(each.dropped) for each in found)
    assert kept + deframer.held <= len(data)
    assert len(data) - kept - deframer.held <= data.count(MARK)


@given(frames, st.data())
def test_one_flipped_bit_never_gives_another_frame(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encode(Frame(**{**{f: getattr(frame, f) for f in Frame.__slots__}, "crc": True})))
    bit = data.draw(st.integers(0, len(wire) * 8 - 1))
    wire[bit // 8] ^= 1 << (bit % 8)
    whole = [each for each in only_frames(read(bytes(wire))) if len(encode(each)) == len(wire)]
    assert (
        whole == [] or wire[4] & 0x04 == 0
    )  # the bit that says which check it is leaves a checksum to chance


def test_a_length_that_no_frame_has_is_noise() -> None:
    assert read(bytes.fromhex("530106000460")) == [
        Noise(b"\x53", "length"),
        Noise(bytes.fromhex("0106000460"), "garbage"),
    ]
    long = b"\x53\x01" + (LONGEST_FRAME + 1).to_bytes(2, "little") + b"\x04"
    assert read(long)[0] == Noise(b"\x53", "length")


def test_a_shorter_limit_refuses_longer_frames() -> None:
    deframer = Deframer(longest=20)
    deframer.receive(encode(Frame(1, True, 1, 0x50, bytes(20))))
    assert only_frames(everything(deframer)) == []


def test_damage_is_told_from_garbage() -> None:
    wire = bytearray.fromhex("5381080005403935")
    wire[-1] ^= 1
    assert read(bytes(wire))[0] == Noise(b"\x53", "check")


@pytest.mark.parametrize(
    "inside",
    [
        "530000000c0000",  # a security block shorter than its own head
        "530000000c0915",  # longer than the frame
        "530000000c021560",  # a MAC that leaves no room for a code
        "5300000004",  # no code at all
    ],
)
def test_what_contradicts_itself_is_noise_as_a_whole(inside: str) -> None:
    content = bytearray.fromhex(inside)
    content[2] = len(content) + 2
    wire = bytes(content) + check_of(bytes(content), crc=True)
    assert read(wire) == [Noise(wire, "shape")]


def test_what_is_missing_is_known_and_can_be_forgotten() -> None:
    deframer = Deframer()
    assert deframer.missing == 0
    deframer.receive(b"\x53\x81")
    assert everything(deframer) == []
    assert deframer.missing == 0
    deframer.receive(b"\x08\x00\x05")
    assert everything(deframer) == []
    assert (deframer.missing, deframer.held) == (3, 5)
    assert deframer.reset() == bytes.fromhex("5381080005")
    assert deframer.held == 0


@pytest.mark.parametrize(
    "frame",
    [
        Frame(0x80, False, 0, 0x60),
        Frame(1, False, 0, 0x60, mac=b"1234"),
        Frame(1, False, 0, 0x60, block=Block(0x15)),
        Frame(1, False, 0, 0x60, bytes(LONGEST_FRAME)),
    ],
)
def test_what_cannot_travel_is_our_own_mistake(frame: Frame) -> None:
    with pytest.raises(ValueError, match=r"MAC|address|bytes"):
        encode(frame)
