"""Those who look at a gateway are told: states, nonce, health, status file, the record's filling."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.door import DoorRules
from agent.domain.facts import Noted
from agent.domain.moment import ClockConfidence
from agent.domain.site import Site, new_site
from agent.doors.books import Turn
from agent.doors.devices import Devices
from agent.doors.fleet import Fleet
from agent.doors.identities import Identities, Vouched
from agent.doors.intake import Desks
from agent.doors.orders import OrderDesk
from agent.doors.passes import PassDesk
from agent.doors.presence import HEALTH_EVERY_S, Me, PortPlace, Presence
from agent.doors.rosters import RosterDesk
from agent.doors.scribe import Scribe
from agent.doors.snapshot import FILE_NAME
from agent.doors.translate import Translator
from agent.doors.wiring import ReaderPlace, Wiring
from agent.roster.checkpoints import open_checkpoint
from agent.roster.roster import Roster
from agent.service import Service
from agent.store.journal import open_journal
from agent.store.memory import TOKEN_MARGIN
from agent.store.reader import JournalReader
from agent.store.retention import SLICE, Limits
from agent.store.roster_table import open_roster
from agent.store.rows import Batch, Entry, UsedToken
from agent.store.verify import verify
from agent.sync.facts import Confirmed, Dropped, LinkDown, LinkUp, ReplayAsked, RowsSpoilt, Sent
from agent.sync.settings import LinkSettings
from agent.sync.sync import Sync
from drivers.contract import Online
from protocols.mqtt.payloads import Birth, DoorState, Health, State
from protocols.tokens.keys import kid
from tests.peers.hand_clock import HandClock
from tests.unit.agent.doors.test_fleet import Port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.sync.mirror import Shown

ROWS = 2 * SLICE
WIRING = Wiring(
    readers={"in": ReaderPlace("lobby", "in", ("H10301",))},
    locks={"lobby": "lock"},
    contacts={"contact": "lobby"},
    exits={},
    fire="fire",
)


class Bench:
    """A gateway without its loop, on real databases, its line to the broker never started."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.folder = folder
        at = self.clock.utc()
        limits = Limits(rows=ROWS)
        self.journal = open_journal(folder / "journal.db", boot_id="b" * 32, at=at, limits=limits).journal
        self.table = open_roster(folder / "roster.db", at).table
        self.port = Port("board", devices=("board",), outputs=("lock",), inputs=("contact",))
        self.identities = Identities({"board": Vouched("word")}, self.journal.memory.setting)
        self.devices = Devices(self.identities.changed)
        self.noted: list[Noted] = []
        self.sync = Sync(
            LinkSettings("localhost", 1, "gw", cleartext=True),
            boot_epoch=1,
            put=lambda _fact: None,
            clock=self.clock,
            open_reader=lambda: JournalReader(folder / "journal.db"),
        )
        key = self.key = Ed25519PrivateKey.generate()
        self.orders = OrderDesk(
            gateway="gw",
            doors=("lobby",),
            signers=lambda _kid: None,
            phone=lambda _kid: None,
            digest_key=b"d" * 32,
            memory=self.journal.memory,
            answer=lambda _reply: None,
        )
        rosters = RosterDesk(
            Roster(self.table, "gw", lambda _kid: None, ("lobby",)),
            self.table,
            gateway="gw",
            doors=("lobby",),
            key=key,
            line=self.sync,
        )
        passes = PassDesk(
            gateway="gw",
            wiring=WIRING,
            keys=lambda _kid: None,
            counted=self.journal.passes,
            revoked=lambda _digest: False,
            digest_key=bytes(32),
        )
        translator = Translator(WIRING, self.table.lookup, b"d" * 32)
        self.desks = Desks(translator, passes, self.orders, rosters, self.devices, identities=self.identities)
        self.scribe = Scribe(folder)
        self.site: Site = new_site((DoorRules("lobby"),), self.table.rules())
        fleet = Fleet([(self.port, self.port)], WIRING, self.clock.monotonic)
        self.presence = Presence(
            Me(
                gateway="gw",
                version="1",
                pid=1,
                boot_id="b" * 32,
                started_at=at,
                titles={"lobby": "大堂"},
                ports=(PortPlace(self.port, "modbus", "/dev/null"),),
                broker="localhost:1",
                place="here",
                key="k",
                step_downs=("cleartext",),
                warnings=(),
            ),
            wiring=WIRING,
            devices=self.devices,
            fleet=fleet,
            journal=self.journal,
            table=self.table,
            desks=self.desks,
            orders=self.orders,
            sync=self.sync,
            service=Service(None, None),
            scribe=self.scribe,
            key=key,
            put=self.noted.append,
            random_bytes=lambda count: b"n" * count,
            rss_bytes=lambda: 1,
        )

    def shown(self) -> list[Shown]:
        """Take what is due at the broker."""
        found: list[Shown] = []
        while (due := self.sync._mirror.take()) is not None:
            assert not isinstance(due[1], bytes)
            found.append(due[1])
        return found

    def settle(self) -> list[Shown]:
        self.presence.settled(self.site, self.site, self.clock.now(), recorded=True)
        return self.shown()

    def beat(self) -> list[Shown]:
        self.presence.beat(self.site, self.clock.now())
        return self.shown()

    def fill(self, rows: int) -> None:
        at = self.clock.utc()
        entries = tuple(Entry("entry.denied", "lobby", {}, at, 1, "synced") for _ in range(rows))
        self.journal.commit(Batch(entries=entries))

    def status(self) -> dict[str, object]:
        self.scribe.start()
        self.scribe.stop(10)
        found: dict[str, object] = json.loads((self.folder / FILE_NAME).read_text())
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.sync.stop(1)
    made.table.close()
    made.journal.close()


