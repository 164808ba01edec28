"""`menshen office access`: who may open what, as one file."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from agent.cli.app import main
from agent.errors import EX_DATAERR, EX_NOINPUT, BadInput
from agent.office.intake.columns import Column, find_columns
from agent.office.intake.template import template
from tests.peers.office_site import add_card, add_person, make_book, resident_number

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `menshen office access …` on a book with one resident, in English; return what it said."""
    monkeypatch.setenv("LC_ALL", "C")
    with make_book(tmp_path / "book") as book:
        add_card(book, add_person(book, "张三", 1), 1)

    def run(*words: str, code: int = 0) -> str:
        assert main(["office", "access", *words, "--book", str(tmp_path / "book")]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    return run


def plan(tmp_path: Path, text: str) -> str:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_dry_run_says_what_changes_and_for_whom_and_loading_does_it(run: Run, tmp_path: Path) -> None:
    path = plan(tmp_path, '[groups]\nresidents = ["lobby", "plant:always", "roof"]')
    said = run("load", path, "--dry-run")
    assert "~ group residents" in said
    assert "- group staff" in said
    assert "\t张三\t3-1-1001\tplant\tgarage" in said
    assert "plant: 1 gain, 0 lose" in said
    assert "no gateway has roof" in said
    assert "no group opens garage" in said
    assert "would make 2 changes" in said
    assert "staff" in run("show")
    assert "done: revision 4" in run("load", path)
    assert "nothing changed" in run("load", path)
    assert "staff" not in run("show")


def test_what_is_shown_can_be_loaded(run: Run, tmp_path: Path) -> None:
    assert "would make 0 changes" in run("load", plan(tmp_path, run("show")), "--dry-run")


def test_a_program_is_told_in_json_without_names(run: Run, tmp_path: Path) -> None:
    said = run("load", plan(tmp_path, "[groups]"), "--json")
    found = json.loads(said)
    assert [(step["name"], step["what"]) for step in found["steps"]] == [
        ("residents", "removed"), ("staff", "removed"),
    ]  # fmt: skip
    assert found["shifts"][0]["loses"] == ["garage", "lobby"]
    assert found["revision"] == 4
    assert "张三" not in said


def test_a_bad_plan_is_refused_with_every_problem(run: Run, tmp_path: Path) -> None:
    path = plan(tmp_path, '[groups]\nheld_open = ["lobby"]\nx = ["lobby:never"]')
    said = run("load", path, code=EX_DATAERR)
    assert "groups.held_open:" in said
    assert "groups.x:" in said
    assert "cannot read" in run("load", str(tmp_path / "none.toml"), code=EX_NOINPUT)


@pytest.mark.parametrize(("locale", "role"), [("C", "owner"), ("zh_CN.UTF-8", "业主")])
def test_an_empty_roster_is_written_to_fill_in_and_reads_back(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    role: str,
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    make_book(tmp_path / "book").close()
    path, book = tmp_path / "roster.xlsx", ["--book", str(tmp_path / "book")]
    assert main(["office", "template", str(path), *book]) == 0
    assert str(path) in capsys.readouterr().out
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[0]
    choices = [rule.formula1 for rule in sheet.data_validations.dataValidation]
    assert any(role in each.strip('"').split(",") for each in choices)
    assert '"residents,staff"' in choices
    columns = find_columns([str(cell.value) for cell in sheet[1]]) or {}
    assert set(Column) - set(columns) == {Column.HOME, Column.LONGER}
    assert {cell.number_format for cell in sheet[2]} == {"@"}
    said = {
        Column.NAME: "张三", Column.NUMBER: resident_number(1), Column.ROLE: role, Column.GROUPS: "staff",
        Column.CARD: "0040856634", Column.VERIFIED_AT: "2026-11-01",
    }  # fmt: skip
    for column, text in said.items():
        sheet.cell(2, columns[column] + 1).value = text
    workbook.save(path)
    assert main(["office", "import", str(path), *book]) == 0
    assert main(["office", "template", str(path), *book]) == EX_DATAERR


def test_groups_that_no_list_of_answers_holds_are_typed(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    for groups in (["a,b"], [f"group {n}" for n in range(50)]):
        path.write_bytes(template(groups, chinese=True))
        rules = openpyxl.load_workbook(path).worksheets[0].data_validations.dataValidation
        assert not any("group" in rule.formula1 or "a,b" in rule.formula1 for rule in rules)


def test_without_the_extra_no_template_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(BadInput, match="extra"):
        template([], chinese=False)
