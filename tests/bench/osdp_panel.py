"""libosdp's panel in its tightest loop, as a process: the peer that `tests.bench.osdp` measures beside ours.

python -m tests.bench.osdp_panel PORT ADDRESSES KEY      KEY: 32 hex digits, or - for none
It answers each card with a pulse of output 0, and prints the card's bytes, as `menshen bus osdp` does.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections import deque
from typing import Any

import serial
from osdp import Channel, Command, ControlPanel, Event, LibFlag, LogLevel, PDInfo

TICK_S = 0.001
PULSE_TENTHS = 30


class Wire(Channel):  # type: ignore[misc]  # the library has no types
    """A serial port that does not wait."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.id = 1
        self.port = serial.Serial(path, 115200, timeout=0, exclusive=True)

    def read(self, max_bytes: int) -> bytes:
        try:
            return os.read(self.port.fileno(), max_bytes)
        except OSError:
            return b""

    def write(self, buf: bytes) -> int:
        return os.write(self.port.fileno(), bytes(buf))

    def flush(self) -> None:
        self.port.reset_input_buffer()


def main(path: str, addresses: list[int], key: bytes | None) -> None:
    """Poll for ever, as fast as the library can."""
    wire = Wire(path)
    cards: deque[int] = deque()

    def heard(reader: int, event: dict[str, Any]) -> int:
        if event["event"] == Event.CardRead:
            cards.append(reader)
            print(json.dumps({"ev": "card", "hex": bytes(event["data"]).hex()}), flush=True)  # noqa: T201 - its report
        return 0

    flags = [LibFlag.EnforceSecure] if key is not None else []
    panel = ControlPanel(
        [PDInfo(address, wire, scbk=key, flags=flags) for address in addresses],
        log_level=LogLevel.Emergency,
        event_handler=heard,
    )
    pulse = {"command": Command.Output, "output_no": 0, "control_code": 5, "timer_count": PULSE_TENTHS}
    while True:
        panel.ctx.refresh()
        while cards:
            panel.ctx.submit_command(cards.popleft(), pulse)
        select.select([wire.port.fileno()], [], [], TICK_S)


if __name__ == "__main__":
    main(
        sys.argv[1],
        [int(each) for each in sys.argv[2].split(",")],
        bytes.fromhex(sys.argv[3]) if sys.argv[3] != "-" else None,
    )
