"""The whole house: daemon, board, broker and a list of 200 000 cards, from the broker's side to the relay."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty, Queue
from random import Random
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.clock import SystemClock
from agent.demo.building import GARAGE, GATEWAY, LOBBY, Building
from agent.doors.snapshot import FILE_NAME
from agent.orders.command import Wish, command
from protocols.mqtt import topics
from protocols.mqtt.payloads import State
from protocols.mqtt.roster_messages import ReceiptMessage
from protocols.mqtt.topics import Kind
from protocols.tokens.command import Do
from protocols.tokens.keys import public_text
from protocols.wiegand.formats import FORMATS
from tests.bench.figures import at, milliseconds, verdict
from tests.peers.broker import OPEN, Broker
from tests.peers.centre import Centre, until
from tests.peers.long_list import LongList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.simulator.relay_board import Switched

ROUNDS = 100
MANY = 10_000
AS_ADVISED = OPEN + "set_tcp_nodelay true\n"
"""As deploy/mosquitto has it: without it, small messages wait up to 40 ms for an acknowledgement."""

AS_DEPLOYED = "import sys; sys.modules['rich'] = None; from agent.cli.app import main; sys.exit(main())"
"""A gateway has none of the extras: structlog would load rich only because it is there."""

PAUSE_S = 0.15
"""Between two people at least: light and sound of the first are over, and the poll is anywhere."""
IDLE_S = 10.0
WITHIN_S = 60.0
MIB = 1024 * 1024

PHONE_MS = 50
REVOKE_MS = 100
MANY_S = 5
RSS_MB = 80
SNAPSHOT_S = 20
SLICE_MS = 50
"""What a list on its way in may add to a card: longer is seen by who stands at the door."""
RESTART_S = 3


class House:
    """A running house with a list of `cards` cards, and the stopwatch's two ends."""

    def __init__(self, stack: ExitStack, cards: int) -> None:
        self.clock = SystemClock()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="menshen-bench-")))
        (folder / "broker").mkdir()
        self.broker = stack.enter_context(Broker(folder / "broker", AS_ADVISED))
        self.switched: Queue[Switched] = Queue()
        self._chance = Random(1)
        self.building = stack.enter_context(Building(folder, self.clock.monotonic, self.switched.put))
        office, self.phone = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        digest_key = secrets.token_bytes(32)
        self.building.write_config(
            office_key=public_text(office.public_key()),
            duty_key=public_text(Ed25519PrivateKey.generate().public_key()),
            digest_key=digest_key,
            port=self.broker.port,
            release_s=1.0,
        )
        self.list = LongList(
            GATEWAY,
            (LOBBY, GARAGE),
            cards,
            key=office,
            digest_key=digest_key,
            phone=self.phone.public_key(),
        )
        self.centre = stack.enter_context(Centre(self.broker.port))
        self._daemon: subprocess.Popen[bytes] | None = None
        stack.callback(self.stop)

    @property
    def pid(self) -> int:
        """The daemon's."""
        assert self._daemon is not None
        return self._daemon.pid

    def start(self) -> None:
        """Start the daemon and wait until it is on line."""
        self.centre.forget()
        command = [sys.executable, "-c", AS_DEPLOYED, "run", "-c", str(self.building.config)]
        self._daemon = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(self._born, WITHIN_S)

    def stop(self) -> None:
        """End the daemon."""
        if self._daemon is not None:
            self._daemon.terminate()
            self._daemon.wait(WITHIN_S)
            self._daemon = None

    def lay_out(self) -> float:
        """Push the whole list; return the seconds from the head to the receipt."""
        return self.receipted(self._pushed())

    def lay_out_anew(self) -> tuple[float, list[float]]:
        """Push the whole list once more, while people come and go until its receipt is there.

        Returns the seconds from the head to the receipt, and each card's until the relay.
        """
        self.list.revision += 1
        began = self._pushed()
        opened: list[float] = []
        while not self._has_receipt():
            opened.append(self.open_by_card(len(opened)))
        return time.monotonic() - began, opened  # noqa: TID251 - a stopwatch

    def receipted(self, began: float) -> float:
        """Wait for the receipt of the newest revision; return the seconds since `began`."""
        until_exactly(self._has_receipt)
        return time.monotonic() - began  # noqa: TID251 - a stopwatch

    def open_by_phone(self) -> float:
        """Order an open by phone; return the seconds from the publish to the relay."""
        self.drain()
        wish = Wish(Do.OPEN, LOBBY)
        token = command(wish, self.phone, gateway=GATEWAY, at=self.clock.utc(), client="bench")
        began = time.monotonic()  # noqa: TID251 - a stopwatch
        self.centre.order(GATEWAY, token, "bench")
        return self._released() - began

    def open_by_card(self, serial: int) -> float:
        """Hold a card to the reader; return the seconds until the relay."""
        time.sleep(PAUSE_S + self._chance.uniform(0, PAUSE_S))
        self.drain()
        bits = FORMATS["W34_CARD32"].encode({"card": self.list.number(serial).value})
        began = time.monotonic()  # noqa: TID251 - a stopwatch
        self.building.lobby_reader.device.present(bits)
        return self._released() - began

    def drain(self) -> None:
        """Forget what the relays did."""
        with suppress(Empty):
            while True:
                self.switched.get_nowait()

    def _pushed(self) -> float:
        """Publish the whole list; return when its head was."""
        *chunks, (topic, head) = self.list.snapshot()
        for chunk_topic, payload in chunks:
            self.centre.say(chunk_topic, payload, retain=True)
        began = time.monotonic()  # noqa: TID251 - a stopwatch
        self.centre.say(topic, head, retain=True)
        return began

    def _has_receipt(self) -> bool:
        newest = self.centre.newest(topics.plain(GATEWAY, Kind.RECEIPT))
        return newest is not None and ReceiptMessage.read(newest.payload).revision == self.list.revision

    def _released(self) -> float:
        while (switched := self.switched.get(timeout=WITHIN_S)).on_for_s == 0:
            pass
        return switched.at

    def _born(self) -> bool:
        newest = self.centre.newest(topics.plain(GATEWAY, Kind.STATE))
        if newest is None or not State.read(newest.payload).online:
            return False
        status = self.building.data_dir / FILE_NAME
        if not status.exists():
            return False
        ports = json.loads(status.read_text())["ports"]
        return all(device["online"] for port in ports for device in port["devices"])


