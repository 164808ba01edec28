"""A roster in an Excel workbook (.xlsx) as a table of texts.

A workbook is a ZIP of XML, and comes from anywhere: sizes are checked before anything is unpacked, macros
and formulas are refused, and cells are read as a stream. Merged cells give their text to every row they
cover, as a person reads them. Source of the layout: ECMA-376 part 1, sections 12 and 18.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError  # the parser is openpyxl's

from agent.errors import BadInput
from agent.office.intake.columns import find_columns
from agent.office.intake.table import HEADER_WITHIN, Table, no_header, table_of
from agent.office.intake.vocabulary import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST_UNPACKED = 512 * 1024 * 1024
"""100 000 residents unpack to some 120 MiB."""
MOST_PARTS = 2000
LARGEST_RATIO = 200
"""XML packs to a twentieth, a sheet of one repeated row to a hundredth; a bomb to a thousandth."""
SMALL_PART = 1024 * 1024
"""A part below this size is no bomb, whatever its ratio."""
MOST_EMPTY_ROWS = 20_000
MOST_MERGES = 50_000
MACROS = "vbaProject.bin"
MACRO_SHEETS = "xl/macrosheets/"
CHARTS = "xl/chartsheets/"
STRINGS = "xl/sharedStrings.xml"
SHEETS = "xl/worksheets/"
LARGEST_STRINGS = 128 * 1024 * 1024
"""The table of shared strings is held in memory whole; that of 100 000 residents is some 40 MiB."""
LARGEST_OTHER = 16 * 1024 * 1024
"""Styles, names and relations are held in memory whole too; those of a roster are some 100 KiB."""
SCAN_BYTES = 1024 * 1024
DAMAGED_FROM = 10**15
"""A cell that holds a number keeps 15 digits: of a longer one the end is lost, whatever the cell shows."""
FORMULA = "="

_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_LONGEST_MERGE_TAG = 256
# What openpyxl raises for workbooks that are broken in ways it did not foresee.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, AttributeError,
    IndexError, EOFError, OSError, NotImplementedError,
)  # fmt: skip

Merge = tuple[int, int, int, int]
"""First row, last row (from 1), first column, last column (from 0)."""


def read_workbook(content: bytes, sheet: str | None = None) -> Table:
    """Return the table on the one sheet that has a roster, or on `sheet`. Raises BadInput, for the whole."""
    with opened(content) as (archive, workbook):
        return _table(archive, workbook, sheet)


@contextmanager
def opened(content: bytes) -> Iterator[tuple[zipfile.ZipFile, Any]]:
    """Open a workbook that may be read. Raises BadInput, also for what breaks while it is read."""
    try:
        import openpyxl  # noqa: PLC0415 - an extra: menshen[office]
    except ModuleNotFoundError:
        raise BadInput(
            "Excel files need the extra: pip install 'menshen[office]'; or save as CSV",
            "读取 Excel 需要附加组件：pip install 'menshen[office]'；或另存为 CSV",
        ) from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decorations that it does not keep
            _inspect(archive)
            workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            try:
                yield archive, workbook
            finally:
                workbook.close()
    except _BROKEN as error:
        raise BadInput(
            f"this workbook is damaged ({type(error).__name__}); save it anew",
            f"工作簿已损坏（{type(error).__name__}）；请重新保存",
        ) from error


def _inspect(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise BadInput(
            "this workbook unpacks to more than any roster; it is refused",
            "工作簿解压后大于任何名单，已拒绝",
        )
    for part in parts:
        if part.file_size > SMALL_PART and part.file_size > LARGEST_RATIO * max(part.compress_size, 1):
            raise BadInput("this workbook is packed like a bomb; it is refused", "工作簿疑似压缩炸弹，已拒绝")
        if part.file_size > _bound(part.filename):
            raise BadInput(
                "this workbook unpacks to more than any roster; it is refused",
                "工作簿解压后大于任何名单，已拒绝",
            )
        if part.filename.endswith(MACROS) or part.filename.startswith(MACRO_SHEETS):
            raise BadInput(
                "this workbook holds macros; save it as .xlsx without them",
                "工作簿含有宏；请另存为不带宏的 .xlsx",
            )
        if part.filename.startswith(CHARTS):  # openpyxl fails on them when it reads a stream
            raise BadInput(
                "this workbook has a chart on a sheet of its own; delete that sheet",
                "工作簿含有图表工作表；请删除该工作表",
            )
        if part.flag_bits & 1:
            raise BadInput(
                "this workbook is locked with a password; save it without",
                "工作簿有密码保护；请去掉密码后保存",
            )
    if "[Content_Types].xml" not in archive.namelist():
        raise BadInput("this ZIP is no workbook", "此压缩文件不是工作簿")


def _bound(part: str) -> int:
    """Return how large a part may be that is read whole; sheets are read as a stream, pictures not at all."""
    if part == STRINGS:
        return LARGEST_STRINGS
    whole = part.endswith((".xml", ".rels")) and not part.startswith(SHEETS)
    return LARGEST_OTHER if whole else LARGEST_UNPACKED


def _table(archive: zipfile.ZipFile, workbook: Any, wanted: str | None) -> Table:
    shown = shown_sheets(workbook)
    if wanted is not None:
        shown = [sheet for sheet in shown if sheet.title.strip() == wanted.strip()]
        if not shown:
            raise BadInput(f"there is no sheet {wanted!r}", f"没有工作表 {wanted!r}")
    found = [sheet for sheet in shown if _has_header(sheet)]
    if not found:
        raise no_header()
    if len(found) > 1:
        names = ", ".join(sheet.title for sheet in found)
        raise BadInput(
            f"more than one sheet holds a roster ({names}); choose one: --sheet NAME",
            f"多个工作表含有名单（{names}）；请用 --sheet 指定一个",
        )
    return table_of(sheet_rows(archive, found[0]))


def shown_sheets(workbook: Any) -> list[Any]:
    """Return the sheets that a person sees: not those that are hidden."""
    return [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]


def sheet_rows(archive: zipfile.ZipFile, sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Return the rows of a sheet as texts, numbered from 1, without the empty ones."""
    merges = _merges(archive, sheet._worksheet_path.lstrip("/"))  # noqa: SLF001 - openpyxl has no public name
    sheet.reset_dimensions()  # what the file claims of its size is not believed
    return _spread(_rows(sheet), merges)


