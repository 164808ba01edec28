"""One OSDP device as the agent knows it: its reader's happenings into events, commands into its orders."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, assert_never

from drivers.contract import (
    CardRead,
    Command,
    Done,
    Emit,
    Failed,
    Indicate,
    InputChanged,
    InputState,
    KeysPressed,
    Lock,
    MakerTold,
    Offline,
    Online,
    OutputFound,
    Release,
    Signal,
    Trouble,
    Why,
)
from drivers.osdp.signals import LONGEST_RELEASE_S, lock, lock_after_pulse, release, show
from protocols.osdp.codes import InputCode
from protocols.osdp.commands import Abort, AskOutputs
from protocols.osdp.happenings import Came, End, Happening, Order, Reported, Settled, Troubled, Went
from protocols.osdp.identity import Capabilities
from protocols.osdp.replies import (
    FileStatus,
    Formatted,
    InputStates,
    Keys,
    LocalStatus,
    MakerReply,
    OutputStates,
    Raw,
    ReaderStates,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.osdp.sending import Sending
    from drivers.osdp.settings import OsdpReader
    from protocols.osdp.reader import Reader

SHOW_WITHIN_S = 5.0
"""A light later than this says something that is not true any more."""

LOCK_WITHIN_S = 8.0
"""A device silent for longer is offline, and its pulse has ended by itself."""

ABORT_WITHIN_S = 5.0
"""A device that hears no word of a file for longer gives it up by itself."""

PULSE_SLACK_S = 1.0
"""The device's timer and ours differ; an output still on after this is not our release."""

MOST_TEXTS = 8
LONGEST_TEXT = 64
"""What a device says of itself goes into records and onto screens: seven texts are defined, all short."""

FIRST_NEWS_S = 2.0
"""A reader that has not come by then is reported offline, so that nobody waits for it in silence."""

CARD_AS_TEXT = "it sends cards as characters, which nobody can read for sure: set it to send bits"

WHY = {
    End.REFUSED: Why.REFUSED,
    End.LATE: Why.LATE,
    End.UNPROVEN: Why.UNPROVEN,
    End.OFFLINE: Why.OFFLINE,
    End.OVERLOADED: Why.OVERLOADED,
}
SUPERVISED = {
    InputCode.SHORT: InputState.SHORT,
    InputCode.OPEN: InputState.OPEN_CIRCUIT,
    InputCode.FAULT: InputState.FAULT,
}


