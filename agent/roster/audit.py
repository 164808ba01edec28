"""Add up the list in force once more, row by row, and hold the sum against what the office signed.

A byte that turned over within a row is no damage to SQLite: a revoked card is an active one then, and nothing
else tells. Whoever calls paces it: between two slices nothing is held, no lock and no transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agent.roster.columns import of_credential, to_credential, to_person
from agent.store.database import UNREADABLE, Damaged, Guard, open_reader
from agent.store.roster_rows import CredentialColumns, PersonColumns
from protocols.mqtt.roster import Group, ListDigest, Row, RowKind, Schedule, row_digest, row_kind
from protocols.tokens.errors import TokenError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLICE_ROWS: Final = 20
"""Rows of one slice: half a millisecond in which a card may have to wait for the interpreter."""

_HEAD: Final = "SELECT id, revision, digest, count FROM generation WHERE state = 'active'"
_PERSONS: Final = (
    "SELECT id, id, flags, verified_until, from_ms, until_ms, groups, household FROM person "
    "WHERE gen = ? AND id > ? ORDER BY id LIMIT ?"
)
_CREDENTIALS: Final = (
    "SELECT digest, digest, kind, state, person, from_ms, until_ms, key, kid FROM credential "
    "WHERE gen = ? AND digest > ? ORDER BY digest LIMIT ?"
)
_RULES: Final = "SELECT kind, name, body FROM rule WHERE gen = ?"


class _Unreadable(Exception):  # noqa: N818 - what it is; never leaves this module
    """A row is none that the office can have signed."""


def audit(path: Path, go_on: Callable[[], bool], *, immutable: bool = False) -> bool | None:
    """Say whether the rows of the list in force at `path` are those that its digest stands for.

    go_on: called after each slice; it takes its time, and says False where the audit is to be given up.
    immutable: the file is a copy that nobody writes. None: given up, or the list became another one
    meanwhile. Raises StoreError where the disk fails.
    """
    try:
        reading = open_reader(path, immutable=immutable)
        try:
            return _audit(reading, go_on)
        finally:
            reading.close()
    except (Damaged, _Unreadable):
        return False


def _audit(reading: sqlite3.Connection, go_on: Callable[[], bool]) -> bool | None:
    head = _one(reading)
    if head is None:
        return False
    gen, revision, digest, count = head
    total = ListDigest()
    for rows in _slices(reading, gen):
        for kind, row in rows:
            total = total.plus(row_digest(kind, row))
        if not go_on():
            return None
    if _one(reading) != head:
        return None
    return revision == 0 or (total.total.to_bytes(32), total.count) == (digest, count)


def _one(reading: sqlite3.Connection) -> tuple[Any, ...] | None:
    with Guard("audit the list"):
        found: tuple[Any, ...] | None = reading.execute(_HEAD).fetchone()
    return found


def _slices(reading: sqlite3.Connection, gen: int) -> Iterator[list[tuple[RowKind, Row]]]:
    for rows in _keyed(reading, _PERSONS, gen, ""):
        yield [(RowKind.PERSON, _made(_person, row)) for row in rows]
    for rows in _keyed(reading, _CREDENTIALS, gen, b""):
        yield [(RowKind.CREDENTIAL, _made(_credential, row)) for row in rows]
    with Guard("audit the list"):
        rules = reading.execute(_RULES, (gen,)).fetchall()
    for start in range(0, len(rules), SLICE_ROWS):
        made = [_made(_rule, row) for row in rules[start : start + SLICE_ROWS]]
        yield [(row_kind(row), row) for row in made]


def _made(make: Callable[[tuple[Any, ...]], Row], columns: tuple[Any, ...]) -> Row:
    try:
        return make(columns)
    except (*UNREADABLE, TokenError) as error:
        raise _Unreadable from error


def _person(columns: tuple[Any, ...]) -> Row:
    found = PersonColumns(*columns)
    _texts(found.id, found.household or "")
    return to_person(found)


def _credential(columns: tuple[Any, ...]) -> Row:
    found = CredentialColumns(*columns)
    _texts(found.person)
    row = to_credential(found)
    if found.key is not None and of_credential(row).kid != found.kid:
        raise ValueError("a phone is found by another name than its key's")
    return row


def _rule(columns: tuple[Any, ...]) -> Row:
    kind, name, body = columns
    _texts(body)
    row = (Group if RowKind(kind) is RowKind.GROUP else Schedule).model_validate_json(body)
    if row.name != name:
        raise ValueError("a rule is found by another name than its own")
    return row


def _texts(*values: object) -> None:
    if not all(isinstance(each, str) for each in values):
        raise TypeError("not a text")


def _keyed(
    reading: sqlite3.Connection, query: str, gen: int, after: str | bytes
) -> Iterator[list[tuple[Any, ...]]]:
    """Go through a table by its key, a slice a query: what is written meanwhile moves nothing."""
    while True:
        with Guard("audit the list"):
            rows = reading.execute(query, (gen, after, SLICE_ROWS)).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [row[1:] for row in rows]
