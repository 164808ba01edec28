"""Changing what the book is locked with: everything personal is sealed anew, under a new key.

The data key is drawn anew too, so that a copy of the old key file opens no later copy of the book. The new
key file lies ready beside the old one before the book changes, and takes its place after: a power cut in
between leaves a book that opens with one of the two.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.keyfiles import make_secret
from agent.office import history
from agent.office.book import LOCK_FILE, NEXT_LOCK_FILE
from agent.office.database import scrub
from agent.office.edit import image_of, row_from
from agent.office.identity import Document
from agent.office.people import Details, Home, home_digests, person_digests
from agent.office.seal import Lock, Sealer, lock_by_passphrase, wrap

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from agent.office.book import Book

SEALED_TABLES = ("person", "household", "credential")


def rekey(book: Book, *, by: str, at: datetime, passphrase: str | None = None) -> None:
    """Lock the book anew: with `passphrase`, or with a new key file when there is none."""
    ready = book.directory / NEXT_LOCK_FILE
    ready.unlink(missing_ok=True)  # of an attempt that never came to its commit
    lock = Lock(make_secret(ready)) if passphrase is None else lock_by_passphrase(passphrase)
    data_key = Sealer.new_key()
    fresh = Sealer(data_key)
    database = book.database
    database.execute("BEGIN IMMEDIATE")
    try:
        for table in SEALED_TABLES:
            for row in database.execute(f"SELECT * FROM {table}").fetchall():  # noqa: S608 - names of ours
                anew = _anew(table, dict(row), book.sealer, fresh)
                database.execute(
                    f"UPDATE {table} SET {', '.join(f'{name} = :{name}' for name in anew)} WHERE id = :id",  # noqa: S608 - the same
                    anew,
                )
            _images(book, table, fresh)
        book.set_bytes("wrapped_key", wrap(data_key, lock))
        book.set_bytes("salt", lock.salt)
        book.log("book.rekeyed", "", by=by, at=at)
        history.keep_key(database, fresh, history.key_of(database, book.sealer))
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")
            ready.unlink(missing_ok=True)
    book.sealer = fresh
    if passphrase is None:
        ready.replace(book.directory / LOCK_FILE)
    else:
        (book.directory / LOCK_FILE).unlink(missing_ok=True)
    scrub(database)  # what the old key opens must be on no page


def _images(book: Book, table: str, fresh: Sealer) -> None:
    rows = book.database.execute(
        "SELECT revision, id, image FROM before WHERE kind = ? AND image IS NOT NULL", (table,)
    ).fetchall()
    for row in rows:
        anew = _anew(table, row_from(row["image"]), book.sealer, fresh)
        book.database.execute(
            "UPDATE before SET image = ? WHERE kind = ? AND id = ? AND revision = ?",
            (image_of(anew), table, row["id"], row["revision"]),
        )


def _anew(table: str, row: dict[str, Any], old: Sealer, fresh: Sealer) -> dict[str, Any]:
    place = f"{table}/{row['id']}"
    text = old.open(row["sealed"], place)
    row = row | {"sealed": fresh.seal(text, place)}
    match table:
        case "person":
            return row | _person_digests(json.loads(text), fresh)
        case "household":
            return row | home_digests(fresh, Home(**json.loads(text)))
        case _:
            return row


def _person_digests(said: dict[str, Any], sealer: Sealer) -> dict[str, str | None]:
    details = Details(**{**said, "document": Document(said["document"])})
    return person_digests(sealer, details)
