"""Rosters in Excel, as offices keep them, and workbooks that must not be opened."""

import io
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font
from openpyxl.worksheet.formula import ArrayFormula

from agent.errors import BadInput
from agent.office import access
from agent.office.book import Book
from agent.office.identity import Document, flaw_of
from agent.office.intake.columns import Column
from agent.office.intake.entry import Terms
from agent.office.intake.files import read_roster
from agent.office.intake.plan import Plan, judge
from agent.office.intake.workbook import read_workbook
from tests.peers.office_site import START, make_book, resident_number

RESIDENT, TODAY = Document.RESIDENT, START.date()
HEADER = ("姓名", "身份证号", "住址", "权限组", "卡号", "核验日期", "租约到期", "人员类型")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


def saved(*rows: tuple[object, ...], more: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    if more is not None:
        more(workbook)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def plan_of(book: Book, content: bytes) -> Plan:
    return judge(book, read_workbook(content), Terms(book.zone, START, "t", access.groups(book).keys()))


def resident(serial: int, name: str | None = "张三", **cells: object) -> tuple[object, ...]:
    said: dict[str, object] = {
        "姓名": name,
        "身份证号": resident_number(serial),
        "住址": "3-1-1201",
        "权限组": "residents",
        "卡号": f"{40856634 + serial:010}",
        "核验日期": date(2026, 11, 1),
    }
    said |= cells
    return tuple(said.get(column) for column in HEADER)


def test_a_sheet_with_a_title_above_and_real_dates_is_read(book: Book) -> None:
    content = saved(
        ("三号楼住户登记表",),
        (),
        HEADER,
        resident(1),
        resident(2, "李四", 核验日期=datetime.fromisoformat("2026-11-02T09:30")),
    )
    plan = plan_of(book, content)
    assert [(entry.row, entry.details.name) for entry in plan.entries] == [(4, "张三"), (5, "李四")]
    verified = [entry.verification.at.isoformat() for entry in plan.entries if entry.verification]
    assert verified == ["2026-11-01T00:00:00+08:00", "2026-11-02T09:30:00+08:00"]


def test_merged_cells_give_their_text_to_every_row_they_cover(book: Book) -> None:
    def merge(workbook: openpyxl.Workbook) -> None:
        sheet = workbook["Sheet"]
        sheet.merge_cells("C2:C4")
        sheet.merge_cells("D2:D3")

    content = saved(
        HEADER,
        resident(1, "甲"),
        resident(2, "乙", 住址=None, 权限组=None),
        resident(3, "丙", 住址=None, 权限组="staff"),
        resident(4, "丁", 住址=None),
        more=merge,
    )
    plan = plan_of(book, content)
    assert plan.problems == []
    homes = [None if entry.home is None else str(entry.home) for entry in plan.entries]
    assert homes == ["3-1-1201", "3-1-1201", "3-1-1201", None]
    assert [entry.groups for entry in plan.entries] == [
        ("residents",),
        ("residents",),
        ("staff",),
        ("residents",),
    ]


def test_a_number_that_excel_has_damaged_is_recognised(book: Book) -> None:
    as_excel_keeps_it = saved(HEADER, resident(1, 身份证号=1.10105194912310e17))
    plan = plan_of(book, as_excel_keeps_it)
    assert [(problem.place, problem.code) for problem in plan.problems] == [("B2", "number_excel")]


def test_a_number_of_more_digits_than_excel_keeps_is_never_taken(book: Book) -> None:
    cut = next(
        n
        for n in range(110105195001010000, 110105199901010000, 10**4)
        if flaw_of(RESIDENT, str(n), TODAY) is None
    )
    plan = plan_of(book, saved(HEADER, resident(1, 身份证号=cut, 卡号=1234567890123456.0, 住址=1e17)))
    assert [(problem.place, problem.code) for problem in plan.problems] == [
        ("B2", "number_excel"),
        ("C2", "cell_damaged"),
        ("E2", "card_excel"),
    ]


def test_a_formula_of_several_cells_is_a_problem_too(book: Book) -> None:
    def spill(workbook: openpyxl.Workbook) -> None:
        workbook["Sheet"]["E2"] = ArrayFormula("E2:E3", "=A1:A2")

    plan = plan_of(book, saved(HEADER, resident(1), more=spill))
    assert [(problem.place, problem.code) for problem in plan.problems] == [("E2", "formula")]


def test_one_of_several_sheets_is_chosen_by_its_title_and_hidden_ones_do_not_count() -> None:
    def more(workbook: openpyxl.Workbook) -> None:
        second_roster(workbook)
        workbook["四号楼"].append(list(resident(7, "庚")))
        workbook.copy_worksheet(workbook["Sheet"]).sheet_state = "hidden"

    content = saved(HEADER, resident(1), more=more)
    assert read_workbook(content, "四号楼").rows[0][1][0] == "庚"
    with pytest.raises(BadInput, match="--sheet"):
        read_workbook(content)
    with pytest.raises(BadInput, match="no sheet"):
        read_workbook(content, "五号楼")


def test_a_formula_is_a_problem_of_its_cell(book: Book) -> None:
    plan = plan_of(book, saved(HEADER, resident(1, 卡号="=A1+1")))
    assert [(problem.place, problem.code) for problem in plan.problems] == [("E2", "formula")]


def test_cards_and_flags_that_are_numbers_or_booleans_are_read(book: Book) -> None:
    content = saved(
        (*HEADER, "延长开门"), (*resident(1, 卡号=1429471231.0), True), (*resident(2, "李四"), False)
    )
    plan = plan_of(book, content)
    assert [str(entry.cards[0]) for entry in plan.entries] == ["uid32:5533FFFF", "uid32:026F6C3C"]
    assert [entry.longer for entry in plan.entries] == [True, False]


def test_the_same_file_is_told_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(saved(HEADER, resident(1)))
    assert Column.CARD in read_roster(path).columns
    path = tmp_path / "roster.xlsx"
    path.write_text("姓名,身份证号\n张三,1", encoding="utf-8")
    assert read_roster(path).rows == [(2, ["张三", "1"])]


def test_coloured_empty_cells_to_the_right_are_no_columns() -> None:
    def colour(workbook: openpyxl.Workbook) -> None:
        sheet = workbook["Sheet"]
        for column in range(1, 400):
            sheet.cell(2, column).font = Font(bold=True)

    assert len(read_workbook(saved(HEADER, resident(1), more=colour)).rows) == 1


def charted(workbook: openpyxl.Workbook) -> None:
    workbook.create_chartsheet("图")


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def entities() -> bytes:
    """Return a workbook whose sheet is a name of a name of a name, a thousand million times over."""
    names = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
    page = f'<!DOCTYPE x [<!ENTITY a "{"x" * 100}">{names}]><worksheet><sheetData>&j;</sheetData></worksheet>'
    with zipfile.ZipFile(io.BytesIO(saved(HEADER, resident(1)))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(parts | {"xl/worksheets/sheet1.xml": page.encode()})


def far_below(workbook: openpyxl.Workbook) -> None:
    workbook["Sheet"].cell(1_000_000, 1).value = "x"


def second_roster(workbook: openpyxl.Workbook) -> None:
    workbook.create_sheet("四号楼").append(list(HEADER))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (zipped({"[Content_Types].xml": b"", "xl/a.xml": b"0" * 50_000_000}), "bomb"),
        (zipped({"[Content_Types].xml": b"", "xl/styles.xml": os.urandom(64 * 1024) * 257}), "more than any"),
        (
            zipped({"[Content_Types].xml": b"", "xl/sharedStrings.xml": os.urandom(2**20) * 129}),
            "more than any",
        ),
        (entities(), "damaged"),
        (saved(HEADER, resident(1), more=charted), "chart"),
        (zipped({f"{n}": b"" for n in range(2100)}), "more than any roster"),
        (zipped({"[Content_Types].xml": b"", "xl/vbaProject.bin": b"x"}), "macros"),
        (zipped({"[Content_Types].xml": b"", "xl/macrosheets/sheet1.xml": b"x"}), "macros"),
        (zipped({"a.txt": b"x"}), "no workbook"),
        (zipped({"[Content_Types].xml": b"x"}), "damaged"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (saved(("nothing", "here")), "no header row"),
        (saved(HEADER, resident(1), more=far_below), "empty rows"),
        (saved(HEADER, resident(1), more=second_roster), "more than one sheet"),
        (saved((*HEADER, *(f"c{n}" for n in range(250)))), "more than 200 cells"),
    ],
)
def test_a_workbook_that_is_no_roster_is_refused_whole(content: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_workbook(content)


def test_what_a_sheet_claims_of_its_size_is_not_believed() -> None:
    content = saved(HEADER, resident(1))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b"dimension" in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:H2"', b'ref="A1:XFD1048576"')
    assert len(read_workbook(zipped(parts)).rows) == 1


WHOLE = saved(HEADER, ("张三", "1"))


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_no_flipped_byte_does_more_than_refuse_the_workbook(at: int, flip: int) -> None:
    content = bytearray(WHOLE)
    content[at] ^= flip
    try:
        read_workbook(bytes(content))
    except BadInput:
        return


def test_without_the_extra_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(BadInput, match=r"menshen\[office\]"):
        read_workbook(b"PK\x03\x04")
