"""What the command line says to people, in English or Chinese by the locale.

A key is `group.name`. The words of a group stand in `agent/cli/words_<group>.py` as `WORDS`, a mapping of
name to (English, Chinese), and are read when first needed, so that a catalogue costs nothing until used.
Values are put in by name with `str.format`; both languages of a phrase take the same names.
"""

from __future__ import annotations

import os
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# POSIX order: the first that is set and not empty decides.
LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(StrEnum):
    """The languages that Menshen speaks."""

    ENGLISH = "en"
    CHINESE = "zh"


def language(environment: Mapping[str, str] | None = None) -> Language:
    """Return the language that `environment` (the process's own when None) asks for; English when unsure."""
    variables = os.environ if environment is None else environment
    for name in LOCALE_VARIABLES:
        value = variables.get(name, "")
        if value:
            return Language.CHINESE if value.lower().startswith("zh") else Language.ENGLISH
    return Language.ENGLISH


def say(key: str, /, **values: object) -> str:
    """Return the phrase `key` in the locale's language, with `values` put in.

    Raises KeyError for a key that no catalogue has: that is our mistake, and a test looks for it.
    """
    return say_in(language(), key, **values)


def say_in(tongue: Language, key: str, /, **values: object) -> str:
    """Return the phrase `key` in `tongue`, with `values` put in."""
    english, chinese = phrase(key)
    return (chinese if tongue is Language.CHINESE else english).format(**values)


def phrase(key: str) -> tuple[str, str]:
    """Return (English, Chinese) of `key`, not filled in; KeyError when there is none."""
    group, _, name = key.partition(".")
    return catalogue(group)[name]


def known(key: str) -> bool:
    """Say whether there is a phrase for `key`, for codes that come from another program."""
    group, _, name = key.partition(".")
    try:
        return name in catalogue(group)
    except KeyError:
        return False


@cache
def catalogue(group: str) -> Mapping[str, tuple[str, str]]:
    """Return the words of `group`; KeyError when there is no such group."""
    if not group.isidentifier():
        raise KeyError(group)
    place = f"agent.cli.words_{group}"
    try:
        module = import_module(place)
    except ModuleNotFoundError as error:
        if error.name != place:
            raise
        raise KeyError(group) from None
    words: Mapping[str, tuple[str, str]] = module.WORDS
    return words
