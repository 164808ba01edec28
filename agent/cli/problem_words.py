"""Problems of a configuration in the person's language, and each problem's stable code.

`agent.config` and the drivers say what is wrong in English, "what — the mend", wherever they find it. The
phrase is found in the catalogue by its English, as catalogues of translation do it, and said anew. What is
not there stays English, with the code OTHER; a test reads the sources and names what is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from agent.cli.words import Language
from agent.cli.words_config import MENDS, NOUNS, WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.errors import ConfigError

OTHER: Final = "other"
BETWEEN: Final = " — "
_FIELD: Final = re.compile(r"\\\{(\w+)\\\}")
_PLACE: Final = ": "
NOUN: Final = "noun"
"""The name of a place in a phrase where only a word of ours can stand."""
_OURS: Final = "|".join(sorted(map(re.escape, NOUNS), key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the catalogue, and what stands in its braces here."""

    code: str
    chinese: str


def code_of(problem: str) -> str:
    """Return the stable code of `problem`, which may begin with its place; OTHER where it has none."""
    return _found(problem)[1].code


def told(problem: str, tongue: Language) -> str:
    """Return `problem`, which may begin with its place, in `tongue`."""
    if tongue is not Language.CHINESE:
        return problem
    place, phrase = _found(problem)
    return place + phrase.chinese


def in_words(error: ConfigError, tongue: Language) -> str:
    """Return every problem of `error` in `tongue`, one a line."""
    return "\n".join(told(problem, tongue) for problem in error.problems)


def _found(problem: str) -> tuple[str, Phrase]:
    """Return the place that `problem` begins with, and the phrase after it."""
    start = 0
    while True:
        phrase = _phrase(problem[start:])
        if phrase.code != OTHER:
            return problem[:start], phrase
        colon = problem.find(_PLACE, start)
        if colon < 0:
            return "", Phrase(OTHER, problem)
        start = colon + len(_PLACE)


def _phrase(text: str) -> Phrase:
    what, between, mend = text.partition(BETWEEN)
    phrase = _in(_patterns("what"), what)
    if phrase is None:
        return Phrase(OTHER, text)
    if not between:
        return phrase
    mended = _in(_patterns("mend"), mend)
    return Phrase(phrase.code, f"{phrase.chinese} — {mend if mended is None else mended.chinese}")


def _in(patterns: Mapping[str, tuple[re.Pattern[str], str]], text: str) -> Phrase | None:
    for code, (pattern, chinese) in patterns.items():
        if (match := pattern.fullmatch(text)) is not None:
            values = {name: NOUNS.get(value, value) for name, value in match.groupdict().items()}
            return Phrase(code, chinese.format(**values))
    return None


@cache
def _patterns(which: str) -> Mapping[str, tuple[re.Pattern[str], str]]:
    """Return the catalogue as patterns, the longest text first: it says the most."""
    words = WORDS if which == "what" else MENDS
    longest_first = sorted(words.items(), key=lambda item: -len(item[1][0]))
    return {code: (_pattern(english), chinese) for code, (english, chinese) in longest_first}


def _pattern(english: str) -> re.Pattern[str]:
    plain = re.escape(english.replace("{{", "\0").replace("}}", "\1"))
    named = _FIELD.sub(lambda found: f"(?P<{found[1]}>{_OURS if found[1] == NOUN else '.+?'})", plain)
    return re.compile(named.replace("\0", r"\{").replace("\1", r"\}"), re.DOTALL)
