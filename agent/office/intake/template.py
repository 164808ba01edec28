"""An empty roster for people to fill in: the columns by their first names, and cells that Excel leaves alone.

Every column is formatted as text, for a column of numbers takes the zeros off cards and the end off identity
numbers. What has few answers is chosen from a list.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.office.intake.columns import NAMES, Column
from agent.office.intake.vocabulary import DOCUMENTS, ROLES
from agent.office.printed import Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEXT = "@"
ROWS = 5000
"""How many rows are laid out: a large building."""
WIDTH = 18
LEFT_OUT = (Column.HOME, Column.LONGER)
"""A household is asked for in three columns; who needs longer is seldom asked at all."""
LONGEST_LIST = 255
"""What a list of answers in a cell's rule may have, parted by commas. Source: ECMA-376 part 1, 18.3.1.32."""
CHINESE = "\u4e00"


def template(groups: Sequence[str], *, chinese: bool) -> bytes:
    """Return a workbook with one empty sheet. groups: to choose from. Raises BadInput without openpyxl."""
    try:
        import openpyxl  # noqa: PLC0415 - an extra: menshen[office]
        from openpyxl.styles import Font  # noqa: PLC0415 - the same
        from openpyxl.utils import get_column_letter  # noqa: PLC0415 - the same
        from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise BadInput(
            "Excel files need the extra: pip install 'menshen[office]'",
            "写入 Excel 需要附加组件：pip install 'menshen[office]'",
        ) from None
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "住户登记" if chinese else "roster"
    for index, column in enumerate((each for each in Column if each not in LEFT_OUT), start=1):
        letter = get_column_letter(index)
        sheet.cell(1, index, header(column, chinese=chinese)).font = Font(bold=True)
        sheet.column_dimensions[letter].width = WIDTH
        for row in range(2, ROWS + 2):
            sheet.cell(row, index).number_format = TEXT
        answers = _answers(column, groups, chinese=chinese)
        if answers:
            choice = DataValidation("list", formula1=f'"{",".join(answers)}"', allow_blank=True)
            choice.showErrorMessage = False  # an answer that is not on the list is for the import to judge
            choice.add(f"{letter}2:{letter}{ROWS + 1}")
            sheet.add_data_validation(choice)
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def header(column: Column, *, chinese: bool) -> str:
    """Return the first name of `column` in one of the languages."""
    return next(name for name in NAMES[column].split("|") if (name[0] >= CHINESE) is chinese)


def _answers(column: Column, groups: Sequence[str], *, chinese: bool) -> list[str]:
    match column:
        case Column.ROLE:
            return _first_of(ROLES, chinese=chinese)
        case Column.DOCUMENT:
            return _first_of(DOCUMENTS, chinese=chinese)
        case Column.CARD_STYLE:
            return [style.value for style in Style]
        case Column.GROUPS:
            fits = len(",".join(groups)) <= LONGEST_LIST and not any("," in name for name in groups)
            return list(groups) if fits else []
        case _:
            return []


def _first_of(words: Mapping[str, object], *, chinese: bool) -> list[str]:
    found: dict[object, str] = {}
    for word, meant in words.items():
        if (word[0] >= CHINESE) is chinese:
            found.setdefault(meant, word)
    return list(found.values())
