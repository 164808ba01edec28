"""Rows of the wire as columns on disk, and back again without loss, for a digest of what is really kept."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import TYPE_CHECKING

from agent.store.roster_rows import (
    KINDS,
    LONGER,
    OVERRIDE,
    STATES,
    VERIFIED,
    CredentialColumns,
    PersonColumns,
    time_of,
)
from agent.store.rows import to_ms
from protocols.mqtt.roster import Credential, Person
from protocols.tokens.keys import kid, public_from_text

if TYPE_CHECKING:
    from datetime import datetime

MEMBERSHIPS_KEPT = 256
"""Thousands of residents share a handful of memberships; each is written out once."""

_KIND = {kind.value: number for number, kind in enumerate(KINDS)}
_STATE = {state.value: number for number, state in enumerate(STATES)}


def of_person(row: Person) -> PersonColumns:
    """Return the columns of a person."""
    flags = VERIFIED * row.verified | OVERRIDE * row.override | LONGER * row.longer
    return PersonColumns(
        row.id,
        flags,
        _ms(row.verified_until),
        _ms(row.from_),
        _ms(row.until),
        _groups_text(row.groups),
        row.household,
    )


def to_person(columns: PersonColumns) -> Person:
    """Return the person in `columns`, as it came over the wire."""
    return Person.model_construct(
        id=columns.id,
        verified=bool(columns.flags & VERIFIED),
        verified_until=time_of(columns.verified_until),
        from_=time_of(columns.from_ms),
        until=time_of(columns.until_ms),
        groups=tuple(json.loads(columns.groups)),
        household=columns.household,
        override=bool(columns.flags & OVERRIDE),
        longer=bool(columns.flags & LONGER),
    )


def of_credential(row: Credential) -> CredentialColumns:
    """Return the columns of a credential. Raises TokenError where a phone's key is none."""
    key = name = None
    if row.key is not None:
        public = public_from_text(row.key)
        key, name = public.public_bytes_raw(), kid(public)
    return CredentialColumns(
        bytes.fromhex(row.digest),
        _KIND[row.kind],
        _STATE[row.state],
        row.person,
        _ms(row.from_),
        _ms(row.until),
        key,
        name,
    )


def to_credential(columns: CredentialColumns) -> Credential:
    """Return the credential in `columns`, as it came over the wire."""
    key = columns.key
    return Credential.model_construct(
        digest=columns.digest.hex(),
        kind=KINDS[columns.kind].value,
        person=columns.person,
        state=STATES[columns.state].value,
        from_=time_of(columns.from_ms),
        until=time_of(columns.until_ms),
        key=None if key is None else base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii"),
    )


@lru_cache(maxsize=MEMBERSHIPS_KEPT)
def _groups_text(groups: tuple[str, ...]) -> str:
    return json.dumps(groups, ensure_ascii=False, separators=(",", ":"))


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)
