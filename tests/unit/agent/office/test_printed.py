"""What is printed on cards. One card, as the trade prints it in all its ways: EM4100 id 01026F6C3A."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.office.printed import CardFlaw, Style, read_card, read_style
from protocols.wiegand.identity import CardNumber


@pytest.mark.parametrize(
    ("text", "style", "number"),
    [
        ("0040856634", Style.D10, "uid32:026F6C3A"),
        ("0040856634", None, "uid32:026F6C3A"),
        ("40856634", Style.D10, "uid32:026F6C3A"),
        ("40856634", None, "uid32:026F6C3A"),
        ("07302202", Style.D8, "fc8cn16:6F6C3A"),
        ("111,27706", Style.D3D5, "fc8cn16:6F6C3A"),
        ("111,27706", None, "fc8cn16:6F6C3A"),
        ("11127706", Style.D3D5, "fc8cn16:6F6C3A"),
        ("00623,27706", Style.D5D5, "uid32:026F6C3A"),
        ("00623，27706", None, "uid32:026F6C3A"),
        ("0062327706", Style.D5D5, "uid32:026F6C3A"),
        ("0004335823930", Style.D13, "uid40:01026F6C3A"),
        ("0004335823930", None, "uid40:01026F6C3A"),
        ("0980184834", Style.D10_REVERSED, "uid32:026F6C3A"),
        ("01026F6C3A", Style.HEX, "uid40:01026F6C3A"),
        ("01026f6c3a", None, "uid40:01026F6C3A"),
        ("026F6C3A", None, "uid32:026F6C3A"),
        ("6F:6C:3A", None, "fc8cn16:6F6C3A"),
        ("uid32:026f6c3a", None, "uid32:026F6C3A"),
        ("uid32:026F6C3A", Style.D10, "uid32:026F6C3A"),
        ("1429471231", Style.D10, "uid32:5533FFFF"),
        ("051,65535", Style.D3D5, "fc8cn16:33FFFF"),
        ("21811,65535", Style.D5D5, "uid32:5533FFFF"),
    ],
)
def test_every_print_of_a_card_is_its_number(text: str, style: Style | None, number: str) -> None:
    assert str(read_card(text, style)) == number


@pytest.mark.parametrize(
    ("text", "style", "flaw"),
    [
        ("11127706", None, CardFlaw.AMBIGUOUS),
        ("27706", None, CardFlaw.AMBIGUOUS),
        ("", None, CardFlaw.UNREADABLE),
        ("卡", None, CardFlaw.UNREADABLE),
        ("hello", None, CardFlaw.UNREADABLE),
        ("12G4", Style.HEX, CardFlaw.UNREADABLE),
        ("uid31:00000000", None, CardFlaw.UNREADABLE),
        ("uid32:1", None, CardFlaw.UNREADABLE),
        ("9999999999", Style.D10, CardFlaw.TOO_LARGE),
        ("99999999", Style.D8, CardFlaw.TOO_LARGE),
        ("256,1", Style.D3D5, CardFlaw.TOO_LARGE),
        ("1,65536", Style.D3D5, CardFlaw.TOO_LARGE),
        ("9999999999999", Style.D13, CardFlaw.TOO_LARGE),
        ("12,", Style.D3D5, CardFlaw.TOO_LARGE),
        ("4294967296", None, CardFlaw.AMBIGUOUS),
        ("300,5", None, CardFlaw.AMBIGUOUS),
        ("12a", Style.D10, CardFlaw.UNREADABLE),
    ],
)
def test_what_is_no_number_says_why(text: str, style: Style | None, flaw: CardFlaw) -> None:
    assert read_card(text, style) is flaw


@given(st.text(max_size=40), st.sampled_from([None, *Style]))
def test_no_text_of_any_kind_breaks_the_reading(text: str, style: Style | None) -> None:
    assert isinstance(read_card(text, style), CardNumber | CardFlaw)


@pytest.mark.parametrize(
    ("text", "style"),
    [("8h10d", Style.D10), ("3D,5D", Style.D3D5), ("WG34", Style.D5D5), ("１６进制", Style.HEX), ("?", None)],
)
def test_styles_go_by_the_names_of_the_trade(text: str, style: Style | None) -> None:
    assert read_style(text) is style
