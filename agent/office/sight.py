"""What one gateway's list holds at one revision: out of the roster rows, cut to what its doors need.

Groups with a right at one of its doors (and only those rights), their schedules, the members of those groups,
and the members' credentials: each under its own identity, and under those that the gateway's readers make of
it. An identity that two persons' cards share there is on no list. Passes for its doors that were revoked are
on it until they would have ended, whoever their visitor is. Everything here is opaque.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agent.domain.credentials import CredentialState
from agent.office.collisions import claims_at, visible

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Iterator

    from agent.office.collisions import Claim

Body = dict[str, Any]

_BY_WEIGHT = (
    CredentialState.ACTIVE,
    CredentialState.SUSPENDED,
    CredentialState.LOST,
    CredentialState.REVOKED,
)
"""Of two cards that readers take for one, the heavier state is the one that counts."""


class Sight:
    """One gateway's list at one revision; row by row, or whole.

    `reads`: what its readers make of a card. `gateway`: None where the book had none of that name.
    """

    def __init__(self, database: sqlite3.Connection, gateway: str, revision: int) -> None:
        self._database = database
        self._revision = revision
        self._bodies: dict[tuple[str, str], Body | None] = {}
        found = self._body("gateway", gateway)
        self.gateway: str | None = None if found is None else gateway
        self.reads: frozenset[str] = frozenset() if found is None else frozenset(found.get("reads", ()))
        self.groups = _cut(self._all("group"), set() if found is None else set(found["doors"]))
        needed = {right["schedule"] for body in self.groups.values() for right in body["rights"]}
        bodies = ((name, self._body("schedule", name)) for name in sorted(needed))
        self.schedules: dict[str, Body] = {name: body for name, body in bodies if body is not None}
        self._shared = {
            digest: seen
            for digest, claims in claims_at(database, revision).items()
            if (seen := visible(claims, self.reads))
        }

    def person(self, key: str) -> Body | None:
        """Return the row of a person, or None when they have no right here."""
        return self._member(self._body("person", key)) if self.groups else None

    def credential(self, digest: str, cards: Iterable[str]) -> Body | None:
        """Return the row of the identity `digest`, or None when it is not on the list.

        cards: those that have it as an alias here (`having`), at any revision.
        """
        if not self.groups:
            return None
        claims = self._shared.get(digest)
        body = self._only(digest, cards) if claims is None else self._one_of(claims, self._credential)
        if body is None or self.person(body["person"]) is None:
            return None
        return {**body, "digest": digest}

    def persons(self) -> dict[str, Body]:
        """Return all persons, by id."""
        if not self.groups:
            return {}
        members = ((key, self._member(body)) for key, body in self._all("person"))
        return {key: body for key, body in members if body is not None}

    def credentials(self, persons: Collection[str]) -> dict[str, Body]:
        """Return all credentials of `persons`, by digest: by its own, and by those of its aliases."""
        held = {key: body for key, body in self._all("credential") if body["person"] in persons}
        found = {**held}
        for card, digest in self._aliases("alias") if held else ():
            if card in held:
                found[digest] = {**held[card], "digest": digest}
        for digest, claims in self._shared.items():
            body = self._one_of(claims, held.get)
            found.pop(digest, None)
            if body is not None:
                found[digest] = {**body, "digest": digest}
        return found

    def revoked_pass(self, digest: str) -> Body | None:
        """Return the row of a revoked pass for doors of this gateway; whoever may pass them with a card."""
        return self._pass(self._body("pass", digest))

    def revoked_passes(self) -> dict[str, Body]:
        """Return all of them, by digest."""
        found = ((key, self._pass(body)) for key, body in self._all("pass"))
        return {key: row for key, row in found if row is not None}

    def load(self, kind: str, keys: Iterable[str]) -> None:
        """Read many rows at once, so that asking for each of them is no question to the database."""
        wanted = [key for key in keys if (kind, key) not in self._bodies]
        rows = self._database.execute(
            "SELECT value, (SELECT body FROM roster_row WHERE kind = ? AND id = value AND revision <= ? "
            "ORDER BY revision DESC LIMIT 1) AS body FROM json_each(?)",
            (kind, self._revision, json.dumps(wanted)),
        )
        for key, body in rows:
            self._bodies[kind, key] = None if body is None else json.loads(body)

    def load_credentials(self, cards: Collection[str]) -> None:
        """Read many cards and their persons at once."""
        self.load("credential", cards)
        bodies = (self._bodies["credential", card] for card in cards)
        self.load("person", {body["person"] for body in bodies if body is not None})

    def aliases_of(self, cards: Iterable[str]) -> set[str]:
        """Return the identities that readers here make of `cards`."""
        asked = "json_each(?) AS asked CROSS JOIN alias ON credential = asked.value"
        return {digest for _, digest in self._aliases(asked, json.dumps(list(cards)))}

    def having(self, digests: Iterable[str]) -> dict[str, list[str]]:
        """Return the cards of which readers here make any of `digests`, whoever holds them now."""
        asked = "json_each(?) AS asked CROSS JOIN alias ON digest = asked.value"
        found: dict[str, list[str]] = {}
        for card, digest in self._aliases(asked, json.dumps(list(digests))):
            found.setdefault(digest, []).append(card)
        return found

    def _member(self, body: Body | None) -> Body | None:
        groups = [] if body is None else [name for name in body["groups"] if name in self.groups]
        return {**body, "groups": groups} if body is not None and groups else None

    def _pass(self, body: Body | None) -> Body | None:
        row: Body | None = None if body is None or body["gateway"] != self.gateway else body["row"]
        return row

    def _only(self, digest: str, cards: Iterable[str]) -> Body | None:
        """Return the credential whose identity `digest` is, its own or an alias: no other card has it."""
        held = map(self._credential, (digest, *cards))
        return next((body for body in held if body is not None), None)

    def _one_of(self, claims: tuple[Claim, ...], body_of: Callable[[str], Body | None]) -> Body | None:
        """Return one row for cards that readers take for one: of one person, and as if stopped with any."""
        bodies = [body_of(card) for card in sorted({claim.card for claim in claims})]
        held = [body for body in bodies if body is not None]
        if len(held) < len(bodies) or len({claim.person for claim in claims}) > 1:
            return None
        begins = [body["from"] for body in held if body["from"] is not None]
        ends = [body["until"] for body in held if body["until"] is not None]
        heaviest = max((CredentialState(body["state"]) for body in held), key=_BY_WEIGHT.index)
        return {
            **held[0],
            "state": heaviest.value,
            "from": max(begins, default=None),  # moments as the book writes them sort as texts
            "until": min(ends, default=None),
        }

    def _credential(self, key: str) -> Body | None:
        return self._body("credential", key)

    def _aliases(self, asked: str, *values: str) -> Iterator[tuple[str, str]]:
        marks = ", ".join("?" * len(self.reads))
        query = f"SELECT credential, digest FROM {asked} WHERE shortening IN ({marks})"  # noqa: S608 - texts of ours
        yield from self._database.execute(query, (*values, *sorted(self.reads)))

    def _body(self, kind: str, key: str) -> Body | None:
        if (kind, key) not in self._bodies:
            row = self._database.execute(
                "SELECT body FROM roster_row WHERE kind = ? AND id = ? AND revision <= ? "
                "ORDER BY revision DESC LIMIT 1",
                (kind, key, self._revision),
            ).fetchone()
            found = None if row is None or row["body"] is None else json.loads(row["body"])
            self._bodies[kind, key] = found
        return self._bodies[kind, key]

    def _all(self, kind: str) -> Iterator[tuple[str, Body]]:
        rows = self._database.execute(
            "SELECT id, body, max(revision) FROM roster_row WHERE kind = ? AND revision <= ? "
            "GROUP BY id ORDER BY id",
            (kind, self._revision),
        )
        for row in rows:
            if row["body"] is not None:
                yield row["id"], json.loads(row["body"])


def _cut(groups: Iterable[tuple[str, Body]], doors: Collection[str]) -> dict[str, Body]:
    found: dict[str, Body] = {}
    for name, body in groups:
        rights = [right for right in body["rights"] if right["door"] in doors]
        if rights:
            found[name] = {"name": name, "rights": rights}
    return found
