"""What a person types at the demo's prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.words import Language, say_in
from agent.demo.commands import Ask, NotUnderstood, Verb, completions, parse


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("card A17", Ask(Verb.CARD, "A17", "lobby")),
        ("card stranger", Ask(Verb.CARD, "stranger", "lobby")),
        ("  CARD c05  Garage ", Ask(Verb.CARD, "C05", "garage")),
        ("phone", Ask(Verb.PHONE)),
        ("phone garage", Ask(Verb.PHONE, "", "garage")),
        ("revoke a17", Ask(Verb.REVOKE, "A17")),
        ("issue A17", Ask(Verb.ISSUE, "A17")),
        ("cut", Ask(Verb.CUT)),
        ("restore", Ask(Verb.RESTORE)),
        ("hold lobby", Ask(Verb.HOLD)),
        ("lock garage", Ask(Verb.LOCK, "", "garage")),
        ("normal lobby", Ask(Verb.NORMAL)),
        ("exit", Ask(Verb.EXIT)),
        ("fire", Ask(Verb.FIRE)),
        ("status", Ask(Verb.STATUS)),
        ("help", Ask(Verb.HELP)),
        ("quit", Ask(Verb.QUIT)),
    ],
)
def test_a_command_is_read_in_any_case_and_spacing(line: str, expected: Ask) -> None:
    assert parse(line) == expected


def test_an_empty_line_asks_for_nothing() -> None:
    assert parse(" \t ") is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("open", "what"),
        ("card", "which_card"),
        ("card X99", "which_card"),
        ("revoke stranger", "which_card"),
        ("hold attic", "which_door"),
        ("card A17 attic", "which_door"),
        ("card A17 lobby now", "too_much"),
        ("quit now", "too_much"),
    ],
)
def test_what_is_no_command_is_answered_with_what_there_is(line: str, why: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse(line)
    assert caught.value.phrase.key == why
    for tongue in Language:
        assert say_in(tongue, f"demo.{why}", **caught.value.phrase.values)


@given(st.text())
def test_no_line_is_anything_but_a_command_or_not_understood(line: str) -> None:
    try:
        asked = parse(line)
    except NotUnderstood:
        return
    assert asked is None or asked.verb in Verb


@given(st.data())
def test_whoever_takes_what_tab_offers_is_understood(data: st.DataObject) -> None:
    line = ""
    while offered := completions(line, ""):
        line += data.draw(st.sampled_from(offered))
    asked = parse(line)
    assert asked is not None
    assert line.split()[0] == asked.verb


@pytest.mark.parametrize(
    ("line", "word", "expected"),
    [
        ("re", "re", ["revoke ", "restore "]),
        ("card ", "", ["A17 ", "B02 ", "C05 ", "stranger "]),
        ("card a", "a", ["A17 "]),
        ("card A17 ", "", ["lobby ", "garage "]),
        ("card A17 lobby ", "", []),
        ("revoke s", "s", []),
        ("hold ", "", ["lobby ", "garage "]),
        ("nonsense ", "", []),
        ("quit ", "", []),
    ],
)
def test_tab_offers_what_may_stand_there(line: str, word: str, expected: list[str]) -> None:
    assert completions(line, word) == expected
