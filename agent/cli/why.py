"""A driver's own words for why, in the locale's language where they are known."""

from __future__ import annotations

import re
from functools import cache

from agent.cli.words import Language, catalogue, language

DEEPEST = 3
"""Reasons within reasons: a port that cannot be opened since another program has it is two."""

_BLANK = re.compile(r"\\{(\w+)\\}")


def why(text: object) -> str:
    """Return `text`, a reason that a driver gave, in the locale's language; unknown ones as they are."""
    return _chinese(str(text), DEEPEST) if language() is Language.CHINESE else str(text)


def _chinese(text: str, deeper: int) -> str:
    parts = text.split("; ")
    if len(parts) > 1:
        return "；".join(_chinese(part, deeper) for part in parts)
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            values = found.groupdict()
            if deeper and "why" in values:
                values["why"] = _chinese(values["why"], deeper - 1)
            return chinese.format(**values)
    return text


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(_BLANK.sub(r"(?P<\1>.+)", re.escape(english))), chinese)
        for english, chinese in catalogue("why").values()
    )
