"""A configuration into what the doors need of it: rules, wires, the link to the broker. Pure."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from agent.domain.door import DoorRules
from agent.domain.fire import Fire
from agent.doors.identities import TELLING, Vouched
from agent.doors.presence import PortPlace
from agent.doors.wiring import ReaderPlace, Wiring
from agent.store.retention import Limits
from agent.sync.settings import LinkSettings, Tls
from drivers.osdp.settings import OsdpBusSettings

if TYPE_CHECKING:
    from agent.config.model import Broker, Config, Journal
    from drivers.contract import Secrets

SECONDS_A_DAY = 86_400.0
WORD_DIGITS = 16
"""Of the keyed digest over what an operator has said of a place: compared with itself only."""


def door_rules(config: Config) -> tuple[DoorRules, ...]:
    """Return how each door behaves."""
    return tuple(
        DoorRules(
            name=door.name,
            release_s=door.release_s,
            extended_s=door.extended_s,
            held_after_s=door.held_after_s,
            relock_on_close=door.relock_on_close,
            forced_delay_s=door.forced_delay_s,
            fire_release=door.fire_release,
        )
        for door in config.doors
    )


def fire(config: Config) -> Fire:
    """Return how a fire release ends."""
    return Fire(latched=config.fire is None or config.fire.latched)


def wiring(config: Config) -> Wiring:
    """Return which wire belongs to which door."""
    return Wiring(
        readers={
            reader.reader: ReaderPlace(door.name, reader.direction, reader.formats)
            for door in config.doors
            for reader in door.readers
        },
        locks={door.name: door.lock for door in config.doors},
        contacts={door.contact: door.name for door in config.doors if door.contact is not None},
        exits={door.exit: door.name for door in config.doors if door.exit is not None},
        fire=None if config.fire is None else config.fire.point,
        fire_key=None if config.fire is None else config.fire.key,
    )


def reads(config: Config) -> tuple[str, ...]:
    """Return the spaces of card numbers that readers here give, by the formats that count."""
    readers = [reader for door in config.doors for reader in door.readers]
    return tuple(sorted({config.layouts[name].space for reader in readers for name in reader.formats}))


def port_places(config: Config) -> tuple[PortPlace, ...]:
    """Return the ports as people know them."""
    return tuple(PortPlace(port, port.kind, _place(port)) for port in config.ports)


def _place(port: object) -> str:
    tcp = getattr(port, "tcp", None)
    return str(tcp if tcp is not None else getattr(port, "device", ""))


def vouched(config: Config, secrets: Secrets, digest_key: bytes) -> dict[str, Vouched]:
    """Return what the operator has said of each device that tells who it is: its key, and its pins."""
    found = {}
    for port in config.ports:
        for each in port.devices_here if isinstance(port, OsdpBusSettings) else ():
            said = {name: getattr(each, name) for name in TELLING}
            pins = {name: text for name, text in said.items() if text is not None}
            key = b"" if each.key_credential is None else secrets(each.key_credential).strip()
            text = b"|".join([b"place", key, *(f"{name}={pin}".encode() for name, pin in pins.items())])
            word = hmac.new(digest_key, text, "sha256").hexdigest()[:WORD_DIGITS]
            found[each.name] = Vouched(word, pins)
    return found


def link_settings(broker: Broker, gateway: str, password: bytes | None) -> LinkSettings:
    """Return where the broker is and how the wire is guarded."""
    tls = None if broker.tls is None else Tls(broker.tls.ca, broker.tls.certificate, broker.tls.key)
    return LinkSettings(
        host=broker.host,
        port=broker.tcp_port,
        gateway=gateway,
        tls=tls,
        cleartext=broker.cleartext,
        user=broker.user,
        password=password,
        keepalive_s=broker.keepalive_s,
    )


def limits(journal: Journal) -> Limits:
    """Return how much the journal may hold."""
    return Limits(journal.max_events, journal.max_bytes, journal.max_age_days * SECONDS_A_DAY)
