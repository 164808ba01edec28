"""A file that a person named: read whole, bounded, and told by its bytes and not by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.errors import EX_NOINPUT, AgentError, BadInput
from agent.office.intake.separated import read_csv
from agent.office.intake.workbook import read_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from agent.office.intake.table import Table

LARGEST_FILE = 64 * 1024 * 1024
"""100 000 residents are some 15 MiB of CSV; four times that was named by mistake."""
ZIP_MARK = b"PK\x03\x04"
LOCK_FILE_MARK = "~$"
"""How the name of the file begins that Excel lays beside a workbook that is open."""


class NoFile(AgentError):  # noqa: N818 - what happened
    """The file cannot be opened."""

    exit_code = EX_NOINPUT


def read_file(path: Path) -> bytes:
    """Return what `path` holds. Raises NoFile, or BadInput for what can be no roster."""
    if path.name.startswith(LOCK_FILE_MARK):
        raise BadInput(
            f"{path.name} is what Excel lays beside an open workbook; name the workbook itself",
            f"{path.name} 是 Excel 打开工作簿时的临时文件；请指定工作簿本身",
        )
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NoFile(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}") from error
    if len(content) > LARGEST_FILE:
        raise BadInput(
            f"{path} is larger than {LARGEST_FILE // 1024 // 1024} MiB; no roster is",
            f"{path} 超过 {LARGEST_FILE // 1024 // 1024} MiB，不是名单",
        )
    return content


def read_roster(path: Path, sheet: str | None = None) -> Table:
    """Return the table in a roster file, told by its bytes and not by its name. Raises NoFile, BadInput.

    sheet: the title of the sheet to read, where a workbook has more than one with a roster.
    """
    content = read_file(path)
    if content.startswith(ZIP_MARK):
        return read_workbook(content, sheet)
    return read_csv(content)


def is_open(path: Path) -> bool:
    """Say whether Excel has the file open: then only what was saved last is read."""
    return path.with_name(f"{LOCK_FILE_MARK}{path.name}").exists()
