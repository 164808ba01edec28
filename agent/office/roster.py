"""What each gateway's list holds at any revision, and what changed between two: out of the roster rows.

A gateway is told only what its doors need: groups with a right at one of its doors (and only those rights),
their schedules, the members of those groups, and the members' credentials. Everything here is opaque.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.office.rows import canonical
from protocols.mqtt.roster import ListDigest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

Body = dict[str, Any]
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
    def size(self) -> int:
        """How many rows are named, put or removed."""
        return sum(map(len, self.rows.values())) + sum(map(len, self.removed.values()))


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a gateway needs at one revision: its groups cut to its doors, and their schedules."""

    groups: dict[str, Body]
    schedules: dict[str, Body]


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
        old, new = self._scope(gateway, base), self._scope(gateway, newest)
        tally = _Tally(start)
        for kind, was, now in (
            ("group", old.groups, new.groups),
            ("schedule", old.schedules, new.schedules),
        ):
            for name in sorted(was.keys() | now.keys()):
                tally.turn(kind, name, was.get(name), now.get(name))
        whole = base == 0 or old.groups.keys() != new.groups.keys()
        people = self._keys("person", newest) if whole else self._changed("person", base, newest)
        credentials = self._keys("credential", newest) if whole else self._changed("credential", base, newest)
        moved: set[str] = set()
        for key in people:
            before, after = self._person(key, base, old), self._person(key, newest, new)
            tally.turn("person", key, before, after)
            if (before is None) != (after is None):
                moved.add(key)
        if not whole:
            credentials = sorted({*credentials, *self._credentials_of(moved)})
        for key in credentials:
            tally.turn(
                "credential", key, self._credential(key, base, old), self._credential(key, newest, new)
            )
        return tally

    def _scope(self, gateway: str, revision: int) -> _Scope:
        at_gateway = self._body("gateway", gateway, revision)
        if at_gateway is None:
            return _Scope({}, {})
        doors = set(at_gateway["doors"])
        groups: dict[str, Body] = {}
        for name in self._keys("group", revision):
            body = self._body("group", name, revision)
            rights = [] if body is None else [right for right in body["rights"] if right["door"] in doors]
            if rights:
                groups[name] = {"name": name, "rights": rights}
        needed = {right["schedule"] for body in groups.values() for right in body["rights"]}
        schedules = {name: self._body("schedule", name, revision) for name in sorted(needed)}
        return _Scope(groups, {name: body for name, body in schedules.items() if body is not None})

    def _person(self, key: str, revision: int, scope: _Scope) -> Body | None:
        body = self._body("person", key, revision) if scope.groups else None
        if body is None:
            return None
        groups = [name for name in body["groups"] if name in scope.groups]
        return {**body, "groups": groups} if groups else None

    def _credential(self, key: str, revision: int, scope: _Scope) -> Body | None:
        body = self._body("credential", key, revision) if scope.groups else None
        if body is None or self._person(body["person"], revision, scope) is None:
            return None
        return body

    def _body(self, kind: str, key: str, revision: int) -> Body | None:
        row = self._database.execute(
            "SELECT body FROM roster_row WHERE kind = ? AND id = ? AND revision <= ? "
            "ORDER BY revision DESC LIMIT 1",
            (kind, key, revision),
        ).fetchone()
        if row is None or row["body"] is None:
            return None
        body: Body = json.loads(row["body"])
        return body

    def _keys(self, kind: str, revision: int) -> list[str]:
        rows = self._database.execute(
            "SELECT DISTINCT id FROM roster_row WHERE kind = ? AND revision <= ? ORDER BY id",
            (kind, revision),
        )
        return [row["id"] for row in rows]

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


def _digest(kind: str, body: Body) -> bytes:
    # The same text as protocols.mqtt.roster.row_digest makes of the parsed row; a test holds them together.
    return hashlib.sha256(f"{kind}\n{canonical(body)}".encode()).digest()
