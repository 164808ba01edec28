"""A Release or a Lock carried out on one board, and proven: the echo compared, the relay read back."""

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
    from protocols.boards.messages import Write

TRIES = 3  # of one write; a pulse that is sent twice only starts anew


@dataclass(frozen=True, slots=True)
class Hand:
    """What carries commands out on one board. `tell` takes events that are no answers."""

    exchange: Exchange
    board: Board
    clock: Monotonic
    tell: Callable[[Event], None]

    def carry_out(self, command: Release | Lock) -> Done | Failed:
        """Do `command` and return its one answer. Raises PortError when the port goes."""
        channel = self.board.channel(command.point)
        if channel is None:
            return self._failed(command, Why.UNKNOWN_POINT, f"{command.point} is not on {self.board.name}")
        try:
            match command:
                case Release():
                    return self._release(command, channel)
                case Lock():
                    return self._lock(command, channel)
                case _:
                    assert_never(command)
        except Refused as error:
            return self._failed(command, Why.REFUSED, f"{self.board.name}: {error.meaning}")
        except TooLate:
            return self._failed(command, Why.LATE, "its time had passed before the line was free")

    def _release(self, command: Release, channel: int) -> Done | Failed:
        try:
            write = self.board.write_on(channel, command.for_s)
        except PulseError as error:
            return self._failed(command, Why.REFUSED, str(error))
        if self.clock() > command.not_after:
            raise TooLate
        if not self.board.online:
            return self._failed(command, Why.OFFLINE, f"{self.board.name} does not answer")
        for attempt in range(TRIES):
            at = self.clock()
            try:
                confirmed = self._confirmed(write, command.not_after)
            except TooLate:
                if attempt == 0:
                    raise
                break
            until = self.board.released(channel, command.for_s, at)
            on = self._reads_on(channel)
            if on or (confirmed and (on is None or self.clock() >= until)):
                self.board.heard()
                self._trouble("", active=False)
                return Done(command.id, self.clock())
            if confirmed:
                words = f"{command.point}: confirmed, but the relay reads off"
                self._trouble(words, active=True)
                return self._failed(command, Why.UNPROVEN, words)
            if not self._still_there(silences=2 if on is None else 1):
                break
        return self._failed(command, Why.UNPROVEN, f"{self.board.name} did not confirm")

    def _lock(self, command: Lock, channel: int) -> Done | Failed:
        if not self.board.online:
            return self._failed(command, Why.OFFLINE, f"{self.board.name} does not answer")
        for _ in range(TRIES):
            confirmed = self._confirmed(self.board.write_off(channel), None)
            on = self._reads_on(channel)
            if on is False or (confirmed and on is None):
                self.board.heard()
                self.board.locked(channel)
                return Done(command.id, self.clock())
            if not confirmed and not self._still_there(silences=2 if on is None else 1):
                break
        return self._failed(command, Why.UNPROVEN, f"{self.board.name} did not confirm")

    def _confirmed(self, write: Write, not_after: float | None) -> bool:
        try:
            self.exchange.ask(self.board.address, write, not_after)
        except Silent:
            return False
        return True

    def _reads_on(self, channel: int) -> bool | None:
        """Say whether the board reads the relay as on; None when it does not say."""
        try:
            return bool(self.exchange.ask(self.board.address, self.board.ask_outputs)[channel])
        except (Silent, Refused):
            return None

    def _still_there(self, silences: int) -> bool:
        """Count the silences of one attempt. Returns whether the board still counts as online."""
        for _ in range(silences):
            for event in self.board.silent(self.clock()):
                self.tell(event)
        return self.board.online

    def _trouble(self, words: str, *, active: bool) -> None:
        for event in self.board.trouble("actuation", words, self.clock(), active=active):
            self.tell(event)

    def _failed(self, command: Release | Lock, why: Why, words: str) -> Failed:
        return Failed(command.id, why, words, self.clock())
