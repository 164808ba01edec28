"""One change of the book: rows put and dropped, each as it was kept, and the roster rows that follow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agent.office import aliases, collisions, visits
from agent.office.rows import TABLES, body_of, canonical, person_of
from protocols.mqtt.model import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from agent.office.seal import Sealer

Row = dict[str, Any]
SLICE = 5000
"""Rows that are settled together: some megabytes at a time, whatever the size of the change."""


class Edit:
    """A change in the making, inside one transaction. `revision`: the number it will have."""

    def __init__(
        self,
        database: sqlite3.Connection,
        sealer: Sealer,
        digest_key: bytes,
        revision: int,
        at: datetime,
        *,
        accept_collisions: bool = False,
    ) -> None:
        self.database = database
        self.sealer = sealer
        self.digest_key = digest_key
        self.revision = revision
        self.at = at
        self.numbers: dict[str, str] = {}
        """The numbers of cards that are written, so that they need not be unsealed for their aliases."""
        self._accept_collisions = accept_collisions
        self._holders: dict[str, str | None] = {}
        self._touched: dict[str, set[str]] = {table: set() for table in TABLES}
        self._details: list[str] = []
        self._images: list[tuple[int, str, str, str | None]] = []

    @property
    def now(self) -> str:
        """Return the moment of the change as the book writes moments."""
        return stamp(self.at)

    @property
    def changed(self) -> bool:
        """Say whether anything was put or dropped."""
        return any(self._touched.values())

    @property
    def detail(self) -> str:
        """Return what the history says of the change: opaque ids and counts, nothing personal."""
        return " ".join(self._details)

    def note(self, detail: str) -> None:
        """Add an opaque id or a count to what the history will say."""
        self._details.append(detail)

    def get(self, table: str, key: str) -> Row | None:
        """Return the row, or None."""
        return row_of(self.database, table, key)

    def put(self, table: str, row: Mapping[str, Any]) -> bool:
        """Write `row` whole; return False when it stands so already."""
        return self.change(table, row, self.get(table, row["id"]))

    def change(self, table: str, row: Mapping[str, Any], before: Row | None) -> bool:
        """Write `row` whole, where the caller has just read `before`; return False when it stands so."""
        if before is not None and before == dict(row):
            return False
        self._keep(table, row["id"], before)
        places = ", ".join(f":{name}" for name in row)
        if before is None:
            statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"  # noqa: S608 - names from our schema
        else:
            # Never REPLACE: where two rows may not be alike it would remove the other, and say nothing.
            statement = f"UPDATE {table} SET ({', '.join(row)}) = ({places}) WHERE id = :id"  # noqa: S608 - the same
        self.database.execute(statement, dict(row))
        return True

    def drop(self, table: str, key: str) -> bool:
        """Remove the row; return False when there was none."""
        before = self.get(table, key)
        if before is None:
            return False
        self._keep(table, key, before)
        self.database.execute(f"DELETE FROM {table} WHERE id = ?", (key,))  # noqa: S608 - names from our schema
        return True

    def _keep(self, table: str, key: str, before: Row | None) -> None:
        if key not in self._touched[table]:
            self._touched[table].add(key)
            if table == "credential":
                self._holders[key] = None if before is None else before["person"]
            self._images.append((self.revision, table, key, image_of(before)))

    def forget(self, table: str, key: str) -> None:
        """Erase every earlier version of a row, so that no undo brings it back."""
        self._write_images()
        self.database.execute("DELETE FROM before WHERE kind = ? AND id = ?", (table, key))

    def _write_images(self) -> None:
        self.database.executemany(
            "INSERT INTO before (revision, kind, id, image) VALUES (?, ?, ?, ?)", self._images
        )
        self._images.clear()

    def settle(self) -> None:
        """Write the roster rows that follow from the change: call it once, before the commit.

        Raises Collides when readers cannot tell a card from another now, and nobody has accepted that.
        """
        people = self._touched["person"]
        visits.follow(self, people)  # which changes rows itself: before their images are written
        self._write_images()
        self._settle_collisions()
        credentials = set(self._touched["credential"])
        for part in _sliced(people):
            found = self.database.execute(
                "SELECT credential.id FROM json_each(?) CROSS JOIN credential ON person = value",
                (json.dumps(part),),
            )
            credentials.update(key for (key,) in found)
        self._settle("person", people)
        self._settle("credential", credentials)
        for table in ("door_group", "schedule", "gateway", "pass"):
            self._settle(table, self._touched[table])

    def _settle_collisions(self) -> None:
        fresh = bool(self._touched["gateway"]) and aliases.keep_up(self)
        aliases.add(self, (key for key, person in self._holders.items() if person is None))
        found = collisions.settle(self, None if fresh else self._moved(), self._touched["gateway"])
        if found and not self._accept_collisions:
            raise collisions.Collides(found)
        if found:
            self.note(f"collisions+{len(found)}")

    def _moved(self) -> list[str]:
        """Return the cards that came, went, or changed hands."""
        rows = self.database.execute(
            "SELECT id, person FROM credential WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(self._holders)),),
        )
        now = {row["id"]: row["person"] for row in rows}
        return [key for key, person in self._holders.items() if now.get(key) != person]

    def _settle(self, table: str, keys: Iterable[str]) -> None:
        kind = TABLES[table]
        if kind is None:
            return
        for part in _sliced(keys):
            rows = self._rows(f"{table} AS here ON here.id = asked.value", part)
            last = self._rows(
                "roster_row AS here ON here.kind = ? AND here.id = asked.value GROUP BY here.id "
                "HAVING revision = max(revision)",
                part,
                kind,
            )
            bound = {key: person_of(table, row) for key, row in rows.items()}
            on_the_list = self._verified({person for person in bound.values() if person is not None})
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
                fresh.append((kind, key, self.revision, text, person))
            self.database.executemany(
                "INSERT INTO roster_row (kind, id, revision, body, person) VALUES (?, ?, ?, ?, ?)", fresh
            )

    def _rows(self, joined: str, keys: list[str], *values: str) -> dict[str, Row]:
        """Return rows by id: from what is asked outwards, for SQLite does not know how few that may be."""
        found = self.database.execute(
            f"SELECT here.* FROM json_each(?) AS asked CROSS JOIN {joined}",  # noqa: S608 - texts of ours
            (json.dumps(keys), *values),
        )
        return {row["id"]: dict(row) for row in found}

    def _verified(self, persons: set[str]) -> set[str]:
        rows = self._rows("person AS here ON here.id = asked.value", list(persons))
        return {key for key, row in rows.items() if row["verified_at"] is not None}


def _sliced(keys: Iterable[str]) -> Iterator[list[str]]:
    """Yield `keys` in order, so many at a time as one question to the database may name."""
    ordered = sorted(keys)
    yield from (ordered[start : start + SLICE] for start in range(0, len(ordered), SLICE))


def row_of(database: sqlite3.Connection, table: str, key: str) -> Row | None:
    """Return a row of one of TABLES as a plain mapping, or None."""
    found = database.execute(f"SELECT * FROM {table} WHERE id = ?", (key,)).fetchone()  # noqa: S608 - names from our schema
    return None if found is None else dict(found)


def image_of(row: Row | None) -> str | None:
    """Return `row` as kept in `before`: sealed columns stay sealed."""
    if row is None:
        return None
    return json.dumps(
        {key: {"hex": value.hex()} if isinstance(value, bytes) else value for key, value in row.items()}
    )


def row_from(image: str) -> Row:
    """Return the row that `image` was made of."""
    kept: Row = json.loads(image)
    return {
        key: bytes.fromhex(value["hex"]) if isinstance(value, dict) else value for key, value in kept.items()
    }
