from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import WireError
from protocols.wiegand.formats import SPACES
from protocols.wiegand.identity import SHORTENINGS, CardNumber, NumberError, lookalikes, shortened, width_of


@given(st.sampled_from(sorted(SPACES)), st.data())
def test_the_canonical_text_reads_back(space: str, data: st.DataObject) -> None:
    number = CardNumber(space, data.draw(st.integers(0, (1 << SPACES[space]) - 1)))
    assert CardNumber.parse(str(number)) == number


@given(st.text(max_size=60))
def test_no_text_makes_parse_raise_anything_else(text: str) -> None:
    with contextlib.suppress(WireError):
        assert str(CardNumber.parse(text)) == text


def test_the_text_keeps_leading_zeros() -> None:
    assert str(CardNumber("uid32", 1)) == "uid32:00000001"


@pytest.mark.parametrize(
    "text", ["uid32:1", "uid32", "uid33:00000001", "uid32:0A1b2C3D", "site.a.0:1", "site.acme.129:1", ":1"]
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(NumberError):
        CardNumber.parse(text)


@pytest.mark.parametrize("value", [-1, 1 << 32])
def test_a_number_beyond_its_space_is_refused(value: int) -> None:
    with pytest.raises(NumberError):
        CardNumber("uid32", value)


def texts(number: CardNumber, *kinds: str) -> dict[str, str]:
    return {kind: str(narrow) for kind, narrow in shortened(number, kinds or SHORTENINGS).items()}


def test_a_reader_that_drops_a_byte_gives_a_known_narrow_number() -> None:
    assert texts(CardNumber("uid32", 0x6B3D12D6)) == {
        "fc8cn16": "fc8cn16:3D12D6",
        "fc8cn16-first": "fc8cn16:6B3D12",
        "fc8cn16-first-reversed": "fc8cn16:123D6B",
        "fc8cn16-reversed": "fc8cn16:D6123D",
    }


def test_an_em4100_number_is_what_its_low_four_bytes_are() -> None:
    whole, low = CardNumber("uid40", 0x01026F6C3A), CardNumber("uid32", 0x026F6C3A)
    assert texts(whole) == {"uid32": str(low), **texts(low)}
    assert texts(whole, "fc8cn16") == {"fc8cn16": "fc8cn16:6F6C3A"}


def test_a_seven_byte_chip_is_either_end_of_it_where_that_was_declared() -> None:
    chip = CardNumber("uid56", 0x04A1B2C3D4E5F6)
    assert texts(chip) == {"uid32-last": "uid32:C3D4E5F6", "uid32-first": "uid32:04A1B2C3"}
    assert texts(chip, "uid32", "fc8cn16") == {}


def test_a_26_bit_number_is_shortened_no_further() -> None:
    assert texts(CardNumber("fc8cn16", 1)) == {}


@given(st.sampled_from(sorted(SPACES)), st.data())
def test_whatever_is_shortened_fits_the_space_it_says(space: str, data: st.DataObject) -> None:
    number = CardNumber(space, data.draw(st.integers(0, (1 << SPACES[space]) - 1)))
    for kind, narrow in shortened(number, SHORTENINGS).items():
        assert narrow.space == SHORTENINGS[kind].space
        assert width_of(narrow.space) < width_of(space)


def test_a_card_at_a_reader_that_is_wired_or_set_wrongly_is_another_number() -> None:
    assert {kind: str(other) for kind, other in lookalikes(CardNumber("uid32", 0x0A1B2C3D)).items()} == {
        "card_inverted": "uid32:F5E4D3C2",
        "card_reversed": "uid32:3D2C1B0A",
    }
    assert list(lookalikes(CardNumber("uid32", 0x0A1B1B0A))) == ["card_inverted"]
    assert list(lookalikes(CardNumber("data35", 5))) == ["card_inverted"]
