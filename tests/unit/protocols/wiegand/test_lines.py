from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.wiegand.decoding import decode
from protocols.wiegand.lines import Description, Digits, Key, Noise, Reader, Shape

VECTORS: dict[str, Any] = json.loads(Path("tests/vectors/wiegand_lines.json").read_text())
RDM = Description(Shape.RDM6300, "W40_RAW")
LENGTH = Description(Shape.LENGTH, "W32_CSN")
WIE232 = Description(Shape.LINE, "W26_CARD24", count=6)
S4A = Description(Shape.LINE, "W32_CSN", Digits.DECIMAL, count=10)
BITS = Description(Shape.LINE, None, Digits.BITS)
ALL = [RDM, LENGTH, WIE232, S4A]
FRAME = "10111011000000110010000110"


def cards(description: Description, data: bytes, *, silence: bool = True) -> list[str]:
    """Return the numbers of all cards in `data`, in hex."""
    reader = Reader(description)
    reader.receive(data)
    found = [each for each in iter(reader.next, None) if isinstance(each, str)]
    if silence:
        reader.silence()
    read = [decode(bits, [str(description.format)]) for bits in found]
    return [str(card.number).partition(":")[2] for card in read if card]


@pytest.mark.parametrize("row", VECTORS["rdm6300"]["good"], ids=lambda row: str(row["id"]))
def test_a_recorded_rdm6300_frame_is_its_card(row: dict[str, str]) -> None:
    assert cards(RDM, bytes.fromhex(row["frame"])) == [row["id"]]


@pytest.mark.parametrize("row", VECTORS["rdm6300"]["bad"], ids=lambda row: str(row["why"]))
def test_a_damaged_rdm6300_frame_is_none_and_hides_no_good_one(row: dict[str, str]) -> None:
    assert cards(RDM, bytes.fromhex(row["frame"])) == ([row["yields"]] if "yields" in row else [])


@pytest.mark.parametrize("row", VECTORS["uart_stx_len_bcc"]["good"], ids=lambda row: str(row["card"]))
def test_a_recorded_frame_with_a_length_is_its_card(row: dict[str, str]) -> None:
    assert cards(LENGTH, bytes.fromhex(row["frame"])) == [row["card"]]


@pytest.mark.parametrize(
    "frame", ["0209016b3d12d69b03", "0209016b3d12d69a04", "0208016b3d12d69a03", "0209016b3d12d79a03"]
)
def test_a_damaged_frame_with_a_length_is_none_and_hides_no_good_one(frame: str) -> None:
    good = "0209016b3d12d69a03"
    assert cards(LENGTH, bytes.fromhex(frame + good)) == ["6B3D12D6"]


def test_a_serial_number_that_holds_start_bytes_is_read() -> None:
    body = bytes((9, 1, 2, 2, 2, 2))
    check = 9 ^ 1 ^ 2 ^ 2 ^ 2 ^ 2
    assert cards(LENGTH, b"\x02" + body + bytes((check, 3))) == ["02020202"]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_line_is_read_with_any_end(end: bytes) -> None:
    assert cards(WIE232, b"760643" + end + b"760643" + end) == ["760643", "760643"]
    assert cards(S4A, b"0040856634" + end) == ["026F6C3A"]


def test_a_reader_with_the_other_byte_order_gives_the_same_card() -> None:
    turned = Description(Shape.LINE, "W32_CSN", reversed_bytes=True)
    assert cards(turned, b"3A6C6F02\r") == ["026F6C3A"]


@pytest.mark.parametrize("line", [b"76064", b"7606433", b"76064G", b"", b"-76064", b"76 643", b"\xff" * 6])
def test_a_line_that_is_no_number_of_this_length_is_no_card(line: bytes) -> None:
    assert cards(WIE232, line + b"\r") == []


def test_a_number_that_is_too_large_is_not_cut_to_fit() -> None:
    assert cards(S4A, b"9999999999\r") == []


def test_a_line_without_end_is_bounded_and_its_tail_is_no_card() -> None:
    reader = Reader(WIE232)
    reader.receive(b"7" * 1_000_000)
    assert isinstance(reader.next(), Noise)
    assert reader.next() is None
    reader.receive(b"760643\r760644\r")
    assert isinstance(reader.next(), Noise)
    assert isinstance(reader.next(), str)
    assert Reader(WIE232).silence() is None


