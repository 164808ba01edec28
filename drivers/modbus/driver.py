"""A line of Modbus relay and input boards as one driver: one thread owns the line and does everything on it.

The order on the line: waiting commands, then relays that must be put off, then whichever board is due. So a
release waits for one question at most, and a dead board costs the others one time-out a second.
"""

from __future__ import annotations

import threading
from collections import deque
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
from drivers.modbus.commands import Hand
from drivers.modbus.exchange import Counts, Exchange, Silent
from drivers.modbus.framing import RtuFraming, TcpFraming
from drivers.modbus.wires import open_wire
from drivers.ports import PortError
from protocols.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.contract import Emit, Monotonic, Secrets
    from drivers.modbus.exchange import Wire
    from drivers.modbus.settings import ModbusLineSettings

MOST_WAITING = 64  # commands; more than a line of boards can do before they are late
REOPEN_S = 0.5  # between two attempts to open a port that is gone: back within 1.5 s of plugging in
LONGEST_REST_S = 0.5  # the thread looks at everything at least this often
CHECK_APART_S = 0.25  # looks at outputs never crowd one round of inputs: an exit button is waiting there
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
        self._counts = Counts()
        self._boards = [Board(each, settings.poll_every_s, clock()) for each in settings.boards]
        self._by_point = {point: board for board in self._boards for point in board.points}
        self._emit: Emit = _nobody
        self._waiting: deque[tuple[Release | Lock, int]] = deque()  # with how often each was tried
        self._wake = threading.Condition()
        self._stopping = False
        self._stop_by = 0.0
        self._opened = 0
        self._check_at = 0.0
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
        """Counters since start."""
        counts = self._counts
        return {
            "boards": len(self._boards),
            "boards_online": sum(board.online for board in self._boards),
            "questions": counts.questions,
            "answers": counts.answers,
            "timeouts": counts.timeouts,
            "refusals": counts.refusals,
            "noise_bytes": counts.noise_bytes,
            "slowest_reply_ms": counts.slowest_reply_ms,
            "port_opened": self._opened,
        }

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
                wire = self._open_wire(self._settings)
            except PortError as error:
                self._port_lost(str(error))
                self._fail_waiting(Why.OFFLINE, str(error))
                self._rest(REOPEN_S)
                continue
            try:
                self._serve(wire)
            except PortError as error:
                self._port_lost(str(error))
            finally:
                wire.close()
        self._fail_waiting(Why.STOPPED, "the line is stopped")

    def _serve(self, wire: Wire) -> None:
        """Work until told to stop. Raises PortError when the port goes."""
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
        )
        for board in self._boards:
            board.due = self._clock()
        while not self._stopping:
            command = self._next_command()
            if command is not None:
                self._command(exchange, *command)
            elif not self._put_something_off(exchange):
                self._poll_or_rest(exchange)
        self._put_all_off(exchange)

    def _next_command(self) -> tuple[Release | Lock, int] | None:
        with self._wake:
            return self._waiting.popleft() if self._waiting else None

    def _command(self, exchange: Exchange, command: Release | Lock, tried: int) -> None:
        """Try one command. Exactly one answer is given in the end, also when the port goes meanwhile."""
        board = self._by_point[command.point]
        events: list[Event] = []
        try:
            answer = Hand(exchange, board, self._clock, events.append).attempt(command, tried)
        except PortError as error:
            self._emit(Failed(command.id, Why.UNPROVEN, str(error), self._clock()))
            raise
        self._emit_or_wait(answer, command, tried)
        self._tell(events)

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

    def _poll_or_rest(self, exchange: Exchange) -> None:
        board = min(self._boards, key=lambda each: each.due)
        at = self._clock()
        if board.due > at:
            off_at = min(each.next_off for each in self._boards)
            self._rest(min(board.due, off_at) - at)
            return
        question = board.question(at, may_check=at >= self._check_at)
        if question == board.ask_outputs:
            self._check_at = at + CHECK_APART_S
        try:
            reply = exchange.ask(board.address, question)
        except Silent:
            self._tell(board.silent(self._clock()))
        except Refused as error:
            self._tell(board.refused(question, error.meaning, self._clock()))
        else:
            self._tell(board.answered(question, reply, self._clock()))

    def _put_all_off(self, exchange: Exchange) -> None:
        """Leave every output locked, as far as the time to stop reaches; running releases first."""
        self._fail_waiting(Why.STOPPED, "the line is stopped")
        at = self._clock()
        left = [
            (channel not in board.running(at), board, channel)
            for board in self._boards
            for channel in (board.channel(point) for point in board.points)
            if channel is not None and (board.online or channel in board.running(at))
        ]
        for _, board, channel in sorted(left, key=lambda each: each[0]):
            for _ in range(OFF_TRIES):
                if self._clock() >= self._stop_by:
                    return
                try:
                    exchange.ask(board.address, board.write_off(channel))
                except (Silent, Refused):
                    continue
                board.locked(channel)
                break

    def _port_lost(self, why: str) -> None:
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
