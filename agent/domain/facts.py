"""All that can happen to a site of doors.

Closed unions of frozen values: a new fact is a new class, and mypy then finds every place that forgot it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from agent.domain.credentials import Holding
    from agent.domain.decision import Mode, Reason
    from agent.domain.passes import Visit
    from agent.domain.rules import Rules

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Order:
    """A signed command that passed every check of its signature, address, time and freshness.

    id: its `jti`. key: who signed. person: whose phone it was, if a phone's. not_after: monotonic
    seconds after which it must not be acted on. reply: where the answer goes; correlation: what the
    sender wants repeated with it. remember_until: how long its id must be known as used.
    """

    id: str
    key: str
    person: str | None
    not_after: float
    remember_until: datetime
    reply: str
    correlation: bytes = b""


@dataclass(frozen=True, slots=True)
class Presented:
    """A card was read at a door. `holding` is None when the digest is on no list.

    read_at: monotonic seconds; the person has tried again or gone when it is long past.
    """

    door: str
    reader: str
    direction: str
    digest: bytes
    holding: Holding | None
    read_at: float


@dataclass(frozen=True, slots=True)
class PassShown:
    """A visitor's pass was read at a door. visit: what it says; None where nobody trusted has signed it.

    unfit: what is wrong with it wherever it is shown. used: how often it has opened here; None where nobody
    can tell. read_at: monotonic seconds.
    """

    door: str
    reader: str
    direction: str
    visit: Visit | None
    unfit: Reason | None
    used: int | None
    read_at: float


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reader read bits that no allowed format fits. `why` holds no card number."""

    door: str
    reader: str
    direction: str
    bits: int
    why: str


@dataclass(frozen=True, slots=True)
class OpenAsked:
    """A signed order to open a door.

    digest: of the phone's key; empty for a key that the configuration trusts with every door, and only
    for that. holding: the phone key's, looked up at this moment. may_override: such a trusted key opens a
    door that is locked down, too; a phone does where its holder may.
    """

    door: str
    order: Order
    digest: bytes
    holding: Holding | None
    may_override: bool = False


@dataclass(frozen=True, slots=True)
class ModeAsked:
    """A signed order to change a door's mode."""

    door: str
    order: Order
    mode: Mode


@dataclass(frozen=True, slots=True)
class FireOverAsked:
    """A signed order that says that the fire is over."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """An order that must not be acted on; answered where it says where to."""

    door: str | None
    order: Order | None
    reason: str


@dataclass(frozen=True, slots=True)
class ExitAsked:
    """The exit button was pressed."""

    door: str


@dataclass(frozen=True, slots=True)
class LeafOpened:
    """The contact says the leaf is open."""

    door: str


@dataclass(frozen=True, slots=True)
class LeafClosed:
    """The contact says the leaf is closed."""

    door: str


@dataclass(frozen=True, slots=True)
class LeafUnknown:
    """Nobody knows where the leaf is: the contact's board is silent, or its wire is cut or shorted."""

    door: str
    why: str


@dataclass(frozen=True, slots=True)
class FireRaised:
    """The fire line asks for release."""


@dataclass(frozen=True, slots=True)
class FireCleared:
    """The fire line is at rest again."""


@dataclass(frozen=True, slots=True)
class FireUnsure:
    """The fire line cannot be read. Doors that open in a fire do so by wiring; this is an alarm."""

    why: str


@dataclass(frozen=True, slots=True)
class FireKeyTurned:
    """The key switch at the input `point` says that the fire is over."""

    point: str


@dataclass(frozen=True, slots=True)
class FireKeyRested:
    """That key switch is at rest."""

    point: str


@dataclass(frozen=True, slots=True)
class FireKeyUnsure:
    """Nobody knows how that key switch stands."""

    point: str
    why: str


class Role(StrEnum):
    """What a point is for. Stable words: they are in the record."""

    CONTACT = "contact"
    EXIT = "exit"
    FIRE = "fire_line"
    FIRE_KEY = "fire_key"
    DEVICE = "device"  # it answers, or it does not
    TROUBLE = "trouble"  # one trouble of a device: there, or over
    OUTPUT = "output"  # found on, or off again, with no release of ours
    READER = "reader"  # told bits that are no card


@dataclass(frozen=True, slots=True)
class FromPoint:
    """A fact that the input or device `point` of `door` (None: of no single one) told by changing."""

    point: str
    role: Role
    door: str | None
    fact: Plain


@dataclass(frozen=True, slots=True)
class Carried:
    """The device confirmed the act `id`."""

    id: int


@dataclass(frozen=True, slots=True)
class NotCarried:
    """The act `id` was not done; `maybe`: it may have been, the proof was lost."""

    id: int
    why: str
    maybe: bool


@dataclass(frozen=True, slots=True)
class Noted:
    """Something to be recorded that changes no door."""

    kind: str
    body: Mapping[str, Json]
    door: str | None = None
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class RosterInForce:
    """A new list is in force from now on; these are its groups and schedules."""

    rules: Rules


@dataclass(frozen=True, slots=True)
class RecordingLost:
    """The journal could not be written."""

    why: str


@dataclass(frozen=True, slots=True)
class RecordingBack:
    """The journal can be written again."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed, and nothing else."""


Plain = (
    Presented
    | PassShown
    | Unreadable
    | OpenAsked
    | ModeAsked
    | FireOverAsked
    | OrderRefused
    | ExitAsked
    | LeafOpened
    | LeafClosed
    | LeafUnknown
    | FireRaised
    | FireCleared
    | FireUnsure
    | FireKeyTurned
    | FireKeyRested
    | FireKeyUnsure
    | Carried
    | NotCarried
    | Noted
    | RosterInForce
    | RecordingLost
    | RecordingBack
    | Tick
)
Fact = Plain | FromPoint
