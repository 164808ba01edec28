"""One card under every identity that a gateway's readers make of it, and two that they cannot tell apart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import access, collisions, credentials, lifecycle, people
from agent.office.aliases import DEFAULT_READS
from agent.office.book import Book
from agent.office.collisions import Collides
from agent.office.database import migrations
from agent.office.purge import purge
from agent.office.roster import Rosters
from agent.office.undo import undo
from protocols.tokens.keys import public_text
from protocols.wiegand.identity import CardNumber
from tests.peers.office_site import START, add_card, add_person, make_book

LATER = START + timedelta(hours=1)
CARD = 0x026F6C3A
NARROW = "fc8cn16:6F6C3A"
TWIN = 0x036F6C3A
"""Another card with the same last three bytes."""


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book", reads=DEFAULT_READS) as made:
        yield made


def digest(book: Book, text: str) -> str:
    return credentials.digest_of(book.digest_key, text)


def listed(book: Book, gateway: str = "gw01") -> dict[str, str]:
    """Return the identities on the list of a gateway, with their states."""
    whole = Rosters(book.database).changes(gateway, 0, book.revision)
    return {body["digest"]: body["state"] for body in whole.rows["credential"]}


def set_reads(book: Book, *reads: str, accept: bool = False) -> None:
    with book.change("gateway.set", by="t", at=LATER, accept_collisions=accept) as edit:
        access.set_gateway(edit, "gw01", ("lobby", "garage"), reads)


def issue(book: Book, person: str, text: str, *, accept: bool = False) -> str:
    number = CardNumber.parse(text)
    return lifecycle.issue_card(book, person, number, by="t", at=LATER, accept_collisions=accept)


def both(book: Book, value: int = CARD) -> set[str]:
    return {digest(book, f"uid32:{value:08X}"), digest(book, f"fc8cn16:{value & 0xFFFFFF:06X}")}


def test_a_card_is_signed_for_26_and_for_34_bit_readers(book: Book) -> None:
    person = add_person(book, "张三", 1, valid_until=LATER)
    lifecycle.issue_card(
        book, person, CardNumber("uid32", CARD), by="t", at=START, valid_from=START, valid_until=LATER
    )
    rows = Rosters(book.database).changes("gw01", 0, book.revision).rows["credential"]
    own, narrow = digest(book, f"uid32:{CARD:08X}"), digest(book, NARROW)
    by_digest = {row["digest"]: row for row in rows}
    assert by_digest.keys() == {own, narrow}
    assert by_digest[narrow] == by_digest[own] | {"digest": narrow}


def test_a_gateway_of_before_gets_what_it_got_until_somebody_declares_its_readers(book: Book) -> None:
    set_reads(book)
    card = add_card(book, add_person(book, "张三", 1), CARD)
    assert listed(book) == {card: "active"}
    assert "DEFAULT '[]'" in migrations()[1]


def test_only_the_ways_that_were_declared_are_signed(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), CARD)
    for reads, narrow in (
        (("uid32",), set()),
        (("fc8cn16-first", "uid32"), {"fc8cn16:026F6C"}),
        (("fc8cn16-reversed",), {"fc8cn16:3A6C6F"}),
        (("fc8cn16", "fc8cn16-first-reversed"), {NARROW, "fc8cn16:6C6F02"}),
        (("data35", "site.acme.24"), set()),
    ):
        before = book.revision
        set_reads(book, *reads)
        assert book.roster_revision == before + 1
        assert listed(book).keys() == {card} | {digest(book, text) for text in narrow}


def test_a_number_of_forty_bits_is_known_at_both_kinds_of_readers(book: Book) -> None:
    own = issue(book, add_person(book, "张三", 1), "uid40:01026F6C3A")
    assert listed(book).keys() == {own} | both(book)


def test_what_no_reader_gives_is_refused(book: Book) -> None:
    for name in ("26", "fc8cn16-middle", "site.x.0"):
        with pytest.raises(BadInput, match="no reader gives"):
            set_reads(book, name)


def test_reads_stay_when_the_doors_of_a_gateway_change(book: Book) -> None:
    set_reads(book, "uid32", "fc8cn16-first", "uid32")
    with book.change("gateway.set", by="t", at=LATER) as edit:
        access.set_gateway(edit, "gw01", ("lobby",))
        access.set_gateway(edit, "gw03", ("yard",))
    assert access.reads(book) == {
        "gw01": ("fc8cn16-first", "uid32"),
        "gw02": ("fc8cn16", "uid32"),
        "gw03": ("fc8cn16", "uid32"),
    }


@pytest.mark.parametrize("state", [CredentialState.SUSPENDED, CredentialState.LOST, CredentialState.REVOKED])
def test_a_card_that_is_stopped_is_stopped_under_every_identity_in_one_delta(
    book: Book, state: CredentialState
) -> None:
    card = add_card(book, add_person(book, "张三", 1), CARD)
    before = book.revision
    lifecycle.set_state(book, card, state, by="t", at=LATER)
    delta = Rosters(book.database).changes("gw01", before, book.revision)
    assert {row["digest"]: row["state"] for row in delta.rows["credential"]} == dict.fromkeys(
        both(book), state
    )
    assert delta.state.count == Rosters(book.database).changes("gw01", 0, book.revision).size


def test_a_replaced_card_gives_way_under_every_identity(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), CARD)
    with book.change("card.replaced", by="t", at=LATER) as edit:
        credentials.replace(edit, card, CardNumber("uid32", 7))
    assert listed(book) == dict.fromkeys(both(book), "revoked") | dict.fromkeys(both(book, 7), "active")


def test_somebody_who_may_not_pass_here_is_here_under_no_identity(book: Book) -> None:
    person = add_person(book, "张三", 1)
    add_card(book, person, CARD)
    for verification in (None, people.Verification(LATER, "t", "seen")):
        with book.change("person.set", by="t", at=LATER) as edit:
            people.save(edit, replace(people.load(book, person), verification=verification))
        assert listed(book).keys() == (set() if verification is None else both(book))
    assert listed(book, "gw02") == {}


def test_two_persons_cards_that_are_one_at_a_reader_are_refused_when_the_second_is_issued(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    add_card(book, first, CARD)
    before = book.revision
    with pytest.raises(Collides, match=r"readers of gw01 \(fc8cn16\) .*--accept-collisions") as refused:
        issue(book, second, f"uid32:{TWIN:08X}")
    assert refused.value.found[0].persons == tuple(sorted((first, second)))
    assert book.revision == before
    with pytest.raises(Collides):
        issue(book, second, NARROW)


def test_accepted_they_open_for_neither_at_readers_that_cannot_tell(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    one = add_card(book, first, CARD)
    other = issue(book, second, f"uid32:{TWIN:08X}", accept=True)
    assert listed(book).keys() == {one, other}
    found = collisions.standing(book.database)
    assert [(each.gateway, each.shortenings) for each in found] == [
        ("gw01", ("fc8cn16",)),
        ("gw02", ("fc8cn16",)),
    ]
    assert "collisions+2" in book.history()[-1]["detail"]
    # The other one was known by what 26-bit readers send alone: it cannot be told from the first there.
    third = issue(book, add_person(book, "王五", 3), NARROW, accept=True)
    assert listed(book).keys() == {one, other}
    set_reads(book, "uid32")
    assert listed(book).keys() == {one, other, third}


def test_a_card_given_back_leaves_the_other_to_open_again(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    one = add_card(book, first, CARD)
    other = issue(book, second, f"uid32:{TWIN:08X}", accept=True)
    lifecycle.set_state(book, one, CredentialState.REVOKED, by="t", at=LATER)
    assert listed(book) == {one: "revoked", other: "active"}
    before = book.revision
    with book.change("card.released", by="t", at=LATER) as edit:
        credentials.release(edit, one)
    assert listed(book).keys() == both(book, TWIN)
    delta = Rosters(book.database).changes("gw01", before, book.revision)
    assert delta.removed["credential"] == [one]
    assert [row["digest"] for row in delta.rows["credential"]] == [digest(book, NARROW)]
    assert collisions.standing(book.database) == []


def test_a_purged_card_that_never_came_back_is_never_taken_for_another(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    add_card(book, first, CARD)
    phone = lifecycle.add_phone(book, first, public_text(book.signing_key().public_key()), by="t", at=START)
    lifecycle.leave(book, first, by="t", at=LATER)
    purge(book, [first], by="t", at=LATER)
    assert listed(book) == {}
    with pytest.raises(Collides, match="apart"):
        issue(book, second, f"uid32:{TWIN:08X}")
    other = issue(book, second, f"uid32:{TWIN:08X}", accept=True)
    assert listed(book).keys() == {other}
    buried = {row["id"] for row in book.database.execute("SELECT id FROM buried")}
    assert buried == {digest(book, f"uid32:{CARD:08X}")}
    assert phone not in buried
    # In the office's hand again, it is given out like any other.
    lifecycle.set_state(book, other, CredentialState.REVOKED, by="t", at=LATER)
    with book.change("card.released", by="t", at=LATER) as edit:
        credentials.release(edit, other)
    issue(book, second, f"uid32:{CARD:08X}")
    assert listed(book).keys() == both(book)


def test_an_undo_leaves_a_stopped_card_stopped_under_every_identity(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    other = add_card(book, second, TWIN)
    there = book.revision
    one = issue(book, first, f"uid32:{CARD:08X}", accept=True)
    lifecycle.set_state(book, one, CredentialState.LOST, by="t", at=LATER)
    undo(book, there, by="t", at=LATER)
    assert listed(book) == {other: "active"}
    assert collisions.standing(book.database)[0].persons == tuple(sorted((first, second)))


def test_an_undo_brings_a_released_card_back_with_its_aliases(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), CARD)
    lifecycle.set_state(book, card, CredentialState.LOST, by="t", at=LATER)
    there = book.revision
    with book.change("card.released", by="t", at=LATER) as edit:
        credentials.release(edit, card)
    set_reads(book, "fc8cn16-first")
    undo(book, there, by="t", at=LATER)
    assert access.reads(book)["gw01"] == tuple(sorted(DEFAULT_READS))
    assert listed(book) == dict.fromkeys(both(book), "lost")
    set_reads(book, "fc8cn16-first")
    assert listed(book).keys() == {card, digest(book, "fc8cn16:026F6C")}


def test_a_rehearsal_is_refused_for_what_the_act_would_be(book: Book) -> None:
    set_reads(book, "uid32")
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    for person, value in ((first, CARD), (second, TWIN)):
        issue(book, person, f"uid32:{value:08X}", accept=True)  # at gw02 they collide already
    newest = book.revision
    with (
        pytest.raises(Collides, match="apart"),
        book.change("access.loaded", by="t", at=LATER, keep=False) as edit,
    ):
        access.set_gateway(edit, "gw01", ("lobby", "garage"), DEFAULT_READS)
    assert (book.revision, access.reads(book)["gw01"]) == (newest, ("uid32",))
    assert book.database.execute("SELECT max(revision) FROM roster_row").fetchone()[0] == newest


def test_an_undo_is_never_barred_by_what_it_makes_collide(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    set_reads(book, "uid32")
    with book.change("gateway.removed", by="t", at=LATER) as edit:
        access.drop(edit, "gateway", "gw02")
    cards = {add_card(book, first, CARD), add_card(book, second, TWIN)}
    undo(book, book.revision - 4, by="t", at=LATER)
    assert listed(book) == {}
    undo(book, book.revision - 1, by="t", at=LATER)
    assert listed(book).keys() == cards


def test_two_cards_of_one_person_are_one_row_that_stops_with_either(book: Book) -> None:
    person = add_person(book, "张三", 1)
    one = add_card(book, person, CARD)
    lifecycle.issue_card(
        book, person, CardNumber("uid32", TWIN), by="t", at=START, valid_from=START, valid_until=LATER
    )
    assert collisions.standing(book.database) == []
    rows = Rosters(book.database).changes("gw01", 0, book.revision).rows["credential"]
    (shared,) = [row for row in rows if row["digest"] == digest(book, NARROW)]
    assert (shared["state"], shared["until"] is None) == ("active", False)
    lifecycle.set_state(book, one, CredentialState.LOST, by="t", at=LATER)
    assert listed(book)[digest(book, NARROW)] == "lost"
    assert collisions.standing(book.database) != []


def test_a_new_card_that_a_reader_takes_for_a_lost_one_of_the_same_person_is_refused(book: Book) -> None:
    person = add_person(book, "张三", 1)
    card = issue(book, person, NARROW)
    with (
        pytest.raises(Collides, match="lost or revoked"),
        book.change("card.replaced", by="t", at=LATER) as edit,
    ):
        credentials.replace(edit, card, CardNumber("uid32", CARD))
    lifecycle.set_state(book, card, CredentialState.LOST, by="t", at=LATER)
    with pytest.raises(Collides, match="release"):
        issue(book, person, f"uid32:{CARD:08X}")
    with book.change("card.released", by="t", at=LATER) as edit:
        credentials.release(edit, card)
    issue(book, person, f"uid32:{CARD:08X}")
    assert listed(book) == dict.fromkeys(both(book), "active")


def test_readers_that_begin_to_shorten_cards_are_refused_when_that_makes_two_cards_one(book: Book) -> None:
    set_reads(book, "uid32")
    with book.change("gateway.set", by="t", at=LATER) as edit:
        access.set_gateway(edit, "gw02", ("plant",), ["uid32"])
    for serial in range(1, 9):
        person = add_person(book, f"住户{serial}", serial)
        for value in (CARD + serial, TWIN + serial + 1):
            add_card(book, person, value)
    before = listed(book)
    with pytest.raises(Collides, match="and 2 more"):
        set_reads(book, "fc8cn16", "uid32")
    assert listed(book) == before
    set_reads(book, "fc8cn16", "uid32", accept=True)
    assert len(collisions.standing(book.database)) == 7
    assert listed(book).keys() - before.keys() == {
        digest(book, f"fc8cn16:{(CARD + serial) & 0xFFFFFF:06X}") for serial in (1, 9)
    }
    set_reads(book, "fc8cn16", "uid32", "uid40")  # what was accepted is not asked again


def test_a_third_card_on_an_accepted_collision_is_refused_too(book: Book) -> None:
    people_ = [add_person(book, name, serial) for serial, name in enumerate(("张三", "李四", "王五"), 1)]
    add_card(book, people_[0], CARD)
    issue(book, people_[1], f"uid32:{TWIN:08X}", accept=True)
    with pytest.raises(Collides):
        issue(book, people_[2], "uid32:046F6C3A")


def test_cards_that_meet_by_a_way_that_is_declared_for_the_first_time_are_found_too(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    cards = {add_card(book, first, 0x01020304), add_card(book, second, 0x01020305)}
    with pytest.raises(Collides, match=r"gw01 \(fc8cn16-first\)"):
        set_reads(book, "fc8cn16-first")
    set_reads(book, "fc8cn16-first", accept=True)
    assert listed(book).keys() == cards


def test_a_buried_card_is_known_by_a_way_that_is_declared_later(book: Book) -> None:
    first, second = add_person(book, "张三", 1), add_person(book, "李四", 2)
    add_card(book, first, 0x01020304)
    lifecycle.leave(book, first, by="t", at=LATER)
    purge(book, [first], by="t", at=LATER)
    other = add_card(book, second, 0x01020305)
    with pytest.raises(Collides):
        set_reads(book, "fc8cn16-first")
    set_reads(book, "fc8cn16-first", accept=True)
    assert listed(book).keys() == {other}
