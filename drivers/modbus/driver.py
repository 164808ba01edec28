"""A line of Modbus relay and input boards as one driver: one thread owns the line and does everything on it.

The order on the line: waiting commands, then relays that must be put off, then whichever board is due
(`turns`). So a release waits for one question at most, and a dead board costs the others one time-out a
second. Between two commands an input that has waited too long is looked at; and what reads a relay back
gives way to inputs, because the answer can wait and a press cannot.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, assert_never

import structlog

from drivers.contract import (
    Ability,
    Command,
    Done,
    Event,
    Failed,
    Indicate,
    Lock,
    Release,
    Why,
)
from drivers.modbus.board import Board
from drivers.modbus.commands import Echoed, Hand
from drivers.modbus.exchange import Counts, Exchange, Silent
from drivers.modbus.framing import RtuFraming, TcpFraming
from drivers.modbus.turns import Turns
from drivers.modbus.wires import open_wire
from drivers.ports import PortError
from protocols.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.contract import Emit, Monotonic, Secrets
    from drivers.modbus.exchange import Wire
    from drivers.modbus.settings import ModbusLineSettings
    from drivers.modbus.turns import Turn

MOST_WAITING = 64  # commands; more than a line of boards can do before they are late
REOPEN_S = 0.5  # before a port that is gone is opened anew: back within 1.5 s of plugging in
SHORTEST_REST_S = 0.002  # when a question is due and must give way: no spinning
LONGEST_REST_S = 0.5  # the thread looks at everything at least this often
PROVE_WITHIN_S = 0.15  # a relay is read back by then, whether or not the inputs leave time for it
SILENT_GATEWAY_S = 10.0  # a connection on which no board is heard for so long is made anew: it may be dead
OFF_TRIES = 2  # at the end each relay is told off so often; the board's own pulse ends it anyway

log = structlog.get_logger(__name__)


class ModbusLine:
    """The driver. Public methods are callable from any thread and return at once."""

    def __init__(
        self,
        settings: ModbusLineSettings,
        clock: Monotonic,
        secrets: Secrets,  # noqa: ARG002 - every driver is made alike; a line of boards has no secret
        *,
        open_wire: Callable[[ModbusLineSettings], Wire] = open_wire,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._open_wire = open_wire
        self._counts: dict[int, Counts] = {board.address: Counts() for board in settings.boards}
        self._boards = [
            Board(
                each,
                clock(),
                poll_every_s=settings.poll_every_s,
                reply_within_s=settings.reply_within_s,
            )
            for each in settings.boards
        ]
        self._by_point = {point: board for board in self._boards for point in board.points}
        self._emit: Emit = _nobody
        self._waiting: deque[tuple[Release | Lock, int]] = deque()  # with how often each was tried
        self._to_prove: dict[str, list[Echoed]] = {}  # by output, in order
        self._wake = threading.Condition()
        self._stopping = False
        self._stop_by = 0.0
        self._opened = 0
        self._heard_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"modbus-{settings.name}", daemon=True)

    @property
    def name(self) -> str:
        """The port's name in the configuration."""
        return self._settings.name

    @property
    def abilities(self) -> frozenset[Ability]:
        """RELEASE where a board has outputs, SENSE where one has inputs."""
        found = set()
        if self._settings.outputs:
            found.add(Ability.RELEASE)
        if self._settings.inputs:
            found.add(Ability.SENSE)
        return frozenset(found)

    def start(self, emit: Emit) -> None:
        """Begin to poll."""
        self._emit = emit
        self._thread.start()

    def do(self, command: Command) -> None:
        """Queue `command`; refuse at once what this line cannot do."""
        match command:
            case Release() | Lock():
                refusal = self._queue(command)
            case Indicate():
                refusal = Why.UNKNOWN_POINT, "boards have no readers"
            case _:
                assert_never(command)
        if refusal is not None:
            self._emit(Failed(command.id, *refusal, self._clock()))

    def stop(self, within_s: float) -> None:
        """Put every output off, close the port, end the thread. Waiting commands fail."""
        with self._wake:
            first = not self._stopping
            self._stopping = True
            if first:
                self._stop_by = self._clock() + within_s
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(within_s)
        self._fail_waiting(Why.STOPPED, "the line is stopped")

    def line_health(self) -> Mapping[str, int | float | str]:
        """Counters since start: of the line, and of each board under its name."""
        told: dict[str, int | float | str] = {
            "boards": len(self._boards),
            "boards_online": sum(board.online for board in self._boards),
            "port_opened": self._opened,
        }
        for board in self._boards:
            counts = asdict(self._counts[board.address])
            told |= {f"{board.name}.{name}": value for name, value in counts.items()}
        return told

    # --- the thread ----------------------------------------------------------------------------------------

    def _queue(self, command: Release | Lock) -> tuple[Why, str] | None:
        """Let the thread do `command`, or say why not."""
        if command.point not in self._by_point:
            return Why.UNKNOWN_POINT, f"no output {command.point} on this line"
        with self._wake:
            if self._stopping:
                return Why.STOPPED, "the line is stopped"
            if len(self._waiting) >= MOST_WAITING:
                return Why.OVERLOADED, f"{MOST_WAITING} commands wait already"
            self._waiting.append((command, 0))
            self._wake.notify_all()
        return None

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._hold_the_port()
            except PortError as error:
                self._port_lost(str(error))
                self._fail_waiting(Why.OFFLINE, str(error))
                self._rest(REOPEN_S)
        self._fail_waiting(Why.STOPPED, "the line is stopped")

    def _hold_the_port(self) -> None:
        """Open it and work until told to stop. Raises PortError when it goes, or cannot be had."""
        wire = self._open_wire(self._settings)
        try:
            self._serve(wire)
        finally:
            wire.close()

    def _serve(self, wire: Wire) -> None:
        """Ask and command. Raises PortError when the port goes."""
        self._opened += 1
        log.info("port.opened", port=self.name)
        exchange = Exchange(
            wire,
            self._clock,
            TcpFraming() if self._settings.framing == "tcp" else RtuFraming(),
            baud=self._settings.baud,
            reply_within_s=self._settings.reply_within_s,
            counts=self._counts,
            probes={board.address: board.probes for board in self._boards},
            character_bits=self._settings.character_bits,
        )
        turns = Turns(self._boards, exchange)
        self._heard_at = self._clock()
        for board in self._boards:
            board.due = self._clock()
        owing = False  # whether an input that is late must be looked at before the next command
        while not self._stopping:
            if owing and self._look_if_late(exchange, turns):
                owing = False
                continue
            command = self._next_command()
            owing = command is not None
            if command is not None:
                self._command(exchange, *command)
            elif not (self._put_something_off(exchange) or self._prove_something(exchange, turns)):
                self._poll_or_rest(exchange, turns)
        self._put_all_off(exchange)

    def _next_command(self) -> tuple[Release | Lock, int] | None:
        with self._wake:
            return self._waiting.popleft() if self._waiting else None

    def _command(self, exchange: Exchange, command: Release | Lock, tried: int) -> None:
        """Try one command. Exactly one answer is given in the end, also when the port goes meanwhile."""
        waiting = self._to_prove.get(command.point, [])
        if any(isinstance(each, Lock) for each in (command, *(echoed.command for echoed in waiting))):
            try:
                self._prove(exchange, command.point)  # afterwards the relay would no longer show it
            except PortError:
                with self._wake:
                    self._waiting.appendleft((command, tried))  # it was not touched yet
                raise
        events: list[Event] = []
        try:
            answer = self._hand(exchange, command.point, events).attempt(command, tried)
        except PortError as error:
            self._emit(Failed(command.id, Why.UNPROVEN, str(error), self._clock()))
            raise
        if isinstance(answer, Echoed):
            self._to_prove.setdefault(command.point, []).append(answer)
        else:
            self._emit_or_wait(answer, command, tried)
        self._tell(events)

    def _prove_something(self, exchange: Exchange, turns: Turns) -> bool:
        """Read back the relay that waits longest, if there is time for it or if it has waited long enough."""
        if not self._to_prove:
            return False
        point, waiting = min(self._to_prove.items(), key=lambda each: each[1][0].at)
        board, at = self._by_point[point], self._clock()
        cost_s = exchange.cost_s(board.address, board.ask_outputs)
        if at < waiting[0].at + PROVE_WITHIN_S and cost_s > turns.slack_s(at):
            return False
        self._prove(exchange, point)
        return True

    def _prove(self, exchange: Exchange, point: str) -> None:
        """Read a relay back, and answer what waits for it: one Lock, or Releases that each began it anew."""
        waiting = self._to_prove.pop(point, [])
        if not waiting:
            return
        events: list[Event] = []
        *earlier, newest = waiting
        try:
            answer = self._hand(exchange, point, events).prove(newest)
        except PortError:
            self._to_prove[point] = waiting
            raise
        self._emit_or_wait(answer, newest.command, newest.tried)
        for echoed in earlier:
            if answer is not None:
                self._emit(replace(answer, id=echoed.command.id))
        self._tell(events)

    def _hand(self, exchange: Exchange, point: str, events: list[Event]) -> Hand:
        return Hand(exchange, self._by_point[point], self._clock, events.append)

    def _emit_or_wait(self, answer: Done | Failed | None, command: Release | Lock, tried: int) -> None:
        """Give the answer; or let the command wait behind the others, whom its board is not to delay.

        Not behind a newer command for the same output: a Release must not come after the Lock behind it.
        """
        if answer is None:
            with self._wake:
                newer = any(waiting.point == command.point for waiting, _ in self._waiting)
                if not newer:
                    self._waiting.append((command, tried + 1))
                    return
            words = "not confirmed, and a newer command for it waits"
            answer = Failed(command.id, Why.UNPROVEN, words, self._clock())
        self._emit(answer)

    def _put_something_off(self, exchange: Exchange) -> bool:
        for board in self._boards:
            channel = board.to_put_off(self._clock())
            if channel is None:
                continue
            try:
                exchange.ask(board.address, board.write_off(channel))
                board.was_put_off(channel, self._clock())
            except Silent:
                self._tell(board.silent(self._clock()))
            except Refused as error:
                words = f"channel {channel + 1} cannot be put off: {error.meaning}"
                self._tell(board.trouble("stuck_output", words, self._clock(), active=True))
            return True
        return False

    def _look_if_late(self, exchange: Exchange, turns: Turns) -> bool:
        at = self._clock()
        turn = turns.look(at) if turns.slack_s(at) < 0 else None
        if turn is not None:
            self._ask(exchange, turn)
        return turn is not None

    def _poll_or_rest(self, exchange: Exchange, turns: Turns) -> None:
        at = self._clock()
        turn = turns.next(at)
        if turn is not None:
            self._ask(exchange, turn)
            return
        off_at = min(each.next_off for each in self._boards)
        wait_s = SHORTEST_REST_S if self._to_prove else min(turns.due(), off_at) - at
        self._rest(max(wait_s, SHORTEST_REST_S))

    def _ask(self, exchange: Exchange, turn: Turn) -> None:
        board, question, at = turn.board, turn.question, self._clock()
        if board.watched and question == board.ask_inputs:
            board.looked_at = at
        try:
            reply = exchange.ask(board.address, question, patience_s=turn.patience_s)
        except Silent:
            now = self._clock()
            self._tell(board.silent(now, now - at))
            board.wait_until(exchange.clear_at(board.address, question))
            self._mind_the_gateway(now)
            return
        except Refused as error:
            self._tell(board.refused(question, error.meaning, self._clock()))
        else:
            self._tell(board.answered(question, reply, self._clock()))
        self._heard_at = self._clock()

    def _mind_the_gateway(self, at: float) -> None:
        """Give a connection up on which nobody answers: a gateway that was switched off never says so."""
        if self._settings.tcp is not None and at > self._heard_at + SILENT_GATEWAY_S:
            raise PortError(f"nobody answers behind {self._settings.tcp}: calling it again")

    def _put_all_off(self, exchange: Exchange) -> None:
        """Leave every output locked, as far as the time to stop reaches; running releases first."""
        self._fail_waiting(Why.STOPPED, "the line is stopped")
        for echoed in (each for waiting in self._to_prove.values() for each in waiting):
            self._emit(Done(echoed.command.id, self._clock()))  # the board has confirmed it
        self._to_prove.clear()
        at = self._clock()
        left = [
            (channel not in board.relays.running(at), board, channel)
            for board in self._boards
            for channel in (board.channel(point) for point in board.points)
            if channel is not None and (board.online or channel in board.relays.running(at))
        ]
        for _, board, channel in sorted(left, key=lambda each: each[0]):
            for _ in range(OFF_TRIES):
                if self._clock() >= self._stop_by:
                    return
                try:
                    exchange.ask(board.address, board.write_off(channel))
                except (Silent, Refused):
                    continue
                board.relays.locked(channel)
                break

    def _port_lost(self, why: str) -> None:
        for echoed in (each for waiting in self._to_prove.values() for each in waiting):
            self._emit(Failed(echoed.command.id, Why.UNPROVEN, why, self._clock()))
        self._to_prove.clear()
        for board in self._boards:
            self._tell(board.lost(self._clock(), why))

    def _fail_waiting(self, why: Why, detail: str) -> None:
        while (waiting := self._next_command()) is not None:
            command, tried = waiting
            self._emit(Failed(command.id, Why.UNPROVEN if tried else why, detail, self._clock()))

    def _rest(self, for_s: float) -> None:
        with self._wake:
            if not self._waiting and not self._stopping:
                self._wake.wait(min(max(for_s, 0.0), LONGEST_REST_S))

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self._emit(event)


def _nobody(event: Event) -> None:
    """Take an event before anybody listens."""
    log.debug("event.unheard", event_kind=type(event).__name__)
