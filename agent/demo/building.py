"""A simulated building: an RS-485 line with two OSDP readers, a relay board on a second, and their files.

The wires are pseudo-terminals and the devices speak the wire; the daemon on their other end is the real one.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final, Self

from drivers.simulator.line import Line
from drivers.simulator.osdp_reader import SimulatedReader
from drivers.simulator.relay_board import RelayBoard, Switched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivers.contract import Monotonic

GATEWAY: Final = "demo-gw"
LOBBY: Final = "lobby"
GARAGE: Final = "garage"
LOCKS: Final[Mapping[int, str]] = {0: LOBBY, 1: GARAGE}
"""Relay channel of the board to the door whose lock hangs on it."""

LOBBY_CONTACT: Final = 0
LOBBY_EXIT: Final = 1
GARAGE_CONTACT: Final = 2
FIRE_LINE: Final = 3
FIRE_KEY: Final = 4
CLOSED_AT_REST: Final = (LOBBY_CONTACT, GARAGE_CONTACT, FIRE_LINE)
"""Inputs whose circuit is closed while nothing happens."""

_CONFIG: Final = """\
gateway = "{gateway}"
place = "Demonstration building"
data_dir = "{folder}/gateway"

[clock]
assume_synced = true
{broker}
[[trust]]
name = "office"
key = "{office_key}"
scopes = ["roster"]

[[trust]]
name = "duty-desk"
key = "{duty_key}"
scopes = ["mode", "open", "fire_over"]

[[port]]
kind = "osdp"
name = "readers"
device = "{readers}"
baud = 115200

[[port.readers]]
name = "lobby-in"
address = 1
secure = "required"
key_credential = "lobby-in.key"

[[port.readers]]
name = "garage-in"
address = 2
secure = "required"
key_credential = "garage-in.key"

[[port]]
kind = "modbus"
name = "relays"
device = "{relays}"
baud = 115200

[[port.boards]]
name = "board-1"
family = "waveshare"
address = 1
outputs = {{ lobby-lock = 1, garage-lock = 2 }}

[port.boards.inputs]
lobby-contact = {{ channel = 1, normally = "closed" }}
lobby-exit = {{ channel = 2, normally = "open" }}
garage-contact = {{ channel = 3, normally = "closed" }}
fire-line = {{ channel = 4, normally = "closed" }}
fire-key = {{ channel = 5, normally = "open" }}

[[door]]
name = "lobby"
title = "大堂 Lobby"
lock = "lobby-lock"
contact = "lobby-contact"
exit = "lobby-exit"
readers = [{{ reader = "lobby-in", direction = "in", formats = ["H10301", "W34_CARD32"] }}]
release_s = {release_s}

[[door]]
name = "garage"
title = "车库 Garage"
lock = "garage-lock"
contact = "garage-contact"
readers = [{{ reader = "garage-in", direction = "in", formats = ["H10301", "W34_CARD32"] }}]
release_s = {release_s}

[fire]
point = "fire-line"
key = "fire-key"

[log]
format = "json"
"""

_BROKER: Final = """
[broker]
host = "127.0.0.1"
port = {port}
cleartext = true
"""


class Building:
    """The wires and devices of one building, and the files of its gateway in `folder`.

    on_switch: told of every relay that is written, on the line's thread. Use as a context manager.
    """

    def __init__(
        self, folder: Path, clock: Monotonic, on_switch: Callable[[Switched], None] | None = None
    ) -> None:
        self.folder = folder
        self.data_dir = folder / "gateway"
        self.config = folder / "gateway.toml"
        self._keys = {name: secrets.token_bytes(16) for name in ("lobby-in", "garage-in")}
        self.lobby_reader = SimulatedReader(1, os.urandom, key=self._keys["lobby-in"], secure_only=True)
        self.garage_reader = SimulatedReader(2, os.urandom, key=self._keys["garage-in"], secure_only=True)
        self.board = RelayBoard(clock, on_switch=on_switch)
        for channel in CLOSED_AT_REST:
            self.board.set_input(channel, active=True)
        self.reader_line = Line([self.lobby_reader, self.garage_reader], clock, baud=115_200, folder=folder)
        self.relay_line = Line([self.board], clock, baud=115_200, folder=folder)

    def __enter__(self) -> Self:
        self.reader_line.start()
        self.relay_line.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.relay_line.stop()
        self.reader_line.stop()

    def write_config(
        self, *, office_key: str, duty_key: str, digest_key: bytes, port: int | None, release_s: float = 3.0
    ) -> None:
        """Write the gateway's configuration and credentials. `port`: of the broker on this machine."""
        credentials = self.data_dir / "credentials"
        credentials.mkdir(parents=True, mode=0o700)
        for name, key in self._keys.items():
            _give(credentials / f"{name}.key", key.hex().encode("ascii"))
        _give(credentials / "digest.key", digest_key)
        text = _CONFIG.format(
            gateway=GATEWAY,
            folder=self.folder,
            broker="" if port is None else _BROKER.format(port=port),
            office_key=office_key,
            duty_key=duty_key,
            readers=self.reader_line.path,
            relays=self.relay_line.path,
            release_s=release_s,
        )
        self.config.write_text(text, encoding="utf-8")

    def press_exit(self) -> None:
        """Close the exit button's circuit."""
        self.board.set_input(LOBBY_EXIT, active=True)

    def let_go_of_exit(self) -> None:
        """Open it again."""
        self.board.set_input(LOBBY_EXIT, active=False)

    def move_leaf(self, *, opened: bool) -> None:
        """Open or shut the lobby's leaf."""
        self.board.set_input(LOBBY_CONTACT, active=not opened)

    def ring_fire(self, *, on: bool) -> None:
        """Have the fire panel ask for release, or not any more."""
        self.board.set_input(FIRE_LINE, active=not on)

    def turn_fire_key(self, *, on: bool) -> None:
        """Say by the key switch that the fire is over, or turn it back."""
        self.board.set_input(FIRE_KEY, active=on)


def _give(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(content)
