"""A wire without time of its own: reading moves the hand clock to the next byte, or to the wait's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.simulator.line import Peer
    from tests.peers.hand_clock import HandClock


class HandWire:
    """Peers on a wire. late_s: how long each reply takes; one after the other, then the last for ever."""

    def __init__(self, clock: HandClock, peers: Sequence[Peer], *late_s: float, echo: bool = False) -> None:
        self.written: list[bytes] = []
        self.closed = False
        self._clock = clock
        self._peers = peers
        self._late_s = list(late_s) or [0.005]
        self._echo = echo
        self._coming: list[tuple[float, bytes]] = []

    def say(self, data: bytes, after_s: float = 0.0) -> None:
        """Let bytes come that nobody asked for."""
        self._coming.append((self._clock.monotonic() + after_s, data))
        self._coming.sort(key=lambda each: each[0])

    def write(self, data: bytes) -> None:
        self.written.append(data)
        if self._echo:
            self.say(data)
        late_s = self._late_s.pop(0) if len(self._late_s) > 1 else self._late_s[0]
        for peer in self._peers:
            for reply in peer.receive(data, self._clock.monotonic()):
                self.say(reply, late_s)

    def read(self, within_s: float) -> bytes:
        until = self._clock.monotonic() + max(0.0, within_s)
        if self._coming and self._coming[0][0] <= until:
            at, data = self._coming.pop(0)
            self._clock.advance(max(0.0, at - self._clock.monotonic()))
            return data
        self._clock.advance(until - self._clock.monotonic())
        return b""

    def close(self) -> None:
        self.closed = True
