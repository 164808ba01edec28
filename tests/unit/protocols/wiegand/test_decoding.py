from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.wiegand.decoding import BitsError, decode, explain, overlapping, swapped
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.identity import CardNumber
from protocols.wiegand.layout import define

VECTORS: dict[str, Any] = json.loads(Path("tests/vectors/wiegand.json").read_text())
ROWS = VECTORS["formats"]
GOOD = [(row["id"], vector) for row in ROWS for vector in row["vectors"]]
BAD = [(row["id"], vector) for row in ROWS for vector in row["must_reject"]]


def hints(bits: str, allowed: list[str] | None = None) -> list[str]:
    return [str(hint) for hint in explain(bits, allowed).hints]


def _flip(bits: str) -> str:
    return bits.translate(str.maketrans("01", "10"))


def test_the_table_holds_every_format_of_the_vectors() -> None:
    assert {row["id"] for row in ROWS} == set(FORMATS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_the_table_says_length_and_integrity_as_published(row: dict[str, Any]) -> None:
    assert (FORMATS[row["id"]].bits, FORMATS[row["id"]].checked) == (row["bits"], row["checked"])


@pytest.mark.parametrize(("name", "vector"), GOOD)
def test_a_published_frame_gives_its_fields(name: str, vector: dict[str, Any]) -> None:
    card = decode(vector["bits"], [name])
    assert card is not None
    assert (card.format, card.fields) == (name, vector["fields"])


@pytest.mark.parametrize(("name", "vector"), GOOD)
def test_published_fields_give_their_frame(name: str, vector: dict[str, Any]) -> None:
    assert FORMATS[name].encode(vector["fields"]) == vector["bits"]


@pytest.mark.parametrize(("name", "vector"), BAD)
def test_a_damaged_frame_is_refused_for_the_right_reason(name: str, vector: dict[str, Any]) -> None:
    assert decode(vector["bits"], [name]) is None
    assert list(explain(vector["bits"], [name]).rejected[0].why) == vector["fails"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_two_flips_in_one_group_pass_and_are_another_card(row: dict[str, Any]) -> None:
    example = row["accepted_though_corrupt"]
    if example is not None:
        card = decode(example["bits"], [row["id"]])
        assert card is not None
        assert card.fields == example["decodes_to"]


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_every_format_reads_back_what_it_wrote(name: str, data: st.DataObject) -> None:
    layout = FORMATS[name]
    values = {f.name: data.draw(st.integers(0, (1 << len(f.positions)) - 1)) for f in layout.fields}
    if name == "S12906B":
        values["facility"] = 217
    card = decode(layout.encode(values), [name])
    assert card is not None
    assert card.fields == values
    assert card.number == CardNumber(layout.space, layout.number(values))


@given(st.one_of(st.text(max_size=140), st.text("01", max_size=140)))
def test_no_text_makes_decode_raise(bits: str) -> None:
    decode(bits, list(FORMATS))


def test_a_26_bit_card_is_facility_and_card_in_one_number() -> None:
    card = decode("10111011000000110010000110", ["H10301"])
    assert card is not None
    assert card.number == CardNumber("fc8cn16", 118 << 16 | 1603)


def test_the_same_chip_is_one_card_at_34_bits_32_bits_and_reversed() -> None:
    frames = [
        (FORMATS["W34_CARD32"].encode({"card": 0x0A1B2C3D}), "W34_CARD32"),
        (FORMATS["W34_CARD32_REV"].encode({"card": 0x0A1B2C3D}), "W34_CARD32_REV"),
        (FORMATS["W32_CSN"].encode({"card": 0x0A1B2C3D}), "W32_CSN"),
        (FORMATS["W32_CSN_REV"].encode({"card": 0x0A1B2C3D}), "W32_CSN_REV"),
        (FORMATS["H10306"].encode({"facility": 0x0A1B, "card": 0x2C3D}), "H10306"),
    ]
    cards = [decode(bits, [name]) for bits, name in frames]
    assert {str(card.number) for card in cards if card} == {"uid32:0A1B2C3D"}
    assert None not in cards


def test_a_format_that_is_not_allowed_is_not_read() -> None:
    assert decode("10111011000000110010000110", ["W34_CARD32"]) is None


def test_a_frame_that_is_two_cards_is_none() -> None:
    bits = FORMATS["W34_CARD32"].encode({"card": 0x0A1B2C3D})
    assert decode(bits, ["W34_CARD32", "W34_CARD32_REV"]) is None


def test_the_first_allowed_format_names_a_card_they_agree_on() -> None:
    bits = FORMATS["H10306"].encode({"facility": 1, "card": 2})
    card = decode(bits, ["W34_CARD32", "H10306"])
    assert card is not None
    assert card.format == "W34_CARD32"


def test_swapped_wires_are_named_and_still_refused() -> None:
    bits = _flip("10111011000000110010000110")
    assert decode(bits, ["H10301"]) is None
    assert "D0 and D1 probably swapped: the complement passes H10301" in hints(bits, ["H10301"])


def test_swapped_wires_are_not_claimed_of_a_good_frame() -> None:
    assert swapped("10111011000000110010000110", [FORMATS["H10301"], FORMATS["W32_CSN"]]) is None


def test_a_frame_backwards_is_named() -> None:
    good = FORMATS["W32_DATA30"].encode({"card": 5})
    assert hints(good[::-1], ["W32_DATA30"]) == [
        "bits perhaps in reverse order: read backwards they pass W32_DATA30"
    ]


def test_where_parity_cannot_tell_swapped_from_backwards_both_are_named() -> None:
    good = FORMATS["H10301"].encode({"facility": 5, "card": 6})
    first, second = hints(good[::-1], ["H10301"])
    assert first.startswith("D0 and D1")
    assert second.startswith("bits perhaps in reverse")


def test_a_frame_that_is_merely_damaged_is_blamed_on_nothing() -> None:
    good = FORMATS["H10301"].encode({"facility": 5, "card": 6})
    assert hints("0" + good[1:] if good[0] == "1" else "1" + good[1:], ["H10301"]) == []


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (25, "one bit of 26 was lost"),
        (27, "one more than 26"),
        (52, "two frames of 26"),
        (20, "no checked format"),
    ],
)
def test_a_wrong_length_says_which_fault_makes_it(count: int, words: str) -> None:
    assert words in hints("0" * count, ["H10301"])[0]


