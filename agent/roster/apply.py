"""Put a change of the list on disk, in short steps: rows, what they refer to, and the digest that was signed.

Each function is a generator that yields between slices, so that doors are answered meanwhile, and raises
Refusal where the change must not count; the caller then abandons the transaction. Doors read through a
connection of their own, so nothing half done is ever seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from agent.domain.credentials import CredentialKind
from agent.domain.decision import reads_like_a_rule
from agent.roster.columns import of_credential, of_person, to_credential, to_person
from agent.roster.results import Reason, Refusal
from agent.store.roster_rows import zone_known
from agent.store.roster_writer import RowExists
from protocols.mqtt.roster import (
    Credential,
    Group,
    ListDigest,
    Person,
    Row,
    RowKind,
    Schedule,
    row_digest,
    row_key,
    row_kind,
)
from protocols.tokens.errors import TokenError

_T = TypeVar("_T")

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import datetime

    from agent.store.roster_rows import CredentialColumns
    from agent.store.roster_writer import RosterWriter, Staging
    from protocols.mqtt.roster_messages import Chunk, Delta, SnapshotRef

SLICE: Final = 200
"""Rows of one step: about 5 ms of this thread, less than a blink at the door."""

ROWS_MOST: Final = 4_100_000
"""Two million credentials and as many persons, with their groups and schedules: a town, not a building."""

SCHEDULES_MOST: Final = 1_024
GROUPS_MOST: Final = 4_096
RIGHTS_MOST: Final = 65_536
"""Groups, their rights and the schedules are held in memory: some 20 MB at these bounds."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a delta did: rows put and rows removed."""

    put: int
    removed: int


def delta_steps(
    writer: RosterWriter, delta: Delta, at: Callable[[], datetime], *, granting: bool = True
) -> Generator[None, None, Change]:
    """Change the active list by `delta` in one transaction, committed at the end. at: the time then.

    granting: whether a key trusted with whole lists signed it.
    """
    gen, _, digest, count = writer.active()
    writer.begin(durable=True)
    total = ListDigest(int.from_bytes(digest), count)
    gone = [
        *((RowKind.PERSON, name) for name in delta.removed.persons),
        *((RowKind.CREDENTIAL, name) for name in delta.removed.credentials),
        *((RowKind.GROUP, name) for name in delta.removed.groups),
        *((RowKind.SCHEDULE, name) for name in delta.removed.schedules),
    ]
    rows = delta.rows()
    for part in _sliced(gone):
        for kind, name in part:
            total = _without(writer, gen, kind, name, total)
        if len(part) == SLICE:
            yield
    for chosen in _sliced(rows):
        for row in chosen:
            total = _without(writer, gen, row_kind(row), row_key(row), total)
            _put(writer, gen, row)
            total = total.plus(row_digest(row_kind(row), row))
        if len(chosen) == SLICE:
            yield
    yield from _references(writer, gen, delta)
    _check_total(total, delta.digest, delta.count)
    writer.set_total(gen, total.total.to_bytes(32), total.count)
    writer.set_revision(gen, delta.revision, at(), granting=granting)
    writer.commit()
    return Change(len(rows), len(gone))


def chunk_steps(writer: RosterWriter, staging: Staging, chunk: Chunk) -> Generator[None, None, None]:
    """Add a chunk to the staged list in one transaction, which the doors' list knows nothing of."""
    total = ListDigest(int.from_bytes(staging.digest), staging.count)
    writer.begin(durable=False)
    for part in _sliced(chunk.rows()):
        try:
            writer.add_persons(staging.gen, [of_person(row) for row in part if isinstance(row, Person)])
            writer.add_credentials(
                staging.gen, [_credential(row) for row in part if isinstance(row, Credential)]
            )
            writer.add_rules(
                staging.gen,
                [
                    (row_kind(row).value, row.name, row.model_dump_json())
                    for row in part
                    if isinstance(row, Group | Schedule)
                ],
            )
        except RowExists as error:
            raise Refusal(Reason.DUPLICATE_ROW, "a row stands in two places of the snapshot") from error
        for row in part:
            total = total.plus(row_digest(row_kind(row), row))
        yield
    writer.set_total(staging.gen, total.total.to_bytes(32), total.count)
    writer.chunk_done(staging.gen, chunk.n)
    writer.commit()


def activation_steps(
    writer: RosterWriter, staging: Staging, ref: SnapshotRef, at: Callable[[], datetime]
) -> Generator[None, None, None]:
    """Check the staged list as a whole, and put it in force. at: the time at the end."""
    _check_total(ListDigest(int.from_bytes(staging.digest), staging.count), ref.digest, ref.count)
    groups = _check_rules(writer, staging.gen)
    yield
    for missing in writer.unbound(staging.gen):
        if missing:
            raise Refusal(Reason.UNKNOWN_PERSON, "a credential is bound to nobody on the list")
        yield
    for found in writer.memberships(staging.gen):
        _check_membership(found, groups)
        yield
    writer.activate(staging.gen, at())


