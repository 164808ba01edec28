"""An access plan: all schedules, groups and gateways of a building in one file, taken as a whole.

A plan says what there is. Of each of the three tables that it has, what it does not name is removed; a table
that it does not have is left as it stands. The schedule `always` stays in every book.

    [schedules.office-hours]
    windows = ["mon-fri 08:00-18:00"]

    [groups]
    residents = ["lobby", "garage:office-hours"]

    [gateways.gw01]
    doors = ["lobby", "garage"]
    reads = ["fc8cn16", "uid32"]
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.errors import BadInput
from agent.office import access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from agent.office.book import Book
    from agent.office.edit import Edit

TABLES = ("schedule", "door_group", "gateway")


@dataclass(frozen=True, slots=True)
class Weekly:
    """A schedule of a plan. `zone`: None is the book's own; `place`: where it stands in the file."""

    place: str
    windows: tuple[str, ...]
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """A group of a plan: (door, schedule) for each right."""

    place: str
    rights: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A gateway of a plan. `reads`: None leaves what the book says, and for a new one the usual."""

    place: str
    doors: tuple[str, ...]
    reads: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """What a file says there is; None for a table that it does not have."""

    schedules: Mapping[str, Weekly] | None = None
    groups: Mapping[str, Rights] | None = None
    gateways: Mapping[str, Box] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a plan changes. what: "added", "changed" or "removed"; `detail`: as it is after."""

    table: str
    name: str
    what: str
    detail: str


class PlanRefused(BadInput):
    """A plan that cannot be taken. `problems`: every one of them, each with its place."""

    def __init__(self, problems: Iterable[tuple[str, BadInput]]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "\n".join(f"{place}: {error}" for place, error in self.problems),
            "\n".join(f"{place}：{error.chinese}" for place, error in self.problems),
        )


def right(text: str) -> tuple[str, str]:
    """Return (door, schedule) of a right written DOOR or DOOR:SCHEDULE."""
    door, _, schedule = text.strip().replace("：", ":").partition(":")
    return door.strip(), schedule.strip() or access.ALWAYS


def read_toml(content: bytes) -> AccessPlan:
    """Return the plan in a TOML file. Raises PlanRefused with every problem of its form."""
    try:
        page = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"this is no access plan: {error}", f"这不是门禁方案：{error}") from error
    reader = _Reader()
    plan = AccessPlan(
        reader.table(page, "schedules", reader.weekly),
        reader.table(page, "groups", reader.rights),
        reader.table(page, "gateways", reader.box),
    )
    reader.left_over("", page, ("schedules", "groups", "gateways"))
    if reader.problems:
        raise PlanRefused(reader.problems)
    return plan


def written(book: Book) -> str:
    """Return the plan of a book as TOML: what `read_toml` reads back into the same book."""
    lines = ["# Schedules, groups and gateways: menshen office access load FILE --dry-run"]
    for name, zone, windows in access.schedules(book):
        if name != access.ALWAYS:
            lines += [
                "",
                f"[schedules.{_text(name)}]",
                f"zone = {_text(zone)}",
                f"windows = {_texts(windows)}",
            ]
    lines += ["", "[groups]"]
    for name, rights in access.groups(book).items():
        lines.append(f"{_text(name)} = {_texts(access.right_text(*each) for each in rights)}")
    reads = access.reads(book)
    for name, doors in access.gateways(book).items():
        lines += [
            "",
            f"[gateways.{_text(name)}]",
            f"doors = {_texts(doors)}",
            f"reads = {_texts(reads[name])}",
        ]
    return "\n".join(lines) + "\n"


def apply(edit: Edit, plan: AccessPlan, zone: str) -> list[Step]:
    """Make the book's tables what `plan` says; return what that changed. `zone`: of schedules that name none.

    Raises PlanRefused, with every problem.
    """
    problems: list[tuple[str, BadInput]] = []
    before = {table: _details(edit, table) for table in TABLES}

    def attempt(place: str, act: Callable[[], None]) -> None:
        try:
            act()
        except BadInput as error:
            problems.append((place, error))

    for name, weekly in (plan.schedules or {}).items():
        attempt(weekly.place, partial(access.set_schedule, edit, name, weekly.windows, weekly.zone or zone))
    for name, group in (plan.groups or {}).items():
        attempt(group.place, partial(access.set_group, edit, name, group.rights))
    for name, box in (plan.gateways or {}).items():
        attempt(box.place, partial(access.set_gateway, edit, name, box.doors, box.reads))
    # Groups before schedules: a schedule may go when the last group that used it has gone.
    for table, named in (
        ("door_group", plan.groups),
        ("gateway", plan.gateways),
        ("schedule", plan.schedules),
    ):
        for name in before[table] if named is not None else ():
            if name not in (named or ()) and (table, name) != ("schedule", access.ALWAYS):
                attempt(name, partial(access.drop, edit, table, name))
    if problems:
        raise PlanRefused(problems)
    return [step for table in TABLES for step in _steps(table, before[table], _details(edit, table))]


