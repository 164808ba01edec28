"""Cards that some readers cannot tell apart: noticed when they meet in the book, kept by revision, refused.

Two cards of different persons that share three bytes are one card to a 26-bit reader. Under the identity
they share there, neither is on that gateway's list: nobody enters as somebody else. The same holds for a
card and one that was lost or revoked. Whether the office has to know and agree is decided here too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from agent.domain.credentials import CredentialState
from agent.errors import BadInput

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping

    from agent.office.edit import Edit

KIND = "shared"
"""The roster rows that say which cards an identity belongs to, where there is more than one."""

TOLD = 5
"""How many collisions a refusal names; `menshen office card collisions` lists what was accepted."""

STOPPED = (CredentialState.LOST, CredentialState.REVOKED)


class Claim(NamedTuple):
    """A card that has an identity. shortening: how a reader comes to it; empty: it is the card's own."""

    shortening: str
    card: str
    person: str


@dataclass(frozen=True, slots=True)
class Collision:
    """Cards that readers of `gateway` cannot tell apart, by the identity `digest`."""

    gateway: str
    digest: str
    claims: tuple[Claim, ...]

    @property
    def persons(self) -> tuple[str, ...]:
        """Return whose cards these are."""
        return tuple(sorted({claim.person for claim in self.claims}))

    @property
    def shortenings(self) -> tuple[str, ...]:
        """Return how readers come to take them for one."""
        return tuple(sorted({claim.shortening for claim in self.claims} - {""}))


class Collides(BadInput):
    """A change of the book makes cards one that are not, at some readers; `found` says which and where."""

    def __init__(self, found: Collection[Collision]) -> None:
        self.found = tuple(found)
        more = len(self.found) - TOLD
        lines, chinese = [], []
        for each in self.found[:TOLD]:
            reads = ", ".join(each.shortenings)
            if len(each.persons) > 1:
                whose = " and ".join(each.persons)
                lines.append(f"readers of {each.gateway} ({reads}) cannot tell cards of {whose} apart")
                chinese.append(f"{each.gateway} 的读卡器（{reads}）分不清 {'、'.join(each.persons)} 的卡")
            else:
                whose = each.persons[0]
                lines.append(
                    f"readers of {each.gateway} ({reads}) cannot tell this card of {whose} "
                    "from one that is lost or revoked"
                )
                chinese.append(f"{each.gateway} 的读卡器（{reads}）分不清 {whose} 的此卡与已挂失或注销的卡")
        if more > 0:
            lines.append(f"and {more} more")
            chinese.append(f"另有 {more} 处")
        lines.append(
            "use another card; or release the one that came back; or say what the readers give "
            "(menshen office gateway add GW --reads …); or write --accept-collisions, and neither opens there"
        )
        chinese.append(
            "请换卡；或释放已找回的卡；或更正读卡类型（menshen office gateway add 网关 --reads …）；"
            "或加上 --accept-collisions，两卡在该处均不开门"
        )
        super().__init__("; ".join(lines), "；".join(chinese))


def visible(claims: Iterable[Claim], reads: Collection[str]) -> tuple[Claim, ...]:
    """Return the claims that count where readers have `reads`: shortenings, and what needs none."""
    return tuple(claim for claim in claims if not claim.shortening or claim.shortening in reads)


def read_claims(body: str | None) -> tuple[Claim, ...]:
    """Return the claims in the body of a roster row, or none."""
    return () if body is None else tuple(Claim(*claim) for claim in json.loads(body)["claims"])


def claims_at(database: sqlite3.Connection, revision: int) -> dict[str, tuple[Claim, ...]]:
    """Return the identities that more than one card has at `revision`, with those cards."""
    rows = database.execute(
        "SELECT id, body, max(revision) FROM roster_row WHERE kind = ? AND revision <= ? GROUP BY id",
        (KIND, revision),
    )
    return {row["id"]: read_claims(row["body"]) for row in rows if row["body"] is not None}


def claims_on(database: sqlite3.Connection, digests: Collection[str]) -> dict[str, list[Claim]]:
    """Return the cards, in the book or buried, that have any of `digests` as their own or as an alias."""
    # From what is asked outwards: SQLite does not know how few that may be.
    rows = database.execute(
        "WITH asked AS (SELECT value AS id FROM json_each(?)) "
        "SELECT asked.id, shortening, credential.id, person FROM asked CROSS JOIN alias ON digest = asked.id "
        "CROSS JOIN credential ON credential.id = alias.credential "
        "UNION ALL SELECT asked.id, shortening, buried.id, person FROM asked CROSS JOIN alias "
        "ON digest = asked.id CROSS JOIN buried ON buried.id = alias.credential "
        "UNION ALL SELECT asked.id, '', credential.id, person FROM asked CROSS JOIN credential USING (id) "
        "UNION ALL SELECT asked.id, '', buried.id, person FROM asked CROSS JOIN buried USING (id)",
        (json.dumps(list(digests)),),
    )
    found: dict[str, list[Claim]] = {}
    for digest, *claim in rows:
        found.setdefault(digest, []).append(Claim(*claim))
    return found


