"""Cards of a roster that some readers could not tell from another card: of the roster, or of the book."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.office.access import reads
from agent.office.aliases import identities
from agent.office.collisions import Claim, claims_on, collide, stopped_of, visible
from agent.office.credentials import digest_of
from agent.office.intake.columns import Column
from protocols.wiegand.identity import SHORTENINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from agent.office.book import Book
    from agent.office.intake.entry import Entry, RowReader
    from agent.office.intake.problems import Problem
    from protocols.wiegand.identity import CardNumber


@dataclass(frozen=True, slots=True)
class _Cards:
    """New cards of a file, and those of the book that they meet. Persons are named by document digest.

    claims: by identity. rows: of each new card. owners: of each card of the book, by opaque id.
    """

    claims: dict[str, list[Claim]]
    rows: dict[str, int]
    owners: dict[str, str]


def overlapping(
    book: Book, reader: RowReader, entries: Iterable[tuple[Entry, str]], *, accepted: bool
) -> list[Problem]:
    """Return a problem for each row with a new card that readers of some gateway take for another card.

    entries: each with its person's document digest. accepted: what is said is then that such cards are left
    out at those gateways, and not that the row is refused.
    """
    places = {gateway: frozenset(names) & SHORTENINGS.keys() for gateway, names in reads(book).items()}
    wanted = frozenset[str]().union(*places.values())
    if not wanted:
        return []
    cards = _new_cards(book, entries, wanted)
    _add_book(book, cards)
    met = [claims for claims in cards.claims.values() if len({claim.card for claim in claims}) > 1]
    stopped = stopped_of(book.database, met)
    found: dict[int, Problem] = {}
    for claims in met:
        for gateway, names in places.items():
            seen = visible(claims, names)
            for claim in seen if collide(seen, stopped) else ():
                row = cards.rows.get(claim.card)
                if row is None or row in found:
                    continue
                others = {other.card for other in seen} - {claim.card}
                found[row] = _problem(reader, cards, row, others, gateway, accepted=accepted)
    return [found[row] for row in sorted(found)]


def _problem(
    reader: RowReader, cards: _Cards, row: int, others: Collection[str], gateway: str, *, accepted: bool
) -> Problem:
    rows = sorted({cards.rows[card] for card in others if card in cards.rows})
    owners = sorted({cards.owners[card] for card in others if card not in cards.rows})
    code = f"card_{'left_out' if accepted else 'meets'}_{'row' if rows else 'book'}"
    told = ", ".join(map(str, rows)) if rows else ", ".join(owners)
    return reader.problem(row, Column.CARD, code, others=told, gateway=gateway)


def _new_cards(book: Book, entries: Iterable[tuple[Entry, str]], wanted: Collection[str]) -> _Cards:
    """Return the cards of a file that the book does not hold: those in it were judged when they came."""
    brought: dict[str, tuple[CardNumber, int, str]] = {}
    for entry, person in entries:
        for number in entry.cards:  # one card in two rows is judged elsewhere: the first row speaks for it
            brought.setdefault(digest_of(book.digest_key, str(number)), (number, entry.row, person))
    known = book.database.execute(
        "SELECT id FROM credential WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(brought)),)
    )
    for row in known.fetchall():
        del brought[row["id"]]
    claims: dict[str, list[Claim]] = {}
    for own, (number, _, person) in brought.items():
        claims.setdefault(own, []).append(Claim("", own, person))
        for kind, digest in identities(book.digest_key, number, wanted).items():
            claims.setdefault(digest, []).append(Claim(kind, own, person))
    return _Cards(claims, {own: row for own, (_, row, _) in brought.items()}, {})


def _add_book(book: Book, cards: _Cards) -> None:
    """Add the cards of the book, or buried, that have an identity of a card of the file."""
    documents: dict[str, str] = {}
    for digest, held in claims_on(book.database, cards.claims.keys()).items():
        for claim in held:
            if claim.card in cards.rows:
                continue  # buried once, and brought again
            cards.owners[claim.card] = claim.person
            if claim.person not in documents:
                row = book.row("person", claim.person)
                known = None if row is None else row["document_digest"]
                documents[claim.person] = claim.person if known is None else known
            cards.claims[digest].append(claim._replace(person=documents[claim.person]))
