"""A whole roster judged: every row read, rows held against each other and against the book."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.domain.credentials import CredentialState
from agent.office.credentials import digest_of
from agent.office.identity import normal
from agent.office.intake.columns import Column
from agent.office.intake.entry import Entry, RowReader
from agent.office.intake.overlap import overlapping
from agent.office.people import Role, document_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from agent.office.book import Book
    from agent.office.intake.entry import Terms
    from agent.office.intake.problems import Problem
    from agent.office.intake.table import Table

PROGRESS_ROWS = 500
"""How often progress is told: often enough for a bar to move, seldom enough to cost nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. `entries`: rows that can be applied. `refused`: numbers of those that cannot.

    `warnings`: what was read in a way that the office should know of.
    """

    entries: list[Entry]
    problems: list[Problem]
    warnings: list[Problem]
    rows: int

    @property
    def refused(self) -> set[int]:
        """Return the rows with a problem."""
        return {problem.row for problem in self.problems}


def judge(book: Book, table: Table, terms: Terms, progress: Callable[[int, int], None] | None = None) -> Plan:
    """Read every row of `table`, and hold the rows against each other and against `book`.

    `progress` is told (rows done, rows in all). Nothing is written.
    """
    reader = RowReader(table, terms)
    entries: list[Entry] = []
    total = len(table.rows)
    for done, (number, cells) in enumerate(table.rows):
        if progress is not None and done % PROGRESS_ROWS == 0:
            progress(done, total)
        entry = reader.read(number, cells)
        if entry is not None:
            entries.append(entry)
    if progress is not None:
        progress(total, total)
    problems = list(reader.problems)
    warnings = [*reader.warnings, *(reader.problem(row, None, "row_aside") for row in table.aside)]
    known = [(entry, document_digest(book.sealer, entry.details)) for entry in entries]
    _one_person_a_document(reader, known, problems, warnings)
    _one_person_a_card(book, reader, known, problems)
    _cards_of_refused(reader, known, problems)
    _cards_of_verified(book, reader, known, problems)
    _leases_of_tenants(book, reader, known, problems)
    apart = warnings if terms.accept_collisions else problems
    apart += overlapping(book, reader, known, accepted=terms.accept_collisions)
    refused = {problem.row for problem in problems}
    order = sorted(
        problems, key=lambda problem: (problem.row, -1 if problem.column is None else problem.column)
    )
    return Plan([entry for entry in entries if entry.row not in refused], order, warnings, total)


def _one_person_a_document(
    reader: RowReader,
    entries: Iterable[tuple[Entry, str]],
    problems: list[Problem],
    warnings: list[Problem],
) -> None:
    first: dict[str, Entry] = {}
    for entry, person in entries:
        known = first.setdefault(person, entry)
        if known is entry:
            continue
        if normal(known.details.name) != normal(entry.details.name):
            problems.append(reader.problem(entry.row, Column.NUMBER, "document_twice", other=known.row))
        elif known.home != entry.home:
            warnings.append(reader.problem(entry.row, Column.HOME, "second_home", other=known.row))
        elif known.cards == entry.cards:
            problems.append(reader.problem(entry.row, None, "row_twice", other=known.row))


def _one_person_a_card(
    book: Book, reader: RowReader, entries: Sequence[tuple[Entry, str]], problems: list[Problem]
) -> None:
    holders: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry, person in entries:
        for card in entry.cards:
            holders[str(card)].setdefault(person, entry)
    for by_person in holders.values():
        if len(by_person) > 1:
            rows = sorted(entry.row for entry in by_person.values())
            for here in rows:
                others = ", ".join(str(other) for other in rows if other != here)
                problems.append(reader.problem(here, Column.CARD, "card_shared", others=others))
    digests = {digest_of(book.digest_key, number): number for number in holders}
    held = book.database.execute(
        "SELECT credential.id, credential.person, credential.state, person.document_digest "
        "FROM json_each(?) AS asked CROSS JOIN credential ON credential.id = asked.value "
        "LEFT JOIN person ON person.id = credential.person ORDER BY asked.key",
        (json.dumps(list(digests)),),
    )
    for row in held:
        (person, entry), *_ = holders[digests[row["id"]]].items()
        if row["document_digest"] != person:
            problems.append(reader.problem(entry.row, Column.CARD, "card_taken", person=row["person"]))
        elif row["state"] != CredentialState.ACTIVE:
            problems.append(reader.problem(entry.row, Column.CARD, "card_" + row["state"]))
    stopped = book.database.execute(
        "SELECT buried.id FROM json_each(?) AS asked CROSS JOIN buried ON buried.id = asked.value "
        "ORDER BY asked.key",
        (json.dumps(list(digests)),),
    )
    for row in stopped:
        (entry, *_) = holders[digests[row["id"]]].values()
        problems.append(reader.problem(entry.row, Column.CARD, "card_stopped"))


def _cards_of_refused(
    reader: RowReader, entries: Iterable[tuple[Entry, str]], problems: list[Problem]
) -> None:
    """Tell a refused row too that its card is another row's: all that is wrong is told at once.

    The other row stays good: it may be the same person's, and only this one be badly written.
    """
    rows = {card: entry.row for entry, _ in entries for card in entry.cards}
    problems += [
        reader.problem(row, Column.CARD, "card_shared", others=rows[card])
        for row, cards in reader.refused_cards
        for card in cards
        if card in rows
    ]


def _cards_of_verified(
    book: Book, reader: RowReader, entries: Sequence[tuple[Entry, str]], problems: list[Problem]
) -> None:
    verified = {person for entry, person in entries if entry.verification is not None}
    for entry, digest in entries:
        if not entry.cards or digest in verified:
            continue
        known = book.database.execute(
            "SELECT verified_at FROM person WHERE document_digest = ?", (digest,)
        ).fetchone()
        if known is None or known["verified_at"] is None:
            problems.append(reader.problem(entry.row, Column.VERIFIED_AT, "unverified"))


def _leases_of_tenants(
    book: Book, reader: RowReader, entries: Iterable[tuple[Entry, str]], problems: list[Problem]
) -> None:
    """Refuse the empty end of somebody whom only the book knows for a tenant: it would be for ever."""
    for entry, digest in entries:
        if entry.role is not None or entry.valid_until is not None or Column.UNTIL not in entry.present:
            continue
        known = book.database.execute(
            "SELECT 1 FROM person WHERE document_digest = ? AND role = ?", (digest, Role.TENANT)
        ).fetchone()
        if known is not None:
            problems.append(reader.problem(entry.row, Column.UNTIL, "lease_end_missing"))
