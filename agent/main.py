"""The daemon: everything built, started in order, run, and stopped in order. One process, one gateway."""

from __future__ import annotations

import os
import resource
import secrets as chance
import signal
import sys
import threading
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from agent import plan
from agent.alone import alone
from agent.clock import SystemClock, boot_id
from agent.domain.effects import Answer, Effect
from agent.domain.facts import Json, Noted
from agent.domain.site import new_site
from agent.doors.answers import Answers
from agent.doors.books import (
    CLOCK_PROOF,
    Books,
    remembered_proof,
)
from agent.doors.courier import Courier
from agent.doors.devices import Devices
from agent.doors.fleet import Fleet
from agent.doors.identities import Identities
from agent.doors.inbox import Inbox
from agent.doors.intake import Desks
from agent.doors.keeper import Keeper
from agent.doors.loop import BEAT_S, Loop, Stop
from agent.doors.orders import OrderDesk
from agent.doors.passes import PassDesk
from agent.doors.presence import Me, Presence
from agent.doors.reading import ListReader
from agent.doors.recall import recall
from agent.doors.reflex import Reflex
from agent.doors.rosters import RosterDesk
from agent.doors.scribe import Scribe
from agent.doors.translate import Translator
from agent.errors import EX_SOFTWARE, StoreError
from agent.identity import gateway_key
from agent.log import configure
from agent.roster.roster import Roster
from agent.service import Service
from agent.store.database import Damaged
from agent.store.journal import open_journal
from agent.store.memory import LOST_AT, ROSTER_HIGHEST
from agent.store.reader import JournalReader
from agent.store.roster_table import OpenedRoster, open_roster
from agent.sync.sync import Sync
from agent.trusted import Trusted
from drivers.registry import build
from protocols.tokens.keys import public_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from agent.config.load import Loaded
    from agent.domain.door import DoorRules
    from agent.doors.items import Item
    from agent.store.database import Quarantined
    from agent.store.journal import Journal
    from agent.store.roster_table import RosterTable
    from drivers.contract import Event

DIGEST_KEY_BYTES: Final = 32
STOP_WITHIN_S: Final = 3.0
"""Each part's time to stop: systemd waits 90 s, a person at a terminal does not."""


def run(loaded: Loaded, environ: Mapping[str, str]) -> int:
    """Run the daemon until SIGTERM, SIGINT or SIGHUP; return the exit code. Raises AgentError."""
    config = loaded.config
    clock = SystemClock(assume_synced=config.clock.assume_synced)
    configure(clock, sys.stderr, level=config.log.level, style=config.log.format)
    with ExitStack() as stack:
        house = House(loaded, clock, Service.of(environ), stack)
        house.serve()
    return EX_SOFTWARE if house.broken else 0


