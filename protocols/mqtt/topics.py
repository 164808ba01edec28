"""Every topic under menshen/v1/{gw}: made and taken apart in one place.

The gateway's name stands first, so that a broker can keep every gateway to its own with one pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocols.mqtt.errors import MessageError

ROOT: Final = "menshen/v1"
NAME_CHARS: Final = 64
"""The longest name of a gateway, door or client: a certificate's common name has 64 characters."""
TOPIC_BYTES: Final = 1024
"""Ours stay under 600 bytes. MQTT would allow 65 535."""
LARGEST_NUMBER: Final = 2**53 - 1
"""The largest revision, sequence number or chunk: beyond it, JSON readers disagree."""

_FORBIDDEN: Final = re.compile(r"[+#/\x00-\x1f\x7f\ud800-\udfff]")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")


class Kind(StrEnum):
    """What is said on a topic. The value is the topic's end, up to what it names."""

    BIRTH = "birth"
    STATE = "state"
    HEALTH = "health"
    DOOR_STATE = "door"
    LIVE = "event/live"
    BACKFILL = "event/backfill"
    ACK = "event/ack"
    REPLAY = "event/replay"
    COMMAND = "cmd"
    ANSWER = "res"
    HEAD = "roster/head"
    CHUNK = "roster/snapshot"
    DELTA = "roster/delta"
    RECEIPT = "roster/receipt"
    DAILY_REPORT = "report/daily"


_PLAIN: Final = frozenset(Kind) - {Kind.DOOR_STATE, Kind.ANSWER, Kind.CHUNK}
_BY_END: Final = {kind.value: kind for kind in _PLAIN}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic taken apart. `door`, `client`, or `revision` and `chunk` stand where the kind has them."""

    gateway: str
    kind: Kind
    door: str | None = None
    client: str | None = None
    revision: int | None = None
    chunk: int | None = None


def plain(gateway: str, kind: Kind) -> str:
    """Return the topic of a `kind` that names nothing but the gateway."""
    if kind not in _PLAIN:
        raise ValueError(f"{kind} names more than the gateway")
    return f"{prefix(gateway)}{kind}"


def door_state(gateway: str, door: str) -> str:
    """Return the topic of a door's state."""
    return f"{prefix(gateway)}door/{checked(door)}/state"


def answer(gateway: str, client: str) -> str:
    """Return the topic on which `client` hears the answers to its commands."""
    return f"{prefix(gateway)}res/{checked(client)}"


def chunk(gateway: str, revision: int, number: int) -> str:
    """Return the topic of one chunk (from 0) of the list at `revision`."""
    return f"{prefix(gateway)}roster/snapshot/{_counted(revision)}/{_counted(number)}"


def chunks(gateway: str, revision: int) -> str:
    """Return the filter of all chunks of the list at `revision`."""
    return f"{prefix(gateway)}roster/snapshot/{_counted(revision)}/#"


def prefix(gateway: str) -> str:
    """Return what all topics of `gateway` begin with, the slash included."""
    return f"{ROOT}/{checked(gateway)}/"


def checked(name: str) -> str:
    """Return `name`, fit to stand between two slashes. ValueError where it is not."""
    if not is_name(name):
        raise ValueError(f"a name has 1 to {NAME_CHARS} characters, none of + # / or of control: {name!r}")
    return name


def is_name(name: str) -> bool:
    """Say whether `name` may stand in a topic as a gateway, a door or a client."""
    return 0 < len(name) <= NAME_CHARS and _FORBIDDEN.search(name) is None


def take_apart(text: str) -> Topic:
    """Return what the topic `text` names. Raises MessageError for any that is not ours."""
    if len(text) > TOPIC_BYTES:
        raise MessageError("a topic longer than any of ours")
    match text.split("/"):
        case ["menshen", "v1", gateway, *rest] if is_name(gateway):
            return _rest(gateway, rest)
        case _:
            raise MessageError("a topic outside menshen/v1/{gw}")


def answer_topic(gateway: str, text: str) -> bool:
    """Say whether `text`, which a stranger gave as a response topic, is one that we may answer on."""
    try:
        topic = take_apart(text)
    except MessageError:
        return False
    return topic.kind is Kind.ANSWER and topic.gateway == gateway


def _rest(gateway: str, rest: list[str]) -> Topic:
    match rest:
        case ["door", door, "state"] if is_name(door):
            return Topic(gateway, Kind.DOOR_STATE, door=door)
        case ["res", client] if is_name(client):
            return Topic(gateway, Kind.ANSWER, client=client)
        case ["roster", "snapshot", revision, number] if _is_number(revision) and _is_number(number):
            return Topic(gateway, Kind.CHUNK, revision=int(revision), chunk=int(number))
        case _:
            kind = _BY_END.get("/".join(rest))
            if kind is None:
                raise MessageError("a topic of no kind that we know")
            return Topic(gateway, kind)


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and int(text) <= LARGEST_NUMBER


def _counted(number: int) -> str:
    if not 0 <= number <= LARGEST_NUMBER:
        raise ValueError("a number in a topic is 0 to 2**53 - 1")
    return str(number)
