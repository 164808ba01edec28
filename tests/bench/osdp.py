"""OSDP lines: our panel and libosdp's, both against the same readers in the same run.

The panels are processes of their own; line and readers live here, on one clock. A card's time runs from the
moment it is held to the reader until the reader has the command for the lock.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import serial

from drivers.simulator.line import Faults, Line
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import SetOutputs
from tests.bench.figures import milliseconds, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLOCK = time.perf_counter
KEY = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")
TIMED_ON = 5
SHARE_OF_LIBOSDP = 0.4
SHARE_OF_FLOOR = 1.3
CPU_PERCENT = 10.0
BACK_ONLINE_S = 1.5
SILENCE_S_PER_S = 0.2
UP_WITHIN_S = 60.0
ANSWER_WITHIN_S = 10.0
LIVELY_OVER_S = 3.5
MILLI = 1e3
POLL_BYTES, ACK_BYTES = 16, 15  # in a session, the mark ahead of each
IDLE_CHARACTERS = 2
BITS_PER_CHARACTER = 10
FLOOR_MS: dict[int, dict[int, float]] = {
    9600: {1: 103, 4: 154, 8: 223},
    38400: {1: 26, 4: 39, 8: 56},
    115200: {1: 8.5, 4: 13, 8: 19},
}
"""Mean time of a card and its lock on the line alone: half a cycle, the card's exchange, the command."""

BAD = Faults(loss=0.005, flip=0.005 / 8)
"""Half a per cent of bytes lost, and as many with a flipped bit."""


class Watched(SimulatedReader):
    """A reader that says when it is told to open its lock."""

    def __init__(self, address: int) -> None:
        super().__init__(address, os.urandom, key=KEY, secure_only=True)
        self.opened = threading.Event()
        self.opened_at = 0.0

    def receive(self, data: bytes, at: float) -> list[bytes]:
        seen = len(self.received)
        answers = super().receive(data, at)
        if len(self.received) != seen and not self.opened.is_set():
            command = self.received[-1][1]
            if isinstance(command, SetOutputs) and command.records[0].control == TIMED_ON:
                self.opened_at = CLOCK()
                self.opened.set()
        return answers

    def open_by_card(self, bits: str) -> float | None:
        """Hold a card to it; return the seconds until it has the command for its lock."""
        self.opened.clear()
        held_at = CLOCK()
        self.device.present(bits)
        return self.opened_at - held_at if self.opened.wait(ANSWER_WITHIN_S) else None


class Panel:
    """A panel's process and the cards that it has printed."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.cards: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            if told["ev"] == "card":
                self.cards.append(told["hex"])

    def cpu_s(self) -> float:
        """Return what it has used of a processor since it began."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:  # noqa: PTH123 - not a path of ours
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(ANSWER_WITHIN_S)
        self._reading.join(ANSWER_WITHIN_S)


def ours(line: Line, readers: int, baud: int) -> list[str]:
    """Return the command of our panel."""
    addresses = ",".join(str(n) for n in range(1, readers + 1))
    options = ["--port", str(line.path), "--address", addresses, "--baud", str(baud), "--key", KEY.hex()]
    return [sys.executable, "-m", "agent", "bus", "osdp", *options, "--pulse", "0:3", "--json"]


def theirs(line: Line, readers: int, _baud: int) -> list[str]:
    """Return the command of libosdp's."""
    addresses = ",".join(str(n) for n in range(1, readers + 1))
    return [sys.executable, "-m", "tests.bench.osdp_panel", str(line.path), addresses, KEY.hex()]


@contextmanager
def site(
    command: Any, readers: int, *, baud: int | None = None
) -> Iterator[tuple[Line, list[Watched], Panel]]:
    """Give a line, its readers all in session, and the panel that polls them."""
    peers = [Watched(n) for n in range(1, readers + 1)]
    with Line(peers, CLOCK, baud=baud) as line:
        panel = Panel(command(line, readers, baud or 115200))
        try:
            until(lambda: all(peer.secure and peer.polls for peer in peers), UP_WITHIN_S)
            yield line, peers, panel
        finally:
            panel.end()


