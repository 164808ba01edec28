"""The demo's broker: Mosquitto where it is installed, else amqtt from PyPI; a child on a free loopback port.

Nothing that it holds outlives it: a broker that comes back empty is the harder case for those who use it.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from agent.demo.child import Child
from agent.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

HOST: Final = "127.0.0.1"
BESIDE_PATH: Final = "/usr/sbin:/usr/local/sbin"
"""Where Debian puts Mosquitto, and where people who are not root do not look."""

TRY_EVERY_S: Final = 0.05
TRIES: Final = 200
"""Ten seconds to begin to listen: amqtt imports for two on a small and busy machine."""
LAST_WORDS: Final = 400
"""Characters of a broker's log that are shown when it would not start."""

MOSQUITTO_CONFIG: Final = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
"""
AMQTT_CONFIG: Final = """\
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: true
"""


class BrokerKind(StrEnum):
    """The brokers that the demo can start."""

    MOSQUITTO = "mosquitto"
    AMQTT = "amqtt"


class DemoBroker:
    """One broker, that can be cut off and brought back on the same port: `start`, and always `stop`.

    kind: None takes Mosquitto where it is installed, else amqtt. Raises Unavailable where there is neither.
    """

    def __init__(self, folder: Path, kind: BrokerKind | None = None) -> None:
        self.kind, program = _found(kind)
        self.port = free_port()
        self._config = folder / "broker.conf"
        self._child = Child((*program, "-c", str(self._config)), folder / "broker.log")

    @property
    def up(self) -> bool:
        """Say whether it runs."""
        return self._child.runs

    def start(self) -> None:
        """Start it, and wait until it listens. Raises Unavailable with its last words."""
        if self.up:
            return
        text = AMQTT_CONFIG if self.kind is BrokerKind.AMQTT else MOSQUITTO_CONFIG
        self._config.write_text(text.format(port=self.port), encoding="ascii")
        self._child.start()
        for _ in range(TRIES):
            if not self._child.runs:
                break
            if listens(self.port):
                return
            time.sleep(TRY_EVERY_S)
        self.stop()
        said = self._child.last_words(LAST_WORDS) or "it said nothing"
        raise Unavailable(f"the broker {self.kind} does not start: {said}")

    def stop(self) -> None:
        """End it, if it runs, and with it all connections."""
        self._child.stop()


def free_port() -> int:
    """Return a TCP port of the loopback that nobody has at this moment."""
    with socket.socket() as asked:
        asked.bind((HOST, 0))
        port: int = asked.getsockname()[1]
    return port


def listens(port: int) -> bool:
    """Say whether somebody takes connections at `port` of the loopback."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _found(kind: BrokerKind | None) -> tuple[BrokerKind, tuple[str, ...]]:
    """Return the kind to start and its program. Raises Unavailable, with what to install."""
    if kind is not BrokerKind.AMQTT:
        place = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:{BESIDE_PATH}")
        if place is not None:
            return BrokerKind.MOSQUITTO, (place,)
        if kind is BrokerKind.MOSQUITTO:
            raise Unavailable("Mosquitto is not installed: sudo apt-get install mosquitto")
    if find_spec("amqtt") is None:
        raise Unavailable(
            "there is no broker: sudo apt-get install mosquitto, or pip install 'menshen[demo]'"
        )
    return BrokerKind.AMQTT, (sys.executable, "-m", "amqtt.scripts.broker_script")
