"""From arrival to departure, and the way back."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import access, credentials, lifecycle, people
from agent.office.book import Book
from agent.office.people import Home
from agent.office.purge import PURGE_TYP, purge
from agent.office.roster import Rosters
from agent.office.undo import undo
from protocols.mqtt.roster import ListDigest, Rows
from protocols.mqtt.topics import LARGEST_NUMBER
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import open_token
from protocols.wiegand.identity import CardNumber
from tests.peers.office_site import START, add_card, add_person, make_book, resident_number

LATER = START + timedelta(hours=1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


def listed(book: Book) -> dict[str, str]:
    """Return the credentials on the list of gw01, with their states."""
    whole = Rosters(book.database).changes("gw01", 0, book.revision)
    return {body["digest"]: body["state"] for body in whole.rows["credential"]}


def stop(book: Book, key: str, state: CredentialState) -> None:
    lifecycle.set_state(book, key, state, by="tester", at=LATER)


def test_a_card_goes_through_its_states(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), 1)
    for state in (CredentialState.SUSPENDED, CredentialState.ACTIVE, CredentialState.LOST):
        stop(book, card, state)
        assert listed(book) == {card: state}
    with pytest.raises(BadInput, match="lost"):
        stop(book, card, CredentialState.ACTIVE)


def test_a_lost_card_is_given_out_again_only_after_its_release(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    card = add_card(book, first, 1)
    with pytest.raises(BadInput, match="bound to"):
        add_card(book, second, 1)
    with pytest.raises(BadInput, match="revoke it first"), book.change("x", by="t", at=LATER) as edit:
        credentials.release(edit, card)
    stop(book, card, CredentialState.LOST)
    with pytest.raises(BadInput, match="release"):
        add_card(book, first, 1)
    with book.change("card.released", by="t", at=LATER) as edit:
        credentials.release(edit, card)
    assert listed(book) == {}
    add_card(book, second, 1)
    assert credentials.load(book, card).person == second


def test_a_suspended_card_is_resumed_and_not_issued_again(book: Book) -> None:
    person = add_person(book, "张三", 1)
    card = add_card(book, person, 1)
    stop(book, card, CredentialState.SUSPENDED)
    with pytest.raises(BadInput, match="resume it"):
        add_card(book, person, 1)
    assert listed(book) == {card: "suspended"}


def test_replacing_a_card_stops_one_and_gives_the_other_in_one_change(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), 1)
    before = book.revision
    with book.change("card.replaced", by="t", at=LATER) as edit:
        fresh = credentials.replace(edit, card, CardNumber("uid32", 2), "worn")
    assert listed(book) == {card: "revoked", fresh: "active"}
    assert book.revision == before + 1
    assert credentials.load(book, card).why == "worn"


def test_a_card_for_somebody_whom_nobody_verified_is_refused(book: Book) -> None:
    person = add_person(book, "张三", 1, verification=None)
    with pytest.raises(BadInput, match="verified"):
        add_card(book, person, 1)
    with pytest.raises(BadInput, match="no person"):
        add_card(book, "p-nobody", 1)


def test_taking_the_verification_back_takes_everything_off_the_list(book: Book) -> None:
    person = add_person(book, "张三", 1)
    card = add_card(book, person, 1)
    with book.change("person.unverified", by="t", at=LATER) as edit:
        people.save(edit, replace(people.load(book, person), verification=None))
    assert listed(book) == {}
    assert Rosters(book.database).changes("gw01", book.revision - 1, book.revision).removed == {
        "person": [person],
        "credential": [card],
        "group": [],
        "schedule": [],
    }


def test_a_phone_is_bound_once_and_its_key_is_on_the_list(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    public = public_text(book.signing_key().public_key())
    phone = lifecycle.add_phone(book, first, public, by="t", at=LATER)
    assert listed(book) == {phone: "active"}
    assert credentials.load(book, phone).masked == "phone"
    with pytest.raises(BadInput, match="bound to"):
        lifecycle.add_phone(book, second, public, by="t", at=LATER)
    with pytest.raises(BadInput, match="phone enrol"):
        lifecycle.add_phone(book, second, "no key", by="t", at=LATER)


def test_leaving_ends_every_right_at_once(book: Book) -> None:
    person = add_person(book, "张三", 1)
    cards = {add_card(book, person, number) for number in (1, 2)}
    assert lifecycle.leave(book, person, by="t", at=LATER) == 2
    assert listed(book) == dict.fromkeys(cards, "revoked")
    assert people.load(book, person).valid_until == LATER


def test_a_household_a_unit_and_a_building_leave_together(book: Book) -> None:
    for serial, home in enumerate(
        [("3", "1", "101"), ("3", "1", "102"), ("3", "2", "101"), ("4", "1", "101")]
    ):
        add_person(book, f"住户{serial}", serial, home=Home(*home))
    assert lifecycle.leave_household(book, Home("3", "1", "101"), by="t", at=LATER) == 1
    assert lifecycle.leave_household(book, Home("3", "1", ""), by="t", at=LATER) == 2
    assert lifecycle.leave_household(book, Home("3", "", ""), by="t", at=LATER) == 3
    assert len([p for p in people.everybody(book) if p.valid_until is None]) == 1


def test_a_purge_erases_the_person_everywhere_and_gives_a_signed_receipt(book: Book) -> None:
    person = add_person(book, "张三", 1)
    add_card(book, person, 1)
    with pytest.raises(BadInput, match="person leave"):
        purge(book, [person], by="t", at=LATER)
    lifecycle.leave(book, person, by="t", at=LATER)
    (receipt,) = purge(book, [person], by="t", at=LATER)
    office = book.signing_key().public_key()
    opened = open_token(receipt, PURGE_TYP, lambda name: office if name == kid(office) else None)
    assert opened.payload["person"] == person
    assert people.find(book, resident_number(1)) == []
    assert people.find(book, "张三") == []
    assert credentials.held_by(book, person) == []
    undo(book, 1, by="t", at=LATER)
    assert people.find(book, "张三") == []
    with pytest.raises(BadInput, match="no person"):
        purge(book, ["p-nobody"], by="t", at=LATER)


def test_undo_puts_the_book_back_as_a_new_revision(book: Book) -> None:
    person = add_person(book, "张三", 1)
    add_card(book, person, 1)
    there = book.revision
    list_there = Rosters(book.database).state("gw01", there)
    add_person(book, "李四", 2)
    with book.change("group.set", by="t", at=LATER) as edit:
        access.set_group(edit, "residents", [("lobby", "always")])
        access.drop(edit, "gateway", "gw02")
    undo(book, there, by="t", at=LATER)
    assert book.revision == there + 3
    assert people.find(book, "李四") == []
    assert Rosters(book.database).state("gw01", book.revision) == list_there
    assert access.gateways(book).keys() == {"gw01", "gw02"}
    for wrong in (-1, book.revision, book.revision + 1):
        with pytest.raises(BadInput, match="not in the past"):
            undo(book, wrong, by="t", at=LATER)


def test_undo_never_brings_a_lost_card_back(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), 1)
    there = book.revision
    stop(book, card, CredentialState.LOST)
    undo(book, there, by="t", at=LATER)
    assert listed(book) == {card: "lost"}


def test_what_was_stopped_in_between_stays_stopped_though_the_book_holds_it_no_longer(book: Book) -> None:
    person = add_person(book, "张三", 1)
    card = add_card(book, person, 1)
    given = book.revision
    stop(book, card, CredentialState.LOST)
    lost = book.revision
    undo(book, given - 1, by="t", at=LATER)
    assert listed(book) == {}
    undo(book, given, by="t", at=LATER)  # the undo was a mistake, and so was the number
    assert listed(book) == {card: "lost"}
    with book.change("card.released", by="t", at=LATER) as edit:
        credentials.release(edit, card)
    add_card(book, add_person(book, "李四", 2), 1)
    undo(book, given, by="t", at=LATER)  # it is in other hands: not the first holder's again
    assert listed(book) == {card: "lost"}
    undo(book, lost, by="t", at=LATER)
    assert listed(book) == {card: "lost"}


def test_a_book_from_a_backup_steps_over_the_revisions_that_gateways_have(book: Book) -> None:
    lifecycle.skip_to(book, 40, by="t", at=LATER)
    assert book.revision == 40
    add_person(book, "张三", 1)
    assert book.revision == 41
    with pytest.raises(BadInput, match="already"):
        lifecycle.skip_to(book, 41, by="t", at=LATER)


def test_a_step_that_no_count_reaches_is_not_called_a_step_back(book: Book) -> None:
    with pytest.raises(BadInput, match="no revision is above"):
        lifecycle.skip_to(book, LARGEST_NUMBER + 1, by="t", at=LATER)


def test_the_history_says_who_and_what_and_cannot_be_altered(book: Book) -> None:
    person = add_person(book, "张三", 1)
    last = book.history()[-1]
    assert (last["by"], last["what"], last["detail"]) == ("tester", "person.added", "")
    lifecycle.leave(book, person, by="wang", at=LATER)
    assert (book.history()[-1]["by"], book.history()[-1]["detail"]) == ("wang", person)
    for statement in ("DELETE FROM revision", "UPDATE revision SET by = 'nobody'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            book.database.execute(statement)


def test_a_change_that_fails_leaves_no_trace(book: Book) -> None:
    before = book.revision
    with pytest.raises(BadInput), book.change("x", by="t", at=LATER) as edit:  # noqa: PT012 - both in one change
        access.set_gateway(edit, "gw09", ["a"])
        access.set_gateway(edit, "gw10", [])
    assert book.revision == before
    assert "gw09" not in access.gateways(book)


def test_persons_are_found_by_all_that_they_go_by(book: Book) -> None:
    person = add_person(book, "张三", 1)
    for text in (
        person,
        "张三",
        resident_number(1),
        resident_number(1).lower(),
        "13800000001",
        "3栋1单元1001室",
    ):
        assert [found.id for found in people.find(book, text)] == [person], text
    add_person(book, "张三", 2)
    with pytest.raises(BadInput, match="2 persons"):
        people.one(book, "张三")
    with pytest.raises(BadInput, match="nobody"):
        people.one(book, "王五")
    with pytest.raises(BadInput, match="no person"):
        people.load(book, "p-nobody")


def test_one_document_is_one_person(book: Book) -> None:
    person = people.load(book, add_person(book, "张三", 1))
    with pytest.raises(BadInput, match="already"):
        lifecycle.add_person(book, replace(person, id=people.new_id()), by="t", at=LATER)


def test_what_is_personal_does_not_print(book: Book) -> None:
    person = people.load(book, add_person(book, "张三", 1))
    add_card(book, person.id, 0xABCDEF)
    assert "张三" not in repr(person.details)
    assert "ABCDEF" not in repr(credentials.held_by(book, person.id))
    assert credentials.held_by(book, person.id)[0].masked == "…CDEF"


def test_list_digests_are_those_of_the_wires_own_rows(book: Book) -> None:
    add_card(book, add_person(book, "张三", 1, valid_until=LATER, longer=True), 1)
    whole = Rosters(book.database).changes("gw01", 0, book.revision)
    read = Rows.read(json.dumps({f"{kind}s": bodies for kind, bodies in whole.rows.items()}).encode())
    assert read.persons[0].until == LATER
    assert len(read.rows()) == whole.size
    assert ListDigest.of(read.rows()) == whole.state


def test_an_undo_can_be_rehearsed_and_says_whose_doors_change(book: Book) -> None:
    there = book.revision
    person = add_person(book, "张三", 1)
    add_card(book, person, 1)
    newest = book.revision
    rehearsed = undo(book, there, by="t", at=LATER, keep=False)
    assert book.revision == newest
    assert [(shift.person, shift.loses) for shift in rehearsed.shifts] == [(person, ("garage", "lobby"))]
    assert undo(book, there, by="t", at=LATER) == rehearsed
    assert book.revision == newest + 1


def test_a_whole_building_is_suspended_and_resumed_and_what_was_lost_stays_lost(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2, home=Home("3", "2", "101"))
    elsewhere = add_card(book, add_person(book, "王五", 3, home=Home("4", "1", "101")), 9)
    one, two, lost = add_card(book, first, 1), add_card(book, second, 2), add_card(book, second, 3)
    stop(book, lost, CredentialState.LOST)
    building = Home("3", "", "")
    assert lifecycle.set_household(book, building, CredentialState.SUSPENDED, by="t", at=LATER) == 2
    assert listed(book) == {one: "suspended", two: "suspended", lost: "lost", elsewhere: "active"}
    assert lifecycle.set_household(book, building, CredentialState.ACTIVE, by="t", at=LATER) == 2
    assert listed(book) == {one: "active", two: "active", lost: "lost", elsewhere: "active"}


def test_an_undo_gives_everybody_back_their_own_document(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    there = book.revision
    list_there = Rosters(book.database).state("gw01", there)

    def number(person: str, serial: int) -> None:
        before = people.load(book, person)
        details = replace(before.details, number=resident_number(serial))
        with book.change("person.changed", by="t", at=LATER) as edit:
            people.save(edit, replace(before, details=details))

    number(first, 9)
    number(second, 1)
    third = add_person(book, "王五", 2)
    with pytest.raises(sqlite3.IntegrityError):
        number(first, 2)
    undo(book, there, by="t", at=LATER)
    assert [people.one(book, resident_number(serial)).id for serial in (1, 2)] == [first, second]
    assert book.row("person", third) is None
    assert Rosters(book.database).state("gw01", book.revision) == list_there
