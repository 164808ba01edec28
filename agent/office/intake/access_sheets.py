"""An access plan as an Excel workbook or a CSV file: a sheet for rights, one for gateways, one for schedules.

Each is told by its header row: 权限组 and 门 (and 时段), 网关 and 门 (and 读卡类型), 时段 and 时间 (and
时区). A row whose first name is empty goes on with the one above it, as in tables that people draw.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.office.access import ALWAYS
from agent.office.access_plan import AccessPlan, Box, Rights, Weekly, read_toml, right
from agent.office.intake.columns import plain
from agent.office.intake.files import ZIP_MARK, read_file
from agent.office.intake.separated import csv_rows
from agent.office.intake.table import HEADER_WITHIN
from agent.office.intake.workbook import opened, sheet_rows, shown_sheets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MOST_ROWS = 20_000
"""A town has fewer doors."""

_NAMES = {
    "group": "group|权限组|组|门禁权限|分组",
    "door": "door|doors|门|门点|所管的门|门名称",
    "schedule": "schedule|时段|时段名称|通行时段",
    "gateway": "gateway|网关|控制箱",
    "reads": "reads|readers give|读卡类型|读卡器类型",
    "window": "window|windows|time|时间|时间段|通行时间",
    "zone": "zone|time zone|时区",
}
_BY_NAME = {plain(name): column for column, names in _NAMES.items() for name in names.split("|")}
_KINDS = (("gateway", "door"), ("group", "door"), ("schedule", "window"))
"""What a header must name, for each kind of table; the first name is what its rows are about."""

_SPLIT = re.compile(r"[;；、,，\n]+")
_SPLIT_WINDOWS = re.compile(r"[;；\n]+")


def read_plan(path: Path) -> AccessPlan:
    """Return the access plan in a TOML, Excel or CSV file. Raises NoFile, BadInput."""
    content = read_file(path)
    if content.startswith(ZIP_MARK):
        plan = AccessPlan()
        with opened(content) as (archive, workbook):
            for sheet in shown_sheets(workbook):
                plan = _with_table(plan, sheet.title, sheet_rows(archive, sheet))
    elif path.suffix.lower() == ".toml":
        return read_toml(content)
    else:
        plan = _with_table(AccessPlan(), path.name, csv_rows(content))
    if plan == AccessPlan():
        raise BadInput(
            "no table of an access plan was found: a header row must name 权限组 and 门 (group, door), "
            "网关 and 门 (gateway, door), or 时段 and 时间 (schedule, window)",
            "找不到门禁方案的表头：须有一行写明“权限组、门”“网关、门”或“时段、时间”",
        )
    return plan


def _with_table(plan: AccessPlan, title: str, rows: Iterable[tuple[int, list[str]]]) -> AccessPlan:
    """Return `plan` with the table on this sheet, if it has one. Raises BadInput for a second of a kind."""
    numbered = iter(rows)
    for seen, (_, cells) in enumerate(numbered):
        columns = _columns(cells)
        kind = next((kind for kind in _KINDS if columns.keys() >= set(kind)), None)
        if kind is not None:
            break
        if seen >= HEADER_WITHIN:
            return plan
    else:
        return plan
    entries = _entries(title, numbered, columns, kind[0])
    match kind[0]:
        case "gateway":
            _only_one(plan.gateways, title)
            return replace(plan, gateways=_boxes(entries))
        case "group":
            _only_one(plan.groups, title)
            return replace(plan, groups=_rights(entries))
        case _:
            _only_one(plan.schedules, title)
            return replace(plan, schedules=_weeklies(entries))


def _columns(cells: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        column = _BY_NAME.get(plain(cell))
        if column is not None:
            found.setdefault(column, index)
    return found


def _entries(
    title: str, rows: Iterator[tuple[int, list[str]]], columns: dict[str, int], about: str
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the place, the name and the cells of each row that says anything."""
    name = ""
    for number, cells in rows:
        if number > MOST_ROWS:
            raise BadInput(
                f"more than {MOST_ROWS} rows; this is no access plan", f"超过 {MOST_ROWS} 行，不是门禁方案"
            )
        said = {
            column: cells[index].strip() if index < len(cells) else "" for column, index in columns.items()
        }
        if not any(said.values()):
            continue
        name = said[about] or name
        yield f"{title} {number}", name, said


def _boxes(entries: Iterable[tuple[str, str, dict[str, str]]]) -> dict[str, Box]:
    found: dict[str, Box] = {}
    for place, name, said in entries:
        box = found.setdefault(name, Box(place, ()))
        reads = tuple(_parts(_SPLIT, said.get("reads", "")))
        found[name] = replace(
            box,
            doors=(*box.doors, *_parts(_SPLIT, said["door"])),
            reads=(*(box.reads or ()), *reads) if reads else box.reads,
        )
    return found


def _rights(entries: Iterable[tuple[str, str, dict[str, str]]]) -> dict[str, Rights]:
    found: dict[str, Rights] = {}
    for place, name, said in entries:
        group = found.setdefault(name, Rights(place, ()))
        rights = [right(door) for door in _parts(_SPLIT, said["door"])]
        schedule = said.get("schedule", "")
        if schedule:
            rights = [(door, schedule if own == ALWAYS else own) for door, own in rights]
        found[name] = replace(group, rights=(*group.rights, *rights))
    return found


def _weeklies(entries: Iterable[tuple[str, str, dict[str, str]]]) -> dict[str, Weekly]:
    found: dict[str, Weekly] = {}
    for place, name, said in entries:
        weekly = found.setdefault(name, Weekly(place, ()))
        found[name] = replace(
            weekly,
            windows=(*weekly.windows, *_parts(_SPLIT_WINDOWS, said["window"])),
            zone=said.get("zone") or weekly.zone,
        )
    return found


def _parts(split: re.Pattern[str], text: str) -> Iterator[str]:
    return (part.strip() for part in split.split(text) if part.strip())


def _only_one(table: object, title: str) -> None:
    if table is not None:
        raise BadInput(
            f"{title}: a second table of the same kind; put them into one",
            f"{title}：同类表格出现两次，请合并为一个",
        )
