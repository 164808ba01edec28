"""What is wrong in a roster file: where, what, and (in the words of the command line) the mend."""

from __future__ import annotations

from dataclasses import dataclass, field

LETTERS = 26


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `row`: as the file's program counts, from 1. `column`: from 0; None is the whole row.

    `code` names the phrase that says it; `values` go into that phrase, and never hold what is personal.
    """

    row: int
    column: int | None
    code: str
    header: str = ""
    values: dict[str, object] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The cell as spreadsheets name it, such as C7; or the row alone."""
        return str(self.row) if self.column is None else f"{column_name(self.column)}{self.row}"


def column_name(index: int) -> str:
    """Return the letters of column `index` (from 0): A to Z, then AA and on."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, LETTERS)
        name = chr(ord("A") + rest) + name
    return name
