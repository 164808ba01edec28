"""What the link tells the thread that turns it: plain values, so that nothing else needs to know paho."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Version(StrEnum):
    """The versions of MQTT that we speak. The value is what birth and health say."""

    V5 = "5"
    V311 = "3.1.1"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker took the connection. `window`: messages that it lets us have unacknowledged.

    `largest_bytes`: the largest packet that it takes, None where it does not say.
    """

    session_present: bool
    window: int
    largest_bytes: int | None


@dataclass(frozen=True, slots=True)
class Declined:
    """The broker refused the connection. `no_v5`: for its version, and nothing else."""

    why: str
    no_v5: bool


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription was answered. `refused`: how many of its topics the broker would not give us."""

    mid: int
    refused: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A publication was answered. `refused`: why the broker did not take it, None where it did."""

    mid: int
    refused: str | None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message. `size`: bytes of its payload as it came; `payload` is empty where that was too large."""

    topic: str
    payload: bytes
    size: int
    retain: bool
    response_topic: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is gone. `poisoned`: for a message that can never be taken, and will come again."""

    why: str
    poisoned: bool = False


Report = Accepted | Declined | Subscribed | Taken | Inbound | Closed
