"""One problem of a configuration: where, what, and the mend; and how it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.config.lines import Lines, Path


@dataclass(frozen=True, slots=True)
class Problem:
    """`path`: keys and indices from the top of the file; `text`: "what is wrong — the mend"."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A configuration file as it was read: what problems are shown against."""

    name: str
    lines: Lines
    data: dict[str, Any]

    def show(self, problem: Problem) -> str:
        """Return `file:line: key.path: what is wrong — the mend`; the line where there is one."""
        line = self.lines.of(problem.path)
        place = self.name if line is None else f"{self.name}:{line}"
        path = self.spell(problem.path)
        return f"{place}: {path}: {problem.text}" if path else f"{place}: {problem.text}"

    def order(self, problem: Problem) -> tuple[int, str]:
        """Return a key that sorts problems as a reader meets them in the file."""
        return self.lines.of(problem.path) or 0, self.spell(problem.path)

    def spell(self, path: Path) -> str:
        """Return `path` as text; a table in an array by its name, or else by its place counted from 1."""
        spelt = ""
        value: Any = self.data
        for part in path:
            value = _inside(value, part)
            if isinstance(part, int):
                spelt += f"[{_called(value) or part + 1}]"
            else:
                spelt += f".{part}" if spelt else part
        return spelt


def _inside(value: object, part: str | int) -> object:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def _called(value: object) -> str | None:
    """Return the name a table gives itself."""
    if not isinstance(value, dict):
        return None
    for key in ("name", "reader", "point"):
        if isinstance(name := value.get(key), str) and name:
            return name
    return None
