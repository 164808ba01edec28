"""The property office's book: a directory with one SQLite file and the office's keys.

    book.sqlite   persons, credentials, rules, history: everything personal sealed
    book.key      what the book is locked with, unless that is a passphrase
    office.key    the Ed25519 key that signs rosters
    digest.key    the building's key for credential digests; each gateway has a copy

Every change is one revision: made in one transaction, numbered, with who and when, and undone by another.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from agent.errors import BadInput, StoreError
from agent.keyfiles import make_secret, make_signing_key, read_secret, read_signing_key
from agent.office import history
from agent.office.database import connect
from agent.office.edit import Edit, row_of
from agent.office.seal import Lock, Sealer, WrongKey, lock_by_passphrase, unwrap, wrap
from agent.office.settle import settle
from protocols.mqtt.model import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BOOK_FILE = "book.sqlite"
LOCK_FILE = "book.key"
NEXT_LOCK_FILE = "book.key.next"
OFFICE_KEY_FILE = "office.key"
DIGEST_KEY_FILE = "digest.key"
HOME_ZONE = "Asia/Shanghai"
SKIPPED = "book.skipped"
"""The line of history with which a book from a backup steps over revisions that gateways have."""


class Book:
    """An open book. Use it as a context manager, in one thread."""

    def __init__(self, directory: Path, database: sqlite3.Connection, data_key: bytes) -> None:
        self.directory = directory
        self.database = database
        self.sealer = Sealer(data_key)
        self.digest_key = read_secret(directory / DIGEST_KEY_FILE)
        self.zone = ZoneInfo(self.setting("zone", HOME_ZONE))

    @classmethod
    def make(
        cls, directory: Path, *, at: datetime, by: str, passphrase: str | None = None, zone: str = HOME_ZONE
    ) -> Self:
        """Make a new book with its keys in `directory`. Raises BadInput when there is one already."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (directory / BOOK_FILE).exists():
            raise BadInput(f"there is a book in {directory} already", f"{directory} 中已有登记簿")
        if passphrase is None:
            lock = Lock(make_secret(directory / LOCK_FILE))
        else:
            lock = lock_by_passphrase(passphrase)
        make_signing_key(directory / OFFICE_KEY_FILE)
        make_secret(directory / DIGEST_KEY_FILE)
        data_key = Sealer.new_key()
        database = connect(directory / BOOK_FILE, create=True)
        for name, value in (
            ("wrapped_key", wrap(data_key, lock)),
            ("salt", lock.salt),
            ("zone", zone.encode()),
            ("made", f"{stamp(at)} {by}".encode()),
        ):
            database.execute("INSERT INTO setting (name, value) VALUES (?, ?)", (name, value))
        return cls(directory, database, data_key)

    @classmethod
    def open(cls, directory: Path, ask: Callable[[], str] | None = None) -> Self:
        """Open the book in `directory`; `ask` gives the passphrase of one that has one.

        Raises BadInput when there is none, WrongKey when the key or the passphrase is not the book's.
        """
        if not (directory / BOOK_FILE).exists():
            raise BadInput(
                f"there is no book in {directory}; make one: menshen office init --book {directory}",
                f"{directory} 中没有登记簿；请先执行 menshen office init --book {directory}",
            )
        database = connect(directory / BOOK_FILE)
        try:
            return cls(directory, database, _data_key(directory, database, ask))
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def revision(self) -> int:
        """The number of the newest change; 0 for a book in which nothing was written."""
        newest = self.database.execute("SELECT max(number) FROM revision").fetchone()[0]
        return int(newest or 0)

    @property
    def roster_revision(self) -> int:
        """The newest change that gateways need to hear of: a new telephone number is not theirs to know."""
        row = self.database.execute(
            "SELECT max((SELECT coalesce(max(revision), 0) FROM roster_row), "
            "(SELECT coalesce(max(number), 0) FROM revision WHERE what = ?))",
            (SKIPPED,),
        ).fetchone()
        return int(row[0])

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the office's key."""
        return read_signing_key(self.directory / OFFICE_KEY_FILE)

    def setting(self, name: str, otherwise: str = "") -> str:
        """Return a setting of the book."""
        found = self.database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return otherwise if found is None else found[0].decode()

    def set(self, name: str, value: str) -> None:
        """Keep a setting of the book. Not for anything personal or secret."""
        self.set_bytes(name, value.encode())

    def set_bytes(self, name: str, value: bytes) -> None:
        """Keep a setting that is no text."""
        self.database.execute("REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))

    def row(self, table: str, key: str) -> dict[str, Any] | None:
        """Return a row of the book as it stands, or None."""
        return row_of(self.database, table, key)

    @contextmanager
    def change(
        self, what: str, *, by: str, at: datetime, keep: bool = True, accept_collisions: bool = False
    ) -> Iterator[Edit]:
        """Make one change: commit it as the next revision when the block ends well, else leave no trace.

        `keep=False` rehearses: everything is done and seen inside the block, and then taken back.
        A change that changed nothing makes no revision. Raises Collides when readers could take a card for
        another from now on; `accept_collisions`: such cards are left off the lists where that is so.
        """
        self.database.execute("BEGIN IMMEDIATE")
        try:
            edit = Edit(self.database, self.sealer, self.digest_key, self.revision + 1, at)
            yield edit
            if edit.changed and (keep or not accept_collisions):  # a rehearsal is refused for what the act is
                settle(edit, accept_collisions=accept_collisions)
            if keep and edit.changed:
                self.log(what, edit.detail, by=by, at=at, number=edit.revision)
                self.database.execute("COMMIT")
        finally:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write what the block writes as one, with one wait for the disk; for notes that are no change."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.database.execute("COMMIT")
        finally:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")

    def log(self, what: str, detail: str, *, by: str, at: datetime, number: int | None = None) -> None:
        """Write a line of history that changes no row, as the next revision or as `number`."""
        number = self.revision + 1 if number is None else number
        history.append(self.database, self.sealer, (number, stamp(at), by, what, detail))

    def history(self, about: str | None = None) -> list[dict[str, Any]]:
        """Return every change, oldest first, or those of one person: number, at, by, what, detail."""
        return history.lines(self.database, about)


def _data_key(directory: Path, database: sqlite3.Connection, ask: Callable[[], str] | None) -> bytes:
    settings = dict(
        database.execute("SELECT name, value FROM setting WHERE name IN ('wrapped_key', 'salt')").fetchall()
    )
    if "wrapped_key" not in settings:
        raise StoreError(
            f"the book in {directory} was never finished; remove it and make it again",
            f"{directory} 中的登记簿未建完；请删除后重建",
        )
    wrapped = settings["wrapped_key"]
    ready = directory / NEXT_LOCK_FILE
    if ready.exists():  # a change of key was cut short, before or after its commit
        try:
            data_key = unwrap(wrapped, Lock(read_secret(ready)))
        except WrongKey:
            ready.unlink()
        else:
            ready.replace(directory / LOCK_FILE)
            return data_key
    return unwrap(wrapped, _lock(directory, settings.get("salt", b""), ask))


def _lock(directory: Path, salt: bytes, ask: Callable[[], str] | None) -> Lock:
    if not salt:
        try:
            return Lock(read_secret(directory / LOCK_FILE))
        except BadInput as error:
            raise WrongKey(
                f"the book's key file is missing or damaged: {error}",
                f"登记簿密钥文件缺失或已损坏：{error.chinese}",
            ) from error
    if ask is None:
        raise WrongKey("this book is locked with a passphrase", "此登记簿用口令锁定")
    return lock_by_passphrase(ask(), salt)
