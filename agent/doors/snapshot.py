"""A read-only picture of the whole gateway, for `menshen status` and `doctor`: its shape, and its file.

The daemon writes it to `data_dir/status.json`, whole or not at all. Readers tolerate fields they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "status.json"

WRITE_EVERY_S = 5.0
"""How often the daemon writes it when nothing happens."""

STALE_AFTER_S = 30.0
"""Six writes missed: whatever the file says, the daemon is busy with something it should not be."""


@dataclass(frozen=True, slots=True)
class DoorView:
    """A door. `lock`: what the agent last had confirmed of it; `fault`: why it cannot be trusted, or None."""

    name: str
    lock: Literal["locked", "released", "unknown"]
    contact: Literal["closed", "open", "unknown", "none"]
    mode: Literal["normal", "held", "locked"]
    fire: bool = False
    alarm: str | None = None
    fault: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A reader or a board. `why`: what was found when it fell silent; `troubles`: kinds that are active."""

    name: str
    online: bool
    since: datetime | None = None
    why: str | None = None
    identity: Mapping[str, str] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortView:
    """A port with its devices. `line`: its driver's counters and figures; `place`: /dev/… or host:port."""

    name: str
    kind: str
    place: str
    devices: tuple[DeviceView, ...]
    line: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlappingView:
    """An input or a device that changes so often that its changes are summed up. `door`: whose input."""

    name: str
    role: str
    door: str | None
    per_minute: int


@dataclass(frozen=True, slots=True)
class RosterView:
    """The list that is enforced. Revision 0 with no digest: none has come yet."""

    revision: int = 0
    digest: str = ""
    count: int = 0
    enforced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JournalView:
    """What happened, as kept on disk. `fill`: 0 to 1 of its tightest bound, full in `hours_to_full`."""

    events: int = 0
    unsent: int = 0
    unconfirmed: int = 0
    fill: float = 0.0
    hours_to_full: float | None = None
    writable: bool = True


@dataclass(frozen=True, slots=True)
class BrokerView:
    """The line to the centre. "off": the configuration names none."""

    link: Literal["off", "connecting", "online", "offline"]
    place: str = ""
    since: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything at one moment. `written_mono_s`: seconds of this boot's monotonic clock, for the age."""

    v: int = 1
    gateway: str
    version: str
    pid: int
    boot_id: str
    started_at: datetime
    written_at: datetime
    written_mono_s: float
    clock: Literal["synced", "holdover", "unset"]
    doors: tuple[DoorView, ...]
    ports: tuple[PortView, ...]
    roster: RosterView
    journal: JournalView
    broker: BrokerView
    fire: bool | None = None
    fire_waits_for: Literal["line", "acknowledgement"] | None = None
    refused: Mapping[str, int] = field(default_factory=dict)
    flapping: tuple[FlappingView, ...] = ()
    step_downs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def to_json(snapshot: Snapshot) -> str:
    """Return the picture as one JSON object, `v` first."""
    return json.dumps(snapshot, ensure_ascii=False, default=_plain)


def write(snapshot: Snapshot, data_dir: Path) -> None:
    """Put the picture into `data_dir`, whole or not at all. Raises OSError where the disk refuses.

    For one writer: what a writer that was killed left half done is overwritten by the next.
    """
    half_done = data_dir / f"{FILE_NAME}.new"
    half_done.write_text(to_json(snapshot), encoding="utf-8")
    half_done.replace(data_dir / FILE_NAME)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case Mapping():
            return dict(value)
        case _ if is_dataclass(value):
            return {each.name: getattr(value, each.name) for each in fields(value)}
        case _:
            raise TypeError(f"a snapshot holds no {type(value).__name__}")
