"""Any history of a book: every list is what an honest count makes it, and deltas lead from one to another."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import access, credentials, lifecycle, people, visits
from agent.office.credentials import digest_of
from agent.office.passes import issue_pass, revoke_passes
from agent.office.purge import purge
from agent.office.roster import Rosters
from agent.office.undo import undo
from protocols.mqtt.roster import ListDigest, Rows, row_key, row_kind
from protocols.wiegand.identity import SHORTENINGS, CardNumber, shortened
from tests.peers.office_site import START, add_person, make_book

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.office.book import Book
    from agent.office.roster import Changes
    from protocols.mqtt.roster import Row

GATEWAY = "gw01"
PERSONS = 3
HEAVIER = ("active", "suspended", "lost", "revoked")
NUMBERS = (
    # Some of these are one card at some readers: by the first bytes, the last, turned round, or whole.
    *(CardNumber("uid32", value) for value in (0x01020304, 0x05020304, 0x01020305, 0x04030201, 0x02030404)),
    *(CardNumber("fc8cn16", value) for value in (0x020304, 0x010203)),
    CardNumber("uid40", 0x0901020304),
    CardNumber("data35", 0x01020304),
)
READS = st.sets(st.sampled_from(["uid32", "fc8cn16", "fc8cn16-first", "fc8cn16-reversed"]), max_size=3)

STEPS = st.one_of(
    st.tuples(
        st.just("issue"),
        st.integers(0, PERSONS - 1),
        st.sampled_from(NUMBERS),
        st.sampled_from([None, 1, 2]),
    ),
    st.tuples(st.just("state"), st.sampled_from(NUMBERS), st.sampled_from(list(CredentialState))),
    st.tuples(st.just("replace"), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)),
    st.tuples(st.just("release"), st.sampled_from(NUMBERS)),
    st.tuples(st.just("reads"), READS),
    st.tuples(st.just("verify"), st.integers(0, PERSONS - 1), st.booleans()),
    st.tuples(st.just("groups"), st.integers(0, PERSONS - 1), st.booleans()),
    st.tuples(st.just("purge"), st.integers(0, PERSONS - 1)),
    st.tuples(st.just("undo"), st.integers(1, 6)),
    st.tuples(st.just("visit"), st.integers(0, PERSONS - 1), st.none() | st.integers(0, PERSONS - 1)),
    st.tuples(st.just("call_off"), st.integers(0, PERSONS - 1)),
    st.tuples(st.just("gateway"), st.booleans()),
)


class History:
    """A book with some persons, and what gw01's list was at each revision by an honest count."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.persons = [add_person(book, f"住户{n}", n) for n in range(1, PERSONS + 1)]
        self.tick = count(1)
        self.lists: dict[int, dict[str, tuple[str, str, str | None]]] = {}

    def digest(self, number: CardNumber) -> str:
        return digest_of(self.book.digest_key, str(number))

    def step(self, what: str, *how: object) -> None:
        doing: Callable[..., None] = getattr(self, f"do_{what}")
        with contextlib.suppress(BadInput):
            doing(*how)
        self.lists[self.book.revision] = self.honest()

    def do_issue(self, person: int, number: CardNumber, hours: int | None) -> None:
        until = None if hours is None else START + timedelta(hours=hours)
        with self.book.change("x", by="t", at=START, accept_collisions=True) as edit:
            credentials.issue(edit, self.persons[person], number, valid_until=until)

    def do_state(self, number: CardNumber, state: CredentialState) -> None:
        lifecycle.set_state(self.book, self.digest(number), state, by="t", at=START)

    def do_replace(self, old: CardNumber, new: CardNumber) -> None:
        with self.book.change("x", by="t", at=START, accept_collisions=True) as edit:
            credentials.replace(edit, self.digest(old), new)

    def do_release(self, number: CardNumber) -> None:
        with self.book.change("x", by="t", at=START) as edit:
            credentials.release(edit, self.digest(number))

    def do_reads(self, reads: set[str]) -> None:
        with self.book.change("x", by="t", at=START, accept_collisions=True) as edit:
            access.set_gateway(edit, GATEWAY, ("lobby", "garage"), sorted(reads))

    def do_verify(self, person: int, yes: bool) -> None:  # noqa: FBT001 - drawn
        word = people.Verification(START, "t", "seen") if yes else None
        with self.book.change("x", by="t", at=START) as edit:
            people.save(edit, replace(people.load(edit, self.persons[person]), verification=word))

    def do_groups(self, person: int, yes: bool) -> None:  # noqa: FBT001 - drawn
        groups = ("residents",) if yes else ()
        with self.book.change("x", by="t", at=START) as edit:
            people.save(edit, replace(people.load(edit, self.persons[person]), groups=groups))

    def do_purge(self, person: int) -> None:
        lifecycle.leave(self.book, self.persons[person], by="t", at=START)
        purge(self.book, [self.persons[person]], by="t", at=START)
        self.persons[person] = add_person(self.book, "新住户", 100 + next(self.tick))

    def do_undo(self, steps: int) -> None:
        undo(self.book, self.book.revision - steps, by="t", at=START)

    def do_visit(self, person: int, host: int | None) -> None:
        issue_pass(
            self.book,
            self.persons[person],
            gateway=GATEWAY,
            doors=["lobby"],
            valid_from=START,
            valid_until=START + timedelta(days=1),
            uses=1,
            by="t",
            at=START,
            host=None if host is None else self.persons[host],
        )

    def do_call_off(self, person: int) -> None:
        if not list(visits.standing(self.book, START)):
            self.do_visit(person, None)
            self.lists[self.book.revision] = self.honest()
        first = next(each for each in visits.standing(self.book, START))
        revoke_passes(self.book, numbers=[first.number], by="t", at=START)

    def do_gateway(self, there: bool) -> None:  # noqa: FBT001 - drawn
        with self.book.change("x", by="t", at=START, accept_collisions=True) as edit:
            if there:
                access.set_gateway(edit, GATEWAY, ("lobby",))
            else:
                access.drop(edit, "gateway", GATEWAY)

    def honest(self) -> dict[str, tuple[str, str, str | None]]:
        """Count gw01's cards and revoked passes by hand: identity to (person, state, until)."""
        rows = self.book.database.execute
        found = rows("SELECT reads FROM gateway WHERE id = ?", (GATEWAY,)).fetchone()
        if found is None:
            return {}
        reads = [name for name in json.loads(found["reads"]) if name in SHORTENINGS]
        number_of = {self.digest(number): number for number in NUMBERS}
        holders: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
        held = [*rows("SELECT * FROM credential"), *rows("SELECT id, person, NULL AS state FROM buried")]
        for row in held:
            number = number_of[row["id"]]
            until = None if row["state"] is None else row["valid_until"]
            for identity in {number, *shortened(number, reads).values()}:
                holders[self.digest(identity)].append((row["person"], row["state"], until))
        passes = rows("SELECT id, person, ends FROM pass WHERE state = 'revoked'")
        listed: dict[str, tuple[str, str, str | None]] = {
            row["id"]: (row["person"], "revoked", row["ends"]) for row in passes
        }
        for digest, claims in holders.items():
            persons = {person for person, _, _ in claims}
            if len(persons) > 1 or any(state is None for _, state, _ in claims):
                continue
            person = people.load(self.book, persons.pop())
            if person.verification is not None and person.groups:
                state = max((state for _, state, _ in claims), key=HEAVIER.index)
                ends = [until for _, _, until in claims if until is not None]
                listed[digest] = (person.id, state, min(ends, default=None))
        return listed


