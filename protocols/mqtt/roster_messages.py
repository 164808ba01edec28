"""Roster messages: the signed delta and head, the chunk that a head vouches for, the receipt that answers.

Delta, head and per-door receipt are the payloads of signed tokens; a chunk travels as it is, since the
signed head names the SHA-256 of its bytes; the receipt message carries the signed receipts of all doors.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from protocols.mqtt.model import Document, Instant, Name, Number, Text
from protocols.mqtt.roster import CHUNK_ROWS, CHUNKS, DELTA_ROWS, Digest256, Removed, Rows, row_key, row_kind
from protocols.mqtt.topics import LARGEST_NUMBER

DOORS: Final = 256
"""The most doors of one gateway: as many receipts in one message."""
RECEIPT_CHARS: Final = 4096

Second = Annotated[int, Field(ge=0, le=253_402_300_799)]
Revision = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]


class Delta(Rows):
    """What changes the list at revision `base` into the list at `revision`, whose digest and count follow.

    Base 0 is the empty list. A row that is on the list already is replaced.
    """

    aud: Name
    iat: Second
    base: Number
    revision: Revision
    digest: Digest256
    count: Number
    removed: Removed = Removed()

    @property
    def only_stops(self) -> bool:
        """Say whether nobody gains by it: it puts credentials alone, none of them active, removes nothing.

        So much may be signed by a key that is trusted to stop cards and passes, and not to give them.
        """
        others = self.persons or self.groups or self.schedules or self.removed != Removed()
        return not others and all(row.state != "active" for row in self.credentials)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.revision <= self.base:
            raise ValueError("a revision is above its base")
        named = [(row_kind(row).value, row_key(row)) for row in self.rows()]
        gone = self.removed
        named += [("person", name) for name in gone.persons]
        named += [("credential", name) for name in gone.credentials]
        named += [("group", name) for name in gone.groups]
        named += [("schedule", name) for name in gone.schedules]
        if len(named) > DELTA_ROWS:
            raise ValueError("more rows than one delta may hold")
        if len(set(named)) != len(named):
            raise ValueError("a row stands once in a delta")
        return self


class SnapshotRef(Document):
    """Where a whole list is: its chunks by the SHA-256 of their bytes, in order."""

    revision: Revision
    digest: Digest256
    count: Number
    chunks: Annotated[tuple[Digest256, ...], Field(max_length=CHUNKS)]


class Head(Document):
    """The office's newest revision, and the newest whole list that it has laid out."""

    v: Literal[1] = 1
    aud: Name
    iat: Second
    revision: Revision
    digest: Digest256
    count: Number
    snapshot: SnapshotRef | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.snapshot is not None and self.snapshot.revision > self.revision:
            raise ValueError("a snapshot is not newer than the head")
        return self


class Chunk(Rows):
    """One part of a whole list."""

    revision: Revision
    n: Number

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if len(self.rows()) > CHUNK_ROWS:
            raise ValueError("more rows than one chunk may hold")
        return self


class DoorReceipt(Document):
    """The gateway's word that a revision is enforced at a door. `complete`: by every panel of it, too."""

    v: Literal[1] = 1
    gw: Name
    door: Name
    revision: Number
    digest: Digest256
    count: Number
    enforced_at: Instant
    complete: bool
    why: Text | None = None


class Wanted(Document):
    """What the gateway lacks: it has revision `have` and knows of `need`."""

    have: Number
    need: Number
    why: Text


class ReceiptMessage(Document):
    """The state of the roster on a gateway: retained on roster/receipt. `receipts`: signed DoorReceipts."""

    v: Literal[1] = 1
    gw: Name
    revision: Number
    digest: Digest256
    enforced_at: Instant | None
    wanted: Wanted | None = None
    receipts: Annotated[
        tuple[Annotated[str, Field(max_length=RECEIPT_CHARS)], ...], Field(max_length=DOORS)
    ] = ()
