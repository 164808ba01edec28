"""Sealing, searching, and keys in files."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from agent.errors import BadInput, StoreError
from agent.keyfiles import (
    KeyExposed,
    make_secret,
    make_signing_key,
    read_phrase,
    read_private,
    read_secret,
    read_signing_key,
    write_private,
)
from agent.office.book import LOCK_FILE, Book
from agent.office.database import connect
from agent.office.seal import Lock, Sealer, WrongKey, lock_by_passphrase, unwrap, wrap
from tests.peers.office_site import START, add_person, make_book


def test_what_was_sealed_for_one_place_opens_only_there() -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal("张三", "person/p-1")
    assert sealer.open(sealed, "person/p-1") == "张三"
    assert "张三".encode() not in sealed
    with pytest.raises(StoreError, match="damaged or moved"):
        sealer.open(sealed, "person/p-2")


def test_a_flipped_bit_or_another_layout_is_noticed() -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal("张三", "x")
    for at in range(len(sealed)):
        with pytest.raises(StoreError):
            sealer.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], "x")
    with pytest.raises(StoreError):
        sealer.open(b"", "x")


def test_a_passphrase_of_a_terminal_that_is_not_utf_8_locks_and_unlocks() -> None:
    typed = "口令".encode("gbk").decode("utf-8", "surrogateescape")
    lock = lock_by_passphrase(typed)
    assert lock_by_passphrase(typed, lock.salt) == lock
    assert lock_by_passphrase("口令", lock.salt) != lock


def test_digests_tell_kinds_and_keys_apart() -> None:
    one, other = Sealer(b"k" * 32), Sealer(b"j" * 32)
    assert one.digest("phone", "1") == one.digest("phone", "1")
    assert one.digest("phone", "1") != one.digest("name", "1")
    assert one.digest("phone", "1") != other.digest("phone", "1")


def test_a_data_key_unwraps_with_its_lock_only() -> None:
    data_key = Sealer.new_key()
    wrapped = wrap(data_key, Lock(b"l" * 32))
    assert unwrap(wrapped, Lock(b"l" * 32)) == data_key
    with pytest.raises(WrongKey):
        unwrap(wrapped, Lock(b"m" * 32))
    assert "l" * 32 not in repr(Lock(b"l" * 32))


def test_a_book_opens_with_its_passphrase_and_says_when_it_is_wrong(tmp_path: Path) -> None:
    with Book.make(tmp_path, at=START, by="tester", passphrase="open sesame") as book:
        add_person(book, "张三", 1)
    with Book.open(tmp_path, lambda: "open sesame") as book:
        assert book.revision == 1
    with pytest.raises(WrongKey, match="not the key"):
        Book.open(tmp_path, lambda: "open barley")
    with pytest.raises(WrongKey, match="passphrase"):
        Book.open(tmp_path)


def test_a_book_with_another_key_file_says_so(tmp_path: Path) -> None:
    make_book(tmp_path).close()
    (tmp_path / LOCK_FILE).unlink()
    with pytest.raises(WrongKey, match="missing"):
        Book.open(tmp_path)
    make_secret(tmp_path / LOCK_FILE)
    with pytest.raises(WrongKey, match="not the key"):
        Book.open(tmp_path)


def test_key_files_are_the_owners_alone(tmp_path: Path) -> None:
    with make_book(tmp_path / "book"):
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "book").iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"book.sqlite", "book.key", "office.key", "digest.key"} <= modes.keys()


def test_a_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_secret(path)
    path.chmod(0o640)
    with pytest.raises(KeyExposed, match="chmod 600"):
        read_secret(path)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    make_secret(tmp_path / "key")
    with pytest.raises(BadInput, match="there already"):
        make_signing_key(tmp_path / "key")


def test_what_is_no_key_says_so(tmp_path: Path) -> None:
    secret, other = tmp_path / "secret", tmp_path / "other"
    write_private(secret, b"beef")
    with pytest.raises(BadInput, match="64 hex"):
        read_secret(secret)
    with pytest.raises(BadInput, match="no private key"):
        read_signing_key(secret)
    write_private(other, b"not hex")
    with pytest.raises(BadInput, match="64 hex"):
        read_secret(other)
    write_private(tmp_path / "long", b"x" * 5000)
    with pytest.raises(BadInput, match="too long"):
        read_private(tmp_path / "long")
    with pytest.raises(BadInput, match="cannot read"):
        read_private(tmp_path / "none")
    write_private(tmp_path / "bytes", b"\xff\xfe")
    with pytest.raises(BadInput, match="no text"):
        read_phrase(tmp_path / "bytes")
    with pytest.raises(BadInput, match="cannot write"):
        write_private(secret / "below", b"")
    curve = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(tmp_path / "curve", curve)
    with pytest.raises(BadInput, match="another kind"):
        read_signing_key(tmp_path / "curve")


def test_a_file_that_is_no_book_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    path.write_bytes(b"this is no database, but long enough to look at" * 100)
    with pytest.raises(StoreError, match="damaged"):
        connect(path)
    with pytest.raises(StoreError, match="there already"):
        connect(path, create=True)
    with pytest.raises(StoreError, match="cannot open"):
        connect(tmp_path / "none" / "book.sqlite")
    with pytest.raises(BadInput, match="office init"):
        Book.open(tmp_path / "nowhere")


def test_a_database_of_another_program_or_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    make_book(tmp_path / "book").close()
    path = tmp_path / "book" / "book.sqlite"
    database = connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="update the program"):
        connect(path)
    foreign = connect(tmp_path / "foreign", create=True)
    foreign.execute("PRAGMA application_id = 7")
    foreign.close()
    with pytest.raises(StoreError, match="another program"):
        connect(tmp_path / "foreign")


def test_a_book_is_made_once(tmp_path: Path) -> None:
    make_book(tmp_path).close()
    with pytest.raises(BadInput, match="already"):
        Book.make(tmp_path, at=START, by="tester")


def test_a_book_that_was_never_finished_says_so(tmp_path: Path) -> None:
    make_book(tmp_path).close()
    database = connect(tmp_path / "book.sqlite")
    database.execute("DELETE FROM setting")
    database.close()
    with pytest.raises(StoreError, match="never finished"):
        Book.open(tmp_path)
