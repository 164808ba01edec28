"""Write the list: rows into a generation, and the one small step that puts a generation in force.

A delta changes the active generation inside one transaction. A snapshot is staged as a generation of its
own, chunk by chunk, each chunk one transaction, and then put in force by `activate`; the one before is
retired and swept away in slices. So a power cut leaves the old list or the new one.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.store.database import Guard, roll_back
from agent.store.roster_rows import VISIT, CredentialColumns, PersonColumns
from agent.store.rows import to_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

SWEPT_AT_ONCE: Final = 500
"""Rows of a retired list deleted at a time: some milliseconds, between cards."""

READ_AT_ONCE: Final = 500

_PERSON: Final = "id, flags, verified_until, from_ms, until_ms, groups, household"
_CREDENTIAL: Final = "digest, kind, state, person, from_ms, until_ms, key, kid"
_PUT_PERSON: Final = f"INTO person (gen, {_PERSON}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_CREDENTIAL: Final = f"INTO credential (gen, {_CREDENTIAL}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class RowExists(Exception):  # noqa: N818 - what happened
    """A row of that name is in the generation already."""


@dataclass(frozen=True, slots=True)
class Staging:
    """A list that is being put together. `head`: the text it was begun with, to know it again by."""

    gen: int
    head: str
    digest: bytes
    count: int
    chunks: frozenset[int]


class RosterWriter:
    """The one writer of roster.db. One thread. Every method raises StoreError where the disk fails.

    Rows are written between `begin` and `commit`, which may lie some calls apart: readers see none of it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        with Guard("prepare the roster"):
            if connection.execute("SELECT 1 FROM generation WHERE state = 'active'").fetchone() is None:
                connection.execute(
                    "INSERT INTO generation (state, revision, digest, count) "
                    "VALUES ('active', 0, zeroblob(32), 0)"
                )

    def begin(self, *, durable: bool) -> None:
        """Begin a change. durable: the commit waits for the disk. Staging need not: activating does."""
        with Guard("write the roster"):
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Put the change on disk, or roll it back and raise."""
        try:
            with Guard("write the roster"):
                self._connection.execute("COMMIT")
        finally:
            roll_back(self._connection)

    def abandon(self) -> None:
        """Undo whatever was begun."""
        roll_back(self._connection)

    def close(self) -> None:
        """Close the file, undoing what was begun."""
        roll_back(self._connection)
        self._connection.close()

    # --- generations -------------------------------------------------------------------------------------

    def active(self) -> tuple[int, int, bytes, int]:
        """Return (generation, revision, digest, count) of the list in force."""
        with Guard("read the roster"):
            gen, revision, digest, count = self._connection.execute(
                "SELECT id, revision, digest, count FROM generation WHERE state = 'active'"
            ).fetchone()
        return gen, revision, bytes(digest), count

    def staging(self) -> Staging | None:
        """Return the list that is being put together, if there is one."""
        with Guard("read the roster"):
            found = self._connection.execute(
                "SELECT id, head, digest, count FROM generation WHERE state = 'staging'"
            ).fetchone()
            if found is None:
                return None
            gen, head, digest, count = found
            chunks = self._connection.execute("SELECT n FROM staged_chunk WHERE gen = ?", (gen,)).fetchall()
        return Staging(gen, head, bytes(digest), count, frozenset(n for (n,) in chunks))

    def stage(self, revision: int, head: str) -> int:
        """Begin to put a list together, in place of one begun before; return its generation. One change."""
        self.begin(durable=False)
        try:
            self._run("UPDATE generation SET state = 'retired' WHERE state = 'staging'")
            self._run(
                "INSERT INTO generation (state, revision, digest, count, head) "
                "VALUES ('staging', ?, zeroblob(32), 0, ?)",
                (revision, head),
            )
            gen: int = self._one("SELECT id FROM generation WHERE state = 'staging'")
            self.commit()
        finally:
            self.abandon()
        return gen

    def drop_staging(self) -> None:
        """Give up the list that is being put together. A change of its own."""
        with Guard("write the roster"):
            self._connection.execute("UPDATE generation SET state = 'retired' WHERE state = 'staging'")

    def set_total(self, gen: int, digest: bytes, count: int) -> None:
        """Note what the generation's rows add up to."""
        self._run("UPDATE generation SET digest = ?, count = ? WHERE id = ?", (digest, count, gen))

    def set_revision(self, gen: int, revision: int, at: datetime, *, granting: bool) -> None:
        """Note that the generation is at `revision` since `at`. granting: by a key for whole lists."""
        self._run(
            "UPDATE generation SET revision = ?1, enforced_ms = ?2, "
            "granted = CASE WHEN ?3 THEN ?1 ELSE granted END WHERE id = ?4",
            (revision, to_ms(at), granting, gen),
        )

    def chunk_done(self, gen: int, n: int) -> None:
        """Note that chunk `n` is wholly in."""
        self._run("INSERT INTO staged_chunk (gen, n) VALUES (?, ?)", (gen, n))

    def activate(self, gen: int, at: datetime) -> None:
        """Put the staged generation in force and retire the one before. A change of its own, durable."""
        self.begin(durable=True)
        try:
            self._run("UPDATE generation SET state = 'retired' WHERE state = 'active'")
            self._run(
                "UPDATE generation SET state = 'active', head = NULL, enforced_ms = ?, granted = revision "
                "WHERE id = ?",
                (to_ms(at), gen),
            )
            self.commit()
        finally:
            self.abandon()

    def sweep(self) -> bool:
        """Delete a slice of what is retired; say whether more is left. A change of its own."""
        with Guard("sweep the roster"):
            found = self._connection.execute(
                "SELECT id FROM generation WHERE state = 'retired' LIMIT 1"
            ).fetchone()
        if found is None:
            return False
        (gen,) = found
        self.begin(durable=False)
        try:
            if not any(self._sweep_table(gen, table, key) for table, key in _TABLES):
                self._run("DELETE FROM generation WHERE id = ?", (gen,))
            self.commit()
        finally:
            self.abandon()
        return True

    def _sweep_table(self, gen: int, table: str, key: str) -> bool:
        return bool(
            self._run(
                f"DELETE FROM {table} WHERE gen = ?1 AND ({key}) IN "  # noqa: S608 - names from _TABLES
                f"(SELECT {key} FROM {table} WHERE gen = ?1 LIMIT {SWEPT_AT_ONCE})",
                (gen,),
            ).rowcount
        )

    # --- rows --------------------------------------------------------------------------------------------

    def person(self, gen: int, name: str) -> PersonColumns | None:
        """Return a person's columns."""
        found = self._run(f"SELECT {_PERSON} FROM person WHERE gen = ? AND id = ?", (gen, name)).fetchone()  # noqa: S608 - constants
        return None if found is None else PersonColumns(*found)

    def credential(self, gen: int, digest: bytes) -> CredentialColumns | None:
        """Return a credential's columns."""
        query = f"SELECT {_CREDENTIAL} FROM credential WHERE gen = ? AND digest = ?"  # noqa: S608 - constants
        found = self._run(query, (gen, digest)).fetchone()
        return None if found is None else CredentialColumns(*found)

    def rule(self, gen: int, kind: str, name: str) -> str | None:
        """Return the JSON of a group or a schedule."""
        found = self._run(
            "SELECT body FROM rule WHERE gen = ? AND kind = ? AND name = ?", (gen, kind, name)
        ).fetchone()
        return None if found is None else str(found[0])

    def rules(self, gen: int) -> tuple[tuple[str, str, str], ...]:
        """Return (kind, name, JSON) of every group and schedule."""
        return tuple(self._run("SELECT kind, name, body FROM rule WHERE gen = ?", (gen,)).fetchall())

    def add_persons(self, gen: int, rows: Iterable[PersonColumns]) -> None:
        """Add persons. Raises RowExists where one is there already."""
        self._add(f"INSERT {_PUT_PERSON}", [(gen, *row) for row in rows])

    def add_credentials(self, gen: int, rows: Iterable[CredentialColumns]) -> None:
        """Add credentials. Raises RowExists where one is there already."""
        self._add(f"INSERT {_PUT_CREDENTIAL}", [(gen, *row) for row in rows])

    def add_rules(self, gen: int, rows: Iterable[tuple[str, str, str]]) -> None:
        """Add groups and schedules as (kind, name, JSON). Raises RowExists where one is there already."""
        self._add(
            "INSERT INTO rule (gen, kind, name, body) VALUES (?, ?, ?, ?)", [(gen, *row) for row in rows]
        )

    def remove_person(self, gen: int, name: str) -> None:
        """Remove a person."""
        self._run("DELETE FROM person WHERE gen = ? AND id = ?", (gen, name))

    def remove_credential(self, gen: int, digest: bytes) -> None:
        """Remove a credential."""
        self._run("DELETE FROM credential WHERE gen = ? AND digest = ?", (gen, digest))

    def remove_rule(self, gen: int, kind: str, name: str) -> None:
        """Remove a group or a schedule."""
        self._run("DELETE FROM rule WHERE gen = ? AND kind = ? AND name = ?", (gen, kind, name))

    # --- what the rows refer to --------------------------------------------------------------------------

    def has_credentials(self, gen: int, person: str) -> bool:
        """Say whether any credential is bound to this person; a revoked pass needs nobody on the list."""
        query = "SELECT 1 FROM credential WHERE gen = ? AND person = ? AND kind <> ? LIMIT 1"
        return self._run(query, (gen, person, VISIT)).fetchone() is not None

    def unbound(self, gen: int) -> Iterator[bool]:
        """Go through all credentials, a slice a step: whether any of the slice is bound to nobody."""
        cursor = self._run(
            "SELECT p.id IS NULL FROM credential c LEFT JOIN person p ON p.gen = c.gen AND p.id = c.person "
            "WHERE c.gen = ? AND c.kind <> ?",
            (gen, VISIT),
        )
        with Guard("read the roster"):
            while rows := cursor.fetchmany(READ_AT_ONCE):
                yield any(missing for (missing,) in rows)

    def memberships(self, gen: int) -> Iterator[frozenset[str]]:
        """Go through all persons, a slice a step: their groups, as the JSON lists that they are stored as."""
        cursor = self._run("SELECT groups FROM person WHERE gen = ?", (gen,))
        with Guard("read the roster"):
            while rows := cursor.fetchmany(READ_AT_ONCE):
                yield frozenset(groups for (groups,) in rows)

    def size_bytes(self) -> int:
        """Return the bytes of the file that hold something."""
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return pages * self._one("PRAGMA page_size")

    def _run(self, query: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        with Guard("write the roster"):
            return self._connection.execute(query, values)

    def _one(self, query: str) -> int:
        return int(self._run(query).fetchone()[0])

    def _add(self, query: str, rows: list[tuple[object, ...]]) -> None:
        with Guard("write the roster"):
            try:
                self._connection.executemany(query, rows)
            except sqlite3.IntegrityError as error:
                raise RowExists from error


_TABLES: Final = (
    ("credential", "digest"),
    ("person", "id"),
    ("rule", "kind, name"),
    ("staged_chunk", "n"),
)
