"""Card formats of a site's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent.config.crosscheck import Parts, cross_check
from agent.config.door import Door
from agent.config.formats import SiteFormat
from agent.config.shape import read_shape, sound_parts
from protocols.wiegand.decoding import decode
from protocols.wiegand.formats import FORMATS

OWN: dict[str, Any] = {
    "id": "ACME_30",
    "bits": 30,
    "fields": {"building": "1-4", "card": "5-28"},
    "parity": ["0 even 1-14", "29 odd 15-28"],
}


def problems_of(formats: list[str], *own: dict[str, Any]) -> list[str]:
    reader = {"reader": "in", "formats": formats}
    door = Door.model_validate({"name": "lobby", "lock": "lock", "readers": [reader]})
    layouts = {index: SiteFormat.model_validate(each) for index, each in enumerate(own)}
    parts = Parts({}, {0: door}, {}, formats=layouts)
    return [
        problem.text for problem in cross_check(parts) if "format" in problem.text or "frame" in problem.text
    ]


def test_a_format_of_the_site_reads_cards_with_an_identity_of_their_own() -> None:
    layout = SiteFormat.model_validate(OWN).layout
    card = decode(layout.encode({"building": 3, "card": 77}), ["ACME_30"], {**FORMATS, layout.id: layout})
    assert card is not None
    assert str(card.number) == "site.acme-30.28:300004D"


def test_a_format_of_the_site_may_give_the_identity_that_others_know() -> None:
    own = {
        "id": "ACME_36",
        "bits": 36,
        "fields": {"card": "2-33"},
        "parity": ["0 even 1-17", "35 odd 18-34"],
        "space": "uid32",
    }
    layout = SiteFormat.model_validate(own).layout
    card = decode(layout.encode({"card": 0x0A1B2C3D}), ["ACME_36"], {**FORMATS, layout.id: layout})
    assert card is not None
    assert str(card.number) == "uid32:0A1B2C3D"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "H10301"}, "everybody has"),
        ({"space": "uid32"}, "no identity of 28 bits; there are: atsw30, w30-data28"),
        ({"fields": {"card": "1-30"}}, "bit 30 is beyond"),
        ({"fields": {"card": "0-28"}}, "also a field's bit"),
        ({"parity": ["0 even 1-40"]}, "bit 40 is beyond"),
        ({"bits": 129}, "less than or equal to 128"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_layout_that_cannot_be_is_refused_when_loaded(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SiteFormat.model_validate(OWN | change)


def test_a_reader_may_name_the_sites_format() -> None:
    assert problems_of(["H10301", "ACME_30"], OWN) == []
    assert "there is no card format 'ACME_30'" in problems_of(["ACME_30"])[0]


def test_two_formats_of_one_id_and_two_that_meet_are_problems() -> None:
    assert problems_of(["ACME_30"], OWN, OWN) == [
        "a second card format is named 'ACME_30' — give each a name of its own"
    ]
    found = problems_of(["W30_DATA28", "ACME_30"], OWN)
    assert len(found) == 1
    assert "mean two cards" in found[0]


def test_the_file_gives_its_formats_to_the_daemon() -> None:
    board = {"name": "board", "family": "waveshare", "address": 1, "outputs": {"lock": 1}}
    reader = {"name": "in", "address": 1, "secure": "off"}
    data: dict[str, Any] = {
        "gateway": "gw-1",
        "port": [
            {"kind": "osdp", "name": "readers", "device": "/dev/null", "readers": [reader]},
            {"kind": "modbus", "name": "relays", "device": str(Path("/dev/zero")), "boards": [board]},
        ],
        "door": [{"name": "lobby", "lock": "lock", "readers": [{"reader": "in", "formats": ["ACME_30"]}]}],
        "format": [OWN],
    }
    config, problems = read_shape(data)
    assert problems == ()
    assert config is not None
    assert set(config.layouts) == {*FORMATS, "ACME_30"}
    assert list(cross_check(sound_parts(data))) == []
    _, problems = read_shape(data | {"format": [OWN | {"fields": {"card": "1-99"}}]})
    assert [problem.path[:2] for problem in problems] == [("format", 0)]