class House:
    """All parts of one gateway, wired. What was opened is closed by the given stack, in reverse."""

    def __init__(self, loaded: Loaded, clock: SystemClock, service: Service, stack: ExitStack) -> None:
        config = loaded.config
        at = clock.now()
        self._clock = clock
        self._service = service
        self.broken = False
        """Whether a thread ended by a fault, so that the exit code must ask for a restart."""
        self._log = structlog.get_logger().bind(gateway=config.gateway)
        stack.callback(service.close)
        _make_data_dir(config.data_dir)
        stack.enter_context(alone(config.data_dir))

        boot = boot_id()
        opened = open_journal(
            config.data_dir / "journal.db", boot_id=boot, at=at.utc, limits=plan.limits(config.journal)
        )
        self._journal = opened.journal
        stack.callback(self._journal.close)
        epoch = self._journal.start_boot()
        last_at = self._journal.last_at() or at.utc
        memory = self._journal.memory
        clock.believe(remembered_proof(memory.setting(CLOCK_PROOF), boot))
        key = gateway_key(loaded.secrets, config.gateway_key_credential)
        digest_key = loaded.secrets.read(config.digest_key_credential).key(DIGEST_KEY_BYTES)

        self._inbox: Inbox[Item | Stop] = Inbox()
        rules = plan.door_rules(config)
        recalled = recall(memory, opened.quarantined)
        self._burning = recalled.burning and config.fire is not None
        self._serve_ways_out(loaded, rules, stack)
        roster_opened = open_roster(
            config.data_dir / "roster.db", at.utc, floor=int(memory.setting(ROSTER_HIGHEST) or 0)
        )
        table = roster_opened.table
        stack.callback(table.close)
        self._sync = self._line(loaded, epoch, self._journal)
        self._answers = Answers(self._sync, clock)
        self._scribe, self._keeper = Scribe(config.data_dir), self._keep(table)
        self._courier = Courier(config.data_dir, self._fleet.carriers(), self._inbox.put)
        identities = Identities(plan.vouched(config, loaded.secrets.lookup, digest_key), memory.setting)
        devices = Devices(identities.changed)
        doors = tuple(door.name for door in config.doors)
        forgetful = memory.setting(LOST_AT) is not None
        listed = ListReader(table, clock, self._inbox.put, forgetful=forgetful)
        trusted = Trusted(config.trust, listed)
        orders = OrderDesk(
            gateway=config.gateway,
            doors=doors,
            signers=trusted.signer,
            phone=trusted.phone,
            digest_key=digest_key,
            memory=memory,
            answer=lambda reply: self._answers.pass_on(*reply),
        )
        rosters = RosterDesk(
            Roster(table, config.gateway, trusted.change_key, doors, trusted.stoppers),
            table,
            gateway=config.gateway,
            doors=doors,
            key=key,
            line=self._sync,
        )
        passes = PassDesk(
            gateway=config.gateway,
            wiring=self._wiring,
            keys=trusted.roster_key,
            counted=self._journal.passes,
            revoked=listed.pass_revoked,
            digest_key=digest_key,
        )
        translator = Translator(self._wiring, listed.lookup, digest_key, config.layouts, tell=self._inbox.put)
        desks = Desks(translator, passes, orders, rosters, devices, identities=identities)
        self._modes = recalled.modes
        me = Me(
            gateway=config.gateway,
            version=version("menshen"),
            pid=os.getpid(),
            boot_id=boot,
            started_at=at.utc,
            titles={door.name: door.title for door in config.doors},
            ports=plan.port_places(config),
            broker="" if config.broker is None else f"{config.broker.host}:{config.broker.tcp_port}",
            place=config.place,
            key=public_text(key.public_key()),
            step_downs=loaded.step_downs,
            warnings=loaded.warnings,
            reads=plan.reads(config),
        )
        self._loop = Loop(
            inbox=self._inbox,
            clock=clock,
            site=new_site(rules, table.rules(), plan.fire(config)),
            books=Books(self._journal, recalled.written, last_at, fire=recalled.written_fire, boot_id=boot),
            intake=desks,
            act=self._act,
            beat_s=min(BEAT_S, service.beat_s or BEAT_S),
            stand=self._reflex.stand,
            around=Presence(
                me,
                wiring=self._wiring,
                devices=devices,
                fleet=self._fleet,
                journal=self._journal,
                table=table,
                desks=desks,
                orders=orders,
                sync=self._sync,
                service=service,
                scribe=self._scribe,
                key=key,
                put=self._inbox.put,
                random_bytes=chance.token_bytes,
                rss_bytes=rss_bytes,
            ),
        )
        self._say_what_was_found(opened.quarantined, roster_opened)
        self._started: dict[str, Json] = {"version": me.version, "epoch": epoch, "doors": list(doors)}

    def _heed(self) -> None:
        """Take signals, and threads that die: before any driver starts, for then a lock may be free."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # under nohup it stays
                signal.signal(number, self._asked_to_stop)
        threading.excepthook = self._thread_died

    def _serve_ways_out(self, loaded: Loaded, rules: tuple[DoorRules, ...], stack: ExitStack) -> None:
        """Start the drivers, and with them exits and fire, before the list is read."""
        self._heed()
        config, monotonic = loaded.config, self._clock.monotonic
        self._wiring = plan.wiring(config)
        self._fleet = Fleet(
            [(port, build(port, monotonic, loaded.secrets.lookup)) for port in config.ports],
            self._wiring,
            monotonic,
        )
        by_name = {each.name: each for each in rules}
        self._reflex = Reflex(by_name, self._wiring, monotonic, self._fleet.release)
        stack.callback(self._fleet.stop, STOP_WITHIN_S)
        self._fleet.start(self._happened)
        if self._burning:
            self._reflex.burn()

    def serve(self) -> None:
        """Serve the doors until told to stop; then leave every lock locked."""
        self._scribe.start()
        self._keeper.start()
        self._courier.start()
        try:
            self._loop.start(self._modes, fire=self._burning)
            self._inbox.put(Noted("agent.started", self._started))
            if self._sync is not None:
                self._sync.start()
            self._service.ready("serving doors")
            self._log.info("agent.started", **self._started)
            self._loop.run()
            self._service.stopping()
            self._log.info("agent.stopping")
            self._shut()
            self._loop.finish(STOP_WITHIN_S)
        finally:
            self._shut()
            self._courier.stop(STOP_WITHIN_S)
            if self._sync is not None:
                self._sync.stop(STOP_WITHIN_S)
            self._scribe.stop(STOP_WITHIN_S)
            self._keeper.stop(STOP_WITHIN_S)

    def _shut(self) -> None:
        """Leave every lock locked, before anything else is ended."""
        self._courier.let_go()
        self._fleet.stop(STOP_WITHIN_S)

    def _asked_to_stop(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal: what waits is still handled, and the end is recorded."""
        self._inbox.put(Noted("agent.stopping", {"signal": signal.Signals(number).name}), always=True)
        self._inbox.put(Stop(), always=True)

    def _thread_died(self, args: threading.ExceptHookArgs) -> None:
        """End the process: a port without its thread would be silent for ever, and a restart takes a second.

        What ends here is a fault of ours. Every lock is left locked, and the service manager starts us anew.
        """
        name = args.thread.name if args.thread is not None else "?"
        why = args.exc_type.__name__
        self._log.critical("agent.thread_died", thread=name, why=why, exc_info=args.exc_value)
        self.broken = True
        self._inbox.put(Noted("agent.thread_died", {"thread": name, "why": why}, alarm=True), always=True)
        self._inbox.put(Stop(), always=True)

    def _happened(self, event: Event) -> None:
        """Take an event in its driver's thread: life safety acts at once, and everything is queued."""
        self._inbox.put(event, always=self._reflex.see(event))
        self._fleet.see(event)

    def _act(self, effect: Effect) -> None:
        if isinstance(effect, Answer):
            self._answers.give(effect)
        else:
            self._fleet.act(effect)

    def _keep(self, table: RosterTable) -> Keeper:
        def spoilt() -> None:
            table.condemn()
            self._log.critical("roster.damaged")
            self._inbox.put(
                Noted("roster.damaged", {"revision": table.head().revision}, alarm=True), always=True
            )

        def end() -> None:
            self._loop.end(Damaged("the rows of the list are not those that were signed"))

        return Keeper(table.path, self._clock.monotonic, spoilt, end)

    def _line(self, loaded: Loaded, epoch: int, journal: Journal) -> Sync | None:
        config = loaded.config
        broker = config.broker
        if broker is None:
            return None
        password = None
        if broker.password_credential is not None:
            password = loaded.secrets.read(broker.password_credential).text().encode()
        return Sync(
            plan.link_settings(broker, config.gateway, password),
            boot_epoch=epoch,
            put=self._inbox.put,
            clock=self._clock,
            open_reader=lambda: JournalReader(journal.path),
        )

    def _say_what_was_found(self, journal: Quarantined | None, roster: OpenedRoster) -> None:
        """Record what was not as it was left: a database set aside, a list put back to an older one."""
        for name, found in (("journal", journal), ("roster", roster.quarantined)):
            if found is not None:
                body = {"database": name, "kept_at": found.kept_at.name, "why": found.why}
                self._inbox.put(Noted("store.quarantined", body, alarm=True))
                self._log.error("store.quarantined", **body)
        table = roster.table
        if roster.restored is not None:
            self._inbox.put(Noted("roster.restored", {"revision": roster.restored}, alarm=True))
            self._log.warning("roster.restored", revision=roster.restored)
        if table.rolled_back:
            body = {"revision": str(table.head().revision), "floor": str(table.floor)}
            self._inbox.put(Noted("roster.rolled_back", body, alarm=True))


def _make_data_dir(path: Path) -> None:
    try:
        path.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make {path}: {error.strerror}") from error


def rss_bytes() -> int | None:
    """Return the memory of this process that is in RAM now, or None where the kernel does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * resource.getpagesize()