def standing(database: sqlite3.Connection) -> list[Collision]:
    """Return the collisions of the book as it stands, at every gateway."""
    newest = database.execute("SELECT coalesce(max(number), 0) FROM revision").fetchone()[0]
    shared = claims_at(database, newest)
    stopped = stopped_of(database, shared.values())
    return [
        Collision(gateway, digest, seen)
        for gateway, reads in _reads(database).items()
        for digest, claims in sorted(shared.items())
        if collide(seen := visible(claims, reads), stopped)
    ]


def settle(edit: Edit, cards: Collection[str] | None, gateways: Collection[str]) -> tuple[Collision, ...]:
    """Write which identities have more than one card now, and return the collisions that are new.

    cards: those that came, went, or changed hands; None: any, for there is a new way of shortening them.
    gateways: those of which something changed.
    """
    changed = _write(edit, _everything(edit) if cards is None else cards)
    if not changed and not gateways:
        return ()
    before, now = claims_at(edit.database, edit.revision - 1), claims_at(edit.database, edit.revision)
    stopped = stopped_of(edit.database, now.values())
    found: list[Collision] = []
    for gateway, reads in _reads(edit.database).items():
        had = _reads_before(edit, gateway) if gateway in gateways else reads
        for digest in now if gateway in gateways else sorted(changed & now.keys()):
            seen = visible(now[digest], reads)
            fresh = set(seen) - set(visible(before.get(digest, ()), had))
            if fresh and collide(seen, stopped):
                found.append(Collision(gateway, digest, seen))
    return tuple(found)


def collide(claims: Collection[Claim], stopped: Collection[str]) -> bool:
    """Say whether one of these cards could open for somebody, or after a stop, that it should not."""
    cards = {claim.card for claim in claims}
    if len({claim.person for claim in claims}) > 1:
        return True
    return len(cards) > 1 and not cards.isdisjoint(stopped)


def _everything(edit: Edit) -> list[str]:
    rows = edit.database.execute("SELECT id FROM credential UNION ALL SELECT id FROM buried")
    return [row["id"] for row in rows]


def _write(edit: Edit, cards: Collection[str]) -> set[str]:
    """Write the rows of identities that `cards` have, or had, together with another; return what changed."""
    touched = edit.database.execute(
        "WITH moved AS (SELECT value AS id FROM json_each(?)) "
        "SELECT mine.digest FROM moved JOIN alias AS mine ON mine.credential = moved.id "
        "WHERE EXISTS (SELECT 1 FROM alias WHERE digest = mine.digest AND credential <> moved.id) "
        "OR EXISTS (SELECT 1 FROM credential WHERE id = mine.digest) "
        "OR EXISTS (SELECT 1 FROM buried WHERE id = mine.digest) "
        "UNION SELECT moved.id FROM moved JOIN alias ON alias.digest = moved.id",
        (json.dumps(list(cards)),),
    ).fetchall()
    digests = [digest for (digest,) in touched]
    held = claims_on(edit.database, digests)
    changed = set()
    for digest in digests:
        claims = sorted(held.get(digest, ()))
        several = len({claim.card for claim in claims}) > 1
        body = json.dumps({"claims": claims}, separators=(",", ":")) if several else None
        last = edit.database.execute(
            "SELECT body FROM roster_row WHERE kind = ? AND id = ? ORDER BY revision DESC LIMIT 1",
            (KIND, digest),
        ).fetchone()
        if (None if last is None else last["body"]) == body:
            continue
        edit.database.execute(
            "INSERT INTO roster_row (kind, id, revision, body, person) VALUES (?, ?, ?, ?, NULL)",
            (KIND, digest, edit.revision, body),
        )
        changed.add(digest)
    return changed


def stopped_of(database: sqlite3.Connection, shared: Iterable[Iterable[Claim]]) -> set[str]:
    """Return those of the cards that are lost, revoked or buried."""
    cards = sorted({claim.card for claims in shared for claim in claims})
    rows = database.execute(
        "WITH asked AS (SELECT value AS id FROM json_each(?)) "
        "SELECT asked.id FROM asked CROSS JOIN credential USING (id) WHERE state IN (?, ?) "
        "UNION ALL SELECT asked.id FROM asked CROSS JOIN buried USING (id)",
        (json.dumps(cards), *STOPPED),
    )
    return {row["id"] for row in rows}


def _reads(database: sqlite3.Connection) -> Mapping[str, frozenset[str]]:
    rows = database.execute("SELECT id, reads FROM gateway ORDER BY id")
    return {row["id"]: frozenset(json.loads(row["reads"])) for row in rows}


def _reads_before(edit: Edit, gateway: str) -> frozenset[str]:
    row = edit.database.execute(
        "SELECT body FROM roster_row WHERE kind = 'gateway' AND id = ? AND revision < ? "
        "ORDER BY revision DESC LIMIT 1",
        (gateway, edit.revision),
    ).fetchone()
    body = None if row is None else row["body"]
    return frozenset() if body is None else frozenset(json.loads(body).get("reads", ()))
