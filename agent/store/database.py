"""Open, check and migrate a SQLite file, and translate its errors: the one place that knows how."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from agent.errors import StoreError
from agent.plainfile import open_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

BUSY_MS = 2_000  # longest wait for another connection's lock: a checkpoint, never a whole backup
CACHE_KIB = 2_048  # page cache of one connection: lists live on disk and in the kernel's cache, not in ours
WAL_KEPT_BYTES = 4 * 1024 * 1024  # a write-ahead log larger than this is cut back after its checkpoint
NAMES_TRIED = 100  # quarantine names in one second; more is a disk that loses every file
FILE_MODE = 0o600

_PRIMARY = 0xFF  # SQLite's extended result codes carry the plain one in the low byte
_DAMAGED = frozenset(
    {
        sqlite3.SQLITE_OK,  # none of SQLite's own: Python's, of a text that is none
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,  # while a file is opened: a table or a column that is not what it was
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_CONSTRAINT,
    }
)
_SPOILT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})

UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError)
"""What making values of a row raises where a flipped bit has made it something else."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file that could not be trusted was set aside at `kept_at`; a new one is in its place."""

    kept_at: Path
    why: str


@dataclass(frozen=True, slots=True)
class OpenedDatabase(Generic[_T]):
    """What was read out of the file, and what had to be set aside to get it."""

    content: _T
    quarantined: Quarantined | None


class NoRoom(StoreError):  # noqa: N818 - what it is
    """The disk takes no more. What was asked was rolled back; it works again when there is room."""


class Damaged(StoreError):  # noqa: N818 - what it is
    """The file in use is spoilt, or gone. No later try succeeds: a start sets it aside and begins anew."""


class _Damaged(Exception):  # noqa: N818 - what it is; never leaves this module
    """The file is not a database that this version can use."""


class Guard:
    """Turn `sqlite3` errors inside a `with` into `StoreError`, or into `NoRoom` where the disk is full."""

    __slots__ = ("_doing",)

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Raise the translation of `error`, if it is one of SQLite's or of the file system's."""
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
            raised = NoRoom if code in _NO_ROOM else Damaged if code in _SPOILT else StoreError
            raise raised(f"cannot {self._doing}: {error}") from error
        if isinstance(error, OSError):
            raise StoreError(f"cannot {self._doing}: {error}") from error


class Reading(Guard):
    """A `Guard` around making values of rows, too: what is there may be damaged, and that ends nothing."""

    __slots__ = ()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise StoreError for a value that cannot be; its content is not told."""
        if isinstance(error, UNREADABLE):
            raise StoreError(f"cannot {self._doing}: it is damaged ({type(error).__name__})") from error
        super().__exit__(kind, error, trace)


class Transaction:
    """Do what is inside a `with` on disk as one change or not at all; errors are translated by `Guard`."""

    __slots__ = ("_connection", "_guard")

    def __init__(self, connection: sqlite3.Connection, doing: str) -> None:
        self._connection = connection
        self._guard = Guard(doing)

    def __enter__(self) -> None:
        with self._guard:
            self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or roll back and raise."""
        try:
            if error is None:
                with self._guard:
                    self._connection.execute("COMMIT")
        finally:
            roll_back(self._connection)
        self._guard.__exit__(kind, error, trace)


def open_database(
    path: Path, migrations: str, at: datetime, load: Callable[[sqlite3.Connection], _T]
) -> OpenedDatabase[_T]:
    """Open the database at `path`, making or migrating it; a damaged or newer one is set aside first.

    migrations: the folder under `agent/store/migrations`. at: names a quarantined file. load: makes what is
    to be had of the connection, in autocommit mode; where it cannot read what is there, the file is damaged.
    Raises StoreError where the disk, not the content, is at fault.
    """
    with Guard(f"open {path}"):
        try:
            return OpenedDatabase(_open(path, migrations, load), None)
        except _Damaged as error:
            kept_at = set_aside(path, at)
            return OpenedDatabase(_open(path, migrations, load), Quarantined(kept_at, str(error)))


def mark_damaged(path: Path) -> None:
    """Have the next start set `path` aside: SQLite's quick check may not see what a write has met.

    A disk that takes no mark is not raised: whoever calls has a worse error to tell.
    """
    with suppress(OSError):
        os.close(os.open(_mark(path), os.O_WRONLY | os.O_CREAT, FILE_MODE))


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def open_reader(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """Open a connection that can only read; one thread at a time may use it.

    immutable: the file is a copy that nobody writes, perhaps on a medium that takes no lock files.
    Raises StoreError.
    """
    with Guard(f"read {path}"):
        uri = f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if immutable else "")
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that may be in use, as it stands between two changes. Raises StoreError."""
    reading = open_reader(source)
    try:
        with Guard(f"copy {source}"), closing(sqlite3.connect(target)) as writing:
            reading.backup(writing)
    finally:
        reading.close()