def until_exactly(there: object) -> None:
    """Wait on a condition at a stopwatch's grain."""
    assert callable(there)
    ends = time.monotonic() + WITHIN_S  # noqa: TID251 - a stopwatch
    while not there():
        assert time.monotonic() < ends, "did not come true"  # noqa: TID251 - a stopwatch
        time.sleep(0.001)


def rss_mb(pid: int) -> float:
    """Return the memory of a process that is in RAM, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the table's interface
    """Measure a house with 200 000 cards (quick: 20 000)."""
    cards, rounds = (20_000, 20) if quick else (200_000, ROUNDS)
    with ExitStack() as stack:
        house = House(stack, cards)
        house.start()
        took = house.lay_out()
        yield (
            f"snapshot of {cards} cards → receipt",
            f"{took:.1f} s",
            f"≤ {SNAPSHOT_S} s",
            verdict(met=took <= SNAPSHOT_S),
        )

        house.stop()
        began = time.monotonic()  # noqa: TID251 - a stopwatch
        house.start()
        house.open_by_card(1)
        took = time.monotonic() - began  # noqa: TID251 - a stopwatch
        yield (
            f"restart → first card opens, {cards} cards",
            f"{took:.2f} s",
            f"≤ {RESTART_S} s",
            verdict(met=took <= RESTART_S),
        )

        times = [house.open_by_card(serial) for serial in range(rounds)]
        usual = at(times, 0.99)
        yield "card → relay, OSDP secure and Modbus at 115200, recorded", milliseconds(times), "reported", ""

        took, times = house.lay_out_anew()
        yield (
            f"the same while {cards} cards are replaced, which took {took:.1f} s",
            milliseconds(times),
            f"p99 ≤ {usual * 1e3:.0f} + {SLICE_MS} ms, and ≤ {SNAPSHOT_S} s",
            verdict(met=at(times, 0.99) <= usual + SLICE_MS / 1e3 and took <= SNAPSHOT_S),
        )

        times = [house.open_by_phone() for _ in range(rounds)]
        yield (
            "phone: publish → relay",
            milliseconds(times),
            f"p99 ≤ {PHONE_MS} ms",
            verdict(met=at(times, 0.99) * 1e3 <= PHONE_MS),
        )

        times = []
        for serial in range(rounds):
            topic, payload = house.list.change(range(serial, serial + 1), "revoked")
            began = time.monotonic()  # noqa: TID251 - a stopwatch
            house.centre.say(topic, payload)
            times.append(house.receipted(began))
        yield (
            f"revocation: publish → receipt, {cards} cards",
            milliseconds(times),
            f"p99 ≤ {REVOKE_MS} ms",
            verdict(met=at(times, 0.99) * 1e3 <= REVOKE_MS),
        )

        before = cpu_s(house.pid)
        time.sleep(IDLE_S)
        idle = (cpu_s(house.pid) - before) / IDLE_S * 100
        memory = rss_mb(house.pid)
        yield f"memory, {cards} cards", f"{memory:.0f} MB", f"≤ {RSS_MB} MB", verdict(met=memory <= RSS_MB)
        yield "idle CPU: 2 secure readers and 1 board polled", f"{idle:.1f} % of one core", "reported", ""

        topic, payload = house.list.change(range(rounds, rounds + MANY), "revoked")
        began = time.monotonic()  # noqa: TID251 - a stopwatch
        house.centre.say(topic, payload)
        took = house.receipted(began)
        yield (
            f"{MANY} revocations in one delta",
            f"{took:.2f} s",
            f"≤ {MANY_S} s",
            verdict(met=took <= MANY_S),
        )
