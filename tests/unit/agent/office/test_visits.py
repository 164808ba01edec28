"""Passes in the book: revoked at the desk or with those behind them, on the lists of their gateways alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.errors import BadInput
from agent.office import lifecycle, people, visits
from agent.office.credentials import digest_of
from agent.office.messages import PLURALS
from agent.office.passes import issue_pass, revoke_passes
from agent.office.roster import Rosters
from agent.office.undo import undo
from protocols.mqtt.roster import Credential, ListDigest, Rows
from tests.peers.office_site import START, add_person, make_book

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from agent.office.book import Book
    from protocols.mqtt.roster import Row

DAY = timedelta(days=1)
NOON = START + DAY / 2


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


@pytest.fixture
def host(book: Book) -> str:
    return add_person(book, "李四", 2)


@pytest.fixture
def visitor(book: Book) -> str:
    return add_person(book, "访客甲", 1, groups=(), home=None)


def issue(
    book: Book, visitor: str, host: str | None = None, *, gateway: str = "gw01", door: str = "lobby"
) -> str:
    _, claims = issue_pass(
        book,
        visitor,
        gateway=gateway,
        doors=[door],
        valid_from=START,
        valid_until=START + DAY,
        uses=2,
        by="t",
        at=START,
        host=host,
    )
    return claims.jti


def revoked(book: Book) -> set[str]:
    return {each.number for each in visits.standing(book, START) if each.revoked}


def on_list(book: Book, gateway: str = "gw01") -> dict[str, str]:
    """Return the revoked passes on a gateway's list: digest and end."""
    rows = Rosters(book.database).changes(gateway, 0, book.revision).rows["credential"]
    return {row["digest"]: row["until"] for row in rows if row["kind"] == "pass"}


def test_a_revoked_pass_is_on_the_list_of_its_gateway_until_its_end_and_on_no_other(
    book: Book, visitor: str
) -> None:
    number, other = issue(book, visitor), issue(book, visitor, gateway="gw02", door="plant")
    before = book.roster_revision
    assert on_list(book) == {}

    assert revoke_passes(book, numbers=[number], by="t", at=NOON) == 1

    assert on_list(book) == {digest_of(book.digest_key, f"pass:{number}"): "2026-11-23T01:00:00.000Z"}
    assert on_list(book, "gw02") == {}
    assert book.roster_revision > before, "gateways must hear of it"
    changes = Rosters(book.database).changes("gw01", before, book.revision)
    (row,) = parsed(changes.rows)
    assert isinstance(row, Credential)
    assert (row.kind, row.person, row.state) == ("pass", visitor, "revoked")
    whole = Rosters(book.database).changes("gw01", 0, book.revision)
    assert whole.state == changes.state == ListDigest.of(parsed(whole.rows))
    assert {each.number: each.revoked for each in visits.standing(book, NOON)} == {
        number: True,
        other: False,
    }


def parsed(rows: dict[str, list[dict[str, object]]]) -> tuple[Row, ...]:
    """Return rows as a gateway reads them."""
    return Rows.read(json.dumps({PLURALS[kind]: bodies for kind, bodies in rows.items()}).encode()).rows()


def test_revoking_twice_or_what_has_ended_changes_nothing(book: Book, visitor: str) -> None:
    number = issue(book, visitor)
    assert revoke_passes(book, numbers=[number], by="t", at=NOON) == 1
    newest = book.revision
    assert revoke_passes(book, numbers=[number], by="t", at=NOON) == 0
    assert revoke_passes(book, person=visitor, by="t", at=START + 2 * DAY) == 0
    assert book.revision == newest


def test_a_number_that_no_pass_has_is_refused_and_then_no_other_is_revoked(book: Book, visitor: str) -> None:
    number = issue(book, visitor)
    with pytest.raises(BadInput, match="pass list"):
        revoke_passes(book, numbers=[number, "0123456789abcdef"], by="t", at=NOON)
    assert revoked(book) == set()


def test_all_passes_of_a_visitor_and_all_on_the_word_of_a_host_are_revoked_at_once(
    book: Book, visitor: str, host: str
) -> None:
    own, asked, other = issue(book, visitor), issue(book, visitor, host), issue(book, host)
    assert revoke_passes(book, person=host, by="t", at=NOON) == 2
    assert revoked(book) == {asked, other}
    assert revoke_passes(book, person=visitor, by="t", at=NOON) == 1
    assert revoked(book) == {own, asked, other}


def leaves(book: Book, person: str) -> None:
    lifecycle.leave(book, person, by="t", at=NOON)


