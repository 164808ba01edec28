"""Since when a card is dead, door by door; and evidence that is checked by somebody who has no book."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.credentials import CredentialState
from agent.office import access, evidence, lifecycle, receipts
from agent.office.evidence import Flaw, Held, ListProof
from agent.office.passes import issue_pass, revoke_passes
from agent.office.push import Pusher
from agent.office.visits import key_of
from protocols.tokens.keys import public_text
from protocols.tokens.token import COMMAND_TYP, RECEIPT_TYP, peek, sign
from tests.peers.office_site import START, HandClock, PaperGateway, add_card, add_person, make_book

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.office.book import Book
    from agent.office.messages import Message

STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)


class Site:
    """A book and its gateway gw01, which answers what is pushed."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.clock = HandClock()
        self.person = add_person(book, "张三", 1)
        self.card = add_card(book, self.person, 0xA17)
        self.other = add_card(book, self.person, 0xB18)
        office = book.signing_key().public_key()
        self.gateway = PaperGateway("gw01", ("lobby", "garage"), office, self.clock)
        self.push()

    def push(self) -> None:
        sent: list[Message] = []
        pusher = Pusher(self.book, self.clock, sent.append)
        pusher.heard(*self.gateway.birth_message())
        pusher.push(["gw01"])
        for message in sent:
            self.gateway.take(message)
        pusher.heard(*self.gateway.receipt_message())
        pusher.settled()

    def lines(self) -> list[str]:
        origin = access.key_origin(self.book, "gw01")
        return [json.dumps(evidence.exported(each, origin)) for each in receipts.all_of(self.book)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with make_book(tmp_path / "book") as book:
        yield Site(book)


def stop(site: Site, card: str, state: CredentialState) -> int:
    return lifecycle.set_state(site.book, card, state, by="李", at=site.clock())


def test_a_card_is_dead_since_the_first_receipt_that_covers_it(site: Site) -> None:
    assert receipts.stopped_at(site.book, "credential", site.card) is None
    revision = stop(site, site.card, CredentialState.LOST)
    assert receipts.stopped_at(site.book, "credential", site.card) == revision
    assert receipts.reached(site.book, revision) == {}

    site.push()
    first = receipts.reached(site.book, revision)
    stop(site, site.other, CredentialState.LOST)
    stop(site, site.card, CredentialState.REVOKED)
    site.push()

    assert set(first) == {("gw01", "lobby"), ("gw01", "garage")}
    assert {each.revision for each in first.values()} == {revision}
    assert receipts.reached(site.book, revision) == first, "later receipts do not move it"
    assert receipts.stopped_at(site.book, "credential", site.card) == revision, "lost, and then revoked"


def test_a_card_that_was_given_back_is_dead_since_it_was_stopped_again(site: Site) -> None:
    stop(site, site.card, CredentialState.SUSPENDED)
    stop(site, site.card, CredentialState.ACTIVE)
    assert receipts.stopped_at(site.book, "credential", site.card) is None
    assert receipts.stopped_at(site.book, "credential", "0" * 32) is None
    again = stop(site, site.card, CredentialState.SUSPENDED)
    assert receipts.stopped_at(site.book, "credential", site.card) == again


def test_a_card_that_left_the_list_with_its_person_is_dead_since_then(site: Site) -> None:
    with site.book.change("unverified", by="t", at=START) as edit:
        row = edit.get("person", site.person)
        assert row is not None
        edit.put("person", row | {"verified_at": None})
    assert receipts.stopped_at(site.book, "credential", site.card) == site.book.revision


def test_the_doors_that_matter_are_those_of_lists_that_had_it(site: Site) -> None:
    revision = stop(site, site.card, CredentialState.LOST)
    assert receipts.concerned(site.book, "credential", site.card, revision) == [
        ("gw01", "garage"),
        ("gw01", "lobby"),
    ]
    assert receipts.concerned(site.book, "credential", "0" * 32, revision) == []
    assert receipts.concerned(site.book, "pass", "0" * 32, revision) == []

    now = site.clock()
    _, claims = issue_pass(
        site.book, site.person, gateway="gw02", doors=["plant"], valid_from=now,
        valid_until=now + timedelta(hours=1), uses=1, by="t", at=now,
    )  # fmt: skip
    key = key_of(site.book, claims.jti)
    assert receipts.stopped_at(site.book, "pass", key) is None
    revoke_passes(site.book, numbers=[claims.jti], by="t", at=now)
    stopped = receipts.stopped_at(site.book, "pass", key)
    assert stopped == site.book.revision
    assert receipts.concerned(site.book, "pass", key, stopped) == [("gw02", "plant")]


# --- elsewhere -----------------------------------------------------------------------------------------


def test_exported_evidence_holds_by_the_key_that_the_gateway_shows(site: Site) -> None:
    known = [public_text(STRANGER.public_key()), site.gateway.public]
    proof = ListProof(site.gateway.state.hex, site.gateway.state.count)
    for line in site.lines():
        assert json.loads(line)["key_how"] == "first use"
        held = Held("gw01", site.gateway.public, site.book.revision, proof)
        assert evidence.check_exported(line, known) == evidence.check_exported(line, ()) == held


def test_an_exported_list_is_the_one_of_its_receipts_and_of_no_other(site: Site) -> None:
    def exported(revision: int) -> list[str]:
        return [json.dumps(line) for line in evidence.list_lines(site.book, "gw01", revision)]

    before = site.book.revision
    stop(site, site.card, CredentialState.REVOKED)
    site.push()
    held = [evidence.check_exported(line, [site.gateway.public]) for line in site.lines()]
    proofs = {each.revision: each.proof for each in held if isinstance(each, Held)}

    now, then = exported(site.book.revision), exported(before)
    assert evidence.check_list(now) == proofs[site.book.revision]
    assert evidence.check_list(reversed(then)) == proofs[before] != proofs[site.book.revision]
    (row,) = [json.loads(line)["row"] for line in now if site.card in line]
    assert row["state"] == "revoked"
    altered = [line.replace("revoked", "lost") for line in now]
    assert evidence.check_list(altered) not in proofs.values()
    for wrong in (
        "",
        "{}",
        '{"kind": "card", "row": {}}',
        '{"kind": "person", "row": {"id": 7}}',
        "[" * 99_999,
    ):
        assert evidence.check_list([*now, wrong]) == Flaw("line", str(len(now) + 1))


def test_evidence_by_a_key_that_is_not_the_gateway_s_proves_nothing(site: Site) -> None:
    known = [public_text(STRANGER.public_key())]
    assert {evidence.check_exported(line, known) for line in site.lines()} == {Flaw("key")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gateway", "gw02"),
        ("door", "garden"),
        ("revision", 99),
        ("enforced_at", "2020-01-01T00:00:00.000Z"),
        ("complete", False),
        ("digest", "0" * 64),
        ("count", 7),
        ("why", "x"),
    ],
)
def test_what_is_written_beside_a_receipt_must_be_what_was_signed(
    site: Site, name: str, value: object
) -> None:
    said = json.loads(site.lines()[0])
    assert evidence.check_exported(json.dumps(said | {name: value}), ()) == Flaw("words", name)


