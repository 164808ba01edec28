"""The book's history: one line a change, never altered, never removed, and each chained to the one before.

A line's mark is HMAC-SHA256 over the mark before it and the line, under a key that stands sealed in the book:
who can write the file but has not the book's key can neither alter a line nor take one out unseen. Lines cut
off at the end are not missed here, but by the gateways, which then have a higher revision than the book.
"""

from __future__ import annotations

import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any

from agent.errors import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from agent.office.seal import Sealer

KEY_SETTING = "history_key"
KEY_BYTES = 32
START = b""
"""What the first line is chained to."""


def append(database: sqlite3.Connection, sealer: Sealer, line: tuple[int, str, str, str, str]) -> None:
    """Write a line: number, at, by, what, detail."""
    key = key_of(database, sealer)
    last = database.execute("SELECT mark FROM revision ORDER BY number DESC LIMIT 1").fetchone()
    if last is not None and last["mark"] is None:  # the first since the book came to have marks
        before, _ = _walk(key, database.execute("SELECT * FROM revision ORDER BY number"))
    else:
        before = START if last is None else last["mark"]
    database.execute(
        "INSERT INTO revision (number, at, by, what, detail, mark) VALUES (?, ?, ?, ?, ?, ?)",
        (*line, _mark(key, before, line)),
    )


def first_wrong(database: sqlite3.Connection, sealer: Sealer) -> int | None:
    """Return the number of the first line whose mark does not hold, or None when all of them do."""
    rows = database.execute("SELECT * FROM revision ORDER BY number")
    return _walk(key_of(database, sealer), rows)[1]


def unmarked(database: sqlite3.Connection) -> int:
    """Return how many lines have no mark: of a book from before there were any; else somebody took them."""
    return int(database.execute("SELECT count(*) FROM revision WHERE mark IS NULL").fetchone()[0])


def lines(database: sqlite3.Connection, about: str | None = None) -> list[dict[str, Any]]:
    """Return every change, oldest first: number, at, by, what, detail.

    about: the opaque id of a person; only the changes of them and of what they hold or held.
    """
    if about is None:
        rows = database.execute("SELECT number, at, by, what, detail FROM revision ORDER BY number")
    else:
        rows = database.execute(
            "WITH held AS (SELECT DISTINCT id FROM roster_row WHERE person = :id "
            "UNION SELECT id FROM credential WHERE person = :id) "
            "SELECT number, at, by, what, detail FROM revision WHERE instr(detail, :id) OR number IN "
            "(SELECT revision FROM before WHERE (kind = 'person' AND id = :id) "
            "OR (kind = 'credential' AND id IN (SELECT id FROM held))) ORDER BY number",
            {"id": about},
        )
    return [dict(row) for row in rows]


def key_of(database: sqlite3.Connection, sealer: Sealer) -> bytes:
    """Return the key of the chain, drawn when it is first needed."""
    row = database.execute("SELECT value FROM setting WHERE name = ?", (KEY_SETTING,)).fetchone()
    if row is not None:
        return bytes.fromhex(sealer.open(row["value"], KEY_SETTING))
    if database.execute("SELECT 1 FROM revision WHERE mark IS NOT NULL LIMIT 1").fetchone() is not None:
        raise StoreError(
            "the key of the history's chain is gone from the book; restore a backup",
            "登记簿中缺少变更历史的链密钥；请恢复备份",
        )
    key = secrets.token_bytes(KEY_BYTES)
    keep_key(database, sealer, key)
    return key


def keep_key(database: sqlite3.Connection, sealer: Sealer, key: bytes) -> None:
    """Write the key of the chain, sealed with `sealer`."""
    database.execute(
        "REPLACE INTO setting (name, value) VALUES (?, ?)", (KEY_SETTING, sealer.seal(key.hex(), KEY_SETTING))
    )


def _walk(key: bytes, rows: Iterable[sqlite3.Row]) -> tuple[bytes, int | None]:
    """Return the mark of the last line, and the number of the first that does not hold."""
    mark, marked = START, False
    for row in rows:
        mark = _mark(key, mark, tuple(row[name] for name in ("number", "at", "by", "what", "detail")))
        kept = row["mark"]
        if kept is None and not marked:
            continue  # from before there were marks
        if kept is None or not hmac.compare_digest(kept, mark):
            return mark, int(row["number"])
        marked = True
    return mark, None


def _mark(key: bytes, before: bytes, line: tuple[Any, ...]) -> bytes:
    return hmac.digest(key, before + json.dumps(line, ensure_ascii=False).encode(), "sha256")
