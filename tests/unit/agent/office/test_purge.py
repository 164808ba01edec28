"""The end of purpose: what is personal is erased, down to the bytes of the file."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.credentials import CredentialState
from agent.errors import BadInput, StoreError
from agent.office import credentials, lifecycle, people, purge
from agent.office.book import BOOK_FILE, Book
from agent.office.database import BUSY_MS, scrub
from agent.office.people import Home
from agent.office.undo import undo
from protocols.tokens.keys import kid
from protocols.tokens.token import open_token
from tests.peers.office_site import START, add_card, add_person, make_book

LATER = START + timedelta(hours=1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


def gone(book: Book, serial: int, **changes: object) -> str:
    """Return a person who had a card and has left."""
    person = add_person(book, f"住户{serial}", serial, **changes)
    add_card(book, person, serial)
    lifecycle.leave(book, person, by="t", at=LATER)
    return person


def sealed(book: Book) -> list[bytes]:
    """Return all that is sealed in the book, now and in its earlier versions."""
    found = [
        bytes(row[0])
        for table in ("person", "household", "credential")
        for row in book.database.execute(f"SELECT sealed FROM {table}")  # noqa: S608 - names of ours
    ]
    images = book.database.execute("SELECT image FROM before WHERE image LIKE '%hex%'")
    return found + [image.encode() for (image,) in images]


def test_no_byte_of_what_was_sealed_is_left_in_the_file_or_its_log(book: Book) -> None:
    persons = [gone(book, serial) for serial in range(1, 60)]
    before = sealed(book)
    stays = add_person(book, "王五", 99)
    purge.purge(book, persons, by="t", at=LATER)
    content = b"".join(path.read_bytes() for path in book.directory.iterdir())
    assert [each for each in before if each in content] == []
    assert people.load(book, stays).details.name == "王五"
    assert people.home_at(book, str((book.row("person", stays) or {})["household"])) is not None


def test_a_card_given_back_and_a_home_moved_out_of_leave_no_earlier_version_behind(book: Book) -> None:
    person = gone(book, 1)
    with book.change("card.released", by="t", at=LATER) as edit:
        (card,) = credentials.held_by(edit, person)
        credentials.release(edit, card.id)
    stays = add_person(book, "王五", 99)
    add_card(book, stays, 1)  # the same card, in other hands
    given = book.revision
    moved = replace(people.load(book, person), home=Home("5", "2", "301"))
    with book.change("person.changed", by="t", at=LATER) as edit:
        people.save(edit, moved)
    purge.purge(book, [person], by="t", at=LATER)
    left = [image for (image,) in book.database.execute("SELECT image FROM before") if image is not None]
    assert [image for image in left if person in image] == []
    assert people.in_home(book, Home("3", "", "")) == [stays]
    assert book.database.execute("SELECT count(*) FROM household").fetchone()[0] == 1
    lifecycle.set_state(book, card.id, CredentialState.SUSPENDED, by="t", at=LATER)
    undo(book, given, by="t", at=LATER)
    assert credentials.load(book, card.id).person == stays


def test_somebody_registered_by_mistake_and_undone_is_erased_too(book: Book) -> None:
    there, stays = book.revision, add_person(book, "王五", 99)
    kept = book.revision
    person = add_person(book, "张三", 1, home=Home("5", "2", "301"))
    add_card(book, person, 1)
    assert purge.ended(book, LATER) == []
    undo(book, kept, by="t", at=LATER)
    assert purge.ended(book, LATER) == []  # the undo may be a mistake itself
    assert purge.ended(book, LATER + timedelta(days=1)) == [person]
    with closing(sqlite3.connect(book.directory / BOOK_FILE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM person").fetchone()
        book.database.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(StoreError, match="once more"):
            purge.purge(book, [person], by="t", at=LATER)
    images = [row for (row,) in book.database.execute("SELECT image FROM before WHERE image IS NOT NULL")]
    assert [image for image in images if "sealed" in image and stays not in image] == []
    assert purge.ended(book, LATER + timedelta(days=1)) == []
    assert there < kept < book.revision
    newest = book.revision
    (receipt,) = purge.purge(book, [person], by="t", at=LATER)
    assert receipt
    assert book.revision == newest
    with pytest.raises(BadInput, match="no person"):
        purge.purge(book, ["p-nobody"], by="t", at=LATER)


def test_somebody_who_has_not_left_is_not_purged_and_nobody_else_then(book: Book) -> None:
    left, stays = gone(book, 1), add_person(book, "李四", 2)
    with pytest.raises(BadInput, match=f"{stays} has not left"):
        purge.purge(book, [left, stays], by="t", at=LATER)
    assert people.load(book, left).details.name == "住户1"


def test_a_household_goes_with_its_last_member_and_not_before(book: Book) -> None:
    home = Home("3", "1", "1201")
    first, second = gone(book, 1, home=home), gone(book, 2, home=home)
    key = str((book.row("person", first) or {})["household"])
    there = book.revision
    purge.purge(book, [first], by="t", at=LATER)
    assert people.home_at(book, key) == home
    purge.purge(book, [second], by="t", at=LATER)
    assert people.home_at(book, key) is None
    undo(book, there, by="t", at=LATER)
    assert people.home_at(book, key) is None


def test_who_moved_out_of_a_purged_home_and_comes_back_by_an_undo_has_no_home(book: Book) -> None:
    home = Home("3", "1", "1201")
    mover, left = add_person(book, "张三", 1, home=home), gone(book, 2, home=home)
    there = book.revision
    with book.change("moved", by="t", at=LATER) as edit:
        people.save(edit, replace(people.load(book, mover), home=Home("4", "1", "101")))
    purge.purge(book, [left], by="t", at=LATER)
    undo(book, there, by="t", at=LATER)
    assert people.load(book, mover).home is None


def test_those_whose_purpose_has_ended_are_found_by_when_it_did(book: Book) -> None:
    left, still = gone(book, 1), add_person(book, "李四", 2, valid_until=START)
    add_card(book, still, 2)
    add_person(book, "王五", 3)
    lapsed = add_person(book, "赵六", 4, valid_until=START - timedelta(days=40))
    assert purge.ended(book, LATER) == [lapsed]
    assert sorted(purge.ended(book, LATER + timedelta(seconds=1))) == sorted([lapsed, left])
    purge.purge(book, [lapsed], by="t", at=LATER)
    assert purge.ended(book, LATER) == []


def test_every_receipt_is_kept_and_can_be_shown_to_hold(book: Book) -> None:
    persons = sorted([gone(book, 1), gone(book, 2)])
    given = purge.purge(book, persons, by="wang", at=LATER)
    office = book.signing_key().public_key()
    for token, person in zip(given, persons, strict=True):
        opened = open_token(token, purge.PURGE_TYP, lambda name: office if name == kid(office) else None)
        assert (opened.payload["person"], opened.payload["by"]) == (person, "wang")
    assert [(person, token) for person, _, token in purge.receipts(book)] == list(
        zip(persons, given, strict=True)
    )
    for statement in ("DELETE FROM purge_receipt", "UPDATE purge_receipt SET token = ''"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            book.database.execute(statement)


def test_old_pages_that_another_program_holds_are_told_and_the_same_again_finishes(book: Book) -> None:
    person = gone(book, 1)
    book.database.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(book.directory / BOOK_FILE, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM person").fetchone()
    with pytest.raises(StoreError, match="once more"):
        purge.purge(book, [person], by="t", at=LATER)
    assert purge.receipts(book) == []
    other.close()
    book.database.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    assert len(purge.purge(book, [person], by="t", at=LATER)) == 1


def test_a_file_that_another_program_writes_is_not_scrubbed(book: Book) -> None:
    book.database.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(book.directory / BOOK_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="once more"):
        scrub(book.database)
    other.close()