def _has_header(sheet: Any) -> bool:
    sheet.reset_dimensions()  # what the file claims of its size is not believed
    for row in sheet.iter_rows(max_row=HEADER_WITHIN + 1, values_only=True):
        if find_columns([_text(value) for value in row]) is not None:
            return True
    return False


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    empty = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:  # cells that are only coloured
            cells.pop()
        if cells:
            yield number, cells
            continue
        empty += 1
        if empty > MOST_EMPTY_ROWS:
            raise BadInput(
                f"more than {MOST_EMPTY_ROWS} empty rows; delete the rows below the list",
                f"空行超过 {MOST_EMPTY_ROWS} 行；请删除名单下方的行",
            )


def _spread(rows: Iterable[tuple[int, list[str]]], merges: list[Merge]) -> Iterator[tuple[int, list[str]]]:
    """Give the text of a merged cell to every row that it covers. Columns are left as they are."""
    waiting = sorted(merges)
    open_now: list[tuple[int, int, str]] = []  # last row, column, text
    at = 0
    for number, cells in rows:
        open_now = [each for each in open_now if each[0] >= number]
        while at < len(waiting) and waiting[at][0] <= number:
            first, last, left, _ = waiting[at]
            at += 1
            if first == number and last > first and left < len(cells) and cells[left]:
                open_now.append((last, left, cells[left]))
        for _, column, text in open_now:
            if column >= len(cells):
                cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = cells[column] or text
        yield number, cells


def _merges(archive: zipfile.ZipFile, path: str) -> list[Merge]:
    """Return the merged ranges of a sheet, which openpyxl does not tell when it reads a stream."""
    found: list[Merge] = []
    with archive.open(path) as part:
        held = b""
        while chunk := part.read(SCAN_BYTES):
            held += chunk
            end = 0
            for match in _MERGE.finditer(held):
                end = match.end()
                found.append((int(match[2]), int(match[4]), _column(match[1]), _column(match[3])))
                if len(found) > MOST_MERGES:
                    raise BadInput(
                        f"more than {MOST_MERGES} merged cells; unmerge them",
                        f"合并单元格超过 {MOST_MERGES} 个；请取消合并",
                    )
            held = held[max(end, len(held) - _LONGEST_MERGE_TAG) :]
    return found


def _column(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - ord("A") + 1
    return index - 1


def _text(value: object) -> str:
    """Return a cell as a person would have typed it."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case int() | float():
            return _number(value)
        case time():
            return str(value)
        case _:  # formulas of several cells, tables of data
            return FORMULA


def _number(value: float) -> str:
    if abs(value) >= DAMAGED_FROM:
        return DAMAGED
    return str(int(value)) if float(value).is_integer() else str(value)
