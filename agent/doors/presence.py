"""Those who are told after a turn: the outbox, the retained states, the watchdog, the status file.

Runs on the loop's thread and never blocks: what takes time belongs to the link, the drivers or the scribe.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.domain.facts import Noted, Role
from agent.domain.inputs import flapping
from agent.domain.timekeeping import Timed, judged
from agent.doors import picture, shown
from agent.doors.orders import stale
from agent.doors.showing import Showing
from agent.doors.snapshot import BrokerView, Snapshot
from agent.errors import StoreError
from agent.roster.checkpoints import sign_checkpoint
from agent.store.fill import NEAR_FULL
from agent.store.verify import Checkpoint
from agent.sync.facts import LinkUp
from agent.sync.nonces import NONCE_BYTES
from drivers.contract import InputState
from protocols.mqtt.payloads import Birth, DoorBirth, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.domain.moment import Moment
    from agent.domain.site import Site
    from agent.doors.devices import Devices
    from agent.doors.fleet import Fleet
    from agent.doors.intake import Desks
    from agent.doors.orders import OrderDesk
    from agent.doors.scribe import Scribe
    from agent.doors.wiring import Wiring
    from agent.service import Service
    from agent.store.fill import Fill
    from agent.store.journal import Journal
    from agent.store.roster_table import RosterTable
    from agent.sync.sync import Sync
    from drivers.contract import PortSettings
    from protocols.mqtt.payloads import DeviceBirth, Health

MOVING: Final = (Role.CONTACT, Role.EXIT, Role.OUTPUT)
"""What moves the state of a door by itself."""

HEALTH_EVERY_S: Final = 30.0
"""How often health is said when nothing is wrong: two a minute of some 2 kB. Refused orders are said with
the next beat."""


@dataclass(frozen=True, slots=True)
class PortPlace:
    """A port as people know it: its settings, its make, and where it is plugged in."""

    settings: PortSettings
    kind: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """What never changes while the daemon runs."""

    gateway: str
    version: str
    pid: int
    boot_id: str
    started_at: datetime
    titles: Mapping[str, str | None]
    ports: Sequence[PortPlace]
    broker: str
    place: str
    key: str
    step_downs: tuple[str, ...]
    warnings: tuple[str, ...]
    reads: tuple[str, ...] = ()
    """The spaces of card numbers that the readers here give."""


class Presence:
    """Keeps everybody who looks at this gateway told. One thread: the loop's."""

    def __init__(
        self,
        me: Me,
        *,
        wiring: Wiring,
        devices: Devices,
        fleet: Fleet,
        journal: Journal,
        table: RosterTable,
        desks: Desks,
        orders: OrderDesk,
        sync: Sync | None,
        service: Service,
        scribe: Scribe,
        key: Ed25519PrivateKey,
        put: Callable[[Noted], None],
        random_bytes: Callable[[int], bytes],
        rss_bytes: Callable[[], int | None],
    ) -> None:
        self._me = me
        self._wiring = wiring
        self._devices = devices
        self._fleet = fleet
        self._journal = journal
        self._table = table
        self._desks = desks
        self._orders = orders
        self._sync = sync
        self._service = service
        self._scribe = scribe
        self._key = key
        self._put = put
        self._random_bytes = random_bytes
        self._rss_bytes = rss_bytes
        self._health_at = float("-inf")
        self._health_refused: dict[str, int] = {}
        self._link_since: tuple[object, datetime] | None = None
        self._near = 0.0
        self._on_reserve = False
        self._shown = Showing()
        self._born_with: tuple[int, tuple[DeviceBirth, ...]] | None = None

    def settled(self, _before: Site, after: Site, at: Moment, *, recorded: bool) -> None:
        """Wake the outbox for new rows, and show the doors whose state is not what was shown last."""
        if self._sync is None:
            return
        if recorded:
            self._sync.wake()
        revision = self._table.head().revision
        names = (name for port in self._me.ports for name in port.settings.devices)
        born_with = revision, shown.devices_heard(names, self._devices)
        if self._born_with != born_with:
            self._born_with = born_with
            self._sync.show(self._birth(*born_with, at))
        flaps = {(point.role, point.door) for point in flapping(after).values()}
        for name, door in after.doors.items():
            fault = picture.lock_fault(name, self._wiring, self._settings(), self._devices)
            contact = self._contact(name)
            contact = InputState.FAULT if (Role.CONTACT, name) in flaps else contact
            fault = fault or ("lock_found_on" if (Role.OUTPUT, name) in flaps else None)
            restless = any((role, name) in flaps for role in MOVING)
            settled = (door.mode, door.fire, fault)
            moving = (door.released, door.leaf, door.alarm, contact)
            if self._shown.worth(name, settled, moving, at.monotonic, restless=restless):
                self._sync.show(
                    shown.door_state(
                        name, door, gateway=self._me.gateway, fault=fault, contact=contact, at=at
                    )
                )

    def beat(self, site: Site, at: Moment) -> None:
        """Feed the watchdog, renew the nonce, tidy a slice, and tell how things are."""
        self._service.alive()
        self._renew_nonce(at)
        with suppress(StoreError):  # told as journal.lost by the loop, which finds it at the next record
            self._journal.tidy(at.utc, int(at.monotonic * 1000), at.clock.value)
        try:
            fill = self._journal.fill()
        except StoreError:
            return  # nothing that could be told would be true
        self._warn(fill)
        self._scribe.put(self._picture(site, fill, at))
        refused = self._refused()
        if self._sync is not None and (self._health_at <= at.monotonic or refused != self._health_refused):
            self._health_at = at.monotonic + HEALTH_EVERY_S
            self._health_refused = refused
            self._sync.show(self._health(self._sync, fill, at))

    def _renew_nonce(self, at: Moment) -> None:
        synced = judged(Timed.ORDER, at)
        if self._sync is None or not self._orders.nonces.due(at.monotonic, synced=synced):
            return
        nonces = self._orders.nonces.renewed(self._random_bytes(NONCE_BYTES), at.monotonic)
        self._orders.nonces = nonces
        self._sync.show(
            State(gw=self._me.gateway, online=True, epoch=shown.NEXT_SESSION, nonce=nonces.newest)
        )

    def _warn(self, fill: Fill) -> None:
        """Raise an alarm as the journal passes each of the fractions, and again after it fell below."""
        near = max((mark for mark in NEAR_FULL if fill.fraction >= mark), default=0.0)
        if near > self._near:
            hours = shown.forecast_hours(fill)
            body = {"percent": round(fill.fraction * 100, 1), "hours_to_full": hours}
            self._put(Noted("journal.near_full", body, alarm=True))
        self._near = near
        if self._journal.on_reserve and not self._on_reserve:
            self._put(Noted("journal.on_reserve", {"disk_free_bytes": fill.disk_free_bytes}, alarm=True))
        self._on_reserve = self._journal.on_reserve

    def _birth(self, revision: int, devices: tuple[DeviceBirth, ...], at: Moment) -> Birth:
        me = self._me
        return Birth(
            gw=me.gateway,
            epoch=shown.NEXT_SESSION,
            at=at.utc,
            started_at=me.started_at,
            boot_id=me.boot_id,
            clock=at.clock.value,
            version=me.version,
            mqtt="5",  # the session that says it puts its own there
            place=me.place,
            key=me.key,
            revision=revision,
            reads=me.reads,
            doors=tuple(
                DoorBirth(door=name, title=title or "", readers=self._wiring.readers_at(name))
                for name, title in me.titles.items()
            ),
            devices=devices,
        )

    def _settings(self) -> list[PortSettings]:
        return [port.settings for port in self._me.ports]

    def _contact(self, door: str) -> InputState | None:
        point = next((point for point, name in self._wiring.contacts.items() if name == door), None)
        return None if point is None else self._devices.input(point)

    def _refused(self) -> dict[str, int]:
        """Return how many orders were refused since start, by reason: read, or unread."""
        unread = {} if self._sync is None else self._sync.refused()
        return dict(Counter(self._orders.refused) + Counter(unread))

    def _health(self, sync: Sync, fill: Fill, at: Moment) -> Health:
        journal, refused = self._journal, self._refused()
        return shown.health(
            gateway=self._me.gateway,
            version=self._me.version,
            started_at=self._me.started_at,
            at=at,
            outbox=shown.outbox(fill, journal.sent, journal.confirmed),
            link=sync.health(),
            fill=fill,
            rss_bytes=self._rss_bytes(),
            refused=refused,
            stale=stale(refused),
            checkpoint=self._checkpoint(at),
            ports=self._fleet.health(),
        )

    def _checkpoint(self, at: Moment) -> str:
        """Return our signed word on the record as it stands."""
        return sign_checkpoint(Checkpoint(*self._journal.head, at.utc), self._me.gateway, self._key)

    def _picture(self, site: Site, fill: Fill, at: Moment) -> Snapshot:
        me = self._me
        lines = self._fleet.health()
        ports = self._settings()
        doors = tuple(
            picture.door_view(
                name,
                door,
                watched=name in self._wiring.contacts.values(),
                fault=picture.lock_fault(name, self._wiring, ports, self._devices),
                title=me.titles.get(name),
            )
            for name, door in site.doors.items()
        )
        return Snapshot(
            gateway=me.gateway,
            version=me.version,
            pid=me.pid,
            boot_id=me.boot_id,
            started_at=me.started_at,
            written_at=at.utc,
            written_mono_s=at.monotonic,
            clock=at.clock.value,
            doors=doors,
            ports=tuple(
                picture.port_view(
                    port.settings, port.kind, port.place, self._devices, lines.get(port.settings.name, {})
                )
                for port in me.ports
            ),
            roster=picture.roster_view(self._table.head()),
            journal=picture.journal_view(self._journal, fill, writable=site.recording),
            broker=self._broker(at),
            fire=None if self._wiring.fire is None else site.fire.on,
            fire_waits_for=None if site.fire.waits_for is None else site.fire.waits_for.value,
            refused=self._refused(),
            flapping=picture.flapping_views(site),
            step_downs=me.step_downs,
            warnings=me.warnings,
        )

    def _broker(self, at: Moment) -> BrokerView:
        if self._sync is None:
            return BrokerView("off")
        link = self._desks.link
        if self._link_since is None or self._link_since[0] is not link:
            self._link_since = (link, at.utc)
        since = self._link_since[1]
        trouble = self._sync.health().last_trouble
        if link is None:
            return BrokerView("connecting", self._me.broker, since, trouble)
        if isinstance(link, LinkUp):
            return BrokerView("online", self._me.broker, since)
        return BrokerView("offline", self._me.broker, since, trouble or link.why)