def roll_back(connection: sqlite3.Connection) -> None:
    """End an open transaction without its changes. Never raises: SQLite may have ended it already."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:  # the error that led here is the one to tell
        return


def _open(path: Path, migrations: str, load: Callable[[sqlite3.Connection], _T]) -> _T:
    if _mark(path).exists():
        raise _Damaged("it was found damaged, or gone, while it was in use")
    os.close(open_plain(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    path.chmod(FILE_MODE)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection, migrations)
        return load(connection)
    except (_Damaged, StoreError, sqlite3.Error, *UNREADABLE) as error:
        connection.close()
        if isinstance(error, _Damaged) or (why := _damage(error)) is None:
            raise
        raise _Damaged(why) from error


def _damage(error: Exception) -> str | None:
    """Say what in the content of a file led to `error`; None where the disk did, or whoever else has it."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    if isinstance(cause, UNREADABLE):
        return f"something in it is not what it was ({type(cause).__name__})"  # its content is not told
    if not isinstance(cause, sqlite3.Error):
        return None
    code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_OK)
    if code & _PRIMARY not in _DAMAGED:
        return None
    return "a text in it is none" if code == sqlite3.SQLITE_OK else str(cause)


def _prepare(connection: sqlite3.Connection, migrations: str) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA foreign_keys = ON")
    if (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise _Damaged(found)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_KEPT_BYTES}")
    _migrate(connection, migrations)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as sound:
        _migrate(sound, migrations)
        if lost := _objects(sound) - _objects(connection):
            raise _Damaged(f"it has no {min(lost)[1]} as it should be")
    if connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'trigger'").fetchone() is not None:
        raise _Damaged("a trigger is in it that is not ours")


def _objects(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    """Return the tables and indexes of a database, each with its columns."""
    found = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type <> 'table' OR name NOT LIKE 'sqlite%'"
    ).fetchall()
    return frozenset(
        (kind, name, repr(connection.execute(f"PRAGMA {kind}_info('{name}')").fetchall()))
        for kind, name in found
        if kind in {"table", "index"} and "'" not in name
    )


def _migrate(connection: sqlite3.Connection, migrations: str) -> None:
    folder = resources.files("agent.store.migrations") / migrations
    scripts = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda i: i.name)
    newest = int(scripts[-1].name[:4])
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > newest:
        raise _Damaged(f"version {version} is newer than this program's {newest}")
    for script in scripts:
        number = int(script.name[:4])
        if number <= version:
            continue
        sql = script.read_text(encoding="utf-8")
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
        except sqlite3.Error:
            roll_back(connection)
            raise


def set_aside(path: Path, at: datetime) -> Path:
    """Rename the file and its companions; return the new name. It is evidence, so it is never deleted."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    names = (path.with_name(f"{path.name}.{stamp}{f'.{n}' if n else ''}.bad") for n in range(NAMES_TRIED))
    kept_at = next((name for name in names if not name.exists()), None)
    if kept_at is None:
        raise StoreError(f"cannot set {path} aside: too many files of that name; move them away")
    for suffix in ("-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.rename(kept_at.with_name(kept_at.name + suffix))
    with suppress(FileNotFoundError):  # only its mark was left
        path.rename(kept_at)
    _mark(path).unlink(missing_ok=True)
    return kept_at
