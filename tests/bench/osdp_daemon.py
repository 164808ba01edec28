"""The whole daemon on an OSDP line: from a card at the reader to OUT at its lock, on disk between.

Beside it, in the same run: libosdp's panel, which decides nothing and records nothing, on the same line.
"""

from __future__ import annotations

import secrets
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.clock import SystemClock
from agent.demo.building import GARAGE, GATEWAY, LOBBY, Building
from drivers.simulator.line import Line
from protocols.osdp.commands import SetOutputs
from protocols.tokens.keys import public_text
from protocols.wiegand.formats import FORMATS
from tests.bench.figures import milliseconds, verdict
from tests.bench.house import House
from tests.bench.osdp import SHARE_OF_LIBOSDP, TIMED_ON, site, swipes, theirs, until
from tests.peers.broker import Broker
from tests.peers.centre import Centre
from tests.peers.long_list import LongList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.contract import Monotonic

STRIKE = "lobby-strike"
WITHIN_S = 10.0
PAUSE_S = 0.15


class StrikeBuilding(Building):
    """The demonstration building with the lobby's lock on its reader, and a wire without a speed."""

    def __init__(self, folder: Path, clock: Monotonic) -> None:
        super().__init__(folder, clock)
        self.reader_line = Line([self.lobby_reader, self.garage_reader], clock)

    def move_lock(self) -> None:
        """Write into the configuration that the lock hangs on the reader."""
        text = self.config.read_text(encoding="utf-8")
        text = text.replace(
            'key_credential = "lobby-in.key"',
            f'key_credential = "lobby-in.key"\noutputs = {{ {STRIKE} = 0 }}',
        )
        self.config.write_text(text.replace('lock = "lobby-lock"', f'lock = "{STRIKE}"'), encoding="utf-8")


class StrikeHouse(House):
    """A running house whose lobby's lock is an OSDP output."""

    def __init__(self, stack: ExitStack, cards: int) -> None:  # its own way to the same parts
        self.clock = SystemClock()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="menshen-bench-")))
        (folder / "broker").mkdir()
        self.broker = stack.enter_context(Broker(folder / "broker"))
        self.strikes = StrikeBuilding(folder, self.clock.monotonic)
        self.building = stack.enter_context(self.strikes)
        office, self.phone = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        digest_key = secrets.token_bytes(32)
        self.building.write_config(
            office_key=public_text(office.public_key()),
            duty_key=public_text(Ed25519PrivateKey.generate().public_key()),
            digest_key=digest_key,
            port=self.broker.port,
            release_s=1.0,
        )
        self.strikes.move_lock()
        self.list = LongList(
            GATEWAY,
            (LOBBY, GARAGE),
            cards,
            key=office,
            digest_key=digest_key,
            phone=self.phone.public_key(),
        )
        self.centre = stack.enter_context(Centre(self.broker.port))
        self._daemon = None
        stack.callback(self.stop)

    def card_to_out(self, serial: int) -> float:
        """Hold a card to the reader; return the seconds until it has the command for its lock."""
        reader = self.building.lobby_reader
        bits = FORMATS["W34_CARD32"].encode({"card": self.list.number(serial).value})
        began = self.clock.monotonic()
        reader.device.present(bits)

        def opened() -> float:
            for at, command in tuple(reader.received):
                if at >= began and isinstance(command, SetOutputs) and command.records[0].control == TIMED_ON:
                    return at
            return 0.0

        until(opened, WITHIN_S)
        return opened() - began


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the table's signature
    """Measure the daemon with 200 000 cards (quick: 20 000), and libosdp's panel."""
    cards, count = (20_000, 25) if quick else (200_000, 120)
    with ExitStack() as stack:
        house = StrikeHouse(stack, cards)
        house.start()
        house.lay_out()
        times = []
        for number in range(count):
            time.sleep(PAUSE_S + number % 7 * 0.013)
            times.append(house.card_to_out(1 + number * 37 % cards))
    with site(theirs, 2) as (_, peers, _panel):
        reference = swipes(peers, count, PAUSE_S)
    share = statistics.median(times) / statistics.median(reference)
    yield (
        f"card → OUT, whole daemon, {cards} cards, on disk before, secure, 2 readers",
        f"{milliseconds(times)}; libosdp's panel alone: {milliseconds(reference)}; ratio {share:.2f}",
        f"≤ {SHARE_OF_LIBOSDP} × libosdp's median",
        verdict(met=share <= SHARE_OF_LIBOSDP),
    )
