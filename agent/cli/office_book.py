"""What every office command shares: opening the book, who makes a change, and tables for people or pipes."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.words import say
from agent.clock import SystemClock
from agent.errors import BadInput
from agent.keyfiles import read_phrase
from agent.office.book import Book
from agent.office.times import begins, ends, read_date

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from agent.office.collisions import Collision

    Actions = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name

DEFAULT_BOOK = Path.home() / ".local" / "share" / "menshen-office"
COLUMN_GAP = "\t"
SHORTEST_PASSPHRASE = 8
"""For a secret that a person chooses. Source: NIST SP 800-63B, 5.1.1.1."""


def action(
    actions: Actions, name: str, *, json: bool = False, said: str | None = None
) -> argparse.ArgumentParser:
    """Add the action `name`, with the options that all have. said: key of its words; None: of its name."""
    words = say(said or f"office.{name}")
    parser = actions.add_parser(name, help=words, description=words)
    parser.add_argument("--book", type=Path, default=DEFAULT_BOOK, metavar="DIR", help=say("office.opt_book"))
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help=say("office.opt_passphrase_file")
    )
    parser.add_argument("--by", default=None, metavar="NAME", help=say("office.opt_by"))
    if json:
        parser.add_argument("--json", action="store_true", help=say("check.json"))
    return parser


def family(actions: Actions, name: str) -> Actions:
    """Add the action `name` that has actions of its own."""
    parser = actions.add_parser(name, help=say(f"office.{name}"), description=say(f"office.{name}"))
    return parser.add_subparsers(metavar="ACTION", required=True, dest=f"{name}_action")


def accept_option(parser: argparse.ArgumentParser) -> None:
    """Add the option by which a person agrees that cards which readers cannot tell apart stay outside."""
    parser.add_argument("--accept-collisions", action="store_true", help=say("office.opt_accept_collisions"))


def show_collisions(found: Iterable[Collision]) -> None:
    """Print which cards readers cannot tell apart, and where neither of them opens."""
    for each in found:
        print(
            say(
                "office.collision",
                gateway=each.gateway,
                reads=", ".join(each.shortenings),
                persons=", ".join(each.persons),
                cards=", ".join(sorted({claim.card for claim in each.claims})),
            )
        )


def open_book(args: argparse.Namespace) -> Book:
    """Open the book that the options name; a passphrase comes from a file or from the terminal."""

    def ask() -> str:
        if args.passphrase_file is not None:
            return read_phrase(args.passphrase_file)
        return getpass.getpass(say("office.ask_passphrase"))

    return Book.open(args.book, ask)


def new_passphrase(path: Path | None) -> str:
    """Return a passphrase to lock a book with: out of a file, or asked for twice. Raises BadInput."""
    phrase = getpass.getpass(say("office.ask_passphrase")) if path is None else read_phrase(path)
    if len(phrase) < SHORTEST_PASSPHRASE:
        raise BadInput(say("desk.passphrase_short", least=SHORTEST_PASSPHRASE))
    if path is None and getpass.getpass(say("office.ask_again")) != phrase:
        raise BadInput(say("office.not_same"))
    return phrase


def author(args: argparse.Namespace) -> str:
    """Return who makes the change, as the history will say."""
    return args.by or getpass.getuser()


def now() -> datetime:
    """Return the wall clock."""
    return SystemClock().utc()


def from_option(book: Book, text: str | None) -> datetime | None:
    """Return the moment at which `--from DATE` begins."""
    return None if text is None else begins(_date(text), book.zone)


def until_option(book: Book, text: str | None) -> datetime | None:
    """Return the moment at which `--until DATE` is over: the day itself still counts."""
    return None if text is None else ends(_date(text), book.zone)


def day_text(book: Book, at: datetime | None) -> str:
    """Return a moment as people in the building read it; empty for none."""
    return "" if at is None else at.astimezone(book.zone).strftime("%Y-%m-%d %H:%M")


def second_text(book: Book, at: datetime | None) -> str:
    """Return a moment to the second, as people in the building read it; empty for none."""
    return "" if at is None else at.astimezone(book.zone).strftime("%Y-%m-%d %H:%M:%S")


def show_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: drawn for a terminal, parted by tabs for a pipe. Headers are keys of words."""
    titles = [say(header if "." in header else f"office.{header}") for header in headers]
    if not sys.stdout.isatty():
        for row in (titles, *rows):
            print(COLUMN_GAP.join(row))
        return
    from rich.console import Console  # noqa: PLC0415 - only for a person at a terminal
    from rich.table import Table  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    table = Table(*titles)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _date(text: str) -> date:
    day = read_date(text)
    if day is None:
        raise BadInput(say("office.bad_date", text=text))
    return day
