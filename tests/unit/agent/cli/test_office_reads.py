"""What the office says and does about readers that shorten cards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import main
from agent.errors import EX_DATAERR
from tests.peers.office_site import resident_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., str]

ONE, TWO = resident_number(1), resident_number(2)
CARD = "0040856634"
TWIN = "0057633850"  # the same last three bytes


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `menshen office …` on a book with two persons, of whom the first has a card."""
    monkeypatch.setenv("LC_ALL", "C")

    def run(*words: str, code: int = 0) -> str:
        assert main(["office", *words, "--book", str(tmp_path / "book")]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    run("init")
    run("gateway", "add", "gw01", "--doors", "lobby")
    run("group", "add", "residents", "--door", "lobby")
    for name, number in (("张三", ONE), ("李四", TWO)):
        run("person", "add", "--name", name, "--number", number, "--group", "residents", "--verified", "seen")
    run("card", "issue", "张三", CARD)
    return run


def test_what_readers_give_is_set_shown_and_changed(site: Run) -> None:
    assert "gw01\tlobby\t\tfc8cn16, uid32" in site("gateway", "list")
    site("gateway", "add", "gw01", "--reads", "uid32, fc8cn16-first")
    assert "gw01\tlobby\t\tfc8cn16-first, uid32" in site("gateway", "list")
    site("gateway", "add", "gw01", "--doors", "lobby,garage")
    assert "gw01\tgarage, lobby\t\tfc8cn16-first, uid32" in site("gateway", "list")
    assert "no reader gives '26'" in site("gateway", "add", "gw01", "--reads", "26", code=EX_DATAERR)
    assert "one door" in site("gateway", "add", "gw02", "--reads", "uid32", code=EX_DATAERR)


def test_a_card_that_readers_take_for_anothers_is_issued_only_when_that_is_accepted(site: Run) -> None:
    assert "--accept-collisions" in site("card", "issue", "李四", TWIN, code=EX_DATAERR)
    assert "none opens there" not in site("card", "collisions")
    assert "none opens there" in site("card", "issue", "李四", TWIN, "--accept-collisions")
    assert "readers of gw01 (fc8cn16)" in site("card", "collisions")
    site("gateway", "add", "gw01", "--reads", "uid32")
    assert site("card", "collisions") == ""
    assert "--accept-collisions" in site("gateway", "add", "gw01", "--reads", "fc8cn16", code=EX_DATAERR)
    accepted = site("gateway", "add", "gw01", "--reads", "fc8cn16", "--accept-collisions")
    assert "none opens there" in accepted


def test_a_card_is_replaced_by_one_that_collides_only_when_that_is_accepted(site: Run) -> None:
    site("card", "issue", "李四", "0000000007")
    assert "--accept-collisions" in site("card", "replace", "0000000007", TWIN, code=EX_DATAERR)
    assert "none opens there" in site("card", "replace", "0000000007", TWIN, "--accept-collisions")


def test_an_import_tells_of_colliding_cards_by_row_in_a_rehearsal_too(site: Run, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text(f"姓名,身份证号,权限组,卡号,核验\n李四,{TWO},residents,{TWIN},是\n", encoding="utf-8")
    for options in (("--dry-run",), ()):
        said = site("import", str(file), *options, code=EX_DATAERR)
        assert "row 2  D2  卡号: readers of gw01 take this card for one of p-" in said
    said = json.loads(site("import", str(file), "--dry-run", "--json", "--accept-collisions"))
    assert (said["refused"], said["cards"], said["warnings"][0]["code"]) == (False, 1, "card_left_out_book")
    assert "neither opens there" in site("import", str(file), "--accept-collisions")
    assert "readers of gw01" in site("card", "collisions")
