"""Groups, schedules and gateways in the book: who may pass where is a group; where it is sent, a gateway."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from agent.domain.decision import reads_like_a_rule
from agent.errors import BadInput
from agent.office.aliases import DEFAULT_READS, check_reads
from protocols.mqtt.roster import Group, Schedule
from protocols.mqtt.topics import is_name
from protocols.tokens.errors import TokenError
from protocols.tokens.keys import public_from_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent.office.book import Book
    from agent.office.edit import Edit

ALWAYS = "always"
"""The schedule that every book has: all days, all day."""

_DAY_NAMES = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
_DAY_NAMES |= {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7}
_SHORT_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(?:(\S+)\s+)?(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")

Window = dict[str, object]


def set_schedule(edit: Edit, name: str, windows: Sequence[str], zone: str) -> None:
    """Write the schedule `name`. `windows`: such as "mon-fri 08:00-20:00", or "08:00-20:00" for every day.

    Raises BadInput for a name, a window or a zone that nobody has.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(
            f"there is no time zone {zone!r}; one is Asia/Shanghai",
            f"没有时区 {zone!r}；例如 Asia/Shanghai",
        ) from error
    body: dict[str, object] = {"name": name, "zone": zone, "windows": [read_window(text) for text in windows]}
    if not is_name(name):
        raise _no_name(name)
    _check(Schedule, body, name)
    if edit.put("schedule", {"id": name, "zone": zone, "windows": json.dumps(body["windows"])}):
        edit.note(f"schedule:{name}")


def set_group(edit: Edit, name: str, rights: Sequence[tuple[str, str]]) -> None:
    """Write the group `name`: (door, schedule) for each door.

    Raises BadInput for an unknown schedule, and for a name that the journal could not tell from a rule.
    """
    if not is_name(name):
        raise _no_name(name)
    if reads_like_a_rule(name):
        raise BadInput(
            f"{name!r} stands for a rule of the house in the journal; give the group another name",
            f"{name!r} 在日志中表示系统规则；请换一个组名",
        )
    for door, schedule in rights:
        if not is_name(door):
            raise _no_name(door)
        if edit.get("schedule", schedule) is None:
            raise BadInput(
                f"there is no schedule {schedule!r}; first: menshen office schedule add {schedule} …",
                f"没有时段 {schedule!r}；请先执行 menshen office schedule add {schedule} …",
            )
    listed = [{"door": door, "schedule": schedule} for door, schedule in sorted(set(rights))]
    _check(Group, {"name": name, "rights": listed}, name)
    if edit.put("door_group", {"id": name, "rights": json.dumps(listed, ensure_ascii=False)}):
        edit.note(f"group:{name}")


def set_gateway(edit: Edit, name: str, doors: Sequence[str], reads: Sequence[str] | None = None) -> None:
    """Write the gateway `name` with its doors, and what its readers make of a card.

    reads: spaces and shortenings (protocols.wiegand.identity); None: as before, for a new one DEFAULT_READS.
    Raises BadInput for a name that no topic can hold, and for what no reader gives.
    """
    for each in (name, *doors):
        if not is_name(each):
            raise _no_name(each)
    if not doors:
        raise BadInput(
            "a gateway has one door at least: --doors lobby,garage",
            "网关至少要有一个门：--doors lobby,garage",
        )
    if reads is None:
        before = edit.get("gateway", name)
        reads = DEFAULT_READS if before is None else json.loads(before["reads"])
    row = {
        "id": name,
        "doors": json.dumps(sorted(set(doors)), ensure_ascii=False),
        "reads": json.dumps(check_reads(reads)),
    }
    if edit.put("gateway", row):
        edit.note(f"gateway:{name}")


def drop(edit: Edit, table: str, name: str) -> None:
    """Remove a group, a schedule or a gateway. Raises BadInput when it is not there or still needed."""
    if table == "schedule":
        users = [
            row["id"]
            for row in edit.database.execute("SELECT id, rights FROM door_group")
            if any(right["schedule"] == name for right in json.loads(row["rights"]))
        ]
        if users:
            raise BadInput(
                f"the schedule {name!r} is used by {', '.join(users)}",
                f"时段 {name!r} 仍被以下权限组使用：{'、'.join(users)}",
            )
    if not edit.drop(table, name):
        raise BadInput(f"there is no {name!r}", f"没有 {name!r}")
    edit.note(f"{table}:{name}")


def gateways(book: Book | Edit) -> dict[str, tuple[str, ...]]:
    """Return all gateways with their doors."""
    rows = book.database.execute("SELECT id, doors FROM gateway ORDER BY id")
    return {row["id"]: tuple(json.loads(row["doors"])) for row in rows}


def reads(book: Book | Edit) -> dict[str, tuple[str, ...]]:
    """Return what the readers of each gateway make of a card: spaces and shortenings."""
    rows = book.database.execute("SELECT id, reads FROM gateway ORDER BY id")
    return {row["id"]: tuple(json.loads(row["reads"])) for row in rows}


