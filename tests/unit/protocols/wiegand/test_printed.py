from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import WireError
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.identity import CardNumber
from protocols.wiegand.printed import PrintedError, Reading, ambiguous, prints, readings, seen_by_readers

ROWS: list[dict[str, str]] = json.loads(Path("tests/vectors/wiegand.json").read_text())["printed_numbers"][
    "rows"
]
NAMES = {
    "10H": "10H",
    "10H13D": "10H13D",
    "8H10D": "8H10D",
    "6H8D": "6H8D",
    "3D5D": "2H4H_3D5D (WG26 print)",
    "5D5D": "4H4H_5D5D (WG34 print)",
    "4H5D": "4H5D",
    "8H10D reversed": "8H10D_bytes_reversed",
}


def likely(text: str) -> dict[str, str]:
    return {each.style: str(each.number) for each in readings(text) if each.likely}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["10H"])
def test_a_card_is_printed_as_its_vendor_prints_it(row: dict[str, str]) -> None:
    shown = prints(CardNumber("uid40", int(row["em4100_40bit_hex"], 16)))
    assert {name: shown[name] for name in NAMES} == {name: row[key] for name, key in NAMES.items()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["10H"])
@pytest.mark.parametrize("style", ["10H13D", "8H10D", "6H8D", "3D5D", "5D5D"])
def test_a_print_is_read_as_the_number_that_readers_send(row: dict[str, str], style: str) -> None:
    id40 = int(row["em4100_40bit_hex"], 16)
    expected = {
        "10H13D": CardNumber("uid40", id40),
        "8H10D": CardNumber("uid32", id40 & 0xFFFFFFFF),
        "5D5D": CardNumber("uid32", id40 & 0xFFFFFFFF),
        "6H8D": CardNumber("fc8cn16", id40 & 0xFFFFFF),
        "3D5D": CardNumber("fc8cn16", id40 & 0xFFFFFF),
    }[style]
    assert likely(row[NAMES[style]])[style] == str(expected)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["10H"])
def test_the_3d5d_print_is_what_a_26_bit_reader_reads(row: dict[str, str]) -> None:
    facility, card = (int(part) for part in row["2H4H_3D5D (WG26 print)"].split(","))
    frame = FORMATS["H10301"].encode({"facility": facility, "card": card})
    assert f"{int(frame, 2):07X}" == row["wiegand26_hex"]
    frame = FORMATS["W34_CARD32"].encode({"card": int(row["8H10D"])})
    assert f"{int(frame, 2):09X}" == row["wiegand34_hex"]
    frame = FORMATS["W34_CARD32_REV"].encode({"card": int(row["8H10D"])})
    assert f"{int(frame, 2):09X}" == row["wiegand34_reversed_reader_hex"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22905391", {"3D5D without comma": "fc8cn16:E5150F", "8H10D": "uid32:015D822F"}),
        (
            "15013135",
            {"6H8D": "fc8cn16:E5150F", "3D5D without comma": "fc8cn16:96334F", "8H10D": "uid32:00E5150F"},
        ),
        (
            "11127706",
            {"6H8D": "fc8cn16:A9CB9A", "3D5D without comma": "fc8cn16:6F6C3A", "8H10D": "uid32:00A9CB9A"},
        ),
    ],
)
def test_eight_digits_that_may_be_several_numbers_are_ambiguous(text: str, expected: dict[str, str]) -> None:
    assert ambiguous(readings(text))
    assert likely(text) == expected


def test_a_leading_zero_says_that_none_was_cut_off() -> None:
    assert likely("07999999") == {"6H8D": "fc8cn16:7A11FF"}
    assert likely("0004335823930") == {"10H13D": "uid40:01026F6C3A"}
    assert likely("004335823930") == {}


def test_every_reading_is_given_the_likely_first() -> None:
    found = readings("0040856634")
    assert [each.style for each in found] == [
        "8H10D",
        "8H10D reversed",
        "5D5D without comma",
        "10H",
        "10H reversed",
    ]
    assert not ambiguous(found)
    assert "5D5D without comma" not in [each.style for each in readings("0004099999")]


@pytest.mark.parametrize("text", ["AA:3F:9B:1A", "aa3f9b1a", "0xAA3F9B1A", "AA 3F 9B 1A", " aa-3f-9b-1a "])
def test_hex_is_read_however_it_is_grouped(text: str) -> None:
    assert likely(text) == {"8H": "uid32:AA3F9B1A"}
    assert "uid32:1A9B3FAA" in {str(each.number) for each in readings(text)}


def test_a_pair_with_a_short_first_part_is_facility_and_card() -> None:
    assert likely("111,27706") == {"3D5D": "fc8cn16:6F6C3A"}
    assert likely("00623,27706") == {"5D5D": "uid32:026F6C3A"}
    assert likely("300,27706") == {}
    assert ambiguous(readings("300,27706"))


def test_the_last_five_digits_tell_no_card() -> None:
    found = readings("07706")
    assert found[0] == Reading("4H5D", None, likely=True)
    assert ambiguous(found)


def test_the_canonical_text_is_itself() -> None:
    assert likely("uid32:0A1B2C3D") == {"canonical": "uid32:0A1B2C3D"}
    assert not ambiguous(readings("uid32:0A1B2C3D"))


@pytest.mark.parametrize(
    "text", ["", "hello", "uid32:1", "1,99999", "70000,1", "123456789012345678901", "1" * 65]
)
def test_what_is_no_card_number_is_said_to_be_none(text: str) -> None:
    with pytest.raises(PrintedError):
        readings(text)


@pytest.mark.parametrize("text", ["００４０８５６６３４", "'0040856634", " 0040856634.0 "])
def test_a_number_is_read_as_spreadsheets_and_keyboards_leave_it(text: str) -> None:
    assert likely(text) == {"8H10D": "uid32:026F6C3A"}


def test_a_pair_with_a_wide_comma_is_a_pair() -> None:
    assert likely("１１１，２７７０６") == {"3D5D": "fc8cn16:6F6C3A"}


@pytest.mark.parametrize("text", ["4.0856634E7", "4.09E+07", "4,09E+07"])
def test_a_number_that_a_spreadsheet_rounded_is_refused_for_that(text: str) -> None:
    with pytest.raises(PrintedError, match="rounded") as raised:
        readings(text)
    assert raised.value.kind == "shortened"


def test_other_numbers_have_no_prints() -> None:
    assert prints(CardNumber("uid56", 1)) == {}
    assert seen_by_readers(CardNumber("fc8cn16", 1)) == {"fc8cn16": CardNumber("fc8cn16", 1)}
    assert seen_by_readers(CardNumber("uid40", 1))["fc8cn16"] == CardNumber("fc8cn16", 1)


@given(st.one_of(st.text(max_size=70), st.text("0123456789ABCDEFabcdef,: -x", max_size=30)))
def test_no_text_raises_anything_but_a_wire_error(text: str) -> None:
    with contextlib.suppress(WireError):
        found: Any = readings(text)
        assert found
