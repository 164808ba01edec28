"""One board's life: greeted, polled, lost, found again. Values in, values out; the line is somebody else's.

Troubles that it reports: "linkage" (the board's inputs switch its relays by themselves), "stuck_output" (a
relay stays on though it was told off), "actuation" (a relay reads off though the board confirmed a release).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import (
    Event,
    InputChanged,
    InputState,
    Offline,
    Online,
    OutputFound,
    Trouble,
)
from protocols.boards import families
from protocols.boards.families import FAMILIES
from protocols.boards.inputs import Input, forget, sample

if TYPE_CHECKING:
    from drivers.modbus.settings import ModbusBoard
    from protocols.boards.messages import Reply, Request, Write

TRIES = 3  # silences in a row before a board counts as gone: one lost frame is ordinary
RETRY_S = 1.0  # a dead board costs the others one time-out in this time
CHECK_OUTPUTS_S = 1.0  # a relay moved by a foreign hand is seen within about this
GRACE_S = 0.3  # a board's pulse ends within this of when we think
GRACE_SHARE = 0.02  # and its timer, without a crystal, runs fast or slow by so much
LONGEST_HOLD_S = 3600.0  # where we end a release ourselves: longer is a lease that is renewed
OFF_AGAIN_S = 0.25  # between two attempts to put a relay off that did not obey


class Board:
    """What is known of one board. Used by the line's thread alone."""

    def __init__(self, settings: ModbusBoard, poll_every_s: float, at: float) -> None:
        self.name = settings.name
        self.address = settings.address
        self.family = FAMILIES[settings.family]
        self.online = False
        self.due = at
        self._poll_every_s = poll_every_s
        self._outputs = {point: channel - 1 for point, channel in settings.outputs.items()}
        self._places = {
            point: (each.channel - 1, each.normally == "closed") for point, each in settings.inputs.items()
        }
        self._inputs = {
            point: Input(each.debounce_ms / 1000, each.samples) for point, each in settings.inputs.items()
        }
        most_outputs = max(self._outputs.values(), default=-1) + 1
        most_inputs = max((channel for channel, _ in self._places.values()), default=-1) + 1
        self._ask_outputs = families.read_outputs(self.family, most_outputs) if most_outputs else None
        self._ask_inputs = families.read_inputs(self.family, most_inputs) if most_inputs else None
        self._ask_linkage = families.read_linkage(self.family, max(1, most_outputs))
        self._ask_version = families.read_version(self.family)
        self._greeting: list[Request] = []
        self._greet()
        self._told_offline = False
        self._silences = 0
        self._outputs_due = at
        self._identity: dict[str, str] = {}
        self._ours_until: dict[int, float] = {}
        self._off_at: dict[int, float] = {}
        self._found: dict[int, int] = {}  # channels found on, and how often they were told off since
        self._troubles: set[str] = set()
        self._waiting: list[Event] = []  # what was seen while the board is still being greeted

    # --- what the line asks of it ------------------------------------------------------------------------

    @property
    def probes(self) -> tuple[Request, ...]:
        """Questions of different shapes that this board can answer and that change nothing."""
        asked = (
            self._ask_outputs,
            self._ask_inputs,
            self._ask_version,
            families.read_outputs(self.family, 1),
        )
        return tuple(question for question in asked if question is not None)

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return tuple(self._outputs)

    def channel(self, point: str) -> int | None:
        """Return the channel of an output, from 0; None when it is not on this board."""
        return self._outputs.get(point)

    def question(self, at: float, *, may_check: bool = True) -> Request:
        """Return what to ask when the board is due. may_check: whether a look at the outputs fits in now."""
        if self._greeting:
            return self._greeting[0]
        check = may_check and at >= self._outputs_due
        if self._ask_outputs is not None and (self._ask_inputs is None or check):
            return self._ask_outputs
        if self._ask_inputs is None:
            raise AssertionError("settings refuse a board without a point")
        return self._ask_inputs

    def write_on(self, channel: int, for_s: float) -> Write:
        """Return the write of a release. PulseError says what the board cannot do."""
        if self.family.pulse is None:
            if not 0 < for_s <= LONGEST_HOLD_S:
                raise families.PulseError(f"a release lasts up to {LONGEST_HOLD_S} s, not {for_s} s")
            return families.hold(self.family, channel)
        return families.pulse(self.family, channel, for_s)

    def write_off(self, channel: int) -> Write:
        """Return the write that locks."""
        return families.off(self.family, channel)

    @property
    def ask_outputs(self) -> Request:
        """The question that proves what the outputs do."""
        return self._ask_outputs or families.read_outputs(self.family, 1)

    # --- what happened -----------------------------------------------------------------------------------

    def released(self, channel: int, for_s: float, at: float) -> float:
        """Note a release of ours. Returns when the relay will be off again by itself, or by our hand."""
        until = at + families.pulse_seconds(self.family, for_s)
        self._ours_until[channel] = until + GRACE_S + GRACE_SHARE * (until - at)
        self._off_at.pop(channel, None)
        if self.family.pulse is None:
            self._off_at[channel] = until
        self._outputs_due = min(self._outputs_due, self._ours_until[channel])
        return until

    def locked(self, channel: int) -> None:
        """Note that a release of ours was ended."""
        self._ours_until.pop(channel, None)
        self._off_at.pop(channel, None)

    def running(self, at: float) -> tuple[int, ...]:
        """Return the channels on which a release of ours may still run."""
        return tuple(channel for channel, until in self._ours_until.items() if at < until)

    def to_put_off(self, at: float) -> int | None:
        """Return a channel that must be put off now, and note the attempt; None when there is none."""
        if not self.online:
            return None
        for channel, due in self._off_at.items():
            if at >= due:
                self._off_at[channel] = at + OFF_AGAIN_S
                return channel
        return None

    @property
    def next_off(self) -> float:
        """When a channel must be put off next."""
        return min(self._off_at.values(), default=float("inf")) if self.online else float("inf")

    def was_put_off(self, channel: int, at: float) -> None:
        """Note that the board confirmed an off of ours; the next look at the outputs proves it."""
        self.locked(channel)
        self._outputs_due = min(self._outputs_due, at + OFF_AGAIN_S)

    def answered(self, question: Request, reply: Reply, at: float) -> list[Event]:
        """Take the answer to a poll. Returns what the agent must hear."""
        self._silences = 0
        events: list[Event] = []
        if question == self._ask_linkage:
            events += self._linkage(reply, at)
        elif question == self._ask_version:
            self._identity["version"] = f"{reply[0] / 100:.2f}"
        elif question == self._ask_outputs:
            events += self._saw_outputs(reply, at)
        elif self.online:
            events += self._saw_inputs(reply, at)
        self._asked(question)
        events = self._told(events, question, reply, at)
        self._schedule(question, at)
        return events

    def refused(self, question: Request, why: str, at: float) -> list[Event]:
        """Take a refusal of a poll. What the board need not have is passed over."""
        if question in {self._ask_linkage, self._ask_version}:
            self._silences = 0
            self._asked(question)
            events = self._told([], question, (), at)
            self._schedule(question, at)
            return events
        return self.silent(at, why=f"refuses to be read ({why}): is it of the family {self.family.name}?")

    def silent(self, at: float, why: str = "no reply") -> list[Event]:
        """Take a silence. Returns Offline, and every input unknown, after several in a row."""
        self._silences += 1
        self.due = at
        if self._silences < TRIES:
            return []
        self.due = at + RETRY_S
        return self.lost(at, why)

    def heard(self) -> None:
        """Note that the board answered something outside a poll."""
        self._silences = 0

    def lost(self, at: float, why: str) -> list[Event]:
        """Take the loss of the board or of its port. Said once."""
        self._greet()
        waiting, self._waiting = self._waiting, []
        if self._told_offline:
            return waiting
        self.online, self._told_offline = False, True
        self._inputs = {point: forget(state) for point, state in self._inputs.items()}
        unknown = [InputChanged(point, InputState.UNKNOWN, at) for point in self._inputs]
        return [*waiting, Offline(self.name, why, at), *unknown]

    def trouble(self, kind: str, detail: str, at: float, *, active: bool) -> list[Event]:
        """Return the news of a condition: once when it begins, once when it ends."""
        if active == (kind in self._troubles):
            return []
        (self._troubles.add if active else self._troubles.discard)(kind)
        return [Trouble(self.name, kind, active, detail, at)]

    # --- inside ------------------------------------------------------------------------------------------

    def _greet(self) -> None:
        """Begin again: outputs first, so that a relay left on is known before anything else."""
        wanted = (self._ask_outputs, self._ask_linkage, self._ask_version, self._ask_inputs)
        self._greeting = [question for question in wanted if question is not None]

    def _asked(self, question: Request) -> None:
        if self._greeting and self._greeting[0] == question:
            self._greeting.pop(0)

    def _schedule(self, question: Request, at: float) -> None:
        if self._greeting:
            self.due = at
        elif self._ask_inputs is None:
            self.due = max(at, self._outputs_due)
        elif question == self._ask_inputs:
            self.due = at + self._poll_every_s
        else:
            self.due = at  # a look at the outputs must not cost the inputs their turn

    def _told(self, events: list[Event], question: Request, reply: Reply, at: float) -> list[Event]:
        """Return what may be said now: nothing before the greeting is over, then Online ahead of all."""
        if self.online:
            return events
        self._waiting += events
        if self._greeting:
            return []
        self.online, self._told_offline = True, False
        identity = {"family": self.family.name, "address": str(self.address), **self._identity}
        waiting, self._waiting = self._waiting, []
        first = self._saw_inputs(reply, at) if question == self._ask_inputs else []
        return [Online(self.name, at, identity), *waiting, *first]

    def _saw_inputs(self, reply: Reply, at: float) -> list[Event]:
        events: list[Event] = []
        for point, (channel, normally_closed) in self._places.items():
            state, changed = sample(self._inputs[point], closed=bool(reply[channel]), at=at)
            self._inputs[point] = state
            if changed:
                active = state.closed != normally_closed
                shown = InputState.ACTIVE if active else InputState.INACTIVE
                events.append(InputChanged(point, shown, at))
        return events

    def _saw_outputs(self, reply: Reply, at: float) -> list[Event]:
        self._outputs_due = at + CHECK_OUTPUTS_S
        events: list[Event] = []
        for point, channel in self._outputs.items():
            if not reply[channel]:
                events += self._is_off(point, channel, at)
            elif channel not in self.running(at):
                events += self._is_on(point, channel, at)
        stuck = [channel for channel, told in self._found.items() if told > 1]
        words = "a relay stays on though it was told off: welded, or held by the board's own switch"
        return [*events, *self.trouble("stuck_output", words if stuck else "", at, active=bool(stuck))]

    def _is_off(self, point: str, channel: int, at: float) -> list[Event]:
        if self._found.pop(channel, None) is None:
            return []
        self._off_at.pop(channel, None)
        return [OutputFound(point, False, at)]

    def _is_on(self, point: str, channel: int, at: float) -> list[Event]:
        """Take a relay that is on with no release of ours: say so once, and put it off each time."""
        self._ours_until.pop(channel, None)
        told = self._found.get(channel)
        self._found[channel] = (told or 0) + 1
        self._off_at.setdefault(channel, at)
        return [OutputFound(point, True, at)] if told is None else []

    def _linkage(self, reply: Reply, at: float) -> list[Event]:
        link = self.family.linkage
        linked = [at + 1 for at, mode in enumerate(reply) if link is not None and mode != link.normal]
        words = f"inputs switch relays by themselves: channel {', '.join(map(str, linked))} is linked"
        return self.trouble("linkage", words if linked else "", at, active=bool(linked))
