"""Visitor passes in the book: what was signed, for whom and on whose word, and which of them were revoked.

A pass is good at the door by its signature alone, so revoking one means naming it on the list of its gateway,
until it would have ended. A pass never outlives the right of its visitor, nor of the person visited: when
either leaves, is no longer verified, or has less time than the pass, it is revoked in that very change.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from agent.errors import BadInput
from agent.office.credentials import digest_of
from agent.office.rows import REVOKED
from protocols.mqtt.model import read_stamp, stamp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from agent.office.edit import Edit
    from agent.office.people import Reading
    from protocols.tokens.visit import PassClaims

ACTIVE = "active"
FORGOTTEN_AFTER = timedelta(days=31)
"""A pass is kept so long after its end, and on the list where revoked: a gateway's clock may run behind."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A pass that was signed. `number`: its own. `revision`: at which it was put on the list as revoked."""

    id: str
    number: str
    gateway: str
    doors: tuple[str, ...]
    person: str
    host: str | None
    begins: datetime
    ends: datetime
    uses: int
    revision: int | None

    @property
    def revoked(self) -> bool:
        """Say whether it was revoked."""
        return self.revision is not None


def record(edit: Edit, claims: PassClaims, begins: datetime, ends: datetime, host: str | None) -> None:
    """Write a pass that is about to be signed into the book, and forget those that ended long ago."""
    edit.put(
        "pass",
        {
            "id": digest_of(edit.digest_key, f"pass:{claims.jti}"),
            "number": claims.jti,
            "kid": claims.iss,
            "gateway": claims.aud,
            "doors": json.dumps(claims.doors, ensure_ascii=False),
            "person": claims.sub,
            "host": host,
            "begins": stamp(begins),
            "ends": stamp(ends),
            "uses": claims.uses,
            "state": ACTIVE,
        },
    )
    over = stamp(edit.at - FORGOTTEN_AFTER)
    for row in edit.database.execute("SELECT id FROM pass WHERE ends < ?", (over,)).fetchall():
        edit.drop("pass", row["id"])


def revoke(edit: Edit, row: dict[str, Any]) -> bool:
    """Revoke the pass of this row; return whether that changes anything: not where it was, or has ended."""
    if row["state"] == REVOKED or row["ends"] <= edit.now:
        return False
    return edit.change("pass", row | {"state": REVOKED}, row)


def key_of(book: Reading, number: str) -> str:
    """Return the digest of the pass of this number. Raises BadInput where no pass has it."""
    row = book.database.execute("SELECT id FROM pass WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise BadInput(
            f"no pass has the number {number!r}; see: menshen office pass list",
            f"没有编号为 {number!r} 的通行证；请查看 menshen office pass list",
        )
    return str(row["id"])


def revoke_numbers(edit: Edit, numbers: Collection[str]) -> int:
    """Revoke passes by their numbers; return how many that stopped. Raises BadInput for an unknown one."""
    count = 0
    for number in numbers:
        row = edit.get("pass", key_of(edit, number))
        count += row is not None and revoke(edit, row)
    return count


def revoke_of(edit: Edit, person: str) -> int:
    """Revoke every pass of a visitor, and every one on the word of `person`; return how many."""
    rows = edit.database.execute("SELECT * FROM pass WHERE ? IN (person, host)", (person,)).fetchall()
    return sum(revoke(edit, dict(row)) for row in rows)


def follow(edit: Edit, persons: Collection[str]) -> None:
    """Revoke the passes that outlive the right of one of `persons`, whom the change has touched."""
    if not persons:
        return
    count = 0
    for row in edit.database.execute(
        "SELECT * FROM pass WHERE state = ? AND ends > ?", (ACTIVE, edit.now)
    ).fetchall():
        behind = {row["person"], row["host"]} & set(persons)
        if any(why_not(edit, person, row["begins"], row["ends"]) for person in behind):
            count += revoke(edit, dict(row))
    if count:
        edit.note(f"passes-{count}")


def why_not(book: Reading, person: str, begins: str, ends: str) -> BadInput | None:
    """Return why `person` cannot stand behind a pass from `begins` to `ends`, as the book writes moments."""
    row = book.database.execute("SELECT * FROM person WHERE id = ?", (person,)).fetchone()
    if row is None or row["verified_at"] is None:
        return BadInput(
            f"nobody has verified {person}; first: menshen office person verify {person} --how …",
            f"{person} 尚未实名核验；请先执行 menshen office person verify {person} --how …",
        )
    if row["verified_until"] is not None and row["verified_until"] < ends:
        return BadInput(
            f"the verification of {person} lapses at {row['verified_until']}, before the pass ends",
            f"{person} 的实名核验于 {row['verified_until']} 到期，早于通行证截止；请重新核验",
        )
    if row["valid_until"] is not None and row["valid_until"] < ends:
        return BadInput(
            f"the right of {person} ends at {row['valid_until']}, before the pass does; shorten it",
            f"{person} 的有效期于 {row['valid_until']} 截止，早于通行证；请缩短通行证时间",
        )
    if row["valid_from"] is not None and begins < row["valid_from"]:
        return BadInput(
            f"the right of {person} begins at {row['valid_from']}, after the pass does; let it begin later",
            f"{person} 的有效期自 {row['valid_from']} 起，晚于通行证；请推迟通行证开始时间",
        )
    return None


def standing(book: Reading, at: datetime, *, ended: bool = False) -> Iterator[Visit]:
    """Yield the passes of the book by their end; `ended`: those too that are over at `at`."""
    rows = book.database.execute(
        "SELECT pass.*, (SELECT max(revision) FROM roster_row WHERE kind = 'pass' AND id = pass.id) "
        "AS listed FROM pass WHERE ends > ? ORDER BY ends, number",
        ("" if ended else stamp(at),),
    )
    for row in rows:
        yield Visit(
            id=row["id"],
            number=row["number"],
            gateway=row["gateway"],
            doors=tuple(json.loads(row["doors"])),
            person=row["person"],
            host=row["host"],
            begins=read_stamp(row["begins"]),
            ends=read_stamp(row["ends"]),
            uses=row["uses"],
            revision=row["listed"] if row["state"] == REVOKED else None,
        )


def signed_until(book: Reading, kid: str, at: datetime) -> datetime | None:
    """Return the end of the last pass in force that the key `kid` has signed; None where all are over."""
    (last,) = book.database.execute(
        "SELECT max(ends) FROM pass WHERE kid = ? AND state = ? AND ends > ?", (kid, ACTIVE, stamp(at))
    ).fetchone()
    return None if last is None else read_stamp(last)
