"""The real-name list on disk: one indexed query a card, whatever the size of the list.

Nothing that grows with the list is held in memory. A read connection of its own answers the doors, so that
they see the list in force until the very commit that replaces it; the writer is `RosterWriter`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.domain.rules import Rules
from agent.store.database import Guard, Quarantined, Reading, open_database, open_reader, set_aside
from agent.store.roster_rows import group, holding, schedule, time_of
from agent.store.roster_writer import RosterWriter
from agent.store.rows import blob
from agent.store.spare import take_spare

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path

    from agent.domain.credentials import Holding

_HOLDING: Final = (
    "c.digest, c.kind, c.state, c.from_ms, c.until_ms, "
    "p.id, p.flags, p.verified_until, p.from_ms, p.until_ms, p.groups, p.household "
    "FROM credential c LEFT JOIN person p ON p.gen = c.gen AND p.id = c.person WHERE c.gen = ?"
)
_BY_DIGEST: Final = f"SELECT {_HOLDING} AND c.digest = ?"
_BY_KID: Final = f"SELECT c.key, {_HOLDING} AND c.kid = ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class ListHead:
    """Which list is in force. `digest`: 32 bytes; `count`: of all rows. Revision 0 is no list yet.

    granted: the newest revision signed by a key trusted with whole lists; what came since only stopped cards.
    """

    revision: int = 0
    digest: bytes = bytes(32)
    count: int = 0
    enforced_at: datetime | None = None
    granted: int = 0


@dataclass(frozen=True, slots=True)
class OpenedRoster:
    """The list, and the file that had to be set aside to have one: the caller records that.

    restored: the revision of the second copy that took its place, if one did.
    """

    table: RosterTable
    quarantined: Quarantined | None
    restored: int | None = None


class RosterTable:
    """The list in force. One thread: the loop's. Methods raise StoreError where the file cannot be read.

    floor: the highest revision ever enforced here, as the journal's memory knows it. A list below it is an
    older file put in the place of a newer one: it is not believed, and opens nothing, until it has caught up.
    """

    def __init__(
        self, path: Path, writing: sqlite3.Connection, reading: sqlite3.Connection, floor: int = 0
    ) -> None:
        self.path: Final = path
        self.writer: Final = RosterWriter(writing)
        self._reading = reading
        self._floor = floor
        self._condemned = False
        self._gen = 0
        self._head = ListHead()
        self._rules = Rules()
        self.refresh()

    @property
    def floor(self) -> int:
        """The revision that a list must have at least to be believed."""
        return self._floor

    @property
    def rolled_back(self) -> bool:
        """Say whether the file holds an older list than was enforced before, or none: it opens nothing."""
        return self._condemned or self._head.revision < self._floor

    def condemn(self) -> None:
        """Believe the list no more: its rows are not those that were signed. From any thread."""
        self._condemned = True

    def head(self) -> ListHead:
        """Return which list is in force."""
        return self._head

    def rules(self) -> Rules:
        """Return its groups and schedules; none of them while it is not believed."""
        return self._rules

    def lookup(self, digest: bytes) -> Holding | None:
        """Return who holds the credential of this 16-byte keyed digest, or None where the list has none."""
        if self.rolled_back:
            return None
        with Reading("look up a credential"):
            found = self._reading.execute(_BY_DIGEST, (self._gen, digest)).fetchone()
            return None if found is None else holding(found)

    def phone_key(self, kid: str) -> tuple[bytes, Holding] | None:
        """Return a phone's public key (32 raw bytes) and its holding, by the key's name."""
        if self.rolled_back:
            return None
        with Reading("look up a phone"):
            found = self._reading.execute(_BY_KID, (self._gen, kid)).fetchone()
            return None if found is None else (blob(found[0]), holding(found[1:]))

    def refresh(self) -> None:
        """Read again which list is in force: after each commit of the writer that changed it."""
        with Guard("read the roster"):
            found = self._reading.execute(
                "SELECT id, revision, digest, count, enforced_ms, granted FROM generation "
                "WHERE state = 'active'"
            ).fetchone()
            if found is not None:
                self._gen, revision, digest, count, enforced_ms, granted = found
                self._head = ListHead(revision, blob(digest), count, time_of(enforced_ms), granted)
            bodies = self._reading.execute(
                "SELECT kind, name, body FROM rule WHERE gen = ? ORDER BY name", (self._gen,)
            ).fetchall()
        if self.rolled_back:
            self._rules = Rules(self._head.revision)
            return
        schedules = {name: schedule(body) for kind, name, body in bodies if kind == "schedule"}
        self._rules = Rules(
            revision=self._head.revision,
            groups={name: group(body) for kind, name, body in bodies if kind == "group"},
            schedules={name: found for name, found in schedules.items() if found is not None},
        )

    def close(self) -> None:
        """Close both connections."""
        self._reading.close()
        self.writer.close()


def open_roster(path: Path, at: datetime, floor: int = 0) -> OpenedRoster:
    """Open roster.db at `path`, making it where there is none; a damaged or newer file is set aside.

    Where no list at `floor` or above is there then, the second copy takes its place, if that has one.
    at: names a quarantined file. floor: see RosterTable. Raises StoreError.
    """

    def load(connection: sqlite3.Connection) -> RosterTable:
        reading = open_reader(path)
        try:
            table = RosterTable(path, connection, reading, floor)
            table.writer.staging()  # read here, where a file that cannot be read is set aside
        except BaseException:
            reading.close()
            raise
        return table

    opened = open_database(path, "roster", at, load)
    if not opened.content.rolled_back:
        return OpenedRoster(opened.content, opened.quarantined)
    older = opened.content.head().revision
    opened.content.close()
    aside = [] if opened.quarantined is None else [opened.quarantined]

    def keep_older() -> None:
        if older > 0:
            why = f"revision {older} is older than {floor}, which was enforced here"
            aside.append(Quarantined(set_aside(path, at), why))

    kept = take_spare(path, floor, keep_older)
    again = open_database(path, "roster", at, load)
    if again.quarantined is not None:
        aside.append(again.quarantined)
    restored = None if kept is None or again.content.rolled_back else kept.revision
    return OpenedRoster(again.content, aside[0] if aside else None, restored)