def groups(book: Book | Edit) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return all groups with their (door, schedule)."""
    rows = book.database.execute("SELECT id, rights FROM door_group ORDER BY id")
    return {row["id"]: tuple((r["door"], r["schedule"]) for r in json.loads(row["rights"])) for row in rows}


def gateway_key(book: Book, gateway: str) -> str | None:
    """Return the public key text that the receipts of `gateway` must be signed with, when it is known."""
    row = book.database.execute("SELECT key FROM gateway_key WHERE gateway = ?", (gateway,)).fetchone()
    return None if row is None else str(row["key"])


def key_origin(book: Book, gateway: str) -> tuple[str, str, str] | None:
    """Return the key of `gateway`, how the office came to know it ("given", "first use"), and when."""
    row = book.database.execute(
        "SELECT key, how, at FROM gateway_key WHERE gateway = ?", (gateway,)
    ).fetchone()
    return None if row is None else (row["key"], row["how"], row["at"])


def pin_gateway_key(book: Book, gateway: str, key: str, *, how: str, now: str) -> None:
    """Hold `gateway` to `key` from now on. how: "given", or "first use" when its birth message told it.

    Raises BadInput for what is no key, and for another key than the one pinned: only `menshen office gateway
    add --key` by a person changes that.
    """
    try:
        public_from_text(key)
    except TokenError as error:
        raise BadInput(f"this is no public key: {error}", f"这不是公钥：{error}") from error
    known = gateway_key(book, gateway)
    if how != "given" and known is not None and known != key:
        raise BadInput(
            f"{gateway} shows another key than the one it is held to",
            f"{gateway} 出示的公钥与登记的不符",
        )
    if known != key:
        book.database.execute(
            "REPLACE INTO gateway_key (gateway, key, how, at) VALUES (?, ?, ?, ?)", (gateway, key, how, now)
        )


def read_window(text: str) -> Window:
    """Return the window written as "mon-fri 08:00-20:00", "周一至周五 8:00-20:00" or "6,7 09:00-12:00"."""
    found = _WINDOW.fullmatch(text.strip().replace("–", "-").replace("—", "-").replace("：", ":"))
    days = None if found is None else read_days(found[1])
    if found is None or days is None:
        raise BadInput(
            f'{text!r} is no window; write it like "mon-fri 08:00-20:00"',
            f"{text!r} 不是时段；请写成“周一至周五 08:00-20:00”",
        )
    return {"days": days, "start": found[2].zfill(5), "end": found[3].zfill(5)}


def read_days(text: str | None) -> list[int] | None:
    """Return the ISO weekdays in "mon-fri", "1-5", "周一至周五" or "sat,sun"; every day for None."""
    if text is None:
        return list(range(1, 8))
    days: set[int] = set()
    for part in re.split("[,，、]", text.lower().replace("至", "-").replace("到", "-")):
        ends = [_day(end) for end in part.split("-")]
        match ends:
            case [int(day)]:
                days.add(day)
            case [int(first), int(last)]:
                days.update((first - 1 + step) % 7 + 1 for step in range((last - first) % 7 + 1))
            case _:
                return None
    return sorted(days)


def _day(text: str) -> int | None:
    text = text.strip().removeprefix("星期").removeprefix("周").removeprefix("礼拜")
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 7:  # noqa: PLR2004 - days of a week
        return int(text)
    return _DAY_NAMES.get(text[:3])


def _no_name(text: str) -> BadInput:
    return BadInput(
        f"{text!r} cannot be a name: 1 to 64 characters, none of + # /",
        f"{text!r} 不能作名称：须为 1 至 64 个字符，不含 + # /",
    )


def _check(model: type[Group | Schedule], body: dict[str, object], name: str) -> None:
    try:
        model.model_validate_json(json.dumps(body))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            f"{name!r} cannot be sent: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            f"{name!r} 无法下发：{'.'.join(map(str, first['loc']))}：{first['msg']}",
        ) from error


def schedules(book: Book | Edit) -> list[tuple[str, str, list[str]]]:
    """Return all schedules: name, zone, and windows as `window_text` writes them."""
    rows = book.database.execute("SELECT id, zone, windows FROM schedule ORDER BY id")
    return [(row["id"], row["zone"], [window_text(w) for w in json.loads(row["windows"])]) for row in rows]


def right_text(door: str, schedule: str) -> str:
    """Return a right as it is written: DOOR, or DOOR:SCHEDULE."""
    return door if schedule == ALWAYS else f"{door}:{schedule}"


def window_text(window: Mapping[str, Any]) -> str:
    """Return a window as `read_window` reads it: "mon-fri 08:00-18:00"; without days when it is every day."""
    runs: list[list[int]] = []
    for day in sorted(window["days"]):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = ["-".join(_SHORT_DAYS[end - 1] for end in sorted({run[0], run[-1]})) for run in runs]
    days = "" if len(window["days"]) == len(_SHORT_DAYS) else f"{','.join(names)} "
    return f"{days}{window['start']}-{window['end']}"
