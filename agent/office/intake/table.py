"""A roster as a table of texts: the header found by name, rows that are no entries laid aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.office.intake.columns import find_columns, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.office.intake.columns import Column

MOST_ROWS = 300_000
MOST_LINES = 2**20
"""With the empty ones: what a sheet of Excel has. Source: ECMA-376 part 1, 18.3.1.73."""
MOST_COLUMNS = 200
LONGEST_CELL = 512
HEADER_WITHIN = 10
"""Rows above the header that may hold a title and notes."""

SUMS = frozenset({"合计", "总计", "小计", "共计", "总数", "total", "sum"})
"""What stands first in a row that is no entry but counts them."""


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it. `rows`: number (from 1, as the file's program counts) and cells.

    aside: numbers of rows that are no entries: sums, notes below the list, rows that hold a number alone.
    """

    headers: list[str]
    columns: dict[Column, int]
    rows: list[tuple[int, list[str]]]
    aside: tuple[int, ...] = ()


def table_of(rows: Iterable[tuple[int, list[str]]]) -> Table:
    """Return the table in numbered rows of cells: header found by name, empty rows left out.

    Raises BadInput when no header is found, or the table is larger than any roster.
    """
    numbered = _narrow(rows)
    for seen, (_, cells) in enumerate(numbered):
        columns = find_columns(cells)
        if columns is not None:
            break
        if seen >= HEADER_WITHIN:
            raise no_header()
    else:
        raise no_header()
    columns_of_entries = set(columns.values())
    body: list[tuple[int, list[str]]] = []
    aside: list[int] = []
    for number, row in numbered:
        filled = [index for index, cell in enumerate(row) if cell.strip()]
        if not filled:
            continue
        if columns_of_entries.isdisjoint(filled) or plain(row[filled[0]]) in SUMS:
            aside.append(number)
            continue
        if len(body) == MOST_ROWS:
            raise BadInput(f"more than {MOST_ROWS} rows; split the file", f"超过 {MOST_ROWS} 行；请拆分文件")
        body.append((number, row))
    return Table([" ".join(cell.split()) for cell in cells], columns, body, tuple(aside))


def _narrow(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in rows:
        if number > MOST_LINES:
            raise BadInput(
                f"more than {MOST_LINES} lines; delete those below the list",
                f"超过 {MOST_LINES} 行；请删除名单下方的行",
            )
        if len(row) > MOST_COLUMNS:
            raise BadInput(
                f"row {number} has more than {MOST_COLUMNS} cells; this is no roster",
                f"第 {number} 行超过 {MOST_COLUMNS} 个单元格，不是名单",
            )
        yield number, row


def no_header() -> BadInput:
    """Return what is said of a file in which no row names the columns."""
    return BadInput(
        "no header row was found: one of the first rows must name at least "
        "姓名 (name) and 身份证号 (document number)",
        "找不到表头：前几行中须有一行至少写明“姓名”和“身份证号”",
    )
