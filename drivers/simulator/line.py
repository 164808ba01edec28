"""A serial line made of a pseudo-terminal, with devices on its far side and the faults of a real wire.

The panel opens `Line.path` as it would a serial port. What it writes reaches every peer; what a peer
answers comes back. Speed, lost bytes, flipped bits, noise, echo and unplugging are the line's business; a
peer only turns bytes into bytes.
"""

from __future__ import annotations

import os
import select
import tempfile
import threading
import tty
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from drivers.contract import Monotonic

BITS_PER_CHARACTER = 10
"""8N1: a start bit, eight, a stop bit."""

LARGEST_READ_BYTES = 4096
LONGEST_NOISE_BYTES = 12
LONGEST_WAIT_S = 0.5
"""A look at nothing at least this often, so that a lost wake-up costs no more."""
UNOPENED_WAIT_S = 0.005
"""A pseudo-terminal whose far side nobody holds open reports a hang-up at once, and so would spin."""
JOIN_S = 10.0
"""For the line's thread to end: a loaded machine has taken more than two seconds."""


class Peer(Protocol):
    """One device on the line."""

    def receive(self, data: bytes, at: float) -> Iterable[bytes]:
        """Take bytes in any split, and return what to put on the line, whole frames in order.

        at: the line's clock, seconds. Called from the line's thread only; also with no bytes, about twice
        a second, so that a device may let its timers run.
        """


@dataclass(frozen=True, slots=True)
class Faults:
    """What the wire does to bytes, in both directions. Shares are 0..1.

    loss: of bytes that vanish. flip: of bits that turn over. noise: of frames that get random bytes ahead
    of and behind them. echo: the panel hears itself. single: bytes come one at a time. late_s: answers
    come this much later.
    """

    loss: float = 0.0
    flip: float = 0.0
    noise: float = 0.0
    echo: bool = False
    single: bool = False
    late_s: float = 0.0

    def spoil(self, data: bytes, random: Random) -> bytes:
        """Return what arrives of `data`."""
        if not (self.loss or self.flip or self.noise):
            return data
        kept = (self._flipped(byte, random) for byte in data if random.random() >= self.loss)
        return self._noise(random) + bytes(kept) + self._noise(random)

    def _flipped(self, byte: int, random: Random) -> int:
        for bit in range(8):
            if random.random() < self.flip:
                byte ^= 1 << bit
        return byte

    def _noise(self, random: Random) -> bytes:
        return (
            random.randbytes(random.randint(1, LONGEST_NOISE_BYTES)) if random.random() < self.noise else b""
        )


NO_FAULTS = Faults()


