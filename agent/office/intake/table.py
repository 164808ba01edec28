"""A roster file as a table of texts: the header found by name, the rows numbered as its program does.

CSV is read as UTF-8 (with or without its mark), GBK (as GB 18030, which holds it) or UTF-16 with its mark,
parted by comma, semicolon or tab. Sources: RFC 4180; GB 18030-2022.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import EX_NOINPUT, AgentError, BadInput
from agent.office.intake.columns import find_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from agent.office.intake.columns import Column

LARGEST_FILE = 64 * 1024 * 1024
"""100 000 residents are some 15 MiB of CSV; four times that was named by mistake."""
MOST_ROWS = 300_000
MOST_COLUMNS = 200
LONGEST_CELL = 512
HEADER_WITHIN = 10
"""Rows above the header that may hold a title and notes."""

ZIP_MARK = b"PK\x03\x04"
OLD_OFFICE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DELIMITERS = ",;\t"


class NoFile(AgentError):  # noqa: N818 - what happened
    """The file cannot be opened."""

    exit_code = EX_NOINPUT


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it. `rows`: number (from 1, as the file's program counts) and cells."""

    headers: list[str]
    columns: dict[Column, int]
    rows: list[tuple[int, list[str]]]


def read_file(path: Path) -> bytes:
    """Return what `path` holds. Raises NoFile, or BadInput for one larger than any roster."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NoFile(f"cannot read {path}: {error.strerror}") from error
    if len(content) > LARGEST_FILE:
        raise BadInput(f"{path} is larger than {LARGEST_FILE // 1024 // 1024} MiB; no roster is")
    return content


def read_csv(content: bytes) -> Table:
    """Return the table in a CSV file. Raises BadInput, for the whole file."""
    if content.startswith(OLD_OFFICE_MARK):
        raise BadInput("this is a workbook of the old kind (.xls), or locked; save it as .xlsx or CSV")
    text = decoded(content)
    if "\x00" in text:
        raise BadInput("this is no text; save the roster as CSV")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return table_of(_numbered(reader))


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
            raise _no_header()
    else:
        raise _no_header()
    body: list[tuple[int, list[str]]] = []
    for number, row in numbered:
        if not any(cell.strip() for cell in row):
            continue
        if len(body) == MOST_ROWS:
            raise BadInput(f"more than {MOST_ROWS} rows; split the file")
        body.append((number, row))
    return Table(cells, columns, body)


def _narrow(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in rows:
        if len(row) > MOST_COLUMNS:
            raise BadInput(f"row {number} has more than {MOST_COLUMNS} cells; this is no roster")
        yield number, row


def decoded(content: bytes) -> str:
    """Return the text of a CSV file. Raises BadInput when it is in no encoding that offices use."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("the text is neither UTF-8 nor GBK; save it as CSV UTF-8")


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        raise BadInput(f"this is no CSV: {error}") from error


def _no_header() -> BadInput:
    return BadInput(
        "no header row was found: one of the first rows must name at least "
        "姓名 (name) and 身份证号 (document number)"
    )


def read_roster(path: Path) -> Table:
    """Return the table in a roster file, told by its bytes and not by its name. Raises NoFile, BadInput."""
    content = read_file(path)
    if content.startswith(ZIP_MARK):
        from agent.office.intake.workbook import read_workbook  # noqa: PLC0415 - openpyxl is an extra

        return read_workbook(content)
    return read_csv(content)
