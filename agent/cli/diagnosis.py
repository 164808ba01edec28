"""From the daemon's picture to what a person at the door should look at: pure, and in order of urgency."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.store.fill import NEAR_FULL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.doors.snapshot import DeviceView, DoorView, JournalView, PortView, Snapshot

LOST_REPLIES = 0.02
"""Two replies in a hundred lost: a sound line at these speeds loses one in a million."""

STRAY = 0.1
"""Damaged frames and bytes that were none, for each question: one in ten is a line without bias or end."""

FEWEST_QUESTIONS = 200
"""Before so many, a rate says nothing."""


OF_DEVICES = (
    "tamper",
    "power",
    "identity_changed",
    "security",
    "card_as_text",
    "babble",
    "card_inverted",
    "card_reversed",
)
OF_BOARDS = ("linkage", "stuck_output", "actuation")
OF_WIEGAND = (
    "swapped",
    "parity",
    "both_low",
    "stuck_d0",
    "stuck_d1",
    "lengths",
    "noise",
    "one_line",
    "late",
    "keypad",
)
TOLD_APART = frozenset((*OF_DEVICES, *OF_BOARDS, *(f"wiegand_{kind}" for kind in OF_WIEGAND)))
"""Troubles that lead to a wire or a screw of their own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at. `key`: of the words; `about`: the names and figures in them."""

    key: str
    about: Mapping[str, object] = field(default_factory=dict)


def diagnose(picture: Snapshot) -> tuple[Finding, ...]:
    """Return everything that does not work, the most urgent first. Nothing found is an empty tuple."""
    return (
        *_life_safety(picture),
        *(finding for port in picture.ports for finding in _port(port)),
        *(finding for door in picture.doors for finding in _door(door)),
        *_records(picture.journal),
        *_centre(picture),
    )


def _life_safety(picture: Snapshot) -> Iterator[Finding]:
    if picture.fire:
        yield Finding(f"fire_{picture.fire_waits_for or 'line'}")
    if not picture.journal.writable:
        yield Finding("unwritable")


def _port(port: PortView) -> Iterator[Finding]:
    silent = [device for device in port.devices if not device.online]
    if silent and len(silent) == len(port.devices):
        # All at once is one cause: what they share.
        why = silent[0].why or ""
        yield Finding("port_silent", {"port": port.name, "place": port.place, "why": why})
    else:
        for device in silent:
            why = device.why or ""
            yield Finding("device_silent", {"device": device.name, "port": port.name, "why": why})
    for device in port.devices:
        yield from _troubles(device)
    if len(silent) < len(port.devices):
        yield from _line(port)


def _troubles(device: DeviceView) -> Iterator[Finding]:
    for kind in device.troubles:
        key = f"trouble_{kind}" if kind in TOLD_APART else "trouble"
        yield Finding(key, {"device": device.name, "kind": kind})


def _line(port: PortView) -> Iterator[Finding]:
    """Judge the line as a whole, and each device that its driver counts by itself (`device.figure`)."""
    silent = {device.name for device in port.devices if not device.online}
    for device, figures in by_device(port).items():
        if device in silent:
            continue  # told already: all its replies are lost
        place = device or port.name
        questions = _sum(figures, "questions", "sent")
        if questions < FEWEST_QUESTIONS:
            continue
        lost, stray = _sum(figures, "timeouts"), _sum(figures, "noise_bytes", "damaged")
        if lost / questions > LOST_REPLIES:
            yield Finding("replies_lost", {"place": place, "percent": 100 * lost / questions})
        if stray / questions > STRAY:
            yield Finding("noise", {"place": place, "stray": int(stray), "questions": int(questions)})
        if strangers := _sum(figures, "strangers"):
            yield Finding("strangers", {"place": place, "count": int(strangers)})


def by_device(port: PortView) -> dict[str, dict[str, int | float | str]]:
    """Return a port's figures parted by device; those of the line itself under the empty name."""
    parted: dict[str, dict[str, int | float | str]] = {"": {}}
    for name, value in port.line.items():
        device, dot, figure = name.rpartition(".")
        parted.setdefault(device if dot else "", {})[figure] = value
    return parted


def _sum(figures: Mapping[str, int | float | str], *names: str) -> float:
    values = (figures.get(name, 0) for name in names)
    return sum(float(value) for value in values if not isinstance(value, str))


def _door(door: DoorView) -> Iterator[Finding]:
    if door.fault == "lock_offline":
        yield Finding("lock_offline", {"door": door.name})
    elif door.fault:
        yield Finding("door_fault", {"door": door.name, "fault": door.fault})
    if door.contact == "unknown":
        yield Finding("contact_unknown", {"door": door.name})
    if door.alarm:
        known = door.alarm in {"forced", "held", "held_warning"}
        yield Finding(
            f"door_{door.alarm}" if known else "door_alarm", {"door": door.name, "alarm": door.alarm}
        )
    if door.mode != "normal":
        yield Finding("door_mode", {"door": door.name, "mode": door.mode})


def _records(journal: JournalView) -> Iterator[Finding]:
    if journal.fill >= NEAR_FULL[0]:
        hours = "?" if journal.hours_to_full is None else f"{journal.hours_to_full:.0f}"
        yield Finding("filling", {"percent": 100 * journal.fill, "hours": hours})


def _centre(picture: Snapshot) -> Iterator[Finding]:
    if picture.roster.revision == 0:
        yield Finding("no_roster")
    if picture.broker.link in {"connecting", "offline"}:
        why, unsent = picture.broker.why or "?", picture.journal.unsent
        yield Finding("broker", {"place": picture.broker.place, "why": why, "unsent": unsent})
    if picture.clock != "synced":
        yield Finding(f"clock_{picture.clock}")
    for text in picture.warnings:
        yield Finding("warning", {"text": text})
    for text in picture.step_downs:
        yield Finding("step_down", {"text": text})
