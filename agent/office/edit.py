"""One change of the book: rows put and dropped, each kept as it was. What follows is settle.py's to know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agent.office.rows import TABLES, Row
from protocols.mqtt.model import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from agent.office.seal import Sealer


class Edit:
    """A change in the making, inside one transaction. `revision`: the number it will have."""

    def __init__(
        self,
        database: sqlite3.Connection,
        sealer: Sealer,
        digest_key: bytes,
        revision: int,
        at: datetime,
    ) -> None:
        self.database = database
        self.sealer = sealer
        self.digest_key = digest_key
        self.revision = revision
        self.at = at
        self.numbers: dict[str, str] = {}
        """The numbers of cards that are written, so that they need not be unsealed for their aliases."""
        self._before: dict[str, dict[str, Row | None]] = {table: {} for table in TABLES}
        self._forgotten: set[tuple[str, str]] = set()
        self._erased = 0
        self._details: list[str] = []

    @property
    def now(self) -> str:
        """Return the moment of the change as the book writes moments."""
        return stamp(self.at)

    @property
    def changed(self) -> bool:
        """Say whether anything was put or dropped, or an earlier version erased."""
        return any(self._before.values()) or self._erased > 0

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
        self._before[table].setdefault(key, before)

    def before(self, table: str) -> Mapping[str, Row | None]:
        """Return the rows that the change has touched, by id: as they stood before it, None where new."""
        return self._before[table]

    def forget(self, table: str, key: str) -> None:
        """Erase every earlier version of a row, this change's too, so that no undo brings it back."""
        self._forgotten.add((table, key))
        found = self.database.execute("DELETE FROM before WHERE kind = ? AND id = ?", (table, key))
        self._erased += found.rowcount

    def forget_cards_of(self, persons: Iterable[str]) -> None:
        """Erase the earlier versions of cards that `persons` held once, whoever has them now."""
        found = self.database.execute(
            "DELETE FROM before WHERE kind = 'credential' "
            "AND json_extract(image, '$.person') IN (SELECT value FROM json_each(?))",
            (json.dumps(list(persons)),),
        )
        self._erased += found.rowcount

    def keep_images(self) -> None:
        """Write how the rows stood before the change: call it once, when there is no more to change."""
        self.database.executemany(
            "INSERT INTO before (revision, kind, id, image) VALUES (?, ?, ?, ?)",
            (
                (self.revision, table, key, image_of(row))
                for table, rows in self._before.items()
                for key, row in rows.items()
                if (table, key) not in self._forgotten
            ),
        )


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