def home_is_given_up(book: Book, person: str) -> None:
    home = people.load(book, person).home
    assert home is not None
    lifecycle.leave_household(book, people.Home(home.building, "", ""), by="t", at=NOON)


def changed(**to: object) -> Callable[[Book, str], None]:
    def change(book: Book, person: str) -> None:
        with book.change("person.set", by="t", at=NOON) as edit:
            people.save(edit, replace(people.load(edit, person), **to))  # type: ignore[arg-type]

    return change


def lapses_sooner(book: Book, person: str) -> None:
    word = people.Verification(START, "t", "seen", until=START + DAY - timedelta(seconds=1))
    changed(verification=word)(book, person)


@pytest.mark.parametrize(
    ("what", "both"),
    [
        (leaves, True),
        (home_is_given_up, False),
        (changed(verification=None), True),
        (changed(valid_until=START + DAY - timedelta(seconds=1)), True),
        (lapses_sooner, True),
    ],
)
def test_a_pass_stops_with_the_right_of_whoever_stands_behind_it(
    book: Book, visitor: str, host: str, what: Callable[[Book, str], None], *, both: bool
) -> None:
    alone, asked = issue(book, visitor), issue(book, visitor, host)

    what(book, host)
    assert revoked(book) == {asked}
    images = book.database.execute("SELECT id FROM before WHERE kind = 'pass' AND image IS NOT NULL")
    assert len(images.fetchall()) == 1, "kept as it was"
    assert len(on_list(book)) == 1

    if both:
        what(book, visitor)
        assert revoked(book) == {alone, asked}


def test_what_leaves_the_right_long_enough_stops_no_pass(book: Book, visitor: str, host: str) -> None:
    issue(book, visitor, host)
    changed(valid_until=START + DAY)(book, host)
    changed(longer=True)(book, visitor)
    assert revoked(book) == set()


@pytest.mark.parametrize("of_host", [False, True])
@pytest.mark.parametrize(
    ("to", "why"),
    [
        ({"verification": None}, "nobody has verified"),
        ({"verification": people.Verification(START, "t", "seen", until=NOON)}, "lapses at 2026-11-22T13:00"),
        ({"valid_until": NOON}, "ends at 2026-11-22T13:00"),
        ({"valid_from": NOON}, "begins at 2026-11-22T13:00"),
    ],
)
def test_nobody_is_given_a_pass_beyond_the_right_of_whoever_stands_behind_it(
    book: Book, visitor: str, to: dict[str, object], why: str, *, of_host: bool
) -> None:
    host = add_person(book, "李四", 2)
    changed(**to)(book, host if of_host else visitor)
    with pytest.raises(BadInput, match=why):
        issue(book, visitor, host)
    assert list(visits.standing(book, START)) == []


def test_undoing_the_issue_of_a_pass_revokes_it_and_undoing_a_revocation_does_not_bring_it_back(
    book: Book, visitor: str
) -> None:
    start = book.revision
    first = issue(book, visitor)
    between = book.revision
    revoke_passes(book, numbers=[first], by="t", at=NOON)
    second = issue(book, visitor)

    assert book.database.execute("SELECT count(*) FROM before WHERE kind = 'pass'").fetchone()[0] == 3
    undo(book, between, by="t", at=NOON)
    assert revoked(book) == {first, second}
    undo(book, start, by="t", at=NOON)
    assert revoked(book) == {first, second}
    assert len(on_list(book)) == 2


def test_a_pass_leaves_list_and_book_long_after_its_end(book: Book, visitor: str) -> None:
    number = issue(book, visitor)
    revoke_passes(book, numbers=[number], by="t", at=NOON)
    later = START + DAY + visits.FORGOTTEN_AFTER
    for at, left in ((later, 1), (later + timedelta(seconds=1), 0)):
        issue_pass(
            book,
            visitor,
            gateway="gw02",
            doors=["plant"],
            valid_from=at,
            valid_until=at + DAY,
            uses=1,
            by="t",
            at=at,
        )
        assert len(on_list(book)) == left
    assert number not in {each.number for each in visits.standing(book, START, ended=True)}


def test_the_end_of_the_last_pass_that_a_key_has_signed_is_known(book: Book, visitor: str) -> None:
    number = issue(book, visitor)
    (made,) = book.database.execute("SELECT kid FROM pass").fetchone()
    assert visits.signed_until(book, made, NOON) == START + DAY
    assert visits.signed_until(book, made, START + DAY) is None
    assert visits.signed_until(book, "another", NOON) is None
    revoke_passes(book, numbers=[number], by="t", at=NOON)
    assert visits.signed_until(book, made, NOON) is None
