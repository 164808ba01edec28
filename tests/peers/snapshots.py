"""A picture of a small site, for tests of those who read it."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from agent.doors.snapshot import (
    BrokerView,
    DeviceView,
    DoorView,
    JournalView,
    PortView,
    RosterView,
    Snapshot,
)
from tests.peers.hand_clock import START

LOBBY = DoorView("lobby", lock="locked", contact="closed", mode="normal", title="大堂")
READERS = PortView(
    "readers",
    "osdp",
    "/dev/ttyUSB0",
    (
        DeviceView("lobby-in", online=True, since=START, identity={"model": "1", "serial": "0A0B0C0D"}),
        DeviceView("lobby-out", online=False, since=START, why="no reply", troubles=("tamper",)),
    ),
    MappingProxyType({"frames": 12000, "bad_crc": 3, "mean_ms": 8.5}),
)
SNAPSHOT = Snapshot(
    gateway="gw-1",
    version="0.1.0",
    pid=1,
    boot_id="6f1c9a527f1b4e2b9f2e0a1b2c3d4e5f",
    started_at=START - timedelta(hours=2),
    written_at=START,
    written_mono_s=1000.0,
    clock="synced",
    doors=(LOBBY,),
    ports=(READERS,),
    roster=RosterView(7, "ab" * 32, 3, START),
    journal=JournalView(120, 4, 9, 0.25, 900.5),
    broker=BrokerView("online", "centre.example:8883", START),
    fire=False,
    refused={"expired": 2},
)