def loose_ends(book: Book | Edit) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the doors that groups open and no gateway has, and those of gateways that no group opens."""
    opened = {door for rights in access.groups(book).values() for door, _ in rights}
    wired = {door for doors in access.gateways(book).values() for door in doors}
    return tuple(sorted(opened - wired)), tuple(sorted(wired - opened))


class _Reader:
    """Reads a parsed TOML page, and keeps what is wrong with its form."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, BadInput]] = []

    def table(self, page: Mapping[str, Any], name: str, read: Callable[[str, Any], Any]) -> Any:
        """Return each entry of the table `name` as `read` reads it, or None where there is no such table."""
        entries = page.get(name)
        if entries is None:
            return None
        if not isinstance(entries, dict):
            self._wrong(name, "a table is expected", "应为一个表")
            return None
        return {key: read(f"{name}.{key}", value) for key, value in entries.items()}

    def weekly(self, place: str, value: Any) -> Weekly:
        """Read a schedule: its windows alone, or a table."""
        if isinstance(value, list):
            return Weekly(place, self._texts(place, value))
        entry = self._entry(place, value, ("windows", "zone"))
        zone = entry.get("zone")
        if zone is not None and not isinstance(zone, str):
            self._wrong(f"{place}.zone", "a text is expected", "应为文本")
            zone = None
        return Weekly(place, self._texts(f"{place}.windows", entry.get("windows")), zone)

    def rights(self, place: str, value: Any) -> Rights:
        """Read a group: its rights, each DOOR or DOOR:SCHEDULE."""
        return Rights(place, tuple(right(text) for text in self._texts(place, value)))

    def box(self, place: str, value: Any) -> Box:
        """Read a gateway: its doors alone, or a table."""
        if isinstance(value, list):
            return Box(place, self._texts(place, value))
        entry = self._entry(place, value, ("doors", "reads"))
        reads = None if "reads" not in entry else self._texts(f"{place}.reads", entry["reads"])
        return Box(place, self._texts(f"{place}.doors", entry.get("doors")), reads)

    def left_over(self, place: str, entry: Mapping[str, Any], known: Iterable[str]) -> None:
        """Note every key that no plan has: a slip of the pen would else go unseen."""
        for key in sorted(entry.keys() - set(known)):
            known_text = ", ".join(known)
            self._wrong(f"{place}{key}", f"unknown; known are {known_text}", f"无法识别；可用：{known_text}")

    def _entry(self, place: str, value: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._wrong(
                place, f"a table with {', '.join(known)} is expected", f"应为含 {'、'.join(known)} 的表"
            )
            return {known[0]: []}
        self.left_over(f"{place}.", value, known)
        return value

    def _texts(self, place: str, value: Any) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self._wrong(place, 'a list of texts is expected, such as ["lobby"]', '应为文本列表，如 ["lobby"]')
        return ()

    def _wrong(self, place: str, english: str, chinese: str) -> None:
        self.problems.append((place, BadInput(english, chinese)))


def _details(edit: Edit, table: str) -> dict[str, str]:
    match table:
        case "schedule":
            return {name: f"{zone}  {'; '.join(windows)}" for name, zone, windows in access.schedules(edit)}
        case "door_group":
            rights = access.groups(edit)
            return {name: ", ".join(access.right_text(*each) for each in rights[name]) for name in rights}
        case _:
            reads = access.reads(edit)
            return {
                name: f"{', '.join(doors)}  ({', '.join(reads[name])})"
                for name, doors in access.gateways(edit).items()
            }


def _steps(table: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Step]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield Step(table, name, "added", after[name])
        elif name not in after:
            yield Step(table, name, "removed", before[name])
        elif before[name] != after[name]:
            yield Step(table, name, "changed", f"{before[name]} → {after[name]}")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _texts(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"