def until(held: Any, within_s: float) -> float:
    """Wait until `held()`; return the seconds it took. Raises TimeoutError."""
    began = CLOCK()
    while not held():
        if CLOCK() - began > within_s:
            raise TimeoutError
        time.sleep(0.001)
    return CLOCK() - began


def swipes(peers: list[Watched], count: int, pause_s: float) -> list[float]:
    """Hold cards at any moment of the cycle; return the times to the lock of those that were answered."""
    random = Random(5)
    times = []
    for number in range(count):
        time.sleep(pause_s * random.uniform(0.5, 1.5))
        took = peers[random.randrange(len(peers))].open_by_card(f"{number:026b}")
        if took is not None:
            times.append(took)
    return times


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the table's signature
    """Give the rows."""
    count = 25 if quick else 120
    for readers in (1, 8):
        yield _beside_libosdp(readers, count)
    for baud, floors in FLOOR_MS.items():
        for readers, floor_ms in floors.items():
            yield _paced(baud, readers, floor_ms, 10 if quick else 40)
    yield _idle(5.0 if quick else 15.0)
    yield _dead(5.0 if quick else 15.0)
    yield _replugged(3 if quick else 8)
    yield _bad_wire("menshen", ours, count)
    yield _bad_wire("libosdp panel", theirs, 10 if quick else 40)


def _beside_libosdp(readers: int, count: int) -> tuple[str, str, str, str]:
    with site(ours, readers) as (_, peers, _panel):
        mine = swipes(peers, count, 0.1)
    with site(theirs, readers) as (_, peers, _panel):
        reference = swipes(peers, count, 0.1)
    share = statistics.median(mine) / statistics.median(reference)
    return (
        f"card → OUT, secure, {readers} readers, `menshen bus osdp`",
        f"{milliseconds(mine)}; libosdp: {milliseconds(reference)}; ratio {share:.2f}",
        f"≤ {SHARE_OF_LIBOSDP} × libosdp's median",
        verdict(met=share <= SHARE_OF_LIBOSDP),
    )


def _paced(baud: int, readers: int, floor_ms: float, count: int) -> tuple[str, str, str, str]:
    slower = bare_exchange_s(baud) / exchange_s(baud)
    with site(ours, readers, baud=baud) as (_, peers, _panel):
        mean_ms = statistics.mean(swipes(peers, count, 0.4)) * MILLI
    slower = max(1.0, (slower + bare_exchange_s(baud) / exchange_s(baud)) / 2)
    share = mean_ms / floor_ms / slower
    return (
        f"card → OUT, secure, {readers} readers at {baud} baud",
        f"mean {mean_ms:.1f} ms, {share:.2f} × the line's floor on this machine",
        f"≤ {SHARE_OF_FLOOR} × {floor_ms} ms × {slower:.2f} (what this machine adds to a bare exchange)",
        verdict(met=share <= SHARE_OF_FLOOR),
    )


def exchange_s(baud: int) -> float:
    """Return how long POLL and ACK are on the wire, secure, with an idle gap before the command."""
    return (POLL_BYTES + ACK_BYTES + IDLE_CHARACTERS) * BITS_PER_CHARACTER / baud


class Parrot:
    """Answers every command by as many bytes as an ACK has."""

    def receive(self, data: bytes, at: float) -> list[bytes]:
        del at
        return [bytes(ACK_BYTES)] if data else []


def bare_exchange_s(baud: int, count: int = 100) -> float:
    """Return what one exchange takes here, of a program that does nothing else: simulated wire and all."""
    with Line([Parrot()], CLOCK, baud=baud) as line, serial.Serial(str(line.path), baud, timeout=1) as port:
        began = CLOCK()
        for _ in range(count):
            time.sleep(IDLE_CHARACTERS * BITS_PER_CHARACTER / baud)
            port.write(bytes(POLL_BYTES))
            port.read(ACK_BYTES)
        return (CLOCK() - began) / count