def test_a_length_between_two_formats_is_not_blamed_on_either() -> None:
    assert hints("0" * 27, ["H10301", "2804W"])[0].startswith("no checked format has 27 bits")


def test_without_a_check_the_hint_says_so() -> None:
    assert hints("0" * 32, ["W32_CSN"])[0].startswith("no check bits")


def test_a_byte_order_that_differs_is_shown() -> None:
    bits = FORMATS["W34_CARD32"].encode({"card": 0x0A1B2C3D})
    assert "3D2C1B0A" in hints(bits, ["W34_CARD32"])[0]
    assert any("several cards" in hint for hint in hints(bits))


def test_explaining_all_formats_leaves_none_out() -> None:
    found = explain("10111011000000110010000110")
    assert {card.format for card in found.matches} == {"H10301", "W26_CARD24", "IND26"}
    assert len(found.matches) + len(found.rejected) == len(FORMATS)


@pytest.mark.parametrize("bits", ["", "012", "0" * 129, "1_0", "٠١"])
def test_what_is_no_frame_is_said_to_be_none(bits: str) -> None:
    with pytest.raises(BitsError):
        explain(bits)


@pytest.mark.parametrize(
    ("allowed", "pairs"),
    [
        (["H10301", "W26_CARD24", "IND26", "W34_CARD32", "H10306"], ()),
        (["W34_CARD32", "W34_CARD32_REV"], (("W34_CARD32", "W34_CARD32_REV"),)),
        (["ZK36", "ZK36A"], ()),  # one wants odd where the other wants even: no frame is both
        (["H10302", "MDI37"], (("H10302", "MDI37"),)),
        (["W32_CSN", "W32_CSN"], ()),
        (["P10001", "BC40"], (("P10001", "BC40"),)),
    ],
)
def test_formats_that_one_frame_can_fit_are_found(
    allowed: list[str], pairs: tuple[tuple[str, str], ...]
) -> None:
    assert overlapping(allowed) == pairs


def test_a_format_of_the_site_reads_like_one_of_ours() -> None:
    own = define("ACME_30", 30, {"door": "1-4", "card": "5-28"}, parity=["0 even 1-14", "29 odd 15-28"])
    table = {**FORMATS, own.id: own}
    card = decode(own.encode({"door": 3, "card": 77}), ["ACME_30"], table)
    assert card is not None
    assert str(card.number) == "site.acme-30.28:300004D"
    assert CardNumber.parse(str(card.number)) == card.number


@pytest.mark.parametrize(
    ("name", "number", "code"),
    [("W26_CARD24", 1234, "1234"), ("W34_CARD32", 999_999, "999999"), ("W26_CARD24", 1 << 16, None)],
)
def test_a_frame_that_a_keypad_may_have_sent_is_hinted_at(name: str, number: int, code: str | None) -> None:
    found = explain(FORMATS[name].encode({"card": number}), [name])
    codes = [hint.values["code"] for hint in found.hints if hint.kind == "typed"]
    assert codes == ([] if code is None else [code])
