"""Whose doors a change of the book opens and closes, for who sits in the office: so with names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from agent.cli.office_book import show_table
from agent.cli.words import say
from agent.office import people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.office.book import Book
    from agent.office.reach import Shift

TOLD = 200
"""How many persons a terminal is told of; --json has them all."""


def show_shifts(book: Book, shifts: Sequence[Shift]) -> None:
    """Print who gains and who loses which doors, and how many do at each door."""
    if not shifts:
        print(say("desk.nobody_moves"))
        return
    rows = []
    for shift in shifts[:TOLD]:
        # A change that was rehearsed may be of somebody who is not in the book.
        person = people.load(book, shift.person) if book.row("person", shift.person) is not None else None
        home = "" if person is None or person.home is None else str(person.home)
        name = "" if person is None else person.details.name
        rows.append((shift.person, name, home, ", ".join(shift.gains), ", ".join(shift.loses)))
    show_table(("col_id", "col_name", "col_home", "col_gains", "col_loses"), rows)
    if len(shifts) > TOLD:
        print(say("office.more", count=len(shifts) - TOLD))
    gains = Counter(door for shift in shifts for door in shift.gains)
    loses = Counter(door for shift in shifts for door in shift.loses)
    for door in sorted(gains.keys() | loses.keys()):
        print(say("office.shift_total", door=door, gain=gains[door], lose=loses[door]))


def as_objects(shifts: Sequence[Shift]) -> list[dict[str, object]]:
    """Return `shifts` as a program reads them: opaque ids, no names."""
    return [{"person": each.person, "gains": each.gains, "loses": each.loses} for each in shifts]
