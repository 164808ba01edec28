"""From the daemon's picture to what a person at the door should look at: pure, and in order of urgency."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.store.fill import NEAR_FULL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.doors.snapshot import DeviceView, DoorView, FlappingView, JournalView, PortView, Snapshot

LOST_REPLIES = 0.02
"""Two replies in a hundred lost: a sound line at these speeds loses one in a million."""

STRAY = 0.1
"""Damaged frames and bytes that were none, for each question: one in ten is a line without bias or end."""

FIGURES = ("questions", "sent", "timeouts", "noise_bytes", "damaged", "strangers")
"""What a driver counts of a device and a line is judged by."""

REFUSES = "refuses"
"""How the reason of a device begins that answers, but says no to what its family must be able to do."""

FEWEST_TIMES_GONE = 3
"""A port that was gone so often, and once an hour or more, has a loose plug and no visitor."""

FLAPPING = frozenset({"contact", "exit", "fire_line", "fire_key", "device", "trouble", "output", "reader"})
"""What may flap, each with a wire of its own to look at."""

FEWEST_QUESTIONS = 200
"""Before so many, a rate says nothing."""


OF_DEVICES = (
    "tamper",
    "power",
    "identity_changed",
    "security",
    "strangers",
    "sessions_lost",
    "card_as_text",
    "babble",
    "card_inverted",
    "card_reversed",
)
OF_BOARDS = ("linkage", "stuck_output", "actuation", "left_on", "no_watchdog", "restores")
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
        *(finding for port in picture.ports for finding in _plug(port, picture)),
        *(_flapping(each) for each in picture.flapping),
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
        key = "port_silent" if port.place.startswith("/") else "gateway_silent"
        yield Finding(key, {"port": port.name, "place": port.place, "why": why})
    else:
        for device in silent:
            yield _silent(device, port)
    for device in port.devices:
        yield from _troubles(device)
    if len(silent) < len(port.devices):
        yield from _line(port)


def _plug(port: PortView, picture: Snapshot) -> Iterator[Finding]:
    """Tell of a port that went and came back again and again: its plug, or what feeds it."""
    if not any(device.online for device in port.devices):
        return  # told already; a gateway behind which nobody answers is called again and again
    again = _sum(port.line, "port_opened", "opened") - 1
    hours = (picture.written_at - picture.started_at).total_seconds() / 3600
    if again >= FEWEST_TIMES_GONE and again >= hours:
        yield Finding("port_flaps", {"port": port.name, "place": port.place, "times": int(again)})


def _flapping(what: FlappingView) -> Finding:
    """Tell of what changes so often that the record sums it up."""
    about = {"name": what.name, "door": what.door, "times": what.per_minute}
    known = what.role in FLAPPING
    return Finding(f"flapping_{what.role}" if known else "flapping", about)


def _silent(device: DeviceView, port: PortView) -> Finding:
    """Say what a device does that is not online while others on its port are."""
    why = device.why or ""
    about = {"device": device.name, "port": port.name, "why": why}
    if why.startswith(REFUSES):
        return Finding("device_refuses", about)
    if _sum(by_device(port).get(device.name, {}), "strangers"):
        return Finding("device_elsewhere", about)
    return Finding("device_silent", about)


def _troubles(device: DeviceView) -> Iterator[Finding]:
    for kind in device.troubles:
        key = f"trouble_{kind}" if kind in TOLD_APART else "trouble"
        yield Finding(key, {"device": device.name, "kind": kind})


def _line(port: PortView) -> Iterator[Finding]:
    """Judge each device that its driver counts by itself (`device.figure`), and the line as a whole.

    What ails every device of several is the fault of what they share, and is told once.
    """
    silent = {device.name for device in port.devices if not device.online}
    judged = {
        device: {each.key: each for each in _judged(device or port.name, figures)}
        for device, figures in by_device(port).items()
        if device not in silent  # told already: all its replies are lost
        and _sum(figures, "questions", "sent") >= FEWEST_QUESTIONS
    }
    shared = set.intersection(*(set(each) for each in judged.values())) if len(judged) > 1 else set()
    if shared:
        whole = {name: _sum(port.line, *(f"{device}.{name}" for device in judged)) for name in FIGURES}
        yield from (each for each in _judged(port.name, whole) if each.key in shared)
    for device_findings in judged.values():
        yield from (each for key, each in device_findings.items() if key not in shared)


def _judged(place: str, figures: Mapping[str, int | float | str]) -> Iterator[Finding]:
    """Judge what was counted of one device, or of several together."""
    questions = _sum(figures, "questions", "sent")
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
    if door.fault in {"lock_offline", "lock_found_on"}:
        yield Finding(door.fault, {"door": door.name})
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
