from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from drivers.wiegand_serial.settings import WiegandSerialSettings
from protocols.wiegand.keypads import Keypad

PORT: dict[str, Any] = {
    "kind": "wiegand-serial",
    "name": "serial",
    "device": "/dev/ttyUSB1",
    "reader": "side-in",
    "shape": "line",
    "format": "W26_CARD24",
    "count": 6,
}


def test_a_port_has_one_reader_and_nothing_else() -> None:
    port = WiegandSerialSettings.model_validate(PORT)
    assert (port.devices, port.readers) == (("side-in",), ("side-in",))
    assert (port.outputs, port.inputs, port.device_of("lock")) == ((), (), None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "H10301"}, "no format of one number"),
        ({"count": 65}, "1 to 64 digits"),
        ({"reader": "serial"}, "names of their own"),
        ({"shape": "rdm6300"}, "digits and count are of a line"),
        ({"shape": "morse"}, "Input should be"),
        ({"digits": "bits"}, "the one or the other"),
        ({"format": None}, "the one or the other"),
        ({"keypad": "8"}, 'come with digits = "bits"'),
        ({"shape": "rdm6300", "format": "W40_RAW", "count": None, "keypad": "byte"}, "with lines"),
        (
            {"keypad_codes": {"frame": "34-number", "shortest": 4, "longest": 6}},
            "codes have 34 bits and W26_CARD24 has 26",
        ),
        (
            {"keypad": "byte", "keypad_codes": {"frame": "26-number", "shortest": 4, "longest": 6}},
            "keys or whole codes",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        WiegandSerialSettings.model_validate(PORT | change)


def test_a_converter_that_prints_bits_names_no_format() -> None:
    port = WiegandSerialSettings.model_validate(
        PORT | {"digits": "bits", "format": None, "count": None, "keypad": "8"}
    )
    assert (port.description.format, port.keys) == (None, Keypad.EIGHT)
