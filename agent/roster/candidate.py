"""A list that is in force nowhere: to see what it would change, before it is signed and sent."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from agent.errors import BadInput, StoreError
from agent.roster.apply import activation_steps, chunk_steps
from agent.roster.results import Refusal
from agent.store.roster_table import RosterTable, open_roster
from protocols.mqtt.roster import CHUNK_ROWS, Credential, Group, Person, Row, Schedule
from protocols.mqtt.roster_messages import Chunk, SnapshotRef

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from agent.store.roster_writer import RosterWriter, Staging

REVISION: Final = 1


def make_candidate(path: Path, rows: Iterable[Row], at: datetime) -> RosterTable:
    """Return the list of `rows` in a new file at `path`, checked as a gateway would check it.

    Raises BadInput where a gateway would refuse it: a credential of nobody, a group that is not there, …;
    StoreError where the disk does not take it.
    """
    table = open_roster(path, at).table
    try:
        _fill(table.writer, rows, at)
    except Refusal as refusal:
        table.close()
        raise BadInput(f"no gateway would take this list: {refusal}") from refusal
    except StoreError:
        table.close()
        raise
    table.refresh()
    return table


def _fill(writer: RosterWriter, rows: Iterable[Row], at: datetime) -> None:
    writer.stage(REVISION, "")
    waiting, number = iter(rows), 0
    while part := list(islice(waiting, CHUNK_ROWS)):
        for _ in chunk_steps(writer, _staging(writer), _chunk(number, part)):
            pass
        number += 1
    staging = _staging(writer)
    whole = SnapshotRef(revision=REVISION, digest=staging.digest.hex(), count=staging.count, chunks=())
    for _ in activation_steps(writer, staging, whole, lambda: at):
        pass


def _staging(writer: RosterWriter) -> Staging:
    staging = writer.staging()
    if staging is None:
        raise StoreError("the list that was begun is gone from the file")
    return staging


def _chunk(number: int, rows: list[Row]) -> Chunk:
    return Chunk(
        revision=REVISION,
        n=number,
        persons=tuple(row for row in rows if isinstance(row, Person)),
        credentials=tuple(row for row in rows if isinstance(row, Credential)),
        groups=tuple(row for row in rows if isinstance(row, Group)),
        schedules=tuple(row for row in rows if isinstance(row, Schedule)),
    )
