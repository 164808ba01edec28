"""What a gateway says of itself and of its doors, and what the centre asks of the record.

Every document is frozen, has `v` first, is tolerant of fields that it does not know when it is read, and
never sends one. Events and backfill are in `events`, the roster's in `roster_messages`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from protocols.mqtt.model import Clock, Document, Instant, Name, Number, Text

PLACES: Final = 256
"""The most doors, readers or ports that a gateway describes itself with."""

CHECKPOINT_CHARS: Final = 4096
"""A signed checkpoint has some 450 characters."""

Figure = int | float | str
MqttVersion = Literal["5", "3.1.1"]


class DoorBirth(Document):
    """A door as the gateway knows it: its name for programs, and its name for people."""

    door: Name
    title: Text = ""
    readers: Annotated[tuple[Name, ...], Field(max_length=PLACES)] = ()


class DeviceBirth(Document):
    """A reader or a board as it was last heard: what it says of itself.

    cuid: its number inside the secure channel. changed: another device hung at this place before, and no
    operator has accepted this one yet.
    """

    device: Name
    maker: Text | None = None
    model: Text | None = None
    serial: Text | None = None
    firmware: Text | None = None
    cuid: Text | None = None
    changed: bool = False


class Birth(Document):
    """All that a late reader needs to know of a gateway. Retained on birth.

    `key`: the gateway's public key, with which it signs receipts and checkpoints. `started_at`: when this
    process began; `at`: when this session with the broker did. `reads`: the spaces of card numbers that the
    readers here give. `devices`: those heard since then; the whole is said again when another comes.
    """

    v: Literal[1] = 1
    gw: Name
    epoch: Number
    at: Instant
    started_at: Instant
    boot_id: Text
    clock: Clock
    version: Text
    mqtt: MqttVersion
    place: Text = ""
    key: Text
    revision: Number
    reads: Annotated[tuple[Name, ...], Field(max_length=PLACES)] = ()
    doors: Annotated[tuple[DoorBirth, ...], Field(max_length=PLACES)] = ()
    devices: Annotated[tuple[DeviceBirth, ...], Field(max_length=PLACES)] = ()


class State(Document):
    """Whether the gateway is there. Retained on state, and its last will.

    `epoch` rises with every session: a will of an older epoch than the newest birth says nothing. A will is
    written in advance, so it has no time; the time of death is the reader's. `nonce`: what a command must
    repeat while the gateway's clock is not synced, and may at any time.
    """

    v: Literal[1] = 1
    gw: Name
    online: bool
    epoch: Number
    at: Instant | None = None
    nonce: Annotated[str, Field(min_length=8, max_length=64)] | None = None


class OutboxHealth(Document):
    """The record that the centre has not confirmed. `percent`: of the rows that are kept at most.

    `hours_to_full`: at the rate of the last hours; None where nothing grows.
    """

    depth: Number
    sent: Number
    confirmed: Number
    capacity: Number
    percent: Annotated[float, Field(ge=0)]
    oldest_at: Instant | None = None
    hours_to_full: Annotated[float, Field(ge=0)] | None = None


class LinkHealth(Document):
    """The line to the centre, counted since start."""

    mqtt: MqttVersion
    sessions: Number
    last_trouble: Text | None = None
    too_large: Number = 0
    malformed: Number = 0
    overloaded: Number = 0


class Health(Document):
    """How the gateway is. Retained on health.

    `refused`: commands not carried out since start, by reason; `rejected_stale` is the sum of those that came
    too late or a second time. `checkpoint`: the gateway's signed word on which hash its record has at which
    number; whoever keeps it can prove later that nothing before it was taken away. `ports`: each port's own
    figures.
    """

    v: Literal[1] = 1
    gw: Name
    epoch: Number
    at: Instant
    clock: Clock
    version: Text
    uptime_s: Annotated[float, Field(ge=0)]
    outbox: OutboxHealth
    link: LinkHealth
    disk_free_bytes: Number | None = None
    rss_bytes: Number | None = None
    rejected_stale: Number = 0
    refused: dict[str, Number] = Field(default_factory=dict)
    checkpoint: Annotated[str, Field(max_length=CHECKPOINT_CHARS)] | None = None
    ports: dict[str, dict[str, Figure]] = Field(default_factory=dict)


class DoorState(Document):
    """A door as it is now. Retained on door/{door}/state; never history, never a reason to act.

    `fault`: what the gateway cannot see or do there, in one word such as "lock_offline"; None is none.
    """

    v: Literal[1] = 1
    gw: Name
    door: Name
    epoch: Number
    at: Instant
    lock: Literal["locked", "released", "unknown"]
    contact: Literal["closed", "open", "unknown", "fault"]
    mode: Literal["normal", "held", "locked"]
    fire: bool
    alarm: Literal["forced", "held", "held_warning"] | None = None
    fault: Text | None = None


class Ack(Document):
    """The centre has this gateway's record up to and including `confirmed`. On event/ack."""

    v: Literal[1] = 1
    confirmed: Number


class Replay(Document):
    """The centre asks again for the record `from` … `to`, both included. On event/replay."""

    v: Literal[1] = 1
    from_: Annotated[Number, Field(validation_alias="from", serialization_alias="from", ge=1)]
    to: Number

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.to < self.from_:
            raise ValueError("a range runs forward")
        return self


class CommandAnswer(Document):
    """What became of a command. "opened" is said only when the lock's driver has confirmed the release.

    `id`: the command's jti, None where it could not be read. `reason`: why not, for any other outcome.
    """

    v: Literal[1] = 1
    id: Annotated[str, Field(max_length=64)] | None
    outcome: Literal["opened", "done", "refused", "failed"]
    reason: Text | None = None
    door: Name | None = None
    at: Instant