def test_birth_and_doors_are_shown_once_and_again_when_they_change(bench: Bench) -> None:
    first = bench.settle()
    again = bench.settle()
    bench.devices.note(Online("board", 0.0), bench.clock.now())
    changed = bench.settle()

    assert [type(each) for each in first] == [Birth, DoorState]
    assert again == []
    (state,) = changed
    assert isinstance(state, DoorState)
    assert (state.lock, state.fault) == ("locked", None)


def test_birth_tells_who_the_devices_are_and_again_when_another_hangs_there(bench: Bench) -> None:
    who = {"maker": "4d5301", "model": "1", "serial": "10000001", "firmware": "0.1.0", "cuid": "c1"}
    told = []
    for identity in (who, who, {**who, "serial": "10000002", "cuid": "c2"}, {"family": "board"}):
        bench.desks.facts(Online("board", 0.0, identity), Turn(), bench.clock.now())
        told.append([each for each in bench.settle() if isinstance(each, Birth)])

    (first,), again, (changed,), (gone,) = told
    assert again == []
    assert [each.model_dump(exclude_none=True) for each in first.devices] == [
        {"device": "board", **who, "changed": False}
    ]
    assert [(each.serial, each.changed) for each in changed.devices] == [("10000002", True)]
    assert gone.devices == ()


def test_a_beat_gives_out_a_nonce_and_health_and_no_more_than_is_due(bench: Bench) -> None:
    first = bench.beat()
    bench.clock.advance(5)
    soon = bench.beat()
    bench.clock.trust(ClockConfidence.HOLDOVER)
    bench.clock.advance(HEALTH_EVERY_S)
    later = bench.beat()

    assert {type(each) for each in first} == {State, Health}
    assert soon == []
    assert {type(each) for each in later} == {State, Health}
    (state,) = (each for each in first if isinstance(each, State))
    assert state.nonce == bench.orders.nonces.valid[-1]