def test_a_long_line_that_comes_whole_is_no_card_either() -> None:
    assert cards(Description(Shape.LINE, "W32_CSN"), b"0" * 65 + b"\r" + b"00000001\r") == ["00000001"]


def test_half_a_line_is_forgotten_after_a_silence() -> None:
    reader = Reader(WIE232)
    reader.receive(b"760")
    assert reader.next() is None
    assert reader.silence() == Noise(b"760", 3)
    reader.receive(b"643\r")
    assert isinstance(reader.next(), Noise)


@pytest.mark.parametrize("frame", [FRAME, FRAME[1:], "0" + "1" * 127, "1011"])
def test_bits_are_the_frame_as_it_came_with_what_was_lost(frame: str) -> None:
    reader = Reader(BITS)
    reader.receive(frame.encode("ascii") + b"\r\n")
    assert reader.next() == frame
    assert reader.next() is None


@pytest.mark.parametrize("line", [b"101", b"1" * 129, b"10201", b"2EC0C86", b"1 0 1 1"])
def test_a_line_that_is_no_bits_is_no_frame(line: bytes) -> None:
    reader = Reader(BITS)
    reader.receive(line + b"\r")
    assert isinstance(reader.next(), Noise)
    exact = Reader(Description(Shape.LINE, None, Digits.BITS, count=26))
    exact.receive(FRAME[1:].encode("ascii") + b"\r")
    assert isinstance(exact.next(), Noise)


def test_a_byte_alone_is_a_key_where_that_was_declared() -> None:
    s4a = Reader(Description(Shape.LINE, "W32_CSN", Digits.DECIMAL, count=10, byte_keys=True))
    for byte, key in ((b"5", "5"), (b"#", "#"), (b"\xe1", "1")):
        s4a.receive(byte)
        assert s4a.next() is None
        assert s4a.silence() == Key(key)
    s4a.receive(b"0040856634\r\n")
    assert isinstance(s4a.next(), str)
    assert s4a.next() is None
    assert s4a.silence() is None
    s4a.receive(b"55")
    assert s4a.silence() == Noise(b"55", 2)
    s4a.receive(b"A")
    assert s4a.silence() == Noise(b"A", 1)
    plain = Reader(WIE232)
    plain.receive(b"5")
    assert plain.silence() == Noise(b"5", 1)


def test_all_bytes_that_were_dropped_are_counted() -> None:
    reader = Reader(WIE232)
    reader.receive(b"7" * 1_000)
    noise = reader.next()
    assert isinstance(noise, Noise)
    assert (len(noise.dropped), noise.count) == (64, 1_000)


@pytest.mark.parametrize("description", ALL)
@given(data=st.data())
def test_any_split_gives_the_same_cards(description: Description, data: st.DataObject) -> None:
    good = {
        RDM: b"\x02" + b"62E3086CED" + b"08\x03",
        LENGTH: bytes.fromhex("0209016b3d12d69a03"),
        WIE232: b"760643\r",
        S4A: b"0040856634\r\n",
    }[description]
    stream = good * 3
    cut = data.draw(st.integers(0, len(stream)))
    reader, found = Reader(description), 0
    for part in (stream[:cut], stream[cut:]):
        reader.receive(part)
        found += sum(isinstance(each, str) for each in iter(reader.next, None))
    assert found == 3


@pytest.mark.parametrize("description", ALL)
@given(st.binary(max_size=400))
def test_no_bytes_raise_and_what_is_read_is_a_frame(description: Description, stream: bytes) -> None:
    reader = Reader(description)
    reader.receive(stream)
    for found in iter(reader.next, None):
        if isinstance(found, str):
            assert decode(found, [str(description.format)]) is not None
    reader.silence()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Description(Shape.LINE, "H10301"),
        lambda: Description(Shape.LINE, "NONE"),
        lambda: Description(Shape.LINE, "W32_CSN", count=0),
        lambda: Description(Shape.LINE, "W32_DATA30", reversed_bytes=True),
        lambda: Description(Shape.RDM6300, "W40_RAW", byte_keys=True),
        lambda: Description(Shape.LINE, None),
        lambda: Description(Shape.LINE, "W32_CSN", Digits.BITS),
        lambda: Description(Shape.RDM6300, None, Digits.BITS),
    ],
)
def test_a_description_that_cannot_be_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"no format|digits|whole bytes|with lines|bits"):
        make()
