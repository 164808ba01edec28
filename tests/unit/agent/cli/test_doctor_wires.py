from __future__ import annotations

from agent.cli.diagnosis import OF_WIEGAND, TOLD_APART
from agent.cli.words import known, say
from protocols.wiegand.health import Finding


def test_every_finding_of_a_wiegand_line_has_words_of_its_own() -> None:
    assert set(OF_WIEGAND) == set(Finding)


def test_every_trouble_that_is_told_apart_says_what_to_look_at() -> None:
    for kind in TOLD_APART:
        key = f"doctor.trouble_{kind}"
        assert known(key)
        assert "front-in" in say(key, device="front-in", kind=kind)
