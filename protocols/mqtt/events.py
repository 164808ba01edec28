"""The record on the wire: one event a message while it is news, batches when it is history.

An event is known by (gw, seq); a consumer passes over those it has, and asks for a replay where a number is
missing. Bodies stay JSON text where they are only carried, so that a backlog of a hundred thousand is not
taken apart and put together again to be sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from protocols.mqtt.model import Clock, Document, Instant, Name, Number, Text, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

BATCH_EVENTS: Final = 100
"""The most events of one backfill message: a cut line loses at most so many in flight."""
BATCH_BYTES: Final = 64 * 1024
"""The size at which a batch is closed: well below what brokers refuse by default."""

Sequence = Annotated[Number, Field(ge=1)]


class Event(Document):
    """One entry of the record. `historical`: it was not sent while it was news, and must move nothing."""

    v: Literal[1] = 1
    gw: Name
    seq: Sequence
    at: Instant
    boot_id: Text
    mono_ms: Number
    clock: Clock
    historical: bool
    kind: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
    door: Name | None = None
    body: dict[str, Any] = Field(default_factory=dict)


class Backfill(Document):
    """A batch of history, in order. `from` and `to` are the first and the last number in it."""

    v: Literal[1] = 1
    gw: Name
    from_: Annotated[Sequence, Field(validation_alias="from", serialization_alias="from")]
    to: Sequence
    events: Annotated[tuple[Event, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        numbers = [event.seq for event in self.events]
        if numbers != sorted(set(numbers)) or (numbers[0], numbers[-1]) != (self.from_, self.to):
            raise ValueError("events stand in order, from the first number to the last")
        return self


def event_text(  # one text for live and history: what differs is one word
    *,
    gateway: str,
    seq: int,
    at: datetime,
    boot_id: str,
    mono_ms: int,
    clock: str,
    kind: str,
    door: str | None,
    body_text: str,
    historical: bool,
) -> str:
    """Return an event as JSON text. `body_text`: a JSON object as the journal keeps it, carried as it is."""
    head = json.dumps(
        {
            "v": 1,
            "gw": gateway,
            "seq": seq,
            "at": stamp(at),
            "boot_id": boot_id,
            "mono_ms": mono_ms,
            "clock": clock,
            "historical": historical,
            "kind": kind,
            "door": door,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return f'{head[:-1]},"body":{body_text}}}'


def backfill_body(gateway: str, first: int, last: int, events: Iterable[str]) -> bytes:
    """Return a batch of events, each as `event_text` made it with historical, as a payload."""
    head = json.dumps(
        {"v": 1, "gw": gateway, "from": first, "to": last}, ensure_ascii=False, separators=(",", ":")
    )
    return f'{head[:-1]},"events":[{",".join(events)}]}}'.encode()
