"""Decision diff: yesterday's presentations decided again on another roster, before it is pushed.

The decision is the gateway's own (agent.domain.decision), fed with the list as that gateway would hold it.
What is not in the roster (fire, lockdown, a journal that could not be written) is left as it was: such
entries are passed over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from agent.domain.credentials import Credential, CredentialKind, CredentialState, Holding, Person, Span
from agent.domain.decision import Deny, Grant, Posture, Reason, Rule, decide
from agent.domain.moment import ClockConfidence, Moment
from agent.domain.rules import Group, Right, Rules
from agent.domain.schedule import Schedule, Window
from agent.office.roster import Rosters
from protocols.mqtt.model import read_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.office.book import Book

KINDS = frozenset({"entry.granted", "entry.denied"})
NOT_OF_THE_ROSTER = frozenset({*Rule, Reason.CANNOT_RECORD, Reason.TOO_LATE, Reason.DOOR_LOCKED, "", None})
"""Outcomes that another roster would not have changed."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A presentation that would end otherwise. `was`, `now`: a group's name, or the reason of a denial."""

    at: str
    door: str
    credential: str
    person: str | None
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found. `passed_over`: entries that no roster decided."""

    decided: int
    passed_over: int
    changed: tuple[Changed, ...]


def replay(book: Book, gateway: str, events: Iterable[dict[str, Any]], revision: int) -> Replay:
    """Decide `events` of `gateway` again as if revision `revision` had been in force.

    events: lines of `menshen journal export`, or events as the gateway publishes them; others are ignored.
    """
    rules, holdings = list_of(book, gateway, revision)
    decided = passed_over = 0
    changed: list[Changed] = []
    for event in events:
        if event.get("kind") not in KINDS:
            continue
        body = _body(event)
        was = body.get("rule") if event["kind"] == "entry.granted" else body.get("reason")
        credential, door = body.get("credential"), event.get("door")
        if was in NOT_OF_THE_ROSTER or not credential or not isinstance(door, str):
            passed_over += 1
            continue
        decided += 1
        holding = holdings.get(credential)
        at = Moment(0.0, read_stamp(event["at"]), ClockConfidence(event.get("clock", "synced")))
        now = decide(holding, Posture(door), rules, at)
        if isinstance(now, Grant) == (event["kind"] == "entry.granted"):
            continue
        person = None if holding is None or holding.person is None else holding.person.id
        changed.append(
            Changed(event["at"], door, credential, person or body.get("person"), str(was), _said(now))
        )
    return Replay(decided, passed_over, tuple(changed))


def read_events(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the events in JSON lines; a line that holds none is passed over."""
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def list_of(book: Book, gateway: str, revision: int) -> tuple[Rules, dict[str, Holding]]:
    """Return the list that `gateway` would hold at `revision`, as its own decision takes it."""
    whole = Rosters(book.database).changes(gateway, 0, revision)
    persons = {body["id"]: _person(body) for body in whole.rows["person"]}
    holdings = {
        body["digest"]: Holding(_credential(body), persons.get(body["person"]))
        for body in whole.rows["credential"]
    }
    rules = Rules(
        revision,
        {body["name"]: _group(body) for body in whole.rows["group"]},
        {body["name"]: _schedule(body) for body in whole.rows["schedule"]},
    )
    return rules, holdings


def _said(decision: Grant | Deny) -> str:
    return decision.reason.value if isinstance(decision, Deny) else decision.rule


def _body(event: dict[str, Any]) -> dict[str, Any]:
    body = event.get("body")
    if isinstance(body, str):
        body = next(read_events([body]), None)
    return body if isinstance(body, dict) else {}


def _span(body: dict[str, Any]) -> Span:
    return Span(
        None if body["from"] is None else read_stamp(body["from"]),
        None if body["until"] is None else read_stamp(body["until"]),
    )


def _person(body: dict[str, Any]) -> Person:
    until = body["verified_until"]
    return Person(
        id=body["id"],
        verified=body["verified"],
        groups=tuple(body["groups"]),
        span=_span(body),
        verified_until=None if until is None else read_stamp(until),
        household=body["household"],
        may_override=body["override"],
        needs_longer=body["longer"],
    )


def _credential(body: dict[str, Any]) -> Credential:
    return Credential(
        bytes.fromhex(body["digest"]),
        CredentialKind(body["kind"]),
        CredentialState(body["state"]),
        _span(body),
    )


def _group(body: dict[str, Any]) -> Group:
    return Group(body["name"], tuple(Right(right["door"], right["schedule"]) for right in body["rights"]))


def _schedule(body: dict[str, Any]) -> Schedule:
    windows = tuple(
        Window(frozenset(window["days"]), _minute(window["start"]), _minute(window["end"]))
        for window in body["windows"]
    )
    return Schedule(body["name"], ZoneInfo(body["zone"]), windows)


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
