"""Changing the book's lock and the office's signing key."""

from pathlib import Path

import pytest

from agent.errors import BadInput, StoreError
from agent.keyfiles import make_secret
from agent.office import lifecycle, people, signing
from agent.office.book import LOCK_FILE, NEXT_LOCK_FILE, Book
from agent.office.rekey import rekey
from agent.office.seal import WrongKey
from agent.office.undo import undo
from protocols.tokens.keys import public_text
from tests.peers.office_site import START, add_card, add_person, make_book, resident_number


def test_after_a_new_key_all_is_there_and_the_old_key_opens_nothing(tmp_path: Path) -> None:
    with make_book(tmp_path) as book:
        person = add_person(book, "张三", 1)
        add_card(book, person, 1)
        there = book.revision
        lifecycle.leave(book, person, by="t", at=START)
        old_key = (tmp_path / LOCK_FILE).read_bytes()
        sealed = book.row("person", person)
        rekey(book, by="t", at=START)
        assert book.history()[-1]["what"] == "book.rekeyed"
        assert people.one(book, resident_number(1)).details.name == "张三"
        undo(book, there, by="t", at=START)
        assert people.one(book, "3-1-1001").valid_until is None
    with Book.open(tmp_path) as book:
        assert people.one(book, "13800000001").id == person
        assert lifecycle.leave_household(book, people.Home("3", "1", ""), by="t", at=START) == 1
    assert sealed is not None
    assert sealed["sealed"] not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    (tmp_path / LOCK_FILE).write_bytes(old_key)
    with pytest.raises(WrongKey):
        Book.open(tmp_path)


def test_a_key_file_gives_way_to_a_passphrase_and_back(tmp_path: Path) -> None:
    with make_book(tmp_path) as book:
        add_person(book, "张三", 1)
        rekey(book, by="t", at=START, passphrase="open sesame")
    assert not (tmp_path / LOCK_FILE).exists()
    with Book.open(tmp_path, lambda: "open sesame") as book:
        assert people.one(book, "张三")
        rekey(book, by="t", at=START)
    with Book.open(tmp_path) as book:
        assert people.one(book, "张三")


def test_a_change_of_key_cut_short_after_its_commit_is_finished(tmp_path: Path) -> None:
    make_book(tmp_path).close()
    (tmp_path / LOCK_FILE).rename(tmp_path / NEXT_LOCK_FILE)
    Book.open(tmp_path).close()
    assert (tmp_path / LOCK_FILE).exists()
    assert not (tmp_path / NEXT_LOCK_FILE).exists()


def test_a_change_of_key_cut_short_before_its_commit_is_forgotten(tmp_path: Path) -> None:
    make_book(tmp_path).close()
    make_secret(tmp_path / NEXT_LOCK_FILE)
    Book.open(tmp_path).close()
    assert not (tmp_path / NEXT_LOCK_FILE).exists()


def test_a_change_of_key_that_fails_changes_nothing(tmp_path: Path) -> None:
    with make_book(tmp_path) as book:
        person = add_person(book, "张三", 1)
        good = book.row("person", person)
        assert good is not None
        book.database.execute("UPDATE person SET sealed = x'00'")
        with pytest.raises(StoreError, match="damaged"):
            rekey(book, by="t", at=START)
        book.database.execute("UPDATE person SET sealed = ?", (good["sealed"],))
    with Book.open(tmp_path) as book:
        assert people.load(book, person).details.name == "张三"


def test_the_signing_key_is_followed_by_one_prepared_before(tmp_path: Path) -> None:
    with make_book(tmp_path) as book:
        old = public_text(book.signing_key().public_key())
        assert signing.successor(book) is None
        with pytest.raises(BadInput, match="key prepare"):
            signing.switch(book, by="t", at=START)
        fresh = public_text(signing.prepare(book))
        assert public_text(signing.prepare(book)) == fresh != old
        assert public_text(book.signing_key().public_key()) == old
        signing.switch(book, by="t", at=START)
        assert public_text(book.signing_key().public_key()) == fresh
        assert book.history()[-1]["what"] == "office.key.switched"
