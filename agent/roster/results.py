"""What became of a roster message: closed, frozen values for the loop to record and to answer with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Reason(StrEnum):
    """Why a list or a change of it was refused. Stable codes: in the journal and on the wire."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_KEY = "unknown_key"  # no key that is trusted with rosters
    BAD_SIGNATURE = "bad_signature"
    WRONG_SCOPE = "wrong_scope"  # more than the key is trusted with: it may only stop cards
    WRONG_AUDIENCE = "wrong_audience"  # another gateway's
    ROLLBACK = "rollback"  # a revision below one that was enforced here
    GAP = "gap"  # a change of a list that is not the one here
    WRONG_DIGEST = "wrong_digest"  # the rows do not add up to what was signed
    WRONG_CHUNK = "wrong_chunk"  # not the bytes that the signed head names
    DUPLICATE_ROW = "duplicate_row"
    UNKNOWN_PERSON = "unknown_person"  # a credential bound to nobody on the list
    UNKNOWN_GROUP = "unknown_group"
    UNKNOWN_SCHEDULE = "unknown_schedule"
    UNKNOWN_ZONE = "unknown_zone"
    RESERVED_NAME = "reserved_name"  # a group that the journal could not tell from a rule of the house
    TOO_MANY = "too_many"
    STORAGE = "storage"  # the disk does not take it


@dataclass(frozen=True, slots=True)
class Wanted:
    """What this gateway lacks: it has revision `have` and knows of `need`.

    why: "gap", "no_list", "rolled_back", or "wrong_digest", which only a snapshot mends.
    """

    have: int
    need: int
    why: str


@dataclass(frozen=True, slots=True)
class Applied:
    """Revision `revision` is in force since `at`.

    source: "delta" or "snapshot". digest: 64 hex digits; count: of all rows. put, removed: rows of the
    change. unknown_doors: named by rights, but not of this gateway (at most DOORS_TOLD of them). wanted: what
    is still lacking. key: the name of the key that signed it; None of a list begun before a restart.
    """

    revision: int
    digest: str
    count: int
    at: datetime
    source: str
    put: int
    removed: int
    unknown_doors: tuple[str, ...] = ()
    wanted: Wanted | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed; the list in force stays in force. `detail` holds no content of the message."""

    reason: Reason
    detail: str
    revision: int | None = None
    wanted: Wanted | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A newer list is known. `missing`: chunks of its snapshot at `revision`; none wants a delta."""

    revision: int
    missing: tuple[int, ...]
    wanted: Wanted | None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do: `why` says so — already current, a chunk twice, a chunk of a list not asked for."""

    why: str


@dataclass(frozen=True, slots=True)
class Working:
    """Taken; `Roster.work` carries on with it, a slice a call."""


Result = Applied | Refused | Waiting | Ignored | Working


class Refusal(Exception):  # noqa: N818 - what it is; never leaves this room
    """Ends the work on one message."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
