"""The table of doors at a terminal: what is waited for comes first, and since when a gateway is offline."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent.cli.office_standing import lines, live_table, tell_unsaid
from agent.office.push import Standing
from agent.office.receipts import Evidence
from tests.peers.office_site import START, make_book

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.office.book import Book

EVIDENCE = Evidence("gw01", "lobby", 7, START, True, None, "0" * 64, 1, START, START, START, "t")
DONE = Standing("gw01", "lobby", enforced=True, complete=True, evidence=EVIDENCE, online=True, trouble=None)
BEYOND = "not only cards were stopped since: push with the office's key"
AWAY = Standing(
    "gw02", "plant", enforced=False, complete=False, evidence=None, online=False, trouble=None, seen_at=START
)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Book]:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("COLUMNS", "120")
    with make_book(tmp_path / "book") as made:
        yield made


def drawn(
    book: Book, standing: list[Standing], capsys: pytest.CaptureFixture[str], *, shown: bool = True
) -> str:
    with live_table(book, shown=shown) as draw:
        draw(standing, 12.4)
    return capsys.readouterr().out


def test_a_screen_shows_who_is_waited_for_and_how_many_are_done(
    book: Book, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")  # and not a dumb one, whose size is never asked
    monkeypatch.setenv("LINES", "9")
    doors = [replace(DONE, door=f"door-{n}") for n in range(9)]

    screen = drawn(book, [*doors, AWAY], capsys)

    assert "offline, last seen 2026-11-22 09:00:00" in screen
    assert screen.index("plant") < screen.index("door-0")
    assert "door-8" not in screen
    assert "7 doors more" in screen
    assert "9 of 10 doors, 12 s left" in screen


def test_nothing_is_drawn_where_nobody_looks(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    assert drawn(book, [DONE], capsys) == ""
    assert drawn(book, [DONE], capsys, shown=False) == ""


@pytest.mark.parametrize(
    ("change", "status", "panels"),
    [
        ({}, "enforced", "yes"),
        ({"complete": False, "evidence": replace(EVIDENCE, why="panel 3")}, "enforced", "not yet: panel 3"),
        ({"enforced": False, "complete": False}, "waiting", ""),
        (
            {"enforced": False, "trouble": "wrong_list"},
            "not accepted: its list is not the one that we made",
            "",
        ),
        ({"enforced": False, "trouble": "needs_office"}, f"not accepted: {BEYOND}", ""),
        ({"enforced": False, "online": False}, "offline", ""),
        ({"enforced": False, "online": None, "evidence": None}, "never heard", ""),
    ],
)
def test_where_a_door_stands_is_one_word(
    book: Book, change: dict[str, object], status: str, panels: str
) -> None:
    (line,) = lines(book, [replace(DONE, **change)])  # type: ignore[arg-type] # as the table has them
    assert (line[2], line[5]) == (status, panels)
    assert line[3] in {"", "7: 2026-11-22 09:00:00"}


def test_readers_that_give_more_are_told_of_once(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    told: set[str] = set()
    for _ in range(2):
        tell_unsaid(book, {"gw01": ("fc8cn16",), "gw02": ()}, told)
    said = capsys.readouterr().out
    assert said.count("fc8cn16, which the office was not told of") == 1
    assert "gateway add gw01 --reads fc8cn16,uid32" in said
