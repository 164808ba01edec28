from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.qr_serial.lines import LONGEST_TEXT, Lines
from drivers.qr_serial.settings import QrSerialSettings

TEXTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200)

SILENCE = b""


@given(st.lists(TEXTS, max_size=5), st.sampled_from([b"\r", b"\n", b"\r\n"]), st.data())
def test_texts_survive_any_split(texts: list[str], end: bytes, data: st.DataObject) -> None:
    stream = b"".join(text.encode("ascii") + end for text in texts)
    cut = data.draw(st.integers(0, len(stream)))
    lines = Lines(with_end=True)
    assert [text for part in (stream[:cut], stream[cut:]) if part for text in lines.take(part)] == texts
    assert lines.noise_bytes() == 0


@given(st.binary(max_size=500), st.booleans())
def test_no_bytes_raise_and_what_comes_is_printable(stream: bytes, with_end: bool) -> None:  # noqa: FBT001 - drawn
    lines = Lines(with_end=with_end)
    for text in [*(lines.take(stream) if stream else []), *lines.take(SILENCE)]:
        assert text.isascii()
        assert text.isprintable()


def test_a_text_of_a_megabyte_is_dropped_and_its_tail_is_no_text() -> None:
    lines = Lines(with_end=True)
    assert lines.take(b"x" * 1_000_000) == []
    assert lines.take(b"tail\rgood\r") == ["good"]
    assert lines.noise_bytes() == 1_000_004


def test_the_longest_text_is_a_text() -> None:
    assert Lines(with_end=True).take(b"y" * LONGEST_TEXT + b"\n") == ["y" * LONGEST_TEXT]


def test_half_a_text_is_forgotten_after_a_silence() -> None:
    lines = Lines(with_end=True)
    assert lines.take(b"half") + lines.take(SILENCE) + lines.take(b"whole\r") == ["whole"]
    assert lines.noise_bytes() == 4


def test_without_an_end_a_silence_ends_a_text() -> None:
    lines = Lines(with_end=False)
    assert lines.take(b"eyJ") + lines.take(b"hbGci") == []
    assert lines.take(SILENCE) == ["eyJhbGci"]
    assert lines.take(SILENCE) == []


@pytest.mark.parametrize("text", [b"\xff\xfe", b"a\tb", b"\x00", b"  "])
def test_what_cannot_be_printed_is_no_text(text: bytes) -> None:
    assert Lines(with_end=True).take(text + b"\r") == []


def test_a_port_has_one_reader_and_nothing_else() -> None:
    whole = {"kind": "qr-serial", "name": "qr", "device": "/dev/ttyUSB3", "reader": "gate-qr"}
    port = QrSerialSettings.model_validate(whole)
    assert (port.devices, port.readers) == (("gate-qr",), ("gate-qr",))
    assert (port.outputs, port.inputs, port.device_of("lock")) == ((), (), None)
    with pytest.raises(ValidationError, match="names of their own"):
        QrSerialSettings.model_validate(whole | {"reader": "qr"})
