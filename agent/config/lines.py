"""On which line of a TOML text a key stands, so that a problem can say where to look.

The standard library reads TOML without positions. This looks only at headers and keys at the start of a
line, which is where people write them; what stands deeper (in an inline table) is found by its parent.
Source: TOML v1.0.0, sections "Keys", "Table" and "Array of Tables".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]

_PART = r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'"""
_KEY = rf"(?:{_PART})(?:[ \t]*\.[ \t]*(?:{_PART}))*"
_HEADER = re.compile(rf"^[ \t]*(\[\[?)[ \t]*({_KEY})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"^[ \t]*({_KEY})[ \t]*=(.*)$")
_ONE_PART = re.compile(_PART)
# What opens, closes or hides brackets in a value: multi-line and one-line strings, comments, the brackets.
_TOKENS = re.compile(r"\"\"\"|'''|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|#.*|[\[\]{}]")


class Lines:
    """The lines of every key written at the start of a line. Made for texts that tomllib has accepted."""

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        prefix: Path = ()
        for number, line in _starts(text):
            if header := _HEADER.match(line):
                prefix = self._enter(_parts(header[2]), one_more=header[1] == "[[")
                self._found.setdefault(prefix, number)
            elif assignment := _ASSIGNMENT.match(line):
                path = prefix + _parts(assignment[1])
                self._found.setdefault(path, number)

    def of(self, path: Path) -> int | None:
        """Return the line, from 1, of `path` or of the nearest part above it that is written out."""
        for length in range(len(path), 0, -1):
            if (line := self._found.get(path[:length])) is not None:
                return line
        return None

    def _enter(self, parts: Path, *, one_more: bool) -> Path:
        """Return where a header leads: each array of tables on the way means its newest table."""
        here: Path = ()
        for position, part in enumerate(parts, 1):
            here += (part,)
            if one_more and position == len(parts):
                self._counts[here] = self._counts.get(here, 0) + 1
            if here in self._counts:
                here += (self._counts[here] - 1,)
        return here


def _parts(key: str) -> Path:
    return tuple(part.strip("\"'") for part in _ONE_PART.findall(key))


def _starts(text: str) -> Iterator[tuple[int, str]]:
    """Give each line, numbered from 1, that does not lie inside a value begun on an earlier line."""
    depth = 0
    quote: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if quote is None and depth == 0:
            yield number, line
            if _HEADER.match(line):
                continue
        depth, quote = _after(line, depth, quote)


def _after(line: str, depth: int, quote: str | None) -> tuple[int, str | None]:
    """Return how many brackets and which multi-line string are open at the end of `line`."""
    at = 0
    while True:
        if quote is not None:
            end = line.find(quote, at)
            if end < 0:
                return depth, quote
            at, quote = end + len(quote), None
        token = _TOKENS.search(line, at)
        if token is None:
            return depth, quote
        at = token.end()
        match token[0]:
            case '"""' | "'''":
                quote = token[0]
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case _:
                pass  # a string or a comment: what it holds does not count
