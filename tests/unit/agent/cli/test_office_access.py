"""`menshen office access`: who may open what, as one file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.app import main
from agent.errors import EX_DATAERR, EX_NOINPUT
from tests.peers.office_site import add_card, add_person, make_book

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