def test_a_receipt_that_was_altered_or_is_something_else_proves_nothing(site: Site) -> None:
    said = json.loads(site.lines()[0])
    head, body, signature = said["receipt"].split(".")
    other = json.loads(site.lines()[1])["receipt"].split(".")[1]
    payload = dict(peek(said["receipt"])[1])
    forged = sign(payload, STRANGER, RECEIPT_TYP)
    order = sign(payload, site.gateway.key, COMMAND_TYP)
    senseless = sign({"v": 9}, site.gateway.key, RECEIPT_TYP)
    found = [
        evidence.check_exported(json.dumps(said | {"receipt": token}), ())
        for token in (f"{head}.{other}.{signature}", f"{head}.{body}", forged, order, senseless)
    ]
    assert [each.what for each in found if isinstance(each, Flaw)] == [
        "signature",
        "signature",
        "key",
        "signature",
        "signature",
    ]


@pytest.mark.parametrize(
    "line",
    ["", "nonsense", "[]", "{}", '{"receipt": 1, "key": "x"}', '{"receipt": "x", "key": null}', "[" * 99_999],
)
def test_a_line_that_is_no_evidence_is_told_as_such(line: str) -> None:
    assert evidence.check_exported(line, ()) == Flaw("line")


def test_a_key_that_is_none_is_no_key(site: Site) -> None:
    found = evidence.check_exported(site.lines()[0], ["short"])
    assert isinstance(found, Flaw)
    assert found.what == "signature"