def _without(writer: RosterWriter, gen: int, kind: RowKind, name: str, total: ListDigest) -> ListDigest:
    """Remove the row that is there, if one is; return the total without it."""
    old: Row | None = None
    match kind:
        case RowKind.PERSON:
            if (person := writer.person(gen, name)) is not None:
                old = to_person(person)
                writer.remove_person(gen, name)
        case RowKind.CREDENTIAL:
            if (credential := writer.credential(gen, bytes.fromhex(name))) is not None:
                old = to_credential(credential)
                writer.remove_credential(gen, credential.digest)
        case RowKind.GROUP | RowKind.SCHEDULE:
            if (body := writer.rule(gen, kind.value, name)) is not None:
                old = (Group if kind is RowKind.GROUP else Schedule).model_validate_json(body)
                writer.remove_rule(gen, kind.value, name)
    return total if old is None else total.minus(row_digest(kind, old))


def _put(writer: RosterWriter, gen: int, row: Row) -> None:
    match row:
        case Person():
            writer.add_persons(gen, (of_person(row),))
        case Credential():
            writer.add_credentials(gen, (_credential(row),))
        case Group() | Schedule():
            writer.add_rules(gen, ((row_kind(row).value, row.name, row.model_dump_json()),))


def _credential(row: Credential) -> CredentialColumns:
    try:
        return of_credential(row)
    except TokenError as error:
        raise Refusal(Reason.MALFORMED, "a phone's key is no key") from error


def _check_total(total: ListDigest, digest: str, count: int) -> None:
    if count > ROWS_MOST:
        raise Refusal(Reason.TOO_MANY, f"{count} rows where {ROWS_MOST} are the most")
    if total != ListDigest.parse(digest, count):
        raise Refusal(Reason.WRONG_DIGEST, f"the list would hold {total.count} rows, signed are {count}")


def _references(writer: RosterWriter, gen: int, delta: Delta) -> Generator[None, None, None]:
    """Check what the rows of a delta refer to, and that nothing refers to what it removes."""
    touched = bool(delta.groups or delta.schedules or delta.removed.groups or delta.removed.schedules)
    if touched or delta.persons:
        groups = _check_rules(writer, gen)
        _check_membership({of_person(row).groups for row in delta.persons}, groups)
        if delta.removed.groups:
            for found in writer.memberships(gen):
                _check_membership(found, groups)
                yield
    for part in _sliced([row for row in delta.credentials if row.kind != CredentialKind.VISIT.value]):
        if any(writer.person(gen, row.person) is None for row in part):
            raise Refusal(Reason.UNKNOWN_PERSON, "a credential is bound to nobody on the list")
        if len(part) == SLICE:
            yield
    for names in _sliced(delta.removed.persons):
        if any(writer.has_credentials(gen, name) for name in names):
            raise Refusal(Reason.UNKNOWN_PERSON, "a person was removed, a credential of theirs was not")
        if len(names) == SLICE:
            yield


def _check_rules(writer: RosterWriter, gen: int) -> frozenset[str]:
    """Check groups and schedules against each other and their bounds; return the groups' names."""
    rules = [(kind, name, json.loads(body)) for kind, name, body in writer.rules(gen)]
    schedules = {name: body["zone"] for kind, name, body in rules if kind == RowKind.SCHEDULE}
    groups = {name: body["rights"] for kind, name, body in rules if kind == RowKind.GROUP}
    rights = sum(map(len, groups.values()))
    if len(schedules) > SCHEDULES_MOST or len(groups) > GROUPS_MOST or rights > RIGHTS_MOST:
        raise Refusal(Reason.TOO_MANY, f"{len(groups)} groups, {rights} rights, {len(schedules)} schedules")
    if not all(zone_known(zone) for zone in set(schedules.values())):
        raise Refusal(Reason.UNKNOWN_ZONE, "a schedule is in a time zone that this machine does not know")
    if any(right["schedule"] not in schedules for each in groups.values() for right in each):
        raise Refusal(Reason.UNKNOWN_SCHEDULE, "a group names a schedule that is not on the list")
    if any(map(reads_like_a_rule, groups)):
        raise Refusal(Reason.RESERVED_NAME, "a group has a name that stands for a rule in the journal")
    return frozenset(groups)


def _check_membership(found: Iterable[str], groups: frozenset[str]) -> None:
    if any(not groups.issuperset(json.loads(names)) for names in found):
        raise Refusal(Reason.UNKNOWN_GROUP, "a person is in a group that is not on the list")


def _sliced(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Go through `items`, up to SLICE at a time."""
    return (items[start : start + SLICE] for start in range(0, len(items), SLICE))
