"""A Release or a Lock carried out on one board, and proven: the echo compared, the relay read back.

One attempt costs one time-out at the most. When it proves nothing the command waits for its next turn behind
the others, so that a board which is dying delays no other door.
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
class Hand:
    """What carries commands out on one board. `tell` takes events that are no answers."""

    exchange: Exchange
    board: Board
    clock: Monotonic
    tell: Callable[[Event], None]

    def attempt(self, command: Release | Lock, tried: int) -> Done | Failed | None:
        """Try `command` once more. Returns its one answer, or None: try again, `tried` being one more.

        Raises PortError when the port goes.
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
            return self._silent(command, tried)

    def _release(self, command: Release, channel: int, tried: int) -> Done | Failed:
        try:
            write = self.board.write_on(channel, command.for_s)
        except PulseError as error:
            return self._failed(command, Why.REFUSED, str(error))
        at = self.clock()
        if at > command.not_after:
            raise TooLate
        if not self.board.online:
            return self._offline(command, tried)
        if tried and self._outputs()[channel]:  # the echo of the last attempt was lost, and not the pulse
            return self._done(command)
        try:
            self.exchange.ask(self.board.address, write, command.not_after)
        except Silent:
            self.board.released(channel, command.for_s, at)  # perhaps: a relay that is on may be our doing
            raise
        until = self.board.released(channel, command.for_s, at)
        on = self._reads_on(channel)
        if on is False and self.clock() < until:
            words = f"{command.point}: confirmed, but the relay reads off"
            self._trouble(words, active=True)
            return self._failed(command, Why.UNPROVEN, words)
        self._trouble("", active=False)
        return self._done(command)

    def _lock(self, command: Lock, channel: int, tried: int) -> Done | Failed | None:
        if not self.board.online:
            return self._offline(command, tried)
        if not (tried and not self._outputs()[channel]):
            self.exchange.ask(self.board.address, self.board.write_off(channel))
            if self._reads_on(channel):
                return self._silent(command, tried, silences=0)
        self.board.locked(channel)
        return self._done(command)

    def _done(self, command: Release | Lock) -> Done:
        self.board.heard()
        return Done(command.id, self.clock())

    def _offline(self, command: Release | Lock, tried: int) -> Failed:
        """Fail what cannot reach its board; what was sent before the board fell silent may have been done."""
        why = Why.UNPROVEN if tried else Why.OFFLINE
        return self._failed(command, why, f"{self.board.name} does not answer")

    def _silent(self, command: Release | Lock, tried: int, silences: int = 1) -> Failed | None:
        """Count a silence. Returns None while another attempt may help."""
        for _ in range(silences):
            for event in self.board.silent(self.clock()):
                self.tell(event)
        if tried + 1 < TRIES and self.board.online:
            return None
        return self._failed(command, Why.UNPROVEN, f"{self.board.name} did not confirm")

    def _outputs(self) -> Reply:
        return self.exchange.ask(self.board.address, self.board.ask_outputs)

    def _reads_on(self, channel: int) -> bool | None:
        """Say whether the board reads the relay as on; None when it does not say, and its echo must do."""
        try:
            return bool(self._outputs()[channel])
        except (Silent, Refused):
            return None

    def _trouble(self, words: str, *, active: bool) -> None:
        for event in self.board.trouble("actuation", words, self.clock(), active=active):
            self.tell(event)

    def _failed(self, command: Release | Lock, why: Why, words: str) -> Failed:
        return Failed(command.id, why, words, self.clock())
