"""Rosters at the desk: applied, recorded, receipted, asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.facts import Fact, Noted, RosterInForce
from agent.doors.books import Turn
from agent.doors.rosters import RosterDesk
from agent.roster.roster import Roster
from agent.store.memory import ROSTER_HIGHEST
from agent.store.roster_table import open_roster
from agent.sync.facts import ChunkReceived, DeltaReceived, HeadReceived
from protocols.mqtt.topics import Kind, take_apart
from protocols.tokens.keys import kid
from protocols.tokens.token import RECEIPT_TYP, open_token
from tests.peers.hand_clock import HandClock
from tests.peers.long_list import LongList

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from protocols.mqtt.roster_messages import ReceiptMessage

OFFICE = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
GATEWAY = Ed25519PrivateKey.from_private_bytes(b"g" * 32)
PHONE = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
OFFICE_KEYS = {kid(OFFICE.public_key()): OFFICE.public_key()}


@dataclass
class Paper:
    """A line that keeps what it was told."""

    shown: list[ReceiptMessage] = field(default_factory=list)
    chunk: tuple[int, int] | None = None

    def show(self, document: ReceiptMessage, /) -> None:
        self.shown.append(document)

    def want_chunk(self, revision: int, number: int, /) -> None:
        self.chunk = (revision, number)

    def want_no_chunk(self) -> None:
        self.chunk = None


class Bench:
    """A desk over a real table, and an office with 3000 cards: three chunks."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.line = Paper()
        self.table = open_roster(folder / "roster.db", self.clock.utc()).table
        self.desk = RosterDesk(
            Roster(self.table, "gw", OFFICE_KEYS.get, ("lobby",)),
            self.table,
            gateway="gw",
            doors=("lobby",),
            key=GATEWAY,
            line=self.line,
        )
        self.list = LongList(
            "gw", ("lobby",), 3000, key=OFFICE, digest_key=b"d" * 32, phone=PHONE.public_key()
        )
        self.turn = Turn()

    def take(self, topic: str, payload: bytes) -> list[Fact]:
        place = take_apart(topic)
        item: HeadReceived | DeltaReceived | ChunkReceived
        match place.kind:
            case Kind.HEAD:
                item = HeadReceived(payload.decode())
            case Kind.DELTA:
                item = DeltaReceived(payload.decode())
            case _:
                assert place.revision is not None
                assert place.chunk is not None
                item = ChunkReceived(place.revision, place.chunk, payload)
        facts = list(self.desk.facts(item, self.turn, self.clock.now()))
        while self.desk.busy:
            facts += self.desk.work(self.turn, self.clock.now())
        self.desk.settle()
        return facts

    def take_all(self) -> list[Fact]:
        *chunks, head = self.list.snapshot()
        laid_out = {
            (place.revision, place.chunk): (topic, body)
            for topic, body in chunks
            for place in [take_apart(topic)]
        }
        facts = self.take(*head)
        while self.line.chunk is not None:
            wanted, self.line.chunk = self.line.chunk, None
            facts += self.take(*laid_out[wanted])
        return facts


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.desk.settle()
    yield made
    made.table.close()


def test_a_gateway_without_a_list_says_so_and_signs_nothing(bench: Bench) -> None:
    (first,) = bench.line.shown

    assert (first.revision, first.receipts, first.wanted) == (0, (), None)


def test_a_whole_list_is_fetched_chunk_by_chunk_and_receipted_once(bench: Bench) -> None:
    facts = bench.take_all()

    rules, enforced = facts
    assert isinstance(rules, RosterInForce)
    assert rules.rules.revision == 1
    assert isinstance(enforced, Noted)
    assert (enforced.kind, enforced.body["source"], enforced.body["count"]) == (
        "roster.enforced",
        "snapshot",
        4503,
    )
    assert bench.turn.settings == {ROSTER_HIGHEST: "1"}
    *asking, last = bench.line.shown
    assert [message.wanted.need for message in asking if message.wanted is not None] == [1]
    (token,) = last.receipts
    opened = open_token(token, RECEIPT_TYP, {kid(GATEWAY.public_key()): GATEWAY.public_key()}.get)
    assert (opened.payload["door"], opened.payload["revision"]) == ("lobby", 1)
    assert opened.payload["digest"] == bench.list.digest


def test_a_change_is_receipted_and_one_that_leaves_a_gap_is_asked_for(bench: Bench) -> None:
    bench.take_all()
    lost = bench.list.change(range(1), "revoked")
    second = bench.list.change(range(1, 2), "revoked")

    (refused,) = bench.take(*second)
    asked = bench.line.shown[-1]
    bench.take(*lost)
    bench.take(*second)

    assert isinstance(refused, Noted)
    assert (refused.kind, refused.body["reason"], refused.alarm) == ("roster.refused", "gap", True)
    assert asked.wanted is not None
    assert (asked.wanted.have, asked.wanted.need) == (1, 3)
    assert (bench.line.shown[-1].revision, bench.line.shown[-1].wanted) == (3, None)


def test_what_anybody_could_send_is_recorded_once_a_minute(bench: Bench) -> None:
    told = len(bench.line.shown)
    topic = "menshen/v1/gw/roster/delta"

    first = bench.take(topic, b"no.to.ken")
    second = bench.take(topic, b"no.to.ken")

    assert [type(fact) for fact in first] == [Noted]
    assert second == []
    assert len(bench.line.shown) == told


def test_a_new_session_has_the_receipt_said_again(bench: Bench) -> None:
    told = len(bench.line.shown)

    bench.desk.settle()
    bench.desk.renew()
    bench.desk.settle()

    assert len(bench.line.shown) == told + 1
