"""The whole gateway as `menshen status` shows it, built from what the loop knows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.domain.inputs import flapping
from agent.doors.shown import ALARMS, contact_of, forecast_hours, lock_of
from agent.doors.snapshot import DeviceView, DoorView, FlappingView, JournalView, PortView, RosterView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent.domain.door import Door
    from agent.domain.site import Site
    from agent.doors.devices import Devices
    from agent.doors.wiring import Wiring
    from agent.store.fill import Fill
    from agent.store.journal import Journal
    from agent.store.roster_table import ListHead
    from drivers.contract import PortSettings


def lock_fault(door: str, wiring: Wiring, ports: Sequence[PortSettings], devices: Devices) -> str | None:
    """Return why a door's lock cannot be driven now, in one word, or None."""
    point = wiring.locks[door]
    owners = (port.device_of(point) for port in ports)
    device = next((name for name in owners if name is not None), None)
    if device is None:
        return "lock_missing"
    if not devices.seen(device).online:
        return "lock_offline"
    return "lock_found_on" if devices.found_on(point) else None


def door_view(name: str, door: Door, *, watched: bool, fault: str | None, title: str | None) -> DoorView:
    """Return a door. `watched`: it has a contact."""
    return DoorView(
        name=name,
        lock=lock_of(door, fault),
        contact=contact_of(door) if watched else "none",
        mode=door.mode.value,
        fire=door.fire,
        alarm=None if door.alarm is None else ALARMS[door.alarm],
        fault=fault,
        title=title,
    )


def port_view(
    port: PortSettings, kind: str, place: str, devices: Devices, line: Mapping[str, int | float | str]
) -> PortView:
    """Return a port with its devices as last heard of."""
    return PortView(port.name, kind, place, tuple(_device(name, devices) for name in port.devices), line)


def _device(name: str, devices: Devices) -> DeviceView:
    seen = devices.seen(name)
    return DeviceView(name, seen.online, seen.since, seen.why, seen.identity, tuple(sorted(seen.troubles)))


def flapping_views(site: Site) -> tuple[FlappingView, ...]:
    """Return what changes too often now."""
    return tuple(
        FlappingView(name, role.value, point.door, point.flap.per_minute)
        for (role, name), point in flapping(site).items()
    )


def roster_view(head: ListHead) -> RosterView:
    """Return the list in force."""
    digest = head.digest.hex() if head.revision else ""
    return RosterView(head.revision, digest, head.count, head.enforced_at)


def journal_view(journal: Journal, fill: Fill, *, writable: bool) -> JournalView:
    """Return how the record stands."""
    newest, _ = journal.head
    return JournalView(
        events=newest,
        unsent=max(0, newest - journal.sent),
        unconfirmed=fill.backlog,
        fill=round(fill.fraction, 4),
        hours_to_full=forecast_hours(fill),
        writable=writable,
    )
