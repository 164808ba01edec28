"""What the gateway shows of itself at the broker, built from what it knows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agent.domain.door import Door, Leaf, OpenAlarm
from agent.doors.devices import OTHER_DEVICE
from drivers.contract import InputState
from protocols.mqtt.payloads import PLACES, DeviceBirth, DoorState, Health, OutboxHealth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Literal

    from agent.domain.moment import Moment
    from agent.doors.devices import Devices
    from agent.store.fill import Fill
    from protocols.mqtt.payloads import LinkHealth

FORECAST_FROM: Final = 0.1
"""Fill from which a forecast is told: on a new box a busy minute would say "full in two hours"."""

NEXT_SESSION: Final = 0
"""The epoch of a document before the session that says it puts its own there."""

ALARMS: Final[Mapping[OpenAlarm, Literal["forced", "held", "held_warning"]]] = {
    OpenAlarm.FORCED: "forced",
    OpenAlarm.HELD: "held",
    OpenAlarm.WARNING: "held_warning",
}
_BROKEN: Final = frozenset({InputState.SHORT, InputState.OPEN_CIRCUIT, InputState.FAULT})


TOLD_OF_DEVICES: Final = ("maker", "model", "serial", "firmware", "cuid")
LONGEST_TOLD: Final = 64
"""What a device says of itself is its own invention: so much of it is shown."""


def devices_heard(names: Iterable[str], devices: Devices) -> tuple[DeviceBirth, ...]:
    """Return each device that has told who it is, as last heard."""
    heard = []
    for name in names:
        seen = devices.seen(name)
        said = {what: seen.identity[what][:LONGEST_TOLD] for what in TOLD_OF_DEVICES if what in seen.identity}
        if said:
            heard.append(DeviceBirth(device=name, **said, changed=OTHER_DEVICE in seen.troubles))
    return tuple(heard[:PLACES])


def door_state(
    name: str,
    door: Door,
    *,
    gateway: str,
    fault: str | None,
    contact: InputState | None,
    at: Moment,
) -> DoorState:
    """Return the door's retained state. `contact`: its input's last word; None where it has none."""
    return DoorState(
        gw=gateway,
        door=name,
        epoch=NEXT_SESSION,
        at=at.utc,
        lock=lock_of(door, fault),
        contact="fault" if contact in _BROKEN else contact_of(door),
        mode=door.mode.value,
        fire=door.fire,
        alarm=None if door.alarm is None else ALARMS[door.alarm],
        fault=fault,
    )


def lock_of(door: Door, fault: str | None) -> Literal["locked", "released", "unknown"]:
    """Return what is known of the lock: nothing, while its board does not answer."""
    if fault is not None:
        return "unknown"
    return "released" if door.released else "locked"


def contact_of(door: Door) -> Literal["closed", "open", "unknown"]:
    """Return where the leaf is."""
    match door.leaf:
        case Leaf.OPEN:
            return "open"
        case Leaf.CLOSED:
            return "closed"
        case Leaf.UNKNOWN:
            return "unknown"


def outbox(fill: Fill, sent: int, confirmed: int) -> OutboxHealth:
    """Return how much of the record waits for the centre."""
    return OutboxHealth(
        depth=fill.backlog,
        sent=sent,
        confirmed=confirmed,
        capacity=fill.capacity,
        percent=round(fill.fraction * 100, 2),
        oldest_at=fill.oldest_at,
        hours_to_full=forecast_hours(fill),
    )


def forecast_hours(fill: Fill) -> float | None:
    """Return the hours until the record is full at the recent rate; None where that tells nothing."""
    if fill.hours is None or fill.fraction < FORECAST_FROM:
        return None
    return round(fill.hours, 1)


def health(
    *,
    gateway: str,
    version: str,
    started_at: datetime,
    at: Moment,
    outbox: OutboxHealth,
    link: LinkHealth,
    fill: Fill,
    rss_bytes: int | None,
    refused: Mapping[str, int],
    stale: int,
    checkpoint: str,
    ports: Mapping[str, Mapping[str, int | float | str]],
) -> Health:
    """Return the retained health."""
    return Health(
        gw=gateway,
        epoch=NEXT_SESSION,
        at=at.utc,
        clock=at.clock.value,
        version=version,
        uptime_s=max(0.0, (at.utc - started_at).total_seconds()),
        outbox=outbox,
        link=link,
        disk_free_bytes=fill.disk_free_bytes,
        rss_bytes=rss_bytes,
        rejected_stale=stale,
        refused=dict(refused),
        checkpoint=checkpoint,
        ports={name: dict(figures) for name, figures in ports.items()},
    )
