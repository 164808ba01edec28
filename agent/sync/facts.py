"""All that the line to the centre tells the loop: frozen values, one class for each thing that happens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Connected and subscribed. `epoch` rises with every session; `mqtt`: "5" or "3.1.1".

    `session_present`: the broker kept what came meanwhile.
    Now is the moment for a fresh nonce and for the receipts.
    """

    epoch: int
    mqtt: str
    session_present: bool


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The session is over. `why` is for a person; it holds no secret."""

    epoch: int
    why: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The broker has taken every row up to `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The centre has every row up to `seq`, of those that it was told. Its word may overtake the broker's."""

    seq: int


@dataclass(frozen=True, slots=True)
class ReplayAsked:
    """The centre asked again for rows `first` to `last`. They are being sent; this is for the record."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class OrderReceived:
    """A command, its signature not yet looked at. `answer_to`: a response topic of ours, or None."""

    token: str
    answer_to: str | None
    correlation: bytes | None


@dataclass(frozen=True, slots=True)
class HeadReceived:
    """The office's signed head of the roster; its signature is not yet looked at."""

    token: str


@dataclass(frozen=True, slots=True)
class DeltaReceived:
    """A signed change of the roster. Acknowledged to the broker already: one lost with us is asked for."""

    token: str


@dataclass(frozen=True, slots=True)
class ChunkReceived:
    """The bytes of one chunk of the snapshot at `revision`; the signed head knows their SHA-256."""

    revision: int
    number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Dropped:
    """Messages that were no use, since the last time this was said: once per kind per minute.

    A command refused unread (retained, too large, no text, one too many) is told so too, as kind "cmd".
    """

    kind: str
    why: str
    count: int


@dataclass(frozen=True, slots=True)
class RowsSpoilt:
    """Rows that the disk has spoilt were met for the first time, `first` to `last`, so many of them.

    The centre is told of each by its number; what stood in it is lost, and nothing else is.
    """

    first: int
    last: int
    count: int


SyncFact = (
    LinkUp
    | LinkDown
    | Sent
    | Confirmed
    | ReplayAsked
    | OrderReceived
    | HeadReceived
    | DeltaReceived
    | ChunkReceived
    | Dropped
    | RowsSpoilt
)
