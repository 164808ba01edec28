"""What each gateway's list holds at any revision, and what changed between two: out of the roster rows.

agent/office/sight.py knows what is on a list; here two of them are held against each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.office.collisions import KIND as SHARED
from agent.office.rows import canonical
from agent.office.sight import Sight
from protocols.mqtt.roster import ListDigest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from agent.office.sight import Body

KINDS = ("person", "credential", "group", "schedule")


@dataclass(frozen=True, slots=True)
class Changes:
    """What makes the list at `base` the list at `revision`. Rows and names by kind, in a steady order.

    `state`: digest and length of the list after.
    """

    base: int
    revision: int
    state: ListDigest
    rows: dict[str, list[Body]]
    removed: dict[str, list[str]]

    @property
    def only_stops(self) -> bool:
        """Say whether nobody gains by it, so that a key that may only stop cards may sign it.

        As protocols.mqtt.roster_messages.Delta.only_stops has it of the message.
        """
        others = any(self.rows[kind] for kind in KINDS if kind != "credential") or any(self.removed.values())
        return not others and all(body["state"] != "active" for body in self.rows["credential"])

    @property
    def size(self) -> int:
        """How many rows are named, put or removed."""
        return sum(map(len, self.rows.values())) + sum(map(len, self.removed.values()))


@dataclass(slots=True)
class _Tally:
    """A list's digest while rows come and go."""

    total: ListDigest
    rows: dict[str, list[Body]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    removed: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def turn(self, kind: str, key: str, before: Body | None, after: Body | None) -> None:
        if before == after:
            return
        if before is not None:
            self.total = self.total.minus(_digest(kind, before))
        if after is not None:
            self.total = self.total.plus(_digest(kind, after))
            self.rows[kind].append(after)
        else:
            self.removed[kind].append(key)

    def turn_all(self, kind: str, before: Mapping[str, Body], after: Mapping[str, Body]) -> None:
        for key in sorted(before.keys() | after.keys()):
            self.turn(kind, key, before.get(key), after.get(key))


class Rosters:
    """The lists of all gateways, read from a book's file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def changes(self, gateway: str, base: int, newest: int) -> Changes:
        """Return what turns the list of `gateway` at `base` into the one at `newest`. Base 0 is empty."""
        known, start = self._known(gateway, base)
        if known != base:
            start = self._differences(gateway, known, base, start).total
            self._remember(gateway, base, start)
        tally = self._differences(gateway, base, newest, start)
        self._remember(gateway, newest, tally.total)
        return Changes(base, newest, tally.total, tally.rows, tally.removed)

    def state(self, gateway: str, revision: int) -> ListDigest:
        """Return digest and length of the list at `revision`; only what changed since is read."""
        known, start = self._known(gateway, revision)
        if known == revision:
            return start
        state = self._differences(gateway, known, revision, start).total
        self._remember(gateway, revision, state)
        return state

    def written(self, base: int, newest: int) -> int:
        """Return how many rows were written for all lists together since `base`: cheap, and seldom less."""
        found = self._database.execute(
            "SELECT count(*) FROM roster_row INDEXED BY roster_row_by_revision "
            "WHERE revision > ? AND revision <= ?",
            (base, newest),
        ).fetchone()
        return int(found[0])

    def _known(self, gateway: str, revision: int) -> tuple[int, ListDigest]:
        row = self._database.execute(
            "SELECT revision, digest, count FROM list_state WHERE gateway = ? AND revision <= ? "
            "ORDER BY revision DESC LIMIT 1",
            (gateway, revision),
        ).fetchone()
        if row is None:
            return 0, ListDigest()
        return row["revision"], ListDigest.parse(row["digest"], row["count"])

    def _remember(self, gateway: str, revision: int, state: ListDigest) -> None:
        self._database.execute(
            "INSERT OR IGNORE INTO list_state (gateway, revision, digest, count) VALUES (?, ?, ?, ?)",
            (gateway, revision, state.hex, state.count),
        )

    def _differences(self, gateway: str, base: int, newest: int, start: ListDigest) -> _Tally:
        old, new = Sight(self._database, gateway, base), Sight(self._database, gateway, newest)
        tally = _Tally(start)
        for kind, was, now in (
            ("group", old.groups, new.groups),
            ("schedule", old.schedules, new.schedules),
        ):
            tally.turn_all(kind, was, now)
        if base == 0 or _frame(old) != _frame(new):
            before, after = old.persons(), new.persons()
            tally.turn_all("person", before, after)
            tally.turn_all(
                "credential",
                old.credentials(before) | old.revoked_passes(),
                new.credentials(after) | new.revoked_passes(),
            )
        else:
            self._changes(tally, old, new, base, newest)
        return tally

    def _changes(self, tally: _Tally, old: Sight, new: Sight, base: int, newest: int) -> None:
        """Turn what changed between two revisions at which the gateway has the same groups and readers."""
        moved: list[str] = []
        persons = self._changed("person", base, newest)
        for sight in (old, new):
            sight.load("person", persons)
        for key in persons:
            before, after = old.person(key), new.person(key)
            tally.turn("person", key, before, after)
            if (before is None) != (after is None):
                moved.append(key)
        credentials = {*self._changed("credential", base, newest), *self._credentials_of(moved)}
        shared = self._changed(SHARED, base, newest)
        digests = sorted({*credentials, *new.aliases_of(credentials), *shared})
        having = new.having(digests)
        asked = {*digests, *(card for cards in having.values() for card in cards)}
        for sight in (old, new):
            sight.load_credentials(asked)
        for digest in digests:
            cards = having.get(digest, ())
            tally.turn("credential", digest, old.credential(digest, cards), new.credential(digest, cards))
        for digest in self._changed("pass", base, newest):
            tally.turn("credential", digest, old.revoked_pass(digest), new.revoked_pass(digest))

    def _changed(self, kind: str, base: int, newest: int) -> list[str]:
        rows = self._database.execute(
            # Without the hint SQLite walks all rows of the kind: it does not know how few are new.
            "SELECT DISTINCT id FROM roster_row INDEXED BY roster_row_by_revision "
            "WHERE revision > ? AND revision <= ? AND kind = ?",
            (base, newest, kind),
        )
        return sorted(row["id"] for row in rows)

    def _credentials_of(self, people: Iterable[str]) -> list[str]:
        found: list[str] = []
        for person in people:
            rows = self._database.execute("SELECT DISTINCT id FROM roster_row WHERE person = ?", (person,))
            found += [row["id"] for row in rows]
        return found


def _frame(sight: Sight) -> tuple[object, ...]:
    """Return what must be the same for rows that did not change to be on both lists, or on neither."""
    return sight.gateway, sight.groups.keys(), sight.reads


def _digest(kind: str, body: Body) -> bytes:
    # The same text as protocols.mqtt.roster.row_digest makes of the parsed row; a test holds them together.
    return hashlib.sha256(f"{kind}\n{canonical(body)}".encode()).digest()
