"""The way back: the book as it was at a revision, as a new one.

What happened outside of the book is not undone by it: cards that were lost, passes that are out, persons who
were erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import aliases, reach, visits
from agent.office.edit import row_from

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from agent.office.book import Book
    from agent.office.edit import Edit

STOPPED = (CredentialState.LOST, CredentialState.REVOKED)


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did, or would do. `rows`: put back; `shifts`: whose doors change."""

    rows: int
    shifts: tuple[reach.Shift, ...]


def undo(book: Book, revision: int, *, by: str, at: datetime, keep: bool = True) -> Undone:
    """Make the book as it was at `revision`, as a new revision; `keep=False` only says what that would be.

    What was purged since does not come back, and what was lost or revoked since stays so, given back or not:
    a lost card is lost whatever the book says. Passes that were signed since are out, and so they are
    revoked. Raises BadInput for a revision that is not in the past.
    """
    if not 0 <= revision < book.revision:
        raise BadInput(
            f"revision {revision} is not in the past; the newest is {book.revision}",
            f"版本 {revision} 不在过去；最新版本为 {book.revision}",
        )
    # What readers cannot tell apart afterwards is left off the lists: the way back is never barred by it.
    before = reach.everybody(book.database, at)
    with book.change("book.undone", by=by, at=at, keep=keep, accept_collisions=True) as edit:
        images = edit.database.execute(
            "SELECT kind, id, image, min(revision) FROM before WHERE revision > ? GROUP BY kind, id",
            (revision,),
        ).fetchall()
        count = _put_back(edit, images, _stopped_since(edit, revision))
        edit.note(f"to:{revision} rows:{count}")
        shifts = reach.shifts(before, reach.everybody(edit.database, at))
    return Undone(count, shifts)


def _stopped_since(edit: Edit, revision: int) -> dict[str, str]:
    """Return the cards and phones that were lost or revoked since, and how.

    The book may not hold them any more, or have them in other hands: their holder of then has them no longer.
    """
    rows = edit.database.execute(
        "SELECT id, state FROM (SELECT id, revision, json_extract(image, '$.state') AS state FROM before "
        "WHERE kind = 'credential' AND revision > ?) WHERE state IN (?, ?) ORDER BY revision",
        (revision, *STOPPED),
    )
    return {row["id"]: row["state"] for row in rows}


def _put_back(edit: Edit, images: Sequence[sqlite3.Row], stopped: Mapping[str, str]) -> int:
    """Make rows what their images say, but for cards that were `stopped` since; return how many changed."""
    # What came since goes first, and documents are parted from their holders: persons may have changed them
    # among each other, and no two may have the same at any time.
    dropped = [_dropped(edit, row["kind"], row["id"]) for row in images if row["image"] is None]
    wanted = [
        (row["kind"], _still_stopped(edit, row["kind"], row_from(row["image"]), stopped))
        for row in images
        if row["image"] is not None
    ]
    moves = [(kind, row, edit.get(kind, row["id"])) for kind, row in wanted]
    edit.database.executemany(
        "UPDATE person SET document_digest = NULL WHERE id = ?",
        [(row["id"],) for kind, row, now in moves if kind == "person" and now != row],
    )
    return sum(dropped) + sum(edit.change(kind, row, now) for kind, row, now in moves)


def _dropped(edit: Edit, table: str, key: str) -> bool:
    now = edit.get(table, key)
    if table == "pass" and now is not None:
        return visits.revoke(edit, now)  # whoever has it keeps it: only the list can stop it
    if table == "credential" and now is not None and now["state"] in STOPPED:
        aliases.bury(edit, key)
        return True
    return edit.drop(table, key)


def _still_stopped(edit: Edit, table: str, row: dict[str, Any], stopped: Mapping[str, str]) -> dict[str, Any]:
    now = edit.get(table, row["id"])
    if table == "pass":
        return row | {"state": row["state"] if now is None else now["state"]}
    if table == "credential" and now is not None and now["state"] in STOPPED:
        return row | {"state": now["state"]}
    if table == "credential":
        return row | {"state": stopped.get(row["id"], row["state"])}
    return row
