"""Numbers of documents."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.office.identity import Document, Flaw, check_character, flaw_of, normal

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "11010519491231002x"])
def test_the_examples_of_the_standard_hold(number: str) -> None:
    assert flaw_of(Document.RESIDENT, normal(number), TODAY) is None


def test_any_single_digit_written_wrong_is_found() -> None:
    good = "11010519491231002X"
    for place in range(17):
        for digit in "0123456789":
            if digit != good[place]:
                assert flaw_of(Document.RESIDENT, good[:place] + digit + good[place + 1 :], TODAY) is not None


@given(st.text(max_size=24))
def test_no_text_of_any_kind_breaks_the_judgement(text: str) -> None:
    for kind in Document:
        flaw = flaw_of(kind, normal(text), TODAY)
        assert flaw is None or isinstance(flaw, Flaw)


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999))
def test_every_number_made_by_the_rule_holds(born: date, serial: int) -> None:
    body = f"310115{born:%Y%m%d}{serial:03}"
    assert flaw_of(Document.RESIDENT, body + check_character(body), TODAY) is None


def test_digits_of_other_alphabets_are_no_digits() -> None:
    assert flaw_of(Document.RESIDENT, "१" * 18, TODAY) is Flaw.CHARACTERS


def test_other_documents_need_letters_and_digits_only() -> None:
    assert flaw_of(Document.PASSPORT, "E12345678", TODAY) is None
    assert flaw_of(Document.PASSPORT, "E-1", TODAY) is Flaw.CHARACTERS
    assert flaw_of(Document.TAIWAN_PERMIT, "", TODAY) is Flaw.MISSING
    assert flaw_of(Document.PASSPORT, "1.1E+8", TODAY) is Flaw.SCIENTIFIC
