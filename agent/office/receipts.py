"""Receipts in the book: a gateway's signed word that a revision is enforced, checked and kept as evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.domain.credentials import CredentialState
from agent.office.access import gateway_key, gateways
from agent.office.roster import Rosters
from agent.office.sight import Sight
from protocols.errors import WireError
from protocols.mqtt.model import read_stamp, stamp
from protocols.mqtt.roster_messages import RECEIPT_CHARS, DoorReceipt
from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.keys import kid, public_from_text
from protocols.tokens.token import RECEIPT_TYP, open_token

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import datetime

    from agent.office.book import Book

NO_KEY_YET = "no_key_yet"
_EVIDENCE = (
    "SELECT receipt.*, revision.at AS made_at, publication.at AS published_at FROM receipt "
    "LEFT JOIN revision ON revision.number = receipt.revision "
    "LEFT JOIN publication ON publication.gateway = receipt.gateway "
    "AND publication.revision = receipt.revision"
)
WRONG_PLACE = "wrong_place"
WRONG_LIST = "wrong_list"
FROM_AHEAD = "from_ahead"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One receipt of the book. `made_at`: when the revision was written; `published_at`: when it was sent."""

    gateway: str
    door: str
    revision: int
    enforced_at: datetime
    complete: bool
    why: str | None
    digest: str
    count: int
    made_at: datetime | None
    published_at: datetime | None
    received_at: datetime
    token: str

    @property
    def latency_s(self) -> float | None:
        """Seconds from publishing to enforcing, by the clocks of office and gateway."""
        if self.published_at is None:
            return None
        return (self.enforced_at - self.published_at).total_seconds()


def take(book: Book, gateway: str, token: str, at: datetime) -> DoorReceipt | str:
    """Check the receipt `token` that came from `gateway`, and keep it; return it, or why it is none.

    It counts only when the pinned key of that gateway signed it, for one of its doors, and the digest is the
    one of the list that the office itself made at that revision.
    """
    pinned = gateway_key(book, gateway)
    if pinned is None:
        return NO_KEY_YET
    key = public_from_text(pinned)
    try:
        opened = open_token(
            token, RECEIPT_TYP, lambda name: key if name == kid(key) else None, longest=RECEIPT_CHARS
        )
        receipt = DoorReceipt.read(opened.body)
    except TokenError as error:
        return str(error.code)
    except WireError:
        return str(Defect.MALFORMED)
    if receipt.gw != gateway or receipt.door not in gateways(book).get(gateway, ()):
        return WRONG_PLACE
    if receipt.revision > book.revision:
        return FROM_AHEAD
    state = Rosters(book.database).state(gateway, receipt.revision)
    if (receipt.digest, receipt.count) != (state.hex, state.count):
        return WRONG_LIST
    book.database.execute(
        "INSERT OR IGNORE INTO receipt (gateway, door, revision, digest, count, enforced_at, complete, why, "
        "token, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            gateway,
            receipt.door,
            receipt.revision,
            receipt.digest,
            receipt.count,
            stamp(receipt.enforced_at),
            int(receipt.complete),
            receipt.why,
            token,
            stamp(at),
        ),
    )
    return receipt


def newest_of(book: Book, gateway: str) -> int | None:
    """Return the highest revision that any door of `gateway` gave a receipt for, or None."""
    found = book.database.execute(
        "SELECT max(revision) FROM receipt WHERE gateway = ?", (gateway,)
    ).fetchone()[0]
    return None if found is None else int(found)


def latest(book: Book) -> dict[tuple[str, str], Evidence]:
    """Return the newest receipt of every door of the book; a complete one before one that is not."""
    found: dict[tuple[str, str], Evidence] = {}
    for gateway, doors in gateways(book).items():
        for door in doors:
            row = book.database.execute(
                f"{_EVIDENCE} WHERE receipt.gateway = ? AND receipt.door = ? "
                "ORDER BY receipt.revision DESC, receipt.complete DESC LIMIT 1",
                (gateway, door),
            ).fetchone()
            if row is not None:
                found[gateway, door] = _evidence(row)
    return found


def reached(book: Book, revision: int) -> dict[tuple[str, str], Evidence]:
    """Return for every door its first receipt of `revision` or of one above: since when that holds there."""
    found: dict[tuple[str, str], Evidence] = {}
    rows = book.database.execute(
        f"{_EVIDENCE} WHERE receipt.revision >= ? "
        "ORDER BY receipt.gateway, receipt.door, receipt.revision, receipt.complete",
        (revision,),
    )
    for row in rows:
        found.setdefault((row["gateway"], row["door"]), _evidence(row))
    return found


def stopped_at(book: Book, kind: str, key: str) -> int | None:
    """Return the revision since which a credential (or "pass") opens nothing; None where it still does.

    kind: of the book's rows that gateways hear of. A card that is on no list is stopped, as one that is lost.
    """
    since: int | None = None
    rows = book.database.execute(
        "SELECT revision, body FROM roster_row WHERE kind = ? AND id = ? ORDER BY revision", (kind, key)
    )
    for row in rows:
        body = None if row["body"] is None else json.loads(row["body"])
        opens = kind != "pass" and body is not None and body["state"] == CredentialState.ACTIVE
        since = None if opens else row["revision"] if since is None else since
    return since


def concerned(book: Book, kind: str, key: str, revision: int) -> list[tuple[str, str]]:
    """Return the doors, by gateway, at which a credential opened or could be read before `revision`.

    kind: as for `stopped_at`. Those are the doors of every gateway whose list had it, or those of a pass.
    """
    if kind == "pass":
        row = book.row("pass", key)
        return [] if row is None else [(row["gateway"], door) for door in json.loads(row["doors"])]
    found: list[tuple[str, str]] = []
    for gateway, doors in gateways(book).items():
        if Sight(book.database, gateway, revision - 1).credential(key, ()) is not None:
            found += [(gateway, door) for door in doors]
    return found


def all_of(book: Book) -> Iterator[Evidence]:
    """Yield the receipts, oldest revision first within each door."""
    rows = book.database.execute(
        f"{_EVIDENCE} ORDER BY receipt.gateway, receipt.door, receipt.revision, receipt.complete"
    )
    for row in rows:
        yield _evidence(row)


def _evidence(row: sqlite3.Row) -> Evidence:
    return Evidence(
        gateway=row["gateway"],
        door=row["door"],
        revision=row["revision"],
        enforced_at=read_stamp(row["enforced_at"]),
        complete=bool(row["complete"]),
        why=row["why"],
        digest=row["digest"],
        count=row["count"],
        made_at=None if row["made_at"] is None else read_stamp(row["made_at"]),
        published_at=None if row["published_at"] is None else read_stamp(row["published_at"]),
        received_at=read_stamp(row["received_at"]),
        token=row["token"],
    )