class OsdpDevice:
    """The device `settings` names, over its `reader`. For the line's thread only."""

    def __init__(self, settings: OsdpReader, reader: Reader) -> None:
        self.settings = settings
        self.reader = reader
        self._emit: Emit = _nobody
        self._news_at = math.inf
        self._told_gone = False
        self._ended = False
        self._last: set[int] = set()  # orders that go out before the end, not settled yet
        self._tokens = itertools.count(1)
        self._commands: dict[int, int] = {}  # an order's token to the command it belongs to
        self._left: dict[int, int] = {}  # a command to its orders not settled yet
        self._inputs: dict[str, InputState] = {}
        self._released_until: dict[int, float] = {}
        self._found_on: set[int] = set()
        self._why = "no reply"
        self._sending: Sending | None = None
        self._can = Capabilities(())

    def begin(self, emit: Emit, at: float) -> None:
        """Begin to tell: what there is, or within a moment that there is nothing."""
        self._emit = emit
        self._news_at = at + FIRST_NEWS_S

    # --- commands ----------------------------------------------------------------------------------------

    def do(self, command: Command, at: float) -> None:
        """Make orders of a command for this device."""
        match command:
            case Release(id=id_, point=point, for_s=for_s, not_after=not_after):
                if not 0 < for_s <= LONGEST_RELEASE_S:
                    detail = f"a pulse is more than 0 and up to {LONGEST_RELEASE_S} s"
                    self._emit(Failed(id_, Why.REFUSED, detail, at))
                    return
                output = self.settings.outputs[point]
                self._order(id_, [Order(self._token(), release(output, for_s), not_after, urgent=True)], at)
                self._released_until[output] = max(
                    at + for_s + PULSE_SLACK_S, self._released_until.get(output, 0.0)
                )
            case Lock(id=id_, point=point):
                what = lock([self.settings.outputs[point]])
                self._released_until[self.settings.outputs[point]] = at + PULSE_SLACK_S
                self._order(id_, [Order(self._token(), what, at + LOCK_WITHIN_S, urgent=True)], at)
            case Indicate(id=id_, signal=signal):
                self._indicate(id_, signal, at)
            case _:
                assert_never(command)

    def _indicate(self, id_: int, signal: Signal, at: float) -> None:
        shown = show(self.settings.pattern(signal), self.settings.pattern(Signal.READY), self._can)
        if self.reader.online and not shown:
            self._emit(Failed(id_, Why.REFUSED, "the device says that it has neither light nor sound", at))
        elif not shown:
            self._emit(Failed(id_, Why.OFFLINE, "the reader is offline", at))
        else:
            self._order(id_, [Order(self._token(), each, at + SHOW_WITHIN_S) for each in shown], at)

    def send(self, sending: Sending | None, at: float) -> None:
        """Send a file between the polls. One that was under way is given up; None is no more than that."""
        if self._sending is not None:
            self._sending.give_up("it was withdrawn" if sending is None else "another file was sent")
            self._file_over(at)
        self._sending = sending

    def lock_all(self, at: float) -> None:
        """End every pulse now, and the file that is under way."""
        if self._sending is not None:
            self._sending.give_up("the line is stopped")
            self._file_over(at)
        if self.settings.outputs and self.reader.online:
            token = self._token()
            self._last.add(token)
            outputs = lock(self.settings.outputs.values())
            self.reader.order(Order(token, outputs, urgent=True), at)

    @property
    def locking(self) -> bool:
        """Whether `lock_all` is not through yet."""
        return bool(self._last)

    def _file_over(self, at: float) -> None:
        """Forget a file that has ended, and tell the device of one that we gave up."""
        sending, self._sending = self._sending, None
        if sending is not None and sending.given_up and self.reader.online:
            token = self._token()
            self._last.add(token)
            self.reader.order(Order(token, Abort(), at + ABORT_WITHIN_S), at)

    def leave(self, why: str, at: float) -> None:
        """Go offline, because the port did."""
        self.reader.leave(why, at)
        self._why = why
        if not self._told_gone:
            self._news_at = at
        self.tell(at)

    def end(self, why: str, at: float) -> None:
        """Answer what is still open. Who is stopped in good order is not told to be offline: no alarm is."""
        self.reader.leave(why, at)
        self._ended = True
        self.tell(at)

    def _token(self) -> int:
        return next(self._tokens)

    def _order(self, id_: int, orders: list[Order], at: float) -> None:
        self._left[id_] = len(orders)
        for order in orders:
            self._commands[order.token] = id_
        for order in orders:
            self.reader.order(order, at)

    # --- happenings --------------------------------------------------------------------------------------

    def tell(self, at: float) -> bool:
        """Emit what has happened. True: something that makes the next moments lively."""
        self.reader.expire(at)
        lively = False
        while self.reader.happenings:
            lively = self._tell(self.reader.happenings.popleft()) or lively
        if self._sending is not None:
            self._sending.go_on(self.reader, self._can, self._token, at)
            if self._sending.over:
                self._file_over(at)
        if at >= self._news_at and not self._ended:
            self._gone(self._why, at)
        return lively

    def _gone(self, why: str, at: float) -> None:
        self._news_at = math.inf
        self._told_gone = True
        self._emit(Offline(self.settings.name, why, at))
        for point in self.settings.inputs:
            self._input(point, InputState.UNKNOWN, at)

    def _tell(self, happening: Happening) -> bool:
        match happening:
            case Reported(reply=reply, at=at, asked=asked):
                return self._reported(reply, at) or (not asked and self._told_unasked(reply, at))
            case Settled():
                self._settled(happening)
            case Came():
                self._came(happening)
            case Went(why=why, at=at):
                if not self._ended:
                    self._gone(why, at)
            case Troubled(kind=kind, active=active, detail=detail, at=at):
                if active and kind == "security":
                    self._why = detail
                self._emit(Trouble(self.settings.name, kind, active, detail, at))
            case _:
                assert_never(happening)
        return False

    def _reported(self, reply: object, at: float) -> bool:
        match reply:
            case Raw(bits=bits):
                self._condition("card_as_text", "", at, active=False)
                self._emit(CardRead(self.settings.name, bits, at))
                return True
            case Keys(keys=keys):
                self._emit(KeysPressed(self.settings.name, keys, at))
                return True
            case InputStates(states=states):
                return self._sensed(states, at)
            case LocalStatus(tamper=tamper, power_failed=power_failed):
                self._condition("tamper", "the case is open", at, active=tamper)
                self._condition("power", "its supply has failed", at, active=power_failed)
            case OutputStates(states=states):
                self._driven(states, at)
            case ReaderStates(states=states):
                bad = [str(number) for number, state in enumerate(states) if state]
                detail = "attached readers not well: " + ", ".join(bad)
                self._condition("attached_reader", detail, at, active=bool(bad))
        return False

    def _told_unasked(self, reply: object, at: float) -> bool:
        """Take what only means something where nobody has asked for it. False: nothing lively."""
        match reply:
            case MakerReply(oui=oui, content=content):
                self.reader.counters.maker += 1
                self._emit(MakerTold(self.settings.name, oui.hex(), content, at))
            case FileStatus() if self._sending is not None:
                self._sending.heard(reply, at)
            case Formatted():
                self._condition("card_as_text", CARD_AS_TEXT, at, active=True)
            case Raw() | Keys() | InputStates() | LocalStatus() | OutputStates() | ReaderStates():
                pass
            case _:
                self.reader.counters.unread += 1
        return False

    def _settled(self, settled: Settled) -> None:
        self._last.discard(settled.order.token)
        sending = self._sending
        if sending is not None and sending.settled(settled, secure=self.reader.secure) and sending.over:
            self._file_over(settled.at)
        id_ = self._commands.pop(settled.order.token, None)
        if id_ is None:
            return
        self._left[id_] -= 1
        if settled.end is not End.DONE:
            for token in [token for token, owner in self._commands.items() if owner == id_]:
                del self._commands[token]  # its other half may still be shown; the answer is given once
            del self._left[id_]
            self._emit(Failed(id_, WHY[settled.end], settled.detail, settled.at))
        elif self._left[id_] == 0:
            del self._left[id_]
            self._emit(Done(id_, settled.at))

    def _came(self, came: Came) -> None:
        self._can = came.capabilities
        self._news_at = math.inf
        self._told_gone = False
        who = came.identity
        identity = {
            "maker": who.oui.hex(),
            "model": str(who.model),
            "version": str(who.version),
            "serial": f"{who.serial:08x}",
            "firmware": ".".join(str(part) for part in who.firmware),
            "security": self.settings.secure,
            **{f"text_{tag}": _printable(text) for tag, text in came.texts[:MOST_TEXTS]},
        }
        if came.cuid is not None:
            identity["cuid"] = came.cuid.hex()
        self._emit(Online(self.settings.name, came.at, identity))
        if self.settings.outputs:  # first what is there, then what should be
            self.reader.order(Order(self._token(), AskOutputs()), came.at)
            self.reader.order(Order(self._token(), lock_after_pulse(self.settings.outputs.values())), came.at)

    # --- states ------------------------------------------------------------------------------------------

    def _sensed(self, states: tuple[int, ...], at: float) -> bool:
        """Take all inputs. True: one has moved that was known before."""
        moved = False
        for point, each in self.settings.inputs.items():
            state = InputState.UNKNOWN
            if each.channel < len(states):
                state = _input_state(states[each.channel], closed_at_rest=each.normally == "closed")
            moved = (self._inputs.get(point) not in {None, InputState.UNKNOWN, state}) or moved
            self._input(point, state, at)
        return moved

    def _input(self, point: str, state: InputState, at: float) -> None:
        if self._inputs.get(point) is not state:
            self._inputs[point] = state
            self._emit(InputChanged(point, state, at))

    def _driven(self, states: tuple[int, ...], at: float) -> None:
        for point, output in self.settings.outputs.items():
            on = output < len(states) and states[output] != 0
            foreign = on and at >= self._released_until.get(output, 0.0)
            if foreign is not (output in self._found_on):
                (self._found_on.add if foreign else self._found_on.discard)(output)
                self._emit(OutputFound(point, foreign, at))

    def _condition(self, kind: str, detail: str, at: float, *, active: bool) -> None:
        self.reader.troubles.note(kind, detail, at, active=active)

    def counters(self) -> Iterable[tuple[str, int | float | str]]:
        """Give this device's figures, each under its own name."""
        count = self.reader.counters
        for what in ("sent", "resent", "timeouts", "damaged", "noise_bytes", "strangers", "busy", "naks"):
            yield f"{self.settings.name}.{what}", getattr(count, what)
        yield f"{self.settings.name}.malformed", count.malformed
        yield f"{self.settings.name}.maker", count.maker
        yield f"{self.settings.name}.unread", count.unread
        yield f"{self.settings.name}.sessions", count.sessions
        yield f"{self.settings.name}.sessions_lost", count.sessions_lost
        yield f"{self.settings.name}.state", "online" if self.reader.online else "offline"


def _printable(text: str) -> str:
    """Return what may be shown of a text that a device made up."""
    return "".join(letter for letter in text if letter.isprintable())[:LONGEST_TEXT]


def _input_state(code: int, *, closed_at_rest: bool) -> InputState:
    if code in (InputCode.INACTIVE, InputCode.ACTIVE):
        active = (code == InputCode.ACTIVE) is not closed_at_rest
        return InputState.ACTIVE if active else InputState.INACTIVE
    return (
        SUPERVISED.get(InputCode(code), InputState.UNKNOWN)
        if code <= InputCode.UNKNOWN
        else InputState.UNKNOWN
    )


def _nobody(_event: object) -> None:
    """Take events before `begin`: there are none."""
