"""Every command with arguments that nobody means: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import argparse
import io
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import available, main, parser_for
from tests.peers.office_site import make_book

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 2
"""Of every command. Its arguments are chosen by its own name, so they are the same in every run."""

LASTING = {("run",), ("demo",), ("office", "watch"), ("office", "push"), ("phone", "open"), ("bus", "osdp")}
"""They go on until they are told to end, or wait for a broker: each has tests of its own."""

OFFICE_KEYS = {("office", "rekey"), ("office", "init")}
"""They change who may open the book that the other commands are given."""

WORDS = (
    "",
    "-",
    "0",
    "-1",
    "1e999",
    "nan",
    "99999999999999999999999999",
    "１２３",
    "\udcff",
    "\n",
    "'\"; --",
    "../../x",
    "x" * 70_000,
    "ff",
    "0x10",
    "2026-13-45",
    "9999-12-31",
    "0001-01-01",
    "1-5",
    "9-1",
    "128",
    "a:-1",
    "+",
    "eyJhbGciOiJFZERTQSJ9.e30.AA",
    "1" * 200,
    "\u202e",
    "0,1",
    "110105194912310021",
    "mon 08:00-20:00",
    "1-7 25:00-99:99",
    "Asia/Nowhere",
    "/etc/localtime",
    "mqtt://[::1",
    ":0",
    "53018108000 40100cae1",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of files that are not what any command wants, and a book."""
    made = tmp_path_factory.mktemp("hostile")
    (made / "empty").touch()
    (made / "noise").write_bytes(Random("noise").randbytes(5000))
    (made / "folder").mkdir()
    (made / "text.csv").write_text("姓名,证件号\n,\n", encoding="gbk")
    (made / "half.xlsx").write_bytes(b"PK\x03\x04" + bytes(50))
    (made / "latin.toml").write_bytes(b'gateway = "\xff"')
    (made / "half.toml").write_text('gateway = "g"\n[[port]]\n')
    (made / "loop").symlink_to(made / "loop")
    with closing(sqlite3.connect(made / "other.db")) as connection:
        connection.execute("CREATE TABLE journal (something TEXT)")
    make_book(made / "book").close()
    return made


@pytest.fixture(autouse=True)
def _nobody_at_the_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer no question, and keep files that a command makes without being told where."""
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n" * 3), errors="surrogateescape")
    )
    monkeypatch.setattr("getpass.getpass", lambda _prompt="": "secret")
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("USER", "somebody")
    before = Path.cwd()
    os.chdir(folder)
    yield
    os.chdir(before)


def commands() -> list[tuple[str, ...]]:
    """Return every command there is, but for those that last."""
    found: list[tuple[str, ...]] = []
    for group in available():
        found += (name for name, _ in walk(group_parser(group), (group,)))
    return [name for name in found if name not in LASTING | OFFICE_KEYS]


def walk(
    parser: argparse.ArgumentParser, name: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Go through the commands below a parser, each with its own parser."""
    below = subcommands(parser)
    if not below:
        yield name, parser
    for word, each in below.items():
        yield from walk(each, (*name, word))


def group_parser(group: str) -> argparse.ArgumentParser:
    return subcommands(parser_for([group]))[group]


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def absurd(random: Random, folder: Path, parser: argparse.ArgumentParser) -> Iterator[str]:
    """Give arguments: what is required mostly, the rest now and then, all of it nonsense."""
    paths = [str(each) for each in sorted(folder.iterdir())]
    paths += [str(folder / "none" / "at" / "all"), "x" * 5000, "/", "/dev/null", "\udcff\udc80", ""]
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        if action.option_strings:
            is_book = "--book" in action.option_strings
            if not is_book and random.random() > (0.95 if action.required else 0.3):
                continue
            if action.nargs == 0:
                yield action.option_strings[-1]
            else:
                value = (
                    str(folder / "book") if is_book and random.random() < 0.9 else one(random, action, paths)
                )
                yield f"{action.option_strings[-1]}={value}"
        else:
            for _ in range(
                {None: 1, "?": 1, "*": 2, "+": 2}.get(str(action.nargs) if action.nargs else None, 1)
            ):
                yield one(random, action, paths)


def one(random: Random, action: argparse.Action, paths: list[str]) -> str:
    if action.choices and random.random() < 0.8:
        choices = [getattr(each, "value", each) for each in action.choices if not isinstance(each, list)]
        return str(random.choice(choices))
    return random.choice(paths if action.type is Path else WORDS)


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_arguments_that_nobody_means_end_in_a_sentence(
    command: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = dict(walk(group_parser(command[0]), command[:1]))[command]
    random = Random(" ".join(command))
    for _ in range(ROUNDS):
        given = [*command, *absurd(random, folder, parser)]
        try:
            code = main(given)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        said = capsys.readouterr()
        assert code != 1, (given, said.err[-500:])
        assert code == 0 or said.err.strip() or said.out.strip(), given
        assert "Traceback" not in said.err + said.out
