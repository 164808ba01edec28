"""The words that people read."""

import string
from pathlib import Path

import pytest

import agent.cli
from agent.cli.words import Language, catalogue, known, language, say, say_in

GROUPS = sorted(path.stem.removeprefix("words_") for path in Path(agent.cli.__path__[0]).glob("words_*.py"))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Language.ENGLISH),
        ({"LANG": "zh_CN.UTF-8"}, Language.CHINESE),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, Language.ENGLISH),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_GB"}, Language.CHINESE),
        ({"LANG": "de_DE"}, Language.ENGLISH),
    ],
)
def test_the_locale_decides_the_language(environment: dict[str, str], expected: Language) -> None:
    assert language(environment) is expected


@pytest.mark.parametrize("group", GROUPS)
def test_both_languages_say_something_and_take_the_same_values(group: str) -> None:
    for name, (english, chinese) in catalogue(group).items():
        assert english, name
        assert chinese, name
        assert _values(english) == _values(chinese), f"{group}.{name}"


def test_a_phrase_is_said_in_the_language_asked_for() -> None:
    assert say_in(Language.CHINESE, "reason.expired") == "指令已过期"
    assert say_in(Language.ENGLISH, "reason.expired") == "the command came too late"


def test_a_missing_phrase_is_our_mistake_and_shows() -> None:
    with pytest.raises(KeyError):
        say("reason.no-such-reason")
    with pytest.raises(KeyError):
        say("nobody.expired")
    with pytest.raises(KeyError):
        say("../words.expired")


def test_codes_from_elsewhere_can_be_asked_for_first() -> None:
    assert known("reason.expired")
    assert not known("reason.no-such-reason")
    assert not known("nobody.expired")


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
