"""Prove a journal offline: every row chained to the one before, every removed row accounted for.

Anybody who can write the file can also write a new chain over it. What shows that are the checkpoints,
signed by the gateway and published while it ran: each says which hash the journal had at which number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from agent.errors import StoreError
from agent.store.reader import JournalReader
from agent.store.retention import GAP, TRIMMED
from agent.store.rows import GENESIS, Row, Stretch, chained, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

TOLD_EVERY: Final = 1_000
"""Rows between two words on how far the check is."""

PROBLEMS_TOLD: Final = 100
"""Problems listed in one verdict; a file with more is no journal of ours."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the gateway signed at `at`: row `seq` had this hash."""

    seq: int
    hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the file proves. `problems`: empty where everything holds.

    rows: read. head: the newest number. removed: stretches that are gone. proved: checkpoints that agree;
    unprovable: checkpoints of rows inside a removed stretch, which nothing here can confirm.
    """

    rows: int
    head: int
    removed: tuple[Stretch, ...]
    proved: int
    unprovable: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.problems


def _nobody_watches(_seq: int, _head: int) -> None:
    """Tell nobody how far the check is."""


@dataclass(slots=True)
class _Walk:
    """Where the check stands: the last number and hash, and what has been seen on the way."""

    seq: int = 0
    hash: bytes = GENESIS
    rows: int = 0
    said: list[tuple[int, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def wrong(self, problem: str) -> None:
        if len(self.problems) < PROBLEMS_TOLD:
            self.problems.append(problem)


def verify(
    path: Path,
    checkpoints: Iterable[Checkpoint] = (),
    *,
    immutable: bool = False,
    seen: Callable[[int, int], None] = _nobody_watches,
) -> Verdict:
    """Check the journal at `path` from its first row to its last. It only reads.

    immutable: see `open_reader`. seen: told now and then which row is checked, and which is the newest.
    Never raises: a file that cannot be read is a problem like any other.
    """
    walk = _Walk()
    try:
        reader = JournalReader(path, immutable=immutable)
    except StoreError as error:
        return Verdict(0, 0, (), 0, 0, (str(error),))
    head = proved = unprovable = 0
    removed: tuple[Stretch, ...] = ()
    try:
        reader.hold()
        head, removed = reader.head(), reader.gaps()
        wanted: dict[int, list[Checkpoint]] = {}
        for checkpoint in checkpoints:
            wanted.setdefault(checkpoint.seq, []).append(checkpoint)
        stretches = {each.last: each for each in removed}
        proved = _walk_rows(reader, walk, stretches, wanted, lambda seq: seen(seq, head))
        _check_removed(walk, removed)
        unprovable = _check_ends(reader, walk, head, removed, wanted)
    except StoreError as error:
        walk.wrong(f"after row {walk.seq} the file cannot be read: {error}")
    finally:
        reader.close()
    return Verdict(walk.rows, head, removed, proved, unprovable, tuple(walk.problems))


def _walk_rows(
    reader: JournalReader,
    walk: _Walk,
    removed: dict[int, Stretch],
    wanted: dict[int, list[Checkpoint]],
    seen: Callable[[int], None],
) -> int:
    """Follow the chain over rows and removed stretches; return how many checkpoints agree."""
    proved = 0
    for row in reader.walk():
        if row.seq != walk.seq + 1:
            proved += _step_over(walk, row.seq, removed, wanted)
        expected = chained(walk.hash, _columns(row))
        if expected != row.hash:
            walk.wrong(f"row {row.seq} is not what was recorded, or does not follow row {row.seq - 1}")
        walk.seq, walk.hash = row.seq, row.hash
        walk.rows += 1
        if row.kind in {GAP, TRIMMED}:
            walk.said += _ranges(row)
        proved += _compare(walk, row.seq, row.hash, wanted)
        if walk.rows % TOLD_EVERY == 0:
            seen(row.seq)
    return proved


def _step_over(
    walk: _Walk, seq: int, removed: dict[int, Stretch], wanted: dict[int, list[Checkpoint]]
) -> int:
    """Step over the stretch that ends before row `seq`; return how many checkpoints its last hash proves."""
    stretch = removed.get(seq - 1)
    if stretch is None or stretch.first != walk.seq + 1:
        walk.wrong(f"rows {walk.seq + 1} to {seq - 1} are missing, and nothing says that they were removed")
        return 0
    walk.hash = stretch.hash
    return _compare(walk, stretch.last, stretch.hash, wanted)


def _compare(walk: _Walk, seq: int, digest: bytes, wanted: dict[int, list[Checkpoint]]) -> int:
    """Hold the checkpoints of `seq` against its hash, and take them off the list."""
    proved = 0
    for checkpoint in wanted.pop(seq, ()):
        if checkpoint.hash == digest:
            proved += 1
        else:
            walk.wrong(f"row {seq} is not the one that the gateway signed for at {checkpoint.at.isoformat()}")
    return proved


def _check_removed(walk: _Walk, removed: tuple[Stretch, ...]) -> None:
    """Check that a row in the chain names each stretch that is gone, or that the journal began after it."""
    for stretch in removed:
        begun = stretch.first == 1 and stretch.hash == GENESIS
        named = any(first <= stretch.first and stretch.last <= last for first, last in walk.said)
        if not begun and not named:
            walk.wrong(f"rows {stretch.first} to {stretch.last} were removed, and no row says so")


def _check_ends(
    reader: JournalReader,
    walk: _Walk,
    head: int,
    removed: tuple[Stretch, ...],
    wanted: dict[int, list[Checkpoint]],
) -> int:
    """Check what lies after the last row; return how many checkpoints cannot be proved."""
    end = max([walk.seq, *(stretch.last for stretch in removed)])
    if end != head:
        walk.wrong(f"rows {end + 1} to {head} were given out and are missing at the end")
    sent, confirmed = reader.cursors()
    if not 0 <= confirmed <= sent <= head:
        walk.wrong(f"the cursors are impossible: confirmed {confirmed}, sent {sent}, newest row {head}")
    unprovable = 0
    for seq, checkpoints in sorted(wanted.items()):
        if seq > head:
            walk.wrong(f"the gateway signed for row {seq}, and the journal ends at {head}")
        elif any(stretch.first <= seq <= stretch.last for stretch in removed):
            unprovable += len(checkpoints)
    return unprovable


def _columns(row: Row) -> tuple[int, int, str, int, str, str, str | None, int, str]:
    at_ms = to_ms(row.at)
    return row.seq, at_ms, row.boot_id, row.mono_ms, row.clock, row.kind, row.door, int(row.alarm), row.body


def _ranges(row: Row) -> list[tuple[int, int]]:
    """Return the stretches, all before `row`, that it names; a body that names none names none."""
    try:
        found = row.data().get("ranges")
    except ValueError:
        return []
    if not isinstance(found, list):
        return []
    return [
        (pair[0], pair[1])
        for pair in found
        if isinstance(pair, list)
        and len(pair) == len(("first", "last"))
        and all(isinstance(each, int) for each in pair)
        and pair[1] < row.seq
    ]
