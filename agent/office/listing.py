"""The roster rows that follow from rows of the book: written by revision, where they differ from the last.

A credential is on the list as long as the book holds it and somebody has verified whose it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.office.rows import TABLES, body_of, canonical, person_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.office.edit import Edit
    from agent.office.rows import Row

SLICE = 5000
"""Rows that are written together: some megabytes at a time, whatever the size of the change."""


def write(edit: Edit, table: str, keys: Iterable[str]) -> None:
    """Write the roster rows of `keys`, as the book has those rows now."""
    kind = TABLES[table]
    if kind is None:
        return
    for part in _sliced(keys):
        rows = _rows(edit, f"{table} AS here ON here.id = asked.value", part)
        last = _rows(
            edit,
            "roster_row AS here ON here.kind = ? AND here.id = asked.value GROUP BY here.id "
            "HAVING revision = max(revision)",
            part,
            kind,
        )
        bound = {key: person_of(table, row) for key, row in rows.items()}
        on_the_list = _verified(edit, {person for person in bound.values() if person is not None})
        fresh = []
        for key in part:
            row, before, person = rows.get(key), last.get(key), bound.get(key)
            listed = row is not None and (person is None or person in on_the_list)
            body = body_of(table, row) if row is not None and listed else None
            text = None if body is None else canonical(body)
            if (None if before is None else before["body"]) == text:
                continue
            if person is None and before is not None:
                person = before["person"]
            fresh.append((kind, key, edit.revision, text, person))
        edit.database.executemany(
            "INSERT INTO roster_row (kind, id, revision, body, person) VALUES (?, ?, ?, ?, ?)", fresh
        )


def held_by(edit: Edit, persons: Iterable[str]) -> Iterator[str]:
    """Yield the ids of all cards and phones of `persons`."""
    for part in _sliced(persons):
        found = edit.database.execute(
            "SELECT credential.id FROM json_each(?) CROSS JOIN credential ON person = value",
            (json.dumps(part),),
        )
        yield from (key for (key,) in found)


def _rows(edit: Edit, joined: str, keys: list[str], *values: str) -> dict[str, Row]:
    """Return rows by id: from what is asked outwards, for SQLite does not know how few that may be."""
    found = edit.database.execute(
        f"SELECT here.* FROM json_each(?) AS asked CROSS JOIN {joined}",  # noqa: S608 - texts of ours
        (json.dumps(keys), *values),
    )
    return {row["id"]: dict(row) for row in found}


def _verified(edit: Edit, persons: set[str]) -> set[str]:
    rows = _rows(edit, "person AS here ON here.id = asked.value", list(persons))
    return {key for key, row in rows.items() if row["verified_at"] is not None}


def _sliced(keys: Iterable[str]) -> Iterator[list[str]]:
    """Yield `keys` in order, so many at a time as one question to the database may name."""
    ordered = sorted(keys)
    yield from (ordered[start : start + SLICE] for start in range(0, len(ordered), SLICE))
