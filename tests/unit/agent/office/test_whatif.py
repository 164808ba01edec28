"""Yesterday's presentations, decided again."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.domain.credentials import CredentialState
from agent.office import access, lifecycle, people
from agent.office.book import Book
from agent.office.whatif import read_events, replay
from tests.peers.office_site import START, add_card, add_person, make_book

AT = "2026-11-20T02:00:00.000Z"  # a Friday, ten in the morning in Shanghai


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


def granted(card: str, door: str = "lobby", rule: str = "residents", at: str = AT) -> dict[str, object]:
    body = {"reader": "r", "credential": card, "person": "p-old", "revision": 1, "rule": rule}
    return {"kind": "entry.granted", "door": door, "at": at, "clock": "synced", "body": body}


def denied(card: str, reason: str, door: str = "lobby") -> dict[str, object]:
    body = json.dumps({"credential": card, "person": None, "reason": reason})
    return {"kind": "entry.denied", "door": door, "at": AT, "clock": "synced", "body": body}


def test_a_revocation_would_have_stopped_an_entry(book: Book) -> None:
    person = add_person(book, "张三", 1)
    card = add_card(book, person, 1)
    there = book.revision
    lifecycle.set_state(book, card, CredentialState.REVOKED, by="t", at=START)
    events = [granted(card)]
    assert replay(book, "gw01", events, there).changed == ()
    (changed,) = replay(book, "gw01", events, book.revision).changed
    assert (changed.door, changed.person, changed.was, changed.now) == (
        "lobby",
        person,
        "residents",
        "revoked",
    )


def test_a_new_right_would_have_let_somebody_in(book: Book) -> None:
    person = add_person(book, "张三", 1, groups=("staff",), valid_until=None)
    card = add_card(book, person, 1)
    event = denied(card, "no_right", door="garage")
    assert replay(book, "gw01", [event], book.revision).changed == ()
    with book.change("person.changed", by="t", at=START) as edit:
        people.save(edit, replace(people.load(edit, person), groups=("residents",)))
    (changed,) = replay(book, "gw01", [event], book.revision).changed
    assert (changed.was, changed.now) == ("no_right", "residents")


def test_a_schedule_is_judged_at_the_hour_of_the_event(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), 1)
    with book.change("group.set", by="t", at=START) as edit:
        access.set_group(edit, "residents", [("lobby", "office-hours")])
    night = "2026-11-20T15:00:00.000Z"
    found = replay(book, "gw01", [granted(card), granted(card, at=night)], book.revision)
    assert [changed.now for changed in found.changed] == ["out_of_schedule"]


def test_what_no_roster_decided_is_passed_over(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), 1)
    events: list[dict[str, object]] = [
        granted(card, rule="fire_release"),
        denied(card, "door_locked"),
        denied(card, "cannot_record"),
        {"kind": "door.opened", "door": "lobby"},
        {"kind": "entry.denied", "door": "lobby", "at": AT, "body": "no json"},
        granted("", rule="residents"),
    ]
    found = replay(book, "gw01", events, book.revision)
    assert (found.decided, found.passed_over, found.changed) == (0, 5, ())


def test_lines_that_hold_no_event_are_passed_over() -> None:
    assert list(read_events(['{"kind":"a"}', "", "[]", "{"])) == [{"kind": "a"}]


def test_a_phone_and_a_lapsing_person_are_judged_as_at_the_door(book: Book) -> None:
    word = people.Verification(START, "t", "seen", until=START)
    person = add_person(book, "张三", 1, verification=word, valid_from=START, longer=True)
    card = add_card(book, person, 1)
    found = replay(book, "gw01", [granted(card), granted(card, at="2026-11-22T05:00:00.000Z")], book.revision)
    assert [changed.now for changed in found.changed] == ["person_not_yet_valid", "verification_lapsed"]
