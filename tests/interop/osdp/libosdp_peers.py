"""libosdp at the other end: its reader as a peer of our line, and its panel opposite our simulated reader."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from osdp import (
    Capability,
    Channel,
    Command,
    ControlPanel,
    Event,
    LibFlag,
    LogLevel,
    PDCapabilities,
    PdId,
    PDInfo,
    PeripheralDevice,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.simulator.osdp_reader import SimulatedReader

REFRESHES = 4
"""libosdp takes a command, acts and answers in steps, one each time it is refreshed."""

SERIAL = 0x1234_5678


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
        self.commands: list[dict[str, Any]] = []
        self.status = {1: 0}
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
        self._events: list[dict[str, Any]] = []

    def _act(self, command: dict[str, Any]) -> tuple[int, Any]:
        self.commands.append(command)
        if command["command"] == Command.Status:
            return 0, {"command": Command.Status, "type": command["type"], "report": bytes(2)}
        return 0, None

    def receive(self, data: bytes, at: float) -> list[bytes]:
        del at
        self._buffers.inward += data
        while self._events:
            self._device.ctx.submit_event(self._events.pop(0))
        for _ in range(REFRESHES):
            self._device.ctx.refresh()
        said, self._buffers.outward = self._buffers.outward, []
        return said

    def present(self, bits: str) -> None:
        size = -(-len(bits) // 8)
        data = int(bits.ljust(size * 8, "0"), 2).to_bytes(size, "big")
        self._events.append(
            {
                "event": Event.CardRead,
                "reader_no": 0,
                "direction": 0,
                "format": 1,
                "length": len(bits),
                "data": data,
            }
        )

    def press(self, keys: bytes) -> None:
        self._events.append({"event": Event.KeyPress, "reader_no": 0, "data": keys})

    def did(self, command: int) -> list[dict[str, Any]]:
        return [each for each in tuple(self.commands) if each["command"] == command]


class LibosdpPanel:
    """libosdp's panel and our simulated reader, joined in memory."""

    def __init__(self, peer: SimulatedReader, key: bytes | None) -> None:
        self._peer = peer
        self._buffers = Buffers(1)
        self.events: list[dict[str, Any]] = []
        flags = [LibFlag.EnforceSecure] if key is not None else []
        self._panel = ControlPanel(
            [PDInfo(peer.address, self._buffers, scbk=key, flags=flags)],
            log_level=LogLevel.Emergency,
            event_handler=self._heard,
        )

    def _heard(self, _pd: int, event: dict[str, Any]) -> int:
        self.events.append(event)
        return 0

    def run_until(self, held: Callable[[], bool], within_s: float = 10.0) -> bool:
        """Refresh until `held()` is true. libosdp keeps its own time, so this takes real time."""
        end = time.perf_counter() + within_s
        while not held():
            if time.perf_counter() > end:
                return False
            self._panel.ctx.refresh()
            said, self._buffers.outward = self._buffers.outward, []
            for data in said:
                for answer in self._peer.receive(data, time.perf_counter()):
                    self._buffers.inward += answer
            time.sleep(0.001)
        return True

    def online(self) -> bool:
        return bool(self._panel.ctx.status() & 1)

    def secure(self) -> bool:
        return bool(self._panel.ctx.sc_status() & 1)

    def submit(self, command: dict[str, Any]) -> None:
        self._panel.ctx.submit_command(0, command)
