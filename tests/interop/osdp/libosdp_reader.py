"""libosdp's reader on a pseudo-terminal, as a process of its own: a fault in it is then not ours.

python -m tests.interop.osdp.libosdp_reader KEY WIRE      KEY: 32 hex digits. WIRE: plain or own-echo
It prints the port's path, and then each command it was given, as JSON lines. From standard input it takes
{"card": "0101…"} and {"keys": "hex"}. It ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from osdp import (
    Capability,
    Channel,
    Command,
    Event,
    LibFlag,
    LogLevel,
    PDCapabilities,
    PdId,
    PDInfo,
    PeripheralDevice,
)

from drivers.simulator.line import Faults, Line

REFRESHES = 4
"""libosdp takes a command, acts and answers in steps, one each time it is refreshed."""

SERIAL = 0x1234_5678
NAMES = {Command.Output: "output", Command.LED: "led", Command.Buzzer: "buzzer"}


class Buffers(Channel):  # type: ignore[misc]  # the library has no types
    """Bytes in and out of libosdp, in memory."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.id = number
        self.inward = bytearray()
        self.outward: list[bytes] = []

    def read(self, max_bytes: int) -> bytes:
        taken = bytes(self.inward[:max_bytes])
        del self.inward[:max_bytes]
        return taken

    def write(self, buf: bytes) -> int:
        self.outward.append(bytes(buf))
        return len(buf)

    def flush(self) -> None:
        self.inward.clear()


class LibosdpReader:
    """libosdp's reader as a peer of our line. All its work is done in the line's thread."""

    def __init__(self, address: int, key: bytes) -> None:
        self._buffers = Buffers(address)
        caps = [
            (Capability.ContactStatusMonitoring, 1, 2),
            (Capability.OutputControl, 1, 2),
            (Capability.CardDataFormat, 1, 1),
            (Capability.LEDControl, 4, 1),
            (Capability.AudibleControl, 1, 1),
            (Capability.TextOutput, 1, 1),
            (Capability.Readers, 1, 1),
        ]
        info = PDInfo(
            address,
            self._buffers,
            scbk=key,
            flags=[LibFlag.EnforceSecure],
            id=PdId(1, 2, 0x00AABBCC, SERIAL, 0x00010203),
        )
        self._device = PeripheralDevice(
            info, PDCapabilities(caps), log_level=LogLevel.Emergency, command_handler=self._act
        )
        self.events: list[dict[str, Any]] = []

    def _act(self, command: dict[str, Any]) -> tuple[int, Any]:
        kind = command["command"]
        if kind == Command.Status:
            return 0, {"command": Command.Status, "type": command["type"], "report": bytes(2)}
        numbers = {name: value for name, value in command.items() if isinstance(value, int)}
        say({**numbers, "command": NAMES.get(kind, "other")})
        return 0, None

    def receive(self, data: bytes, at: float) -> list[bytes]:
        del at
        self._buffers.inward += data
        while self.events:
            self._device.ctx.submit_event(self.events.pop(0))
        for _ in range(REFRESHES):
            self._device.ctx.refresh()
        said, self._buffers.outward = self._buffers.outward, []
        return said


def say(told: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def card(bits: str) -> dict[str, Any]:
    size = -(-len(bits) // 8)
    data = int(bits.ljust(size * 8, "0"), 2).to_bytes(size, "big")
    event = {"event": Event.CardRead, "reader_no": 0, "direction": 0, "format": 1}
    return {**event, "length": len(bits), "data": data}


def main() -> None:
    """Be a reader until the input ends."""
    reader = LibosdpReader(1, bytes.fromhex(sys.argv[1]))
    with Line([reader], time.perf_counter, faults=Faults(echo=sys.argv[2] == "own-echo")) as line:
        say({"path": str(line.path)})
        for text in sys.stdin:
            asked = json.loads(text)
            if "card" in asked:
                reader.events.append(card(asked["card"]))
            else:
                keys = {"event": Event.KeyPress, "reader_no": 0, "data": bytes.fromhex(asked["keys"])}
                reader.events.append(keys)
    os._exit(0)  # without the library's own end, which is not always a good one


if __name__ == "__main__":
    main()
