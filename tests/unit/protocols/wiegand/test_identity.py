from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import WireError
from protocols.wiegand.formats import SPACES
from protocols.wiegand.identity import CardNumber, NumberError, collisions, narrowed


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


def test_a_reader_that_drops_a_byte_gives_a_known_narrow_number() -> None:
    found = {str(narrow.number) for narrow in narrowed(CardNumber("uid32", 0x6B3D12D6))}
    assert found == {"fc8cn16:3D12D6", "fc8cn16:6B3D12", "fc8cn16:123D6B", "fc8cn16:D6123D"}


def test_an_em4100_number_narrows_to_its_low_four_bytes_and_on() -> None:
    found = {str(narrow.number) for narrow in narrowed(CardNumber("uid40", 0x01026F6C3A))}
    assert {"uid32:026F6C3A", "fc8cn16:6F6C3A"} <= found


def test_a_seven_byte_chip_narrows_to_either_end() -> None:
    found = {str(narrow.number) for narrow in narrowed(CardNumber("uid56", 0x04A1B2C3D4E5F6))}
    assert found == {"uid32:C3D4E5F6", "uid32:04A1B2C3"}


def test_a_26_bit_number_narrows_no_further() -> None:
    assert narrowed(CardNumber("fc8cn16", 1)) == ()


def test_two_cards_that_one_reader_cannot_tell_apart_are_reported() -> None:
    one, other = CardNumber("uid32", 0x01D50FAA), CardNumber("uid32", 0x02D50FAA)
    alone = CardNumber("uid32", 0x02D50FAB)
    assert collisions([one, other, alone], how="the first byte dropped") == {
        CardNumber("fc8cn16", 0xD50FAA): (one, other)
    }
    assert collisions([one, other], how="the last byte dropped") == {}
