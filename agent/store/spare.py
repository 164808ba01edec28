"""A second copy of the list, for the day on which roster.db is found damaged and the office cannot be asked.

The copy lies beside the file as `roster.db.spare.<SHA-256 of it>`, so one rename makes it whole or leaves it
out, and a byte that turned over since is seen. It is believed only at a revision not below the highest that
was ever enforced: an older list might let in whom a newer one stopped.

Disk: the copy, and while it is renewed one more, so twice the list's file at most; none is made where the
disk has not four times that free.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from agent.errors import StoreError
from agent.store.database import FILE_MODE, Guard, Reading, open_reader
from agent.store.rows import blob

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES_A_STEP: Final = 64
"""256 KiB: a step is a millisecond or two, and holds no lock that a writer waits for."""

SYNC_BYTES: Final = 1024 * 1024
"""Put on the disk at a time: a record's own wait for the disk is then behind so much and no more."""

ROOM_FACTOR: Final = 4
"""Times the list's file that the disk must have free: the copy must not be what fills it."""

STEPS_FACTOR: Final = 4
"""A copy begins anew when the list is written meanwhile; after so many times its steps it is given up."""

_PAGE_BYTES: Final = 4096
_SPARE: Final = ".spare."
_NEW: Final = "new"


class Kept(NamedTuple):
    """Which list a file holds."""

    revision: int
    digest: bytes
    rows: int


class _Changed(Exception):  # noqa: N818 - what happened; never leaves this module
    """The list does not stand still, or we are asked to stop."""


def kept_in(path: Path, *, immutable: bool = False) -> Kept:
    """Return which list is in force in the file. Raises StoreError."""
    reading = open_reader(path, immutable=immutable)
    try:
        with Reading("read the list"):
            found = reading.execute(
                "SELECT revision, digest, count FROM generation WHERE state = 'active'"
            ).fetchone()
            return Kept(int(found[0]), blob(found[1]), int(found[2]))
    finally:
        reading.close()


def spares(path: Path) -> tuple[Path, ...]:
    """Return the copies of `path`, the newest last. More than one only where a kill came between."""
    prefix = path.name + _SPARE
    length = len(prefix) + 2 * hashlib.sha256().digest_size
    with Guard("find the second copy of the list"):
        found = [
            each
            for each in path.parent.iterdir()
            if each.name.startswith(prefix) and len(each.name) == length
        ]
        return tuple(
            sorted((each for each in found if each.is_file()), key=lambda each: each.stat().st_mtime_ns)
        )


def make_spare(path: Path, go_on: Callable[[], bool]) -> Path | None:
    """Copy the list at `path`, which may be in use, and return the copy; None where that must wait.

    go_on: called between two steps; it may take its time, and says False where the copy is to be given up.
    Raises StoreError. A process that is killed in it leaves the copy that was there.
    """
    new = path.with_name(path.name + _SPARE + _NEW)
    with Guard("copy the list"):
        log = path.with_name(f"{path.name}-wal")
        size = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
        disk = os.statvfs(path.parent)
        if disk.f_bavail * disk.f_frsize < ROOM_FACTOR * size:
            return None
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            _copy(path, new, handle, go_on)
            kept_at = path.with_name(path.name + _SPARE + _sha256(handle, go_on))
            os.fsync(handle)
        except _Changed:
            new.unlink(missing_ok=True)
            return None
        finally:
            os.close(handle)
        before = spares(path)
        new.rename(kept_at)
        _sync_folder(path)
        for each in before:
            if each != kept_at:
                each.unlink(missing_ok=True)
    return kept_at


def take_spare(path: Path, floor: int, before: Callable[[], object] = lambda: None) -> Kept | None:
    """Put the second copy in the place of `path`, which nobody has open; return which list it is.

    floor: the highest revision ever enforced; 0, where nobody knows, proves no copy to be the last list.
    before: called when one is believed, before it takes the place. None: no copy can be believed, and `path`
    is as it was. Raises StoreError where the disk fails.
    """
    if floor <= 0:
        return None
    new = path.with_name(path.name + _SPARE + _NEW)
    for spare in reversed(spares(path)):
        with Guard("take the second copy of the list"):
            new.unlink(missing_ok=True)
            if not _copied(spare, new):
                continue
            kept = _believed(new, floor)
            if kept is None:
                new.unlink()
                continue
            before()
            for suffix in ("-wal", "-shm"):  # of the file before: they would be taken for this one's
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            new.replace(path)
            _sync_folder(path)
            return kept
    return None


def _copy(path: Path, new: Path, handle: int, go_on: Callable[[], bool]) -> None:
    """Copy the pages of the list. Raises _Changed."""
    steps = unsynced = 0

    def stepped(_status: int, _remaining: int, total: int) -> None:
        nonlocal steps, unsynced
        steps += 1
        unsynced += PAGES_A_STEP
        if unsynced * _PAGE_BYTES >= SYNC_BYTES:
            os.fdatasync(handle)
            unsynced = 0
        if steps > STEPS_FACTOR * (total // PAGES_A_STEP + 1) or not go_on():
            raise _Changed

    reading = open_reader(path)
    try:
        with closing(sqlite3.connect(new, isolation_level=None)) as writing:
            writing.execute(
                "PRAGMA journal_mode = OFF"
            )  # what is half done is thrown away, never rolled back
            writing.execute("PRAGMA synchronous = OFF")  # done here, in small parts
            reading.backup(writing, pages=PAGES_A_STEP, progress=stepped)
    finally:
        reading.close()
    with closing(open_reader(new, immutable=True)) as checking:
        if checking.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _Changed


def _sha256(handle: int, go_on: Callable[[], bool]) -> str:
    """Return the SHA-256 of the file, as hex. Raises _Changed."""
    found, offset = hashlib.sha256(), 0
    while part := os.pread(handle, SYNC_BYTES, offset):
        found.update(part)
        offset += len(part)
        if not go_on():
            raise _Changed
    return found.hexdigest()


def _copied(spare: Path, new: Path) -> bool:
    """Copy a file to the disk; say whether it is still the one that was named by its SHA-256."""
    found = hashlib.sha256()
    with (
        spare.open("rb") as source,
        os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as target,
    ):
        while part := source.read(SYNC_BYTES):
            found.update(part)
            target.write(part)
        target.flush()
        os.fsync(target.fileno())
    if spare.name.endswith(found.hexdigest()):
        return True
    new.unlink()
    return False


def _believed(new: Path, floor: int) -> Kept | None:
    with suppress(StoreError):
        kept = kept_in(new, immutable=True)
        return kept if kept.revision >= floor else None
    return None


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
