"""Who changed what: append-only, and a line altered behind our back is found."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import StoreError
from agent.office import history, lifecycle
from agent.office.book import BOOK_FILE, Book
from agent.office.rekey import rekey
from tests.peers.office_site import START, add_card, add_person, make_book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


def forge(book: Book, *statements: str) -> None:
    """Do what somebody does who can write the file, and has no key."""
    other = sqlite3.connect(book.directory / BOOK_FILE, isolation_level=None)
    for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        other.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        other.execute(statement)
    other.close()


def wrong(book: Book) -> int | None:
    return history.first_wrong(book.database, book.sealer)


def test_a_line_cannot_be_put_in_the_place_of_another(book: Book) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        book.database.execute(
            "REPLACE INTO revision (number, at, by, what, detail) VALUES (1, '', '', '', '')"
        )


def test_every_change_is_chained_to_the_one_before(book: Book) -> None:
    for serial in range(1, 5):
        add_person(book, "张三", serial)
    assert wrong(book) is None


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE revision SET by = 'nobody' WHERE number = 2", 2),
        ("UPDATE revision SET at = '2020-01-01T00:00:00.000Z' WHERE number = 3", 3),
        ("UPDATE revision SET detail = 'x', mark = NULL WHERE number = 2", 2),
        ("UPDATE revision SET detail = 'x', mark = NULL WHERE number = 1", 2),
        ("DELETE FROM revision WHERE number = 3", 4),
        ("INSERT INTO revision VALUES (9, '', 'nobody', 'x', '', x'00')", 9),
        ("INSERT INTO revision (number, at, by, what, detail) VALUES (9, '', 'nobody', 'x', '')", 9),
    ],
)
def test_a_line_that_was_altered_taken_out_or_slipped_in_is_found(
    book: Book, statement: str, found: int
) -> None:
    for serial in range(1, 5):
        add_person(book, "张三", serial)
    forge(book, statement)
    assert wrong(book) == found


def test_lines_from_before_the_chain_are_covered_by_the_first_after_them(book: Book) -> None:
    add_person(book, "张三", 1)
    forge(book, "UPDATE revision SET mark = NULL", "DELETE FROM setting WHERE name = 'history_key'")
    assert wrong(book) is None
    add_person(book, "李四", 2)
    add_person(book, "王五", 3)
    assert wrong(book) is None
    forge(book, "UPDATE revision SET by = 'nobody' WHERE number = 1")
    assert wrong(book) == 3


def test_the_chain_holds_across_a_change_of_key(book: Book) -> None:
    add_person(book, "张三", 1)
    rekey(book, by="t", at=START)
    add_person(book, "李四", 2)
    assert wrong(book) is None
    with Book.open(book.directory) as again:
        assert wrong(again) is None


def test_a_chain_whose_key_is_gone_is_not_begun_anew(book: Book) -> None:
    forge(book, "DELETE FROM setting WHERE name = 'history_key'")
    with pytest.raises(StoreError, match="history"):
        wrong(book)


def test_the_history_of_one_person_has_their_cards_too(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    card = add_card(book, first, 1)
    add_card(book, second, 2)
    lifecycle.leave(book, first, by="wang", at=START)
    assert [(line["what"], line["by"]) for line in book.history(first)] == [
        ("person.added", "tester"),
        ("card.issued", "tester"),
        ("person.left", "wang"),
    ]
    assert card
    assert book.history("p-nobody") == []
