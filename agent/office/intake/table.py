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
from agent.office.intake.columns import find_columns, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from agent.office.intake.columns import Column

LARGEST_FILE = 64 * 1024 * 1024
"""100 000 residents are some 15 MiB of CSV; four times that was named by mistake."""
MOST_ROWS = 300_000
MOST_LINES = 2**20
"""With the empty ones: what a sheet of Excel has. Source: ECMA-376 part 1, 18.3.1.73."""
MOST_COLUMNS = 200
LONGEST_CELL = 512
HEADER_WITHIN = 10
"""Rows above the header that may hold a title and notes."""

ZIP_MARK = b"PK\x03\x04"
OLD_OFFICE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_MARK = "EncryptedPackage".encode("utf-16-le")
"""The stream of a locked workbook. Source: MS-OFFCRYPTO, section 1.3.2."""
LOCK_FILE_MARK = "~$"
"""How the name of the file begins that Excel lays beside a workbook that is open."""
SUMS = frozenset({"合计", "总计", "小计", "共计", "总数", "total", "sum"})
"""What stands first in a row that is no entry but counts them."""
_DELIMITERS = ",;\t"


class NoFile(AgentError):  # noqa: N818 - what happened
    """The file cannot be opened."""

    exit_code = EX_NOINPUT


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it. `rows`: number (from 1, as the file's program counts) and cells.

    aside: numbers of rows that are no entries: sums, notes below the list, rows that hold a number alone.
    """

    headers: list[str]
    columns: dict[Column, int]
    rows: list[tuple[int, list[str]]]
    aside: tuple[int, ...] = ()


def read_file(path: Path) -> bytes:
    """Return what `path` holds. Raises NoFile, or BadInput for what can be no roster."""
    if path.name.startswith(LOCK_FILE_MARK):
        raise BadInput(
            f"{path.name} is what Excel lays beside an open workbook; name the workbook itself",
            f"{path.name} 是 Excel 打开工作簿时的临时文件；请指定工作簿本身",
        )
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NoFile(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}") from error
    if len(content) > LARGEST_FILE:
        raise BadInput(
            f"{path} is larger than {LARGEST_FILE // 1024 // 1024} MiB; no roster is",
            f"{path} 超过 {LARGEST_FILE // 1024 // 1024} MiB，不是名单",
        )
    return content


def read_csv(content: bytes) -> Table:
    """Return the table in a CSV file. Raises BadInput, for the whole file."""
    return table_of(csv_rows(content))


def csv_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Return the rows of a CSV file, numbered from 1. Raises BadInput, for the whole file."""
    if content.startswith(OLD_OFFICE_MARK):
        if ENCRYPTED_MARK in content:
            raise BadInput(
                "this workbook is locked with a password; save it without",
                "工作簿有密码保护；请去掉密码后保存",
            )
        raise BadInput(
            "this is a workbook of the old kind (.xls); save it as .xlsx or CSV",
            "这是旧格式工作簿（.xls）；请另存为 .xlsx 或 CSV",
        )
    text = decoded(content)
    if "\x00" in text:
        raise BadInput("this is no text; save the roster as CSV", "这不是文本；请把名单存为 CSV")
    top = "\n".join(line for _, line in zip(range(HEADER_WITHIN), io.StringIO(text), strict=False))
    delimiter = max(_DELIMITERS, key=top.count)
    return _numbered(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


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
    raise BadInput(
        "the text is neither UTF-8 nor GBK; save it as CSV UTF-8",
        "文本既不是 UTF-8 也不是 GBK；请存为 CSV UTF-8",
    )


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        raise BadInput(f"this is no CSV: {error}", f"这不是 CSV：{error}") from error


def _no_header() -> BadInput:
    return BadInput(
        "no header row was found: one of the first rows must name at least "
        "姓名 (name) and 身份证号 (document number)",
        "找不到表头：前几行中须有一行至少写明“姓名”和“身份证号”",
    )


def read_roster(path: Path, sheet: str | None = None) -> Table:
    """Return the table in a roster file, told by its bytes and not by its name. Raises NoFile, BadInput.

    sheet: the title of the sheet to read, where a workbook has more than one with a roster.
    """
    content = read_file(path)
    if content.startswith(ZIP_MARK):
        from agent.office.intake.workbook import read_workbook  # noqa: PLC0415 - openpyxl is an extra

        return read_workbook(content, sheet)
    return read_csv(content)


def is_open(path: Path) -> bool:
    """Say whether Excel has the file open: then only what was saved last is read."""
    return path.with_name(f"{LOCK_FILE_MARK}{path.name}").exists()
