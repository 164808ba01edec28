"""A judged roster into the book, and what that changes at which doors."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.office import credentials, lifecycle, people, reach
from agent.office.intake.columns import Column
from agent.office.intake.plan import PROGRESS_ROWS
from protocols.mqtt.model import read_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from agent.office.book import Book
    from agent.office.edit import Edit
    from agent.office.intake.entry import Entry
    from agent.office.intake.plan import Plan

IMPORTED = "roster.imported"


@dataclass(frozen=True, slots=True)
class Shift:
    """A person whose doors change. `row`: of the file, None for one whom it does not name.

    person: the opaque id, new ones too.
    """

    row: int | None
    person: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do. `revision`: None for a rehearsal, and where nothing changed.

    missing: persons of the same buildings whom the file does not name; `left`: they were made to leave.
    unverified: persons of the file whom nobody has verified, so that no door opens for them.
    """

    added: int
    changed: int
    same: int
    cards: int
    shifts: tuple[Shift, ...]
    revision: int | None
    missing: tuple[str, ...] = ()
    left: bool = False
    unverified: int = 0


def carry_out(
    book: Book,
    plan: Plan,
    *,
    by: str,
    at: datetime,
    rehearse: bool,
    leave_missing: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Write the entries of `plan` as one revision, or rehearse it, and say whose doors change.

    leave_missing: the file names everybody who belongs to its buildings; all others there leave.
    """
    added = changed = same = cards = 0
    touched: dict[str, int] = {}
    # Cards that readers cannot tell apart were judged row by row: what is left of them here was accepted.
    with book.change(IMPORTED, by=by, at=at, keep=not rehearse, accept_collisions=True) as edit:
        before = reach.everybody(edit.database, at)
        documents = [people.document_digest(edit.sealer, entry.details) for entry in plan.entries]
        ids = _known(edit, documents)
        for done, entry in enumerate(plan.entries):
            if progress is not None and done % PROGRESS_ROWS == 0:
                progress(done, len(plan.entries))
            document = documents[done]
            known = document in ids
            if not known:
                ids[document] = people.new_id()
            key = ids[document]
            again = key in touched
            touched.setdefault(key, entry.row)
            fresh = _write(edit, key, entry, known=known, again=again)
            issued = _issue(edit, key, entry)
            cards += issued
            if not known:
                added += 1
            elif fresh or issued:
                changed += 1
            else:
                same += 1
        order = {key: place for place, key in enumerate(touched)}
        missing = _missing(edit, plan, touched, at)
        for key in missing if leave_missing else ():
            lifecycle.end_rights(edit, key, at)
        unverified = _unverified(edit, touched)
        moved = reach.shifts(before, reach.everybody(edit.database, at))
        last = len(plan.entries)  # those whom no row names come after all rows
        shifts = tuple(
            Shift(touched.get(each.person), each.person, each.gains, each.loses)
            for each in sorted(moved, key=lambda each: order.get(each.person, last))
        )
        edit.note(f"persons+{added} persons~{changed} cards+{cards}")
        if leave_missing and missing:
            edit.note(f"left:{len(missing)}")
        revision = edit.revision if edit.changed and not rehearse else None
    if progress is not None:
        progress(len(plan.entries), len(plan.entries))
    return Outcome(added, changed, same, cards, shifts, revision, missing, leave_missing, unverified)


def _unverified(edit: Edit, persons: Iterable[str]) -> int:
    (count,) = edit.database.execute(
        "SELECT count(*) FROM json_each(?) CROSS JOIN person ON person.id = value WHERE verified_at IS NULL",
        (json.dumps(list(persons)),),
    ).fetchone()
    return int(count)


def _missing(edit: Edit, plan: Plan, named: Collection[str], at: datetime) -> tuple[str, ...]:
    """Return those of the file's buildings whose right goes on, and whom no row names."""
    buildings = {entry.home.building for entry in plan.entries if entry.home is not None}
    there = {key for name in buildings for key in people.in_home(edit, people.Home(name, "", ""))}
    rows = ((key, edit.get("person", key)) for key in sorted(there.difference(named)))
    return tuple(
        key
        for key, row in rows
        if row is not None and (row["valid_until"] is None or read_stamp(row["valid_until"]) > at)
    )


def _known(edit: Edit, documents: list[str]) -> dict[str, str]:
    """Return the ids of those whom the book has already, by document digest."""
    rows = edit.database.execute(
        "SELECT document_digest, person.id FROM json_each(?) CROSS JOIN person ON document_digest = value",
        (json.dumps(documents),),
    )
    return {row["document_digest"]: row["id"] for row in rows}


def _write(edit: Edit, key: str, entry: Entry, *, known: bool, again: bool) -> bool:
    fresh = people.Person(
        key,
        entry.details,
        entry.role or people.Role.OWNER,
        entry.groups,
        entry.home,
        entry.valid_from,
        entry.valid_until,
        longer=entry.longer,
        verification=entry.verification,
    )
    if known:
        before = people.load(edit, key)
        fresh = _merged(before, fresh, entry, edit.at)
        if again:  # a second row of the same person: the first one's home stands
            fresh = replace(fresh, home=before.home or entry.home)
    return people.save(edit, fresh)


def _merged(before: people.Person, fresh: people.Person, entry: Entry, at: datetime) -> people.Person:
    """Return `fresh`, with what the file has no column for, or does not say, as it stood before."""
    columns = entry.present
    old, new = before.details, fresh.details
    details = replace(
        new,
        phone=new.phone or old.phone,
        note=new.note if Column.NOTE in columns else old.note,
        consent=new.consent if Column.CONSENT in columns else old.consent,
        care=new.care if Column.CARE in columns else old.care,
    )
    return replace(
        fresh,
        details=details,
        role=entry.role or before.role,
        home=fresh.home or before.home,
        groups=fresh.groups if Column.GROUPS in columns else before.groups,
        valid_from=fresh.valid_from if Column.FROM in columns else before.valid_from,
        valid_until=fresh.valid_until if Column.UNTIL in columns else before.valid_until,
        longer=fresh.longer if Column.LONGER in columns else before.longer,
        override=before.override,
        verification=_newer(
            before.verification, fresh.verification, at, says_until=Column.VERIFIED_UNTIL in columns
        ),
    )


def _newer(
    before: people.Verification | None, fresh: people.Verification | None, at: datetime, *, says_until: bool
) -> people.Verification | None:
    """Return the verification that counts. A mere "yes" (of the import's own moment `at`) renews nothing."""
    if fresh is None or before is None:
        return fresh or before
    if before.at < fresh.at < at:
        # A file without a column for the end does not lift the one that stands, unless that has come.
        stands = not says_until and before.until is not None and before.until > fresh.at
        return replace(fresh, until=before.until) if stands else fresh
    # The same check, read again from the next export of the same list, is not a new one.
    return replace(before, until=fresh.until) if says_until and fresh.until is not None else before


def _issue(edit: Edit, key: str, entry: Entry) -> int:
    issued = 0
    for number in entry.cards:
        digest = credentials.digest_of(edit.digest_key, str(number))
        if edit.get("credential", digest) is None:
            credentials.issue(edit, key, number)
            issued += 1
    return issued
