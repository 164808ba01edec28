"""A stolen deputy's key stops what it likes, gives nothing, and one push of the office mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.credentials import CredentialState
from agent.office import lifecycle, receipts
from agent.office.push import Pusher
from agent.roster.receipts import DoorReach, receipt_message
from agent.roster.results import Applied
from agent.roster.roster import LONGEST_STEP, Roster
from agent.store.roster_table import open_roster
from protocols.mqtt.roster import Credential, ListDigest
from protocols.mqtt.roster_messages import Delta
from protocols.mqtt.topics import Kind, plain, take_apart
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import ROSTER_DELTA_TYP, sign
from tests.peers.office_site import START, HandClock, PaperGateway, add_card, add_person, make_book

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.office.book import Book
    from agent.office.messages import Message

DOORS = ("lobby", "garage")


class House:
    """The office and a gateway made of the real roster room, which trusts the office and its deputy."""

    def __init__(self, book: Book, folder: Path) -> None:
        self.book = book
        self.clock = HandClock()
        self.deputy = Ed25519PrivateKey.generate()
        self.key = Ed25519PrivateKey.generate()
        office = book.signing_key()
        trusted = {kid(each.public_key()): each.public_key() for each in (office, self.deputy)}
        self.table = open_roster(folder / "roster.db", START).table
        stoppers = (kid(self.deputy.public_key()),)
        self.roster = Roster(self.table, "gw01", trusted.get, DOORS, stoppers)
        self.sent: list[Message] = []
        self.pusher = Pusher(book, self.clock, self.sent.append)
        paper = PaperGateway("gw01", DOORS, office.public_key(), self.clock, self.key)
        self.pusher.heard(*paper.birth_message())
        assert paper.public == public_text(self.key.public_key())

    def push(self) -> None:
        """Push, and carry messages both ways until all is said."""
        self.pusher.push(["gw01"])
        while self.sent:
            batch, self.sent[:] = list(self.sent), []
            for message in sorted(batch, key=lambda each: take_apart(each.topic).kind is Kind.CHUNK):
                self.take(message)
            self.answer()
        self.pusher.settled()

    def take(self, message: Message) -> None:
        place, at = take_apart(message.topic), self.clock()
        match place.kind:
            case Kind.HEAD:
                self.roster.on_head(message.payload, at)
            case Kind.DELTA:
                self.roster.on_delta(message.payload, at)
            case Kind.CHUNK if message.payload:
                assert place.revision is not None
                assert place.chunk is not None
                self.roster.on_chunk(place.revision, place.chunk, message.payload, at)
            case _:
                pass
        while self.roster.busy:
            self.roster.work(at)

    def answer(self) -> None:
        reach = [DoorReach(door) for door in DOORS]
        said = receipt_message(reach, self.roster.head, "gw01", self.key, self.roster.wanted)
        self.pusher.heard(plain("gw01", Kind.RECEIPT), said.encode())

    def state(self, card: str) -> CredentialState:
        found = self.table.lookup(bytes.fromhex(card))
        assert found is not None
        return found.credential.state

    def steal(self, person: str, cards: list[str], revision: int) -> None:
        """Stop `cards` with the stolen key, at a revision of the thief's choice."""
        rows = [Credential(digest=card, kind="card", person=person, state="revoked") for card in cards]
        head = self.table.head()
        kept = [Credential(digest=card, kind="card", person=person, state="active") for card in cards]
        total = ListDigest(int.from_bytes(head.digest), head.count)
        minus, plus = ListDigest.of(kept), ListDigest.of(rows)
        after = ListDigest((total.total - minus.total + plus.total) % 2**256, total.count)
        delta = Delta(
            aud="gw01", iat=1, base=head.revision, revision=revision,
            digest=after.hex, count=after.count, credentials=tuple(rows),
        )  # fmt: skip
        token = sign(delta.as_object(), self.deputy, ROSTER_DELTA_TYP)
        assert isinstance(self.roster.on_delta(token, self.clock()), Applied)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with make_book(tmp_path / "book") as book:
        made = House(book, tmp_path)
        yield made
        made.table.close()


@pytest.mark.parametrize("leap", [1, LONGEST_STEP])
def test_what_a_stolen_deputy_s_key_has_stopped_opens_again_after_one_push(house: House, leap: int) -> None:
    person = add_person(house.book, "张三", 1)
    cards = [add_card(house.book, person, 0xA17 + n) for n in range(3)]
    house.push()
    house.steal(person, cards, house.roster.head.revision + leap)
    assert {house.state(card) for card in cards} == {CredentialState.REVOKED}

    house.answer()
    (trouble,) = {each.trouble for each in house.pusher.standing() if each.gateway == "gw01"}
    assert trouble in {receipts.FROM_AHEAD, receipts.WRONG_LIST}
    lifecycle.skip_to(house.book, house.roster.head.revision + 1, by="t", at=START)
    house.push()

    assert {house.state(card) for card in cards} == {CredentialState.ACTIVE}
    assert all(each.enforced for each in house.pusher.standing() if each.gateway == "gw01")
