"""A line of one OSDP reader with a lock and an exit button, in the secure channel, for the contract suite."""

from __future__ import annotations

import os
import time

from drivers.contract import Ability
from drivers.osdp.bus import OsdpBus
from drivers.osdp.settings import OsdpBusSettings, OsdpInput, OsdpReader
from drivers.simulator.line import Faults, Line
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.codes import OutputControl
from protocols.osdp.commands import SetOutputs
from tests.contract.rig import Kind

LOCK, EXIT = 1, 0  # outputs and inputs of the device, from 0
KEY = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")


def secrets(name: str) -> bytes:
    return {"front-key": KEY.hex().encode()}[name]


class OsdpRig:
    """One reader in full security."""

    device, point, input, reader = "front", "lock", "exit", "front"

    def __init__(self, faults: Faults) -> None:
        clock = time.perf_counter
        self.peer = SimulatedReader(5, os.urandom, key=KEY, secure_only=True)
        self.line = Line([self.peer], clock, faults=faults)
        settings = OsdpBusSettings(
            kind="osdp",
            name="bus",
            device=self.line.path,
            baud=115200,
            offline_after_s=1.5,
            readers=(
                OsdpReader(
                    name=self.device,
                    address=5,
                    key_credential="front-key",
                    outputs={self.point: LOCK},
                    inputs={self.input: OsdpInput(channel=EXIT)},
                ),
            ),
        )
        self.clock = clock
        self.driver = OsdpBus(settings, clock, secrets)

    def start(self) -> None:
        self.line.start()

    def stop(self) -> None:
        self.line.stop()

    def die(self) -> None:
        self.peer.silent = True

    def revive(self) -> None:
        self.peer.silent = False

    def unplug(self) -> None:
        self.line.unplug()

    def plug(self) -> None:
        self.line.plug()

    def unlocked(self) -> bool:
        return self.peer.device.outputs_on(self.clock())[LOCK]

    def releases(self) -> int:
        return sum(
            record.output == LOCK and record.control == OutputControl.TIMED_ON
            for _, command in tuple(self.peer.received)
            if isinstance(command, SetOutputs)
            for record in command.records
        )

    def set_input(self, *, active: bool) -> None:
        self.peer.device.set_input(EXIT, int(active))

    def present(self, bits: str) -> None:
        self.peer.device.present(bits)


KIND = Kind("osdp", frozenset({Ability.READ, Ability.SENSE, Ability.RELEASE, Ability.INDICATE}), OsdpRig)
