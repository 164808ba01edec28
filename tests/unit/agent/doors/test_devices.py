"""What devices were last heard to be, and how that is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.domain.decision import Mode
from agent.domain.door import Door, Leaf, OpenAlarm
from agent.doors.devices import Devices
from agent.doors.picture import door_view, lock_fault
from agent.doors.shown import door_state
from agent.doors.wiring import Wiring
from drivers.contract import CardRead, InputChanged, InputState, Offline, Online, OutputFound, Trouble
from tests.peers.hand_clock import HandClock
from tests.unit.agent.doors.test_fleet import Port

WIRING = Wiring({}, {"lobby": "lock", "roof": "nowhere"}, {}, {})


def test_a_device_is_known_by_what_it_told_last() -> None:
    clock, devices = HandClock(), Devices()
    devices.note(Online("board", 0.0, {"model": "x"}), clock.now())
    devices.note(Trouble("board", "tamper", active=True, detail="", at=0.0), clock.now())
    online = devices.seen("board")
    clock.advance(5)
    devices.note(Trouble("board", "tamper", active=False, detail="", at=0.0), clock.now())
    devices.note(Offline("board", "silent", 0.0), clock.now())
    since = clock.utc()
    clock.advance(5)
    devices.note(Offline("board", "unplugged", 0.0), clock.now())
    devices.note(CardRead("board", "0", 0.0), clock.now())

    assert online.online
    assert dict(online.identity) == {"model": "x"}
    assert online.troubles == frozenset({"tamper"})
    offline = devices.seen("board")
    assert (offline.online, offline.why, offline.since) == (False, "unplugged", since)
    assert offline.troubles == frozenset()


def test_inputs_are_known_by_their_last_state() -> None:
    devices = Devices()
    devices.note(InputChanged("contact", InputState.SHORT, 0.0), HandClock().now())

    assert devices.input("contact") is InputState.SHORT
    assert devices.input("other") is None


def test_a_lock_is_at_fault_while_its_board_is_silent_or_nobody_has_it() -> None:
    port, devices = Port("board", outputs=("lock",)), Devices()

    silent = lock_fault("lobby", WIRING, [port], devices)
    devices.note(Online("board", 0.0), HandClock().now())

    assert silent == "lock_offline"
    assert lock_fault("lobby", WIRING, [port], devices) is None
    assert lock_fault("roof", WIRING, [port], devices) == "lock_missing"


def test_a_lock_is_at_fault_while_its_relay_is_on_by_nobodys_doing() -> None:
    port, devices, at = Port("board", outputs=("lock",)), Devices(), HandClock().now()
    devices.note(Online("board", 0.0), at)

    devices.note(OutputFound("lock", on=True, at=0.0), at)
    found = lock_fault("lobby", WIRING, [port], devices)
    devices.note(OutputFound("lock", on=False, at=0.0), at)

    assert found == "lock_found_on"
    assert lock_fault("lobby", WIRING, [port], devices) is None


@pytest.mark.parametrize(
    ("door", "fault", "lock"),
    [
        (Door(), None, "locked"),
        (Door(mode=Mode.HELD), None, "released"),
        (Door(free_until=1.0), None, "released"),
        (Door(fire=True), "lock_offline", "unknown"),
    ],
)
def test_a_lock_is_shown_as_far_as_it_is_known(door: Door, fault: str | None, lock: str) -> None:
    at = HandClock().now()

    state = door_state("lobby", door, gateway="gw", fault=fault, contact=None, at=at)
    view = door_view("lobby", door, watched=False, fault=fault, title=None)

    assert (state.lock, state.fault, view.lock) == (lock, fault, lock)
    assert (state.contact, view.contact) == ("unknown", "none")


@pytest.mark.parametrize(
    ("leaf", "contact", "shown"),
    [
        (Leaf.OPEN, InputState.ACTIVE, "open"),
        (Leaf.CLOSED, InputState.INACTIVE, "closed"),
        (Leaf.UNKNOWN, InputState.UNKNOWN, "unknown"),
        (Leaf.UNKNOWN, InputState.OPEN_CIRCUIT, "fault"),
    ],
)
def test_a_leaf_is_shown_with_its_wire(leaf: Leaf, contact: InputState, shown: str) -> None:
    door = Door(leaf=leaf, alarm=OpenAlarm.FORCED)

    state = door_state("lobby", door, gateway="gw", fault=None, contact=contact, at=HandClock().now())
    warned = door_state(
        "lobby",
        replace(door, alarm=OpenAlarm.WARNING),
        gateway="gw",
        fault=None,
        contact=contact,
        at=HandClock().now(),
    )

    assert (state.contact, state.alarm, warned.alarm) == (shown, "forced", "held_warning")