class Line:
    """The line, its thread and its path. Use as a context manager, or `start` and `stop`.

    baud: pace bytes as this speed would; None carries them at once. seed: of the faults' chance. folder:
    where its path lies; None is where temporary files do. The same `path` names the line for its whole
    life; after `unplug` it leads nowhere until `plug`.
    """

    def __init__(
        self,
        peers: Sequence[Peer],
        clock: Monotonic,
        *,
        baud: int | None = None,
        faults: Faults = NO_FAULTS,
        seed: int = 1,
        folder: Path | None = None,
    ) -> None:
        self.faults = faults
        self._peers = tuple(peers)
        self._clock = clock
        self._baud = baud
        self._random = Random(seed)  # noqa: S311 - chance of faults, no secret
        self._folder = tempfile.TemporaryDirectory(prefix="menshen-line-", dir=folder)
        self.path = Path(self._folder.name) / "port"
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self._lock = threading.Lock()  # over the pseudo-terminal's two ends
        self._master: int | None = None
        self._slave: int | None = None
        self._inward: deque[tuple[float, bytes]] = deque()
        self._outward: deque[tuple[float, bytes]] = deque()
        self._inward_free_at = 0.0
        self._outward_free_at = 0.0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="simulated-line", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make the pseudo-terminal and begin to carry bytes."""
        self.plug()
        self._thread.start()

    def stop(self) -> None:
        """Take the line away, and end its thread."""
        self._stopping = True
        self._wake()
        self._thread.join(JOIN_S)
        self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._folder.cleanup()

    def plug(self) -> None:
        """Make the port appear."""
        with self._lock:
            if self._master is not None:
                return
            master, slave = os.openpty()
            tty.setraw(slave)
            os.set_blocking(master, False)
            self._master, self._slave = master, slave
            self.path.symlink_to(os.ttyname(slave))
        self._wake()

    def unplug(self) -> None:
        """Make the port vanish, as a pulled adapter does."""
        with self._lock:
            if self._master is None or self._slave is None:
                return
            self.path.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = None
            self._inward.clear()
            self._outward.clear()
        if not self._stopping:
            self._wake()

    def say(self, data: bytes) -> None:
        """Put bytes on the line unasked: a babbling device, a foreign master."""
        with self._lock:
            self._outward.append((self._clock(), data))
        self._wake()

    def _wake(self) -> None:
        os.write(self._wake_write, b"w")

    def _run(self) -> None:
        idle_at = self._clock()
        while not self._stopping:
            with self._lock:
                master = self._master
            data = self._wait(master)
            with self._lock:
                at = self._clock()
                if master is not None and master == self._master:
                    self._carry(data, at)
                if at - idle_at >= LONGEST_WAIT_S:
                    idle_at = at
                    for peer in self._peers:
                        self._answer(peer.receive(b"", at), at)

    def _wait(self, master: int | None) -> bytes:
        """Return what the panel wrote; nothing when something is due, or after the longest wait."""
        due = [queue[0][0] for queue in (self._inward, self._outward) if queue]
        wait_s = min([LONGEST_WAIT_S, *(max(0.0, at - self._clock()) for at in due)])
        watched = [self._wake_read] if master is None else [self._wake_read, master]
        try:
            ready, _, _ = select.select(watched, [], [], wait_s)
        except (OSError, ValueError):  # unplugged while we waited
            return b""
        if self._wake_read in ready:
            with suppress(BlockingIOError):
                os.read(self._wake_read, LARGEST_READ_BYTES)
        if master is None or master not in ready:
            return b""
        try:
            return os.read(master, LARGEST_READ_BYTES)
        except OSError:
            with suppress(OSError, ValueError):  # stopped meanwhile
                select.select([self._wake_read], [], [], UNOPENED_WAIT_S)
            return b""

    def _wire_s(self, data: bytes) -> float:
        return len(data) * BITS_PER_CHARACTER / self._baud if self._baud else 0.0

    def _carry(self, data: bytes, at: float) -> None:
        if data:
            if self.faults.echo:
                self._outward.append((at + self._wire_s(data), data))
            self._inward_free_at = max(at, self._inward_free_at) + self._wire_s(data)
            self._inward.append((self._inward_free_at, self.faults.spoil(data, self._random)))
        while self._inward and self._inward[0][0] <= at:
            arrived = self._inward.popleft()[1]
            parts = [bytes((byte,)) for byte in arrived] if self.faults.single else [arrived]
            for part in parts:
                for peer in self._peers:
                    self._answer(peer.receive(part, at), at)
        while self._outward and self._outward[0][0] <= at:
            self._put(self._outward.popleft()[1])

    def _answer(self, frames: Iterable[bytes], at: float) -> None:
        for frame in frames:
            spoilt = self.faults.spoil(frame, self._random)
            start = max(at + self.faults.late_s, self._outward_free_at)
            self._outward_free_at = start + self._wire_s(frame)
            if self.faults.single and self._baud:
                step_s = self._wire_s(b"1")
                self._outward.extend(
                    (start + (i + 1) * step_s, spoilt[i : i + 1]) for i in range(len(spoilt))
                )
            else:
                self._outward.append((self._outward_free_at, spoilt))

    def _put(self, data: bytes) -> None:
        if self._master is None:
            return
        parts = [bytes((byte,)) for byte in data] if self.faults.single else [data]
        for part in parts:
            with suppress(OSError):  # nobody reads, or the buffer of an unread line is full: a wire forgets
                os.write(self._master, part)