def _idle(for_s: float) -> tuple[str, str, str, str]:
    with site(ours, 8) as (_, peers, panel):
        time.sleep(LIVELY_OVER_S)
        polls, cpu_s, began = sum(peer.polls for peer in peers), panel.cpu_s(), CLOCK()
        time.sleep(for_s)
        took_s = CLOCK() - began
        polls, cpu_s = sum(peer.polls for peer in peers) - polls, panel.cpu_s() - cpu_s
    percent = cpu_s / took_s * 100
    return (
        "idle cost of 8 secure readers",
        f"{percent:.1f} % of a core, {polls / took_s:.0f} polls/s, {cpu_s / polls * 1e6:.0f} µs a poll",
        f"≤ {CPU_PERCENT:.0f} %",
        verdict(met=percent <= CPU_PERCENT),
    )


def _dead(for_s: float) -> tuple[str, str, str, str]:
    with site(ours, 4) as (_, peers, _panel):
        time.sleep(LIVELY_OVER_S)
        alive = peers[1:]
        peers[0].silent = True
        time.sleep(1.0)
        gaps, last, polls, began = 0.0, CLOCK(), sum(peer.polls for peer in alive), CLOCK()
        while CLOCK() - began < for_s:  # the line is lost while no living reader is polled
            time.sleep(0.002)
            now_polls = sum(peer.polls for peer in alive)
            if now_polls != polls:
                gap, polls, last = CLOCK() - last, now_polls, CLOCK()
                gaps += gap if gap > 0.03 else 0.0  # longer than any cycle of the living
        lost = gaps / (CLOCK() - began)
    return (
        "a dead reader among 4: time it takes from the others",
        f"{lost * MILLI:.0f} ms in each second",
        f"≤ {SILENCE_S_PER_S * MILLI:.0f} ms, one reply time-out",
        verdict(met=lost <= SILENCE_S_PER_S),
    )


def _replugged(rounds: int) -> tuple[str, str, str, str]:
    took = []
    with site(ours, 4) as (_, peers, _panel):
        for number in range(rounds):
            peers[0].silent = True
            time.sleep(9.0 if number == 0 else 3.0 + number / 10)  # once beyond offline, then within
            peers[0].power_cycle()
            polls = peers[0].polls
            peers[0].silent = False
            took.append(until(lambda: peers[0].secure and peers[0].polls > polls, UP_WITHIN_S))  # noqa: B023 - now
    return (
        "a reader plugged in again → polled in its session",
        f"worst {max(took):.2f} s, mean {statistics.mean(took):.2f} s (n={rounds})",
        f"≤ {BACK_ONLINE_S} s",
        verdict(met=max(took) <= BACK_ONLINE_S),
    )


def _bad_wire(who: str, command: Any, count: int) -> tuple[str, str, str, str]:
    random = Random(11)
    held = [f"{number:026b}" for number in range(1, count + 1)]
    with site(command, 2) as (line, peers, panel):
        line.faults = BAD  # from now on: over such a wire libosdp's panel does not even begin
        for card in held:
            peers[random.randrange(2)].device.present(card)
            time.sleep(random.uniform(0.05, 0.15))
        time.sleep(ANSWER_WITHIN_S / 2)
        got = list(panel.cards)
    wanted = [f"{int(card.ljust(32, '0'), 2):08x}" for card in held]
    once = sum(got.count(card) == 1 for card in wanted)
    false = sum(card not in wanted for card in got)
    return (
        f"{who}: cards over a wire with 0.5 % of bytes lost and 0.5 % with a flipped bit",
        f"{once} of {count} once, {false} false",
        "all once, none false" if command is ours else "the reference",
        verdict(met=once == count and not false) if command is ours else "",
    )