def test_the_records_filling_is_an_alarm_at_each_mark_and_again_after_it_fell(bench: Bench) -> None:
    bench.fill(3)
    (new,) = (each for each in bench.beat() if isinstance(each, Health))
    bench.fill(int(ROWS * 0.81))
    bench.beat()
    bench.beat()
    bench.fill(int(ROWS * 0.1))
    bench.beat()
    head, _ = bench.journal.head
    bench.journal.commit(Batch(sent=head, confirmed=head))
    bench.beat()
    bench.fill(int(ROWS * 0.82))
    bench.beat()

    assert new.outbox.hours_to_full is None
    kinds = [(noted.kind, noted.alarm) for noted in bench.noted]
    assert kinds == [("journal.near_full", True)] * 3


def test_the_status_file_tells_the_whole_gateway(bench: Bench) -> None:
    bench.devices.note(Online("board", 0.0, {"model": "x"}), bench.clock.now())
    bench.desks.facts(LinkUp(7, "5", session_present=False), Turn(), bench.clock.now())
    bench.beat()

    told = bench.status()

    assert told["gateway"] == "gw"
    (door,) = told["doors"] if isinstance(told["doors"], list) else []
    assert (door["name"], door["lock"], door["contact"], door["title"]) == (
        "lobby",
        "locked",
        "unknown",
        "大堂",
    )
    (port,) = told["ports"] if isinstance(told["ports"], list) else []
    assert (port["place"], port["devices"][0]["online"], port["line"]) == ("/dev/null", True, {"polls": 3})
    assert isinstance(told["broker"], dict)
    assert told["broker"]["link"] == "online"
    assert told["fire"] is False


def test_a_record_that_cannot_be_written_is_in_sight(bench: Bench) -> None:
    bench.beat()
    bench.journal.commit(Batch(used=(UsedToken("t-1", bench.clock.utc()),)))
    bench.clock.advance(2 * TOKEN_MARGIN.total_seconds())  # the next beat would forget it
    bench.journal._connection.execute("PRAGMA query_only = ON")
    bench.site = replace(bench.site, recording=False)

    assert any(isinstance(each, Health) for each in bench.beat())
    journal = bench.status()["journal"]
    assert isinstance(journal, dict)
    assert journal["writable"] is False


def test_what_the_line_tells_is_noted_and_moves_the_cursors(bench: Bench) -> None:
    turn, at = Turn(), bench.clock.now()

    facts = [
        *bench.desks.facts(LinkDown(7, "gone"), turn, at),
        *bench.desks.facts(ReplayAsked(1, 2), turn, at),
        *bench.desks.facts(Dropped("cmd", "retained", 3), turn, at),
        *bench.desks.facts(RowsSpoilt(5, 9, 2), turn, at),
        *bench.desks.facts(Noted("agent.started", {}), turn, at),
        *bench.desks.facts(Sent(5), turn, at),
        *bench.desks.facts(Sent(4), turn, at),
        *bench.desks.facts(Confirmed(3), turn, at),
    ]

    kinds = [fact.kind for fact in facts if isinstance(fact, Noted)]
    assert kinds == ["link.down", "journal.replayed", "message.dropped", "journal.damaged", "agent.started"]
    assert (turn.sent, turn.confirmed) == (5, 3)


def test_health_carries_a_signed_word_on_the_record(bench: Bench) -> None:
    bench.fill(3)
    (health,) = (each for each in bench.beat() if isinstance(each, Health))

    assert health.checkpoint is not None
    public = bench.key.public_key()
    gateway, checkpoint = open_checkpoint(health.checkpoint, {kid(public): public}.get)
    bench.fill(2)
    holds = verify(bench.folder / "journal.db", [checkpoint])
    forged = verify(bench.folder / "journal.db", [replace(checkpoint, hash=b"x" * 32)])

    assert (gateway, checkpoint.seq) == ("gw", 3)
    assert (holds.holds, holds.proved) == (True, 1)
    assert not forged.holds
