from __future__ import annotations

from typing import Any

import pytest

from protocols.wiegand.formats import FORMATS
from protocols.wiegand.layout import define, positions


def test_positions_are_read_in_the_order_written() -> None:
    assert positions("24-26, 7,1-2") == (24, 25, 26, 7, 1, 2)


@pytest.mark.parametrize("text", ["", "a", "3-1", "1-", "128", "1,,2", "-1"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        positions(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "lower"}, "no format name"),
        ({"bits": 3}, "4 to 128 bits"),
        ({"bits": 129}, "4 to 128 bits"),
        ({"fields": {}}, "identifies nobody"),
        ({"fields": {"A": "1-8"}}, "no field name"),
        ({"fields": {"card": "1-26"}}, "bit 26 is beyond"),
        ({"fields": {"card": "1-8", "facility": "8-9"}}, "share a bit"),
        ({"parity": ["0 even"]}, "is no parity"),
        ({"parity": ["0 even 0-3"]}, "covers itself"),
        ({"parity": ["26 even 0-3"]}, "bit 26 is beyond"),
        ({"parity": ["1 even 2-3"]}, "also a field's bit"),
        ({"parity": ["0 even 1-3", "0 odd 4-5"]}, "another check's"),
        ({"parity": ["0 odd 1-25", "25 even 1-3"]}, "list them in order"),
        ({"fixed": ["25=2"]}, "no fixed bit"),
        ({"fixed": ["26=1"]}, "bit 26 is beyond"),
        ({"fixed": ["20=1", "20=0"]}, "named twice"),
        ({"fixed": ["25=1"], "parity": ["25 odd 1-12"]}, "a check bit too"),
        ({"xor": "22-25 = 4-bit of 0-3"}, "is no XOR"),
        ({"xor": "18-25 = 4-bit units of 0-3"}, "whole units"),
        ({"xor": "22-25 = 4-bit units of 0-4"}, "whole units"),
        ({"xor": "22-25 = 4-bit units of 20-23"}, "whole units"),
        ({"xor": "22-25 = 4-bit units of 1-40"}, "beyond"),
    ],
)
def test_a_layout_that_cannot_be_right_is_refused_with_the_reason(change: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {"id": "ACME", "bits": 26, "fields": {"card": "1-16"}} | change
    with pytest.raises(ValueError, match=words):
        define(**arguments)


@pytest.mark.parametrize(
    "values", [{"card": 1}, {"facility": 256, "card": 1}, {"facility": -1, "card": 1}, {"x": 1, "card": 1}]
)
def test_fields_that_do_not_fit_are_not_encoded(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="H10301"):
        FORMATS["H10301"].encode(values)


def test_a_field_never_overwrites_a_fixed_bit() -> None:
    with pytest.raises(ValueError, match="fixed bit"):
        FORMATS["S12906B"].encode({"facility": 1, "card": 1})
