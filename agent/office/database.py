"""The book's file: open, check, migrate. One connection, used by the thread that opened it."""

from __future__ import annotations

import os
import sqlite3
from importlib.resources import files
from typing import TYPE_CHECKING

from agent.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION_ID = 0x4D454E42  # "MENB": tells the book from any other SQLite file
BUSY_MS = 5000  # another command of the office may be writing: wait this long for it
CACHE_KIB = 256 * 1024  # used as needed: the pages of an import of 100 000 rows stay in memory


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the book in `path`, bring it to the newest layout and return it. Raises StoreError."""
    try:
        if create:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    except FileExistsError:
        raise StoreError(f"{path} is there already", f"{path} 已存在") from None
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot open {path}: {error}", f"无法打开 {path}：{error}") from error
    try:
        _prepare(database)
    except sqlite3.Error as error:
        database.close()
        raise StoreError(
            f"{path} is not a book, or is damaged: {error}", f"{path} 不是登记簿，或已损坏：{error}"
        ) from error
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection) -> None:
    database.row_factory = sqlite3.Row
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # what was purged is overwritten, not only unlinked
        f"cache_size = -{CACHE_KIB}",
    ):
        database.execute(f"PRAGMA {pragma}")
    layout = database.execute("PRAGMA user_version").fetchone()[0]
    owner = database.execute("PRAGMA application_id").fetchone()[0]
    if layout and owner != APPLICATION_ID:
        raise StoreError("the file is a database of another program", "此文件是其他程序的数据库")
    scripts = migrations()
    if layout > len(scripts):
        raise StoreError(
            f"the book has layout {layout}, this program knows {len(scripts)}; update the program",
            f"登记簿版式为 {layout}，本程序只认识 {len(scripts)}；请升级程序",
        )
    for number, script in enumerate(scripts[layout:], start=layout + 1):
        database.executescript(
            f"BEGIN IMMEDIATE;\n{script}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
        )


def scrub(database: sqlite3.Connection) -> None:
    """Leave no page behind that held what was erased: not in the file, and not in its write-ahead log.

    Raises StoreError while another program reads from such pages; what was committed stays.
    """
    try:
        database.execute("VACUUM")
        busy = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise _held() from error
    if busy:
        raise _held()


def _held() -> StoreError:
    return StoreError(
        "done, but another program still holds old pages of the book; end it, and do the same once more",
        "已完成，但另一程序仍占用登记簿旧页；请结束该程序后再执行一次",
    )


def migrations() -> list[str]:
    """Return the scripts of `agent/office/migrations`, in order."""
    folder = files("agent.office") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]