def rows_of(changes: Changes) -> dict[tuple[str, str], Row]:
    told = Rows.read(json.dumps({f"{kind}s": bodies for kind, bodies in changes.rows.items()}).encode())
    return {(row_kind(row).value, row_key(row)): row for row in told.rows()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=4, max_size=16), st.data())
def test_deltas_between_any_two_revisions_lead_from_list_to_list(
    steps: list[tuple[object, ...]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder, make_book(Path(folder) / "book", reads=("fc8cn16", "uid32")) as book:
        history = History(book)
        for what, *how in steps:
            history.step(str(what), *how)
        rosters = Rosters(book.database)
        whole = {revision: rows_of(rosters.changes(GATEWAY, 0, revision)) for revision in history.lists}
        for revision, honest in history.lists.items():
            bodies = rosters.changes(GATEWAY, 0, revision).rows["credential"]
            assert {
                body["digest"]: (body["person"], body["state"], body["until"]) for body in bodies
            } == honest
        revisions = sorted(whole)
        for newest in revisions:
            base = data.draw(st.sampled_from([at for at in revisions if at <= newest]))
            delta = rosters.changes(GATEWAY, base, newest)
            rows = {**whole[base], **rows_of(delta)}
            for kind, keys in delta.removed.items():
                for key in keys:
                    del rows[kind, key]
            assert rows == whole[newest]
            assert delta.state == ListDigest.of(rows.values())
