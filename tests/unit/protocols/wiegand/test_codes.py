"""Keypads that send whole codes as cards: what is a code is never a card, and what is neither is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.wiegand.decoding import decode
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.keypads import CodeFrame, Codes, Keypad, key_of_byte, likely_keypad, typed

FACILITY = Codes(CodeFrame.FACILITY_26, 4, 4, facility=15)
DECIMAL = Codes(CodeFrame.DECIMAL_26, 1, 6)
NUMBER = Codes(CodeFrame.NUMBER_26, 4, 6)
WIDE = Codes(CodeFrame.NUMBER_34, 4, 8)


def card26(number: int) -> str:
    return FORMATS["W26_CARD24"].encode({"card": number})


def card34(number: int) -> str:
    return FORMATS["W34_CARD32"].encode({"card": number})


def flipped(bits: str, at: int) -> str:
    return bits[:at] + str(1 - int(bits[at])) + bits[at + 1 :]


@pytest.mark.parametrize(
    ("codes", "bits", "keys"),
    [
        (FACILITY, card26(15 << 16 | 1234), "1234#"),
        (FACILITY, card26(15 << 16 | 42), "0042#"),
        (FACILITY, card26(16 << 16 | 1234), None),
        (FACILITY, card26(15 << 16 | 65535), ""),  # five digits, where the keypad takes four
        (FACILITY, flipped(card26(15 << 16 | 1234), 25), ""),
        (DECIMAL, card26(0x001234), "1234#"),
        (DECIMAL, card26(0x999999), "999999#"),
        (DECIMAL, card26(0), "0#"),
        (DECIMAL, card26(0x00123A), None),
        (Codes(CodeFrame.DECIMAL_26, 4, 5), card26(0x012345), "12345#"),
        (Codes(CodeFrame.DECIMAL_26, 4, 5), card26(0x123456), None),  # more digits than it takes: a card
        (NUMBER, card26(999_999), "999999#"),
        (NUMBER, card26(1_000_000), None),
        (NUMBER, card34(1234), None),
        (Codes(CodeFrame.NUMBER_30, 1, 8), FORMATS["W30_DATA28"].encode({"card": 16_777_215}), "16777215#"),
        (WIDE, card34(12_345_678), "12345678#"),
        (WIDE, card34(0x0A1B2C3D), None),
        (WIDE, "2" * 34, None),
    ],
)
def test_a_frame_is_a_code_or_a_card_or_neither(codes: Codes, bits: str, keys: str | None) -> None:
    assert typed(bits, codes) == keys


@given(st.data())
def test_whatever_the_keypad_takes_is_a_code_and_never_a_card(data: st.DataObject) -> None:
    frame = data.draw(st.sampled_from(CodeFrame))
    longest = data.draw(st.integers(1, 5 if frame is CodeFrame.FACILITY_26 else 6))
    facility = data.draw(st.integers(0, 255)) if frame is CodeFrame.FACILITY_26 else None
    codes = Codes(frame, data.draw(st.integers(1, longest)), longest, facility)
    digits = data.draw(st.text("0123456789", min_size=codes.shortest, max_size=longest))
    match frame:
        case CodeFrame.FACILITY_26:
            number = (facility or 0) << 16 | int(digits) % 65536
            digits = str(int(digits) % 65536)
        case CodeFrame.DECIMAL_26:
            number = int(digits, 16)
        case _:
            number = int(digits)
    layout = {26: "W26_CARD24", 30: "W30_DATA28", 34: "W34_CARD32"}[codes.bits]
    bits = FORMATS[layout].encode({"card": number})
    assert typed(bits, codes) == digits.lstrip("0").zfill(codes.shortest) + "#"
    at = data.draw(st.integers(0, codes.bits - 1))
    harmed = flipped(bits, at)
    assert typed(harmed, codes) in {"", None}
    assert decode(harmed, [layout]) is None


@pytest.mark.parametrize(
    ("frame", "shortest", "longest", "facility"),
    [
        (CodeFrame.NUMBER_26, 0, 4, None),
        (CodeFrame.NUMBER_26, 5, 4, None),
        (CodeFrame.NUMBER_26, 4, 9, None),
        (CodeFrame.NUMBER_26, 4, 6, 1),
        (CodeFrame.FACILITY_26, 4, 4, None),
        (CodeFrame.FACILITY_26, 4, 4, 256),
    ],
)
def test_a_keypad_that_cannot_be_is_refused(
    frame: CodeFrame, shortest: int, longest: int, facility: int | None
) -> None:
    with pytest.raises(ValueError, match=r"digits|facility"):
        Codes(frame, shortest, longest, facility)


def test_a_frame_of_another_length_is_not_the_keypads() -> None:
    assert typed("1011", Keypad.EIGHT) is None
    assert typed("1100", Keypad.FOUR) == ""


def test_keys_that_run_together_are_keys_where_each_has_a_check() -> None:
    assert typed("11100001" + "11010010" + "11000011" + "01001011", Keypad.EIGHT) == "123#"
    assert typed("000010" * 5, Keypad.SIX) == "11111"
    assert typed("11100001" * 3 + "11111111", Keypad.EIGHT) is None
    assert typed("0001" * 8, Keypad.FOUR) is None
    assert typed("", Keypad.EIGHT) is None


def test_a_byte_is_a_key_as_text_or_as_it_came() -> None:
    assert [key_of_byte(byte) for byte in b"09*#"] == ["0", "9", "*", "#"]
    assert [key_of_byte(byte) for byte in (0xF0, 0xE1, 0x5A, 0x4B)] == ["0", "1", "*", "#"]
    assert key_of_byte(ord("A")) is None


def test_keys_that_nobody_declared_are_known_by_their_frames() -> None:
    assert likely_keypad("11100001") is Keypad.EIGHT
    assert likely_keypad("0001") is Keypad.FOUR
    assert likely_keypad("11111111") is None
