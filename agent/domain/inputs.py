"""Inputs, outputs and devices that flap: doors follow them still, but the record sums them up. Pure.

Nothing is kept from a door: every press of an exit button releases it, and so does every call of the fire
line; an opened leaf is an opened leaf. What becomes less is what is written of it. The row "flapping" comes
first and is an alarm: from here on, until "steady", this point is summed up. Then each minute's row "summed"
tells how often it changed, and how many rows of each kind were left out. Of each alarm the first is written.
A press that finds its door locked is written too, FRESH_A_MINUTE of them; presses that only renew a release
are counted. A gateway that ends loses the counts of its last minute at most, never the row that says that
this exit button releases its door again and again.

Two things are believed less of what flaps, both on the side of life: a fire line that flaps is not at rest,
so a release stands until it is steady; and a key switch that flaps was not turned by a person.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from agent.domain.effects import Record, Result
from agent.domain.facts import (
    FireCleared,
    FireKeyTurned,
    FireKeyUnsure,
    FireUnsure,
    FromPoint,
    Role,
)
from agent.domain.flapping import Flap, alarmed, changed, told
from agent.domain.points import Key, Point

if TYPE_CHECKING:
    from agent.domain.facts import Json, Plain
    from agent.domain.moment import Moment
    from agent.domain.site import Site

FRESH_A_MINUTE = 10
"""Presses that find their door locked, of an exit button that flaps, that are rows of their own."""

FLAPS = "flapping"
"""Why what flaps is not believed."""

_INPUTS = frozenset({Role.CONTACT, Role.EXIT, Role.FIRE, Role.FIRE_KEY})
_LEAF = frozenset(
    {
        "door.opened",
        "door.closed",
        "door.forced",
        "door.cleared",
        "door.held_warning",
        "door.held",
        "door.contact_lost",
    }
)
_EXIT = frozenset({"exit.opened", "exit.fault"})
_RELEASE = frozenset({"door.released", "door.release_failed"})
_FIRE = frozenset({"fire.line", "fire.unsure"})
_FIRE_KEY = frozenset({"fire.not_ended", "fire.key_unsure"})
_DEVICE = frozenset({"device.online", "device.offline"})


def heard(site: Site, said: FromPoint, at: Moment) -> tuple[Site, Plain, Result]:
    """Count a change of a point. Return what is to be made of it, and what is to be recorded first."""
    key = (said.role, said.point)
    was = site.points.get(key, Point(said.role, said.door, said.fact))
    point = replace(was, last=said.fact, flap=changed(was.flap, at.monotonic))
    site, result = _judged(site, key, was.flap, point)
    return site, _believed(said.fact) if point.flap.flaps else said.fact, result


def summed(
    before: Site, after: Site, result: Result, at: Moment, heard_of: Key | None
) -> tuple[Site, Result]:
    """Return what is to be written of `result`, and the site that counted the rest.

    before, after: the site without and with the fact that led there. heard_of: the point that told it.
    """
    if heard_of is not None and any(record.alarm for record in result.records):
        after, begun = _weighed(after, heard_of, at)
    else:
        begun = Result()
    kept: list[Record] = []
    for record in result.records:
        key = _source(after, record, heard_of)
        if key is None:
            kept.append(record)
            continue
        if heard_of is None and record.alarm and record.kind in _LEAF:
            after, more = _weighed(after, key, at)  # what an opened leaf has come to
            begun += more
        if after.points[key].flap.flaps:
            released = record.kind == "exit.opened" and not before.doors[str(record.door)].released
            after, written = _counted(after, key, record, released=released)
        else:
            written = True
        if written:
            kept.append(record)
    return after, replace(result, records=(*kept, *begun.records))


def due(site: Site, at: Moment) -> tuple[Site, Result, tuple[Plain, ...]]:
    """Sum up what flaps, where a minute is over or the point is steady again.

    Return also what was not believed while a point flapped, and is now.
    """
    result = Result()
    facts: tuple[Plain, ...] = ()
    for key, point in site.points.items():
        flap = point.flap
        if flap.due is None or flap.due > at.monotonic:
            continue
        steady = flap.steady(at.monotonic)
        result += Result((_row(site, key, point, "steady" if steady else "summed", at),))
        if steady:
            now = replace(point, flap=Flap(), summed={}, alarms=frozenset(), fresh=0)
            facts += (point.last,) if isinstance(point.last, FireCleared) else ()
        else:
            now = replace(point, flap=told(flap, at.monotonic), summed={}, fresh=0)
        site = replace(site, points={**site.points, key: now})
    return site, result, facts


def flapping(site: Site) -> dict[Key, Point]:
    """Return what flaps now."""
    return {key: point for key, point in site.points.items() if point.flap.flaps}


def _judged(site: Site, key: Key, was: Flap, point: Point) -> tuple[Site, Result]:
    """Keep `point`, and say so where it has just begun to flap."""
    site = replace(site, points={**site.points, key: point})
    if was.flaps or not point.flap.flaps:
        return site, Result()
    flap = point.flap
    body: dict[str, Json] = {"point": key[1], "role": point.role.value, "changes": flap.changes}
    body["per_minute"] = flap.per_minute
    return site, Result((Record(_kind(point, FLAPS), point.door, body, alarm=True),))


def _weighed(site: Site, key: Key, at: Moment) -> tuple[Site, Result]:
    was = site.points[key]
    return _judged(site, key, was.flap, replace(was, flap=alarmed(was.flap, at.monotonic)))


def _believed(fact: Plain) -> Plain:
    """Return what is made of the word of a point that flaps."""
    match fact:
        case FireCleared():
            return FireUnsure(FLAPS)
        case FireKeyTurned(point):
            return FireKeyUnsure(point, FLAPS)
        case _:
            return fact


def _source(site: Site, record: Record, heard_of: Key | None) -> Key | None:
    """Return the point of which `record` tells, or None: it tells of none that is known."""
    if heard_of is not None and _tells(record, heard_of[1], site.points[heard_of]):
        return heard_of
    keys = [key for key, point in site.points.items() if _tells(record, key[1], point)]
    return max(keys, key=lambda key: site.points[key].flap.flaps, default=None)


def _tells(record: Record, name: str, point: Point) -> bool:
    kind = record.kind
    match point.role:
        case Role.CONTACT:
            return kind in _LEAF and record.door == point.door
        case Role.EXIT:
            by_exit = kind in _EXIT or (kind in _RELEASE and record.body.get("cause") == "exit")
            return by_exit and record.door == point.door
        case Role.FIRE:
            return kind in _FIRE
        case Role.FIRE_KEY:
            return kind in _FIRE_KEY
        case Role.DEVICE:
            return kind in _DEVICE and record.body.get("device") == name
        case Role.TROUBLE:
            of = f"{record.body.get('device')}.{record.body.get('trouble')}"
            return kind == "device.trouble" and of == name
        case Role.OUTPUT:
            return kind == "door.output_found" and record.body.get("point") == name
        case Role.READER:
            return kind == "entry.unreadable" and record.body.get("reader") == name
        case _:
            assert_never(point.role)


def _counted(site: Site, key: Key, record: Record, *, released: bool) -> tuple[Site, bool]:
    """Count a row of a point that flaps; say whether it is written all the same."""
    point = site.points[key]
    if record.alarm and record.kind not in point.alarms:
        now, written = replace(point, alarms=point.alarms | {record.kind}), True
    elif released and point.fresh < FRESH_A_MINUTE:
        now, written = replace(point, fresh=point.fresh + 1), True
    else:
        counts = Counter(point.summed)
        counts[record.kind] += 1
        now, written = replace(point, summed=dict(counts)), False
    return replace(site, points={**site.points, key: now}), written


def _row(site: Site, key: Key, point: Point, what: str, at: Moment) -> Record:
    """Return a row that sums up. The last one is an alarm where its door is not well."""
    seconds = round(at.monotonic - point.flap.since, 1)
    body: dict[str, Json] = {"point": key[1], "role": point.role.value, "changes": point.flap.changes}
    body |= {"seconds": seconds, "rows": dict(sorted(point.summed.items()))}
    alarm = False
    if point.role is Role.CONTACT and point.door is not None:
        door = site.doors[point.door]
        body |= {"leaf": door.leaf.value, "alarm": None if door.alarm is None else door.alarm.value}
        alarm = what == "steady" and door.alarm is not None
    return Record(_kind(point, what), point.door, body, alarm)


def _kind(point: Point, what: str) -> str:
    return f"{'input' if point.role in _INPUTS else 'device'}.{what}"
