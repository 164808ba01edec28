"""Who can open what: every person's doors as the book says them, and what a change of the book makes of that.

Schedules aside: a door that opens for somebody at some hour of the week is within their reach.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.domain.credentials import CredentialState
from protocols.mqtt.model import read_stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

Shelf = dict[str, frozenset[str]]
"""The doors of each group."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A person, by opaque id, whose doors change."""

    person: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]


def everybody(database: sqlite3.Connection, at: datetime) -> dict[str, frozenset[str]]:
    """Return the doors of all persons who could open any at `at`."""
    shelf = _shelf_of(database)
    rows = database.execute(_PERSONS, (CredentialState.ACTIVE,))
    found = ((row["id"], _doors(row, shelf, at)) for row in rows)
    return {person: doors for person, doors in found if doors}


def shifts(before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]]) -> tuple[Shift, ...]:
    """Return whose doors differ between two answers of `everybody`, by id."""
    nothing: frozenset[str] = frozenset()
    return tuple(
        Shift(person, tuple(sorted(now - was)), tuple(sorted(was - now)))
        for person in sorted(before.keys() | after.keys())
        if (was := before.get(person, nothing)) != (now := after.get(person, nothing))
    )


_PERSONS = (
    "SELECT id, groups, valid_until, verified_until FROM person WHERE verified_at IS NOT NULL "
    "AND EXISTS (SELECT 1 FROM credential WHERE credential.person = person.id AND credential.state = ?)"
)


def _shelf_of(database: sqlite3.Connection) -> Shelf:
    """Return the doors of each group: those of a gateway, where the book has any gateway at all."""
    known = {door for (doors,) in database.execute("SELECT doors FROM gateway") for door in json.loads(doors)}
    found: Shelf = {}
    for name, rights in database.execute("SELECT id, rights FROM door_group"):
        doors = frozenset(right["door"] for right in json.loads(rights))
        found[name] = doors & known if known else doors
    return found


def _doors(row: sqlite3.Row, shelf: Shelf, at: datetime) -> frozenset[str]:
    ended = (row["valid_until"], row["verified_until"])
    if any(text is not None and read_stamp(text) <= at for text in ended):
        return frozenset()
    nothing: frozenset[str] = frozenset()
    return nothing.union(*(shelf.get(group, nothing) for group in json.loads(row["groups"])))
