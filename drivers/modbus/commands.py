"""A Release or a Lock carried out on one board, and proven: the echo compared, the relay read back.

One attempt costs one time-out at the most. When it proves nothing the command waits for its next turn behind
the others, so that a board which is dying delays no other door. Reading back is a step of its own, because
it can wait while an exit button cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from drivers.contract import Done, Failed, Lock, Release, Why
from drivers.modbus.exchange import Silent, TooLate
from protocols.boards.families import PulseError
from protocols.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.contract import Event, Monotonic
    from drivers.modbus.board import Board
    from drivers.modbus.exchange import Exchange
    from protocols.boards.messages import Reply

TRIES = 4  # attempts; a pulse that is sent twice only starts anew


@dataclass(frozen=True, slots=True)
class Echoed:
    """A command that the board has confirmed, and whose relay is to be read back.

    tried: how often it was tried before. at: when it was confirmed. until: when a release is over.
    """

    command: Release | Lock
    channel: int
    tried: int
    at: float
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Hand:
    """What carries commands out on one board. `tell` takes events that are no answers."""

    exchange: Exchange
    board: Board
    clock: Monotonic
    tell: Callable[[Event], None]

    def attempt(self, command: Release | Lock, tried: int) -> Done | Failed | Echoed | None:
        """Try `command` once more. Returns its one answer; or that it is to be proven; or None: try again.

        tried: how often it was tried before. Raises PortError when the port goes.
        """
        channel = self.board.channel(command.point)
        if channel is None:
            return self._failed(command, Why.UNKNOWN_POINT, f"{command.point} is not on {self.board.name}")
        try:
            match command:
                case Release():
                    return self._release(command, channel, tried)
                case Lock():
                    return self._lock(command, channel, tried)
                case _:
                    assert_never(command)
        except Refused as error:
            return self._failed(command, Why.REFUSED, f"{self.board.name}: {error.meaning}")
        except TooLate:
            if tried:
                return self._failed(command, Why.UNPROVEN, f"{self.board.name} did not confirm in time")
            return self._failed(command, Why.LATE, "its time had passed before the line was free")
        except Silent:
            for event in self.board.silent(self.clock()):
                self.tell(event)
            return self._again(command, tried)

    def prove(self, echoed: Echoed) -> Done | Failed | None:
        """Read the relay back. Returns the command's one answer, or None: try it again.

        Where the board does not say, its echo must do. Raises PortError when the port goes.
        """
        try:
            on: bool | None = bool(self._outputs()[echoed.channel])
        except (Silent, Refused):
            on = None
        command = echoed.command
        match command:
            case Release():
                if on is False and self.clock() < echoed.until:
                    words = f"{command.point}: confirmed, but the relay reads off"
                    self._trouble(words, active=True)
                    return self._failed(command, Why.UNPROVEN, words)
                self._trouble("", active=False)
            case Lock():
                if on:
                    return self._again(command, echoed.tried)
                self.board.relays.locked(echoed.channel)
            case _:
                assert_never(command)
        return self._done(command)

    def _release(self, command: Release, channel: int, tried: int) -> Done | Failed | Echoed:
        try:
            write = self.board.write_on(channel, command.for_s)
        except PulseError as error:
            return self._failed(command, Why.REFUSED, str(error))
        at = self.clock()
        if at > command.not_after:
            raise TooLate
        if not self.board.online:
            return self._offline(command, tried)
        if tried and self.board.relays.proves(channel) and self._outputs()[channel]:
            return self._done(command)  # the echo of the last attempt was lost, and not the pulse
        try:
            self.exchange.ask(self.board.address, write, command.not_after)
        except Silent:
            self.board.released(channel, command.for_s, at)  # perhaps: a relay that is on may be our doing
            raise
        until = self.board.released(channel, command.for_s, at)
        return Echoed(command, channel, tried, self.clock(), until)

    def _lock(self, command: Lock, channel: int, tried: int) -> Done | Failed | Echoed:
        if not self.board.online:
            return self._offline(command, tried)
        if tried and not self._outputs()[channel]:
            self.board.relays.locked(channel)
            return self._done(command)
        self.exchange.ask(self.board.address, self.board.write_off(channel))
        return Echoed(command, channel, tried, self.clock())

    def _done(self, command: Release | Lock) -> Done:
        self.board.answers()
        return Done(command.id, self.clock())

    def _offline(self, command: Release | Lock, tried: int) -> Failed:
        """Fail what cannot reach its board; what was sent before the board fell silent may have been done."""
        why = Why.UNPROVEN if tried else Why.OFFLINE
        return self._failed(command, why, f"{self.board.name} does not answer")

    def _again(self, command: Release | Lock, tried: int) -> Failed | None:
        """Return None while another attempt may help."""
        if tried + 1 < TRIES and self.board.online:
            return None
        return self._failed(command, Why.UNPROVEN, f"{self.board.name} did not confirm")

    def _outputs(self) -> Reply:
        patience_s = self.exchange.usual_patience_s(self.board.address)
        return self.exchange.ask(self.board.address, self.board.ask_outputs, patience_s=patience_s)

    def _trouble(self, words: str, *, active: bool) -> None:
        for event in self.board.trouble("actuation", words, self.clock(), active=active):
            self.tell(event)

    def _failed(self, command: Release | Lock, why: Why, words: str) -> Failed:
        return Failed(command.id, why, words, self.clock())
