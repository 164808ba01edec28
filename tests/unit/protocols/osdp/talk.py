"""A panel's reader and a simulated one, joined in memory; time is moved by hand and the wire may fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import OutputRecord, SetOutputs, code_of
from protocols.osdp.framing import Deframer, Noise
from protocols.osdp.happenings import Happening, Order, Security, Timings
from protocols.osdp.reader import Reader

KEY = bytes.fromhex("00112233445566778899aabbccddeefe")
BAUD = 9600
BITS = "00000010001101000101011010"
PULSE = SetOutputs((OutputRecord(0, 5, 30),))
LATER = 1e9
Kind = TypeVar("Kind")
Wire = Callable[[bytes], bytes]


def perfect(data: bytes) -> bytes:
    return data


def lost(_: bytes) -> bytes:
    return b""


def entropy(seed: int = 7) -> Callable[[int], bytes]:
    return Random(seed).randbytes


@dataclass
class Talk:
    """Turns of one reader. `there` and `back` are what the wire makes of bytes in each direction."""

    reader: Reader
    peer: SimulatedReader
    at: float = 100.0
    there: Wire = perfect
    back: Wire = perfect
    spoken: list[bytes] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    took: list[Happening] = field(default_factory=list)

    def turn(self) -> None:
        """One command, and its answer or the end of waiting for it."""
        _, due = self.reader.wish(self.at)
        self.at = max(self.at, due) + 0.005
        wire = self.reader.speak(self.at, BAUD)
        self.spoken.append(wire)
        answer = b"".join(self.peer.receive(self.there(wire), self.at))
        answer = self.back(answer)
        self.heard.append(answer)
        self._listen(answer)
        self.reader.expire(self.at)
        while self.reader.happenings:
            self.took.append(self.reader.happenings.popleft())

    def _listen(self, answer: bytes) -> None:
        deframer = Deframer()
        deframer.receive(answer)
        damaged = False
        self.at += 0.02
        while (found := deframer.next()) is not None:
            if self.reader.hear(found, self.at):
                return
            damaged = damaged or (isinstance(found, Noise) and found.why == "check")
        if not damaged or deframer.held:
            self.at = max(self.at, self.reader.deadline)
        if damaged:
            self.reader.garbled(self.at)
        else:
            self.reader.unanswered(self.at)

    def turns(self, count: int) -> None:
        for _ in range(count):
            self.turn()

    def until(self, kind: type[Kind], turns: int = 60) -> Kind:
        """Take turns until a happening of `kind` has come, and return it."""
        for _ in range(turns):
            before = len(self.took)
            self.turn()
            for happening in self.took[before:]:
                if isinstance(happening, kind):
                    return happening
        raise AssertionError(f"no {kind.__name__} in {turns} turns: {self.took}")

    def all(self, kind: type[Kind]) -> Iterator[Kind]:
        return (happening for happening in self.took if isinstance(happening, kind))

    def order(self, order: Order) -> None:
        self.reader.order(order, self.at)


def secure_talk(**options: object) -> Talk:
    """Join a keyed reader in full security and a panel that has its key."""
    peer = SimulatedReader(1, entropy(1), key=KEY, secure_only=True)
    return Talk(Reader(1, Security.REQUIRED, Timings(), entropy(2), KEY), peer, **options)  # type: ignore[arg-type]


def clear_talk() -> Talk:
    return Talk(Reader(1, Security.OFF, Timings(), entropy(2)), SimulatedReader(1, entropy(1)))


def sent(talk: Talk) -> list[int]:
    """Return the codes of the commands that the device acted on."""
    return [code_of(command) for _, command in talk.peer.received]
