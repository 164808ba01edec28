"""A whole site for tests: a building on real wires, a real broker, an office, a centre, and the real daemon.

Nothing in it waits for a time where it can wait for a condition; every wait is bounded, generously, for the
box may be busy. What the daemon wrote to its log is told when a wait is in vain.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.clock import SystemClock
from agent.demo.building import GARAGE, GATEWAY, LOBBY, LOCKS, Building
from agent.doors.snapshot import FILE_NAME
from agent.orders.command import new_jti
from agent.store.reader import JournalReader
from protocols.mqtt import topics
from protocols.mqtt.topics import Kind
from protocols.tokens.command import CommandClaims, Do, Mode
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import COMMAND_TYP, sign
from protocols.wiegand.formats import FORMATS
from tests.peers.broker import OPEN, Broker
from tests.peers.centre import Centre
from tests.peers.daemon import STARTED, Daemon
from tests.peers.site_office import SiteOffice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from agent.store.rows import Row
    from drivers.simulator.line import Line
    from drivers.simulator.osdp_reader import SimulatedReader
    from drivers.simulator.relay_board import Switched
    from protocols.mqtt.events import Event
    from protocols.mqtt.payloads import CommandAnswer

WITHIN_S = 30.0
"""How long anything may take on a box that others use too."""
EVERY_S = 0.01
RELEASE_S = 1.0
"""Short, so that a test need not wait for a door to lock again."""
ASK_EVERY_S = 1.0

DOORS = (LOBBY, GARAGE)
RESIDENT = 0x0A1B2C3D
NEIGHBOUR = 0x0A1B2C3E
"""The cards of two residents. The first lives here and has a phone; both may pass both doors."""
STRANGER = 0x0BADBEEF
PHONE = "phone-1"
DESK = "duty-desk"
ATTACKER = "attacker"


@dataclass(frozen=True, slots=True)
class Release:
    """A relay that was switched on. `head`: the newest row that another process could read at that moment."""

    door: str
    for_s: float
    at: float
    head: int


class Site:
    """See the module. Use it as a context manager; `start` the daemon when the test is ready for it.

    change: texts of the configuration to replace. persistent: what the broker holds survives its end.
    """

    def __init__(
        self, folder: Path, *, change: tuple[tuple[str, str], ...] = (), persistent: bool = False
    ) -> None:
        self.folder = folder
        self.clock = SystemClock(assume_synced=True)
        (folder / "broker").mkdir()
        self.broker = Broker(folder / "broker", OPEN, persistent=persistent)
        self.office = SiteOffice(folder / "book", GATEWAY, DOORS, self.clock)
        self.phone_key = Ed25519PrivateKey.generate()
        self.duty_key = Ed25519PrivateKey.generate()
        self.switched: list[Switched] = []
        self.building = Building(folder, self.clock.monotonic, self._on_switch)
        self.releases: list[Release] = []
        self.journal_file = self.building.data_dir / "journal.db"
        self._change = change
        self._stack = ExitStack()
        self._centre: Centre | None = None
        self.daemon = Daemon(self.building.config, folder / "daemon.log")
        self._rows: list[Row] = []
        self._ask_at = 0.0
        self._made = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.broker.start()
            stack.callback(self.broker.stop)
            stack.enter_context(self.building)
            stack.enter_context(self.office)
            self.office.add_resident(RESIDENT, phone=public_text(self.phone_key.public_key()))
            self.office.add_resident(NEIGHBOUR)
            self._write_config()
            stack.callback(self.daemon.kill)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(f"--- the daemon's log\n{self.daemon.log()[-8000:]}")  # noqa: T201 - pytest shows it where a test failed
        self._stack.__exit__(kind, error, trace)

    # --- the daemon ------------------------------------------------------------------------------------

    def start(self, *, online: bool = True) -> None:
        """Start the daemon, and wait until its readers and its board answer (and the broker, if `online`)."""
        if online:
            assert self.centre is not None  # there to hear from the first word on
        newest, starts = self.head(), self.daemon.log().count(STARTED)
        self.daemon.start()
        self.until(lambda: self.daemon.log().count(STARTED) > starts, "the start")
        wanted = {"lobby-in", "garage-in", "board-1"}
        self.until(
            lambda: (
                wanted <= {row.data()["device"] for row in self.rows("device.online") if row.seq > newest}
            ),
            "all devices online",
        )
        if online:
            self.until(lambda: any(row.seq > newest for row in self.rows("link.up")), "a session")

    # --- people ----------------------------------------------------------------------------------------

    def present(self, card: int, door: str = LOBBY) -> None:
        """Hold a card to a door's reader."""
        self.reader(door).device.present(FORMATS["W34_CARD32"].encode({"card": card}))

    def reader(self, door: str) -> SimulatedReader:
        """Return the reader at `door`."""
        return {LOBBY: self.building.lobby_reader, GARAGE: self.building.garage_reader}[door]

    def line(self, name: str) -> Line:
        """Return the line of the port `name`."""
        return {"readers": self.building.reader_line, "relays": self.building.relay_line}[name]

    def push(self, within_s: float = WITHIN_S) -> None:
        """Push the book's newest revision, and wait until every door has signed that it enforces it."""
        self.office.push(self.centre)
        self.office.settle(self.centre, lambda holds: self.until(holds, "receipts of every door", within_s))

    def revoke(self, card: int) -> None:
        """Revoke a card, push, and wait for the receipts."""
        self.office.revoke(card)
        self.push()

    # --- orders ----------------------------------------------------------------------------------------

    def claims(self, key: Ed25519PrivateKey, door: str = LOBBY, **other: object) -> dict[str, Any]:
        """Return what a good order to open `door` signed by `key` claims, but for `other`."""
        now = int(self.clock.utc().timestamp())
        said = CommandClaims(
            iss=kid(key.public_key()),
            aud=GATEWAY,
            door=door,
            do=Do.OPEN,
            jti=new_jti(),
            iat=now,
            exp=now + 25,
        )
        return said.payload() | other

    def mode_claims(self, mode: Mode, door: str = LOBBY) -> dict[str, Any]:
        """Return what the duty desk's order of a mode claims."""
        return self.claims(self.duty_key, door, do="mode", mode=mode.value)

    def send(self, token: str, client: str = ATTACKER, *, retain: bool = False) -> None:
        """Publish a command, to be answered to `client`."""
        self.centre.say(
            topics.plain(GATEWAY, Kind.COMMAND),
            token.encode(),
            retain=retain,
            response_topic=topics.answer(GATEWAY, client),
            correlation=b"1",
        )

    def order(
        self, claims: dict[str, Any], key: Ed25519PrivateKey, client: str = ATTACKER, *, retain: bool = False
    ) -> str:
        """Sign and publish an order; return the token."""
        token = sign(claims, key, COMMAND_TYP)
        self.send(token, client, retain=retain)
        return token

    def ask(self, claims: dict[str, Any], key: Ed25519PrivateKey, client: str = ATTACKER) -> CommandAnswer:
        """Sign and publish an order; return the answer to it."""
        before = len(self.answers(client))
        self.order(claims, key, client)
        return self.next_answer(before, client)

    def next_answer(self, before: int, client: str = ATTACKER) -> CommandAnswer:
        """Return the answer that comes after `before` of them to `client`."""
        self.until(lambda: len(self.answers(client)) > before, "an answer")
        return self.answers(client)[before]

    def answers(self, client: str) -> list[CommandAnswer]:
        """Return the answers that came for `client`."""
        return self.centre.answers(GATEWAY, client)

    # --- what was seen ---------------------------------------------------------------------------------

    @property
    def centre(self) -> Centre:
        """The centre: at the broker from the moment it is asked for first, with a session that is kept."""
        if self._centre is None:
            self._centre = self._stack.enter_context(Centre(self.broker.port))
        return self._centre

    def events(self, kind: str | None = None, door: str | None = None) -> list[Event]:
        """Return the events that reached the centre, in the order in which they came."""
        return [
            event
            for event in self.centre.events(GATEWAY)
            if kind in {None, event.kind} and door in {None, event.door}
        ]

    def event(self, kind: str, door: str | None = None, after: int = 0) -> Event:
        """Wait for an event with a number above `after`, and return it."""
        found: list[Event] = []

        def came() -> bool:
            found[:] = [each for each in self.events(kind, door) if each.seq > after]
            return bool(found)

        self.until(came, f"the event {kind} at the centre")
        return found[0]

    def rows(self, kind: str | None = None, door: str | None = None) -> list[Row]:
        """Return the rows of the journal, as another process sees them now. For the test's own thread."""
        with self.reading() as reader:
            if reader is not None:
                self._rows += reader.walk(self._rows[-1].seq + 1 if self._rows else 1)
        return [row for row in self._rows if kind in {None, row.kind} and door in {None, row.door}]

    def row(self, kind: str, door: str | None = None, after: int = 0) -> Row:
        """Wait for a row with a number above `after`, and return it."""
        found: list[Row] = []

        def came() -> bool:
            found[:] = [each for each in self.rows(kind, door) if each.seq > after]
            return bool(found)

        self.until(came, f"the row {kind}")
        return found[0]

    def head(self) -> int:
        """Return the number of the newest row on disk."""
        with self.reading() as reader:
            return 0 if reader is None else reader.head()

    @contextmanager
    def reading(self) -> Iterator[JournalReader | None]:
        """Give a reader of the journal's file; None before there is one."""
        self._made = self._made or STARTED in self.daemon.log()
        if not self._made:  # a reader must not be in the way of who makes the file
            yield None
            return
        reader = JournalReader(self.journal_file)
        try:
            yield reader
        finally:
            reader.close()

    def released(self, door: str, after: int = 0) -> Release:
        """Wait until the relay of `door` is switched on, beyond the first `after` times; return that."""
        self.until(lambda: len(self.releases_of(door)) > after, f"a release of {door}")
        return self.releases_of(door)[after]

    def releases_of(self, door: str) -> list[Release]:
        """Return how often the relay of `door` was switched on, in order."""
        return [each for each in self.releases if each.door == door]

    def locked(self, door: str) -> bool:
        """Say whether the relay of `door` is off now."""
        return not any(self.building.board.coil(channel) for channel, name in LOCKS.items() if name == door)

    def state(self, kind: Kind) -> Any:
        """Return the gateway's newest retained document of this kind as JSON, or None."""
        newest = self.centre.newest(topics.plain(GATEWAY, kind))
        return None if newest is None or not newest.payload else json.loads(newest.payload)

    def all_told(self, *, mend: bool = False) -> None:
        """Wait until the centre has every row of the journal, and hold each against what it was told.

        mend: the centre was away, or its broker forgot what it held for it; it asks for what is missing.
        """
        self.until(lambda: self._told() or (mend and self._ask_again()), "every row at the centre")
        rows = {row.seq: row for row in self.rows()}
        for event in self.centre.events(GATEWAY):
            row = rows[event.seq]
            assert (event.kind, event.door, event.body) == (row.kind, row.door, row.data())
            assert (event.at, event.boot_id, event.mono_ms) == (row.at, row.boot_id, row.mono_ms)

    def missing(self) -> list[int]:
        """Return the numbers of the rows that the centre does not have."""
        return sorted({row.seq for row in self.rows()} - self.centre.numbers(GATEWAY))

    def _told(self) -> bool:
        return not self.missing()

    def _ask_again(self) -> bool:
        """Ask for the first stretch that is missing, no more often than a gateway listens to."""
        missing = self.missing()
        if missing and self.clock.monotonic() >= self._ask_at:
            self._ask_at = self.clock.monotonic() + ASK_EVERY_S
            last = next((a for a, b in pairwise(missing) if b != a + 1), missing[-1])
            self.centre.replay(GATEWAY, missing[0], last)
        return not missing

    # --- time ------------------------------------------------------------------------------------------

    def until(self, holds: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
        """Wait until `holds`; the test fails where it does not in time, or where the daemon ends."""
        deadline = self.clock.monotonic() + within_s
        while not holds():
            assert self.daemon.ended is None, f"the daemon ended ({self.daemon.ended}) before {what}"
            assert self.clock.monotonic() < deadline, f"{what} did not come within {within_s} s"
            time.sleep(EVERY_S)

    def quiet(self, door_releases: int, events: int = 1) -> None:
        """Let `events` further cards be refused one after the other; no relay moved meanwhile.

        What was sent before is handled by then: the loop takes facts in order, and each refusal is recorded.
        """
        for _ in range(events):
            before = self.head()
            self.present(STRANGER)
            self.row("entry.denied", LOBBY, after=before)
        assert len(self.releases) == door_releases

    def status_file(self) -> Path:
        """Return the daemon's picture of itself."""
        return self.building.data_dir / FILE_NAME

    # --- inside ----------------------------------------------------------------------------------------

    def _on_switch(self, switched: Switched) -> None:
        """Note a relay that was written, with what was on disk at that moment. On the line's thread."""
        self.switched.append(switched)
        if switched.on_for_s > 0:
            door = LOCKS[switched.channel]
            self.releases.append(Release(door, switched.on_for_s, switched.at, self.head()))

    def _write_config(self) -> None:
        self.building.write_config(
            office_key=public_text(self.office.key.public_key()),
            duty_key=public_text(self.duty_key.public_key()),
            digest_key=self.office.digest_key,
            port=self.broker.port,
            release_s=RELEASE_S,
        )
        text = self.building.config.read_text(encoding="utf-8")
        for old, new in self._change:
            assert old in text, f"the configuration no longer says {old!r}"
            text = text.replace(old, new)
        self.building.config.write_text(text, encoding="utf-8")
