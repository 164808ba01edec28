"""One board's life: greeted, polled, lost, found again. Values in, values out; the line is somebody else's.

Troubles that it reports: "linkage" (the board's inputs switch its relays by themselves), "stuck_output" (a
relay stays on though it was told off), "actuation" (a relay reads off though the board confirmed a release),
"left_on" (a board that cannot end a release by itself was lost during one), and what a family demands of its
boards' own settings: "no_watchdog", "restores".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import (
    Event,
    InputChanged,
    InputState,
    Offline,
    Online,
    Trouble,
)
from drivers.modbus.relays import OFF_AGAIN_S, Relays
from protocols.boards import families
from protocols.boards.families import FAMILIES
from protocols.boards.inputs import Input, forget, sample

if TYPE_CHECKING:
    from drivers.modbus.settings import ModbusBoard
    from protocols.boards.families import Demand
    from protocols.boards.messages import Reply, Request, Write

RETRY_S = 1.0  # a dead board costs the others one time-out in this time
LONG_LOOK_S = 60.0  # a silent board is given all the time that the settings allow so often
LONG_LOOK_NEW_S = 15.0  # and one that was never heard, of which nobody knows how quick it is
CHECK_OUTPUTS_S = 1.0  # a relay moved by a foreign hand is seen within about this, where the line has time
LONGEST_HOLD_S = 3600.0  # where we end a release ourselves: longer is a lease that is renewed
SHORTEST_SILENCE_S = 0.02  # what a refusal costs, at the least: it is not asked for ever


class Board:
    """What is known of one board. Used by the line's thread alone."""

    def __init__(
        self, settings: ModbusBoard, at: float, *, poll_every_s: float, reply_within_s: float
    ) -> None:
        self.name = settings.name
        self.address = settings.address
        self.family = FAMILIES[settings.family]
        self.online = False
        self.heard = False  # since the daemon started
        self.last_try = False  # it was silent so often that one more silence is its loss
        self.due = at
        self.looked_at = at  # when its inputs were asked for last
        self._poll_every_s = poll_every_s
        self._silence_s = reply_within_s  # its silences may cost the others so much in a second
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
        self._ask_linkage = families.read_linkage(self.family, most_outputs) if most_outputs else None
        self._demands = (
            {families.read_demand(each): each for each in self.family.demands} if most_outputs else {}
        )
        self._ask_version = families.read_version(self.family)
        self._greeting: list[Request] = []
        self._greet()
        self._told_offline = False
        self._silent_since: float | None = None
        self._spent_s = 0.0  # of silence since then
        self._long_look_at = at
        self._outputs_due = at
        self._identity: dict[str, str] = {}
        self.relays = Relays(self._outputs, self.family)
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
            families.read_outputs(self.family, 2),
        )
        return tuple(question for question in asked if question is not None)

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return tuple(self._outputs)

    def channel(self, point: str) -> int | None:
        """Return the channel of an output, from 0; None when it is not on this board."""
        return self._outputs.get(point)

    @property
    def watched(self) -> bool:
        """Whether its inputs are looked at in every round."""
        return self.online and self._ask_inputs is not None and not self.last_try

    @property
    def input_due(self) -> float:
        """When to look at its inputs next."""
        return self.due if self.watched else float("inf")

    @property
    def extra_due(self) -> float:
        """When to ask it something that can wait a little."""
        if not self.watched:
            return self.due
        return self._outputs_due if self._ask_outputs is not None else float("inf")

    @property
    def extra_question(self) -> Request:
        """What to ask then."""
        if self._greeting:
            return self._greeting[0]
        return self.ask_inputs if self._ask_outputs is None else self._ask_outputs

    @property
    def ask_inputs(self) -> Request:
        """The look at the inputs. Only of a board that has some, or that has no outputs."""
        if self._ask_inputs is None:
            raise AssertionError("settings refuse a board without a point")
        return self._ask_inputs

    @property
    def long_look_due(self) -> float:
        """When a silent board is to be given all the time there is."""
        return float("inf") if self.heard and not self._told_offline else self._long_look_at

    def looks_long(self, at: float) -> None:
        """Note that it is given all the time there is."""
        self._long_look_at = at + (LONG_LOOK_S if self.heard else LONG_LOOK_NEW_S)

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

    def to_put_off(self, at: float) -> int | None:
        """Return a channel that must be put off now, and note the attempt; None when there is none."""
        return self.relays.to_put_off(at) if self.online else None

    @property
    def next_off(self) -> float:
        """When a channel must be put off next."""
        return self.relays.next_off if self.online else float("inf")

    def was_put_off(self, channel: int, at: float) -> None:
        """Note that the board confirmed an off of ours; the next look at the outputs proves it."""
        self.relays.locked(channel)
        self._outputs_due = min(self._outputs_due, at + OFF_AGAIN_S)

    def released(self, channel: int, for_s: float, at: float) -> float:
        """Note a release of ours. Returns when the relay will be off again by itself, or by our hand."""
        until = self.relays.released(channel, for_s, at)
        self._outputs_due = min(self._outputs_due, self.relays.next_look(at))
        return until

    def answered(self, question: Request, reply: Reply, at: float) -> list[Event]:
        """Take the answer to a poll. Returns what the agent must hear."""
        self.answers()
        events: list[Event] = []
        if question == self._ask_linkage:
            events += self._linkage(reply, at)
        elif question == self._ask_version:
            self._identity["version"] = f"{reply[0] / 100:.2f}"
        elif question in self._demands:
            events += self._demanded(self._demands[question], reply[0], at)
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
        if question in {self._ask_linkage, self._ask_version, *self._demands}:
            self.answers()
            self._asked(question)
            events = self._told([], question, (), at)
            self._schedule(question, at)
            return events
        return self.silent(at, why=f"refuses to be read ({why}): is it of the family {self.family.name}?")

    def silent(self, at: float, took_s: float = 0.0, why: str = "no reply") -> list[Event]:
        """Take a silence that cost the line `took_s`. Returns Offline, and every input unknown, in the end.

        One lost frame is ordinary, so it is asked again at once, as long as its silences together cost the
        others no more than one time-out in a second; and once more when that second is over.
        """
        since = self._silent_since = at if self._silent_since is None else self._silent_since
        took_s = max(took_s, SHORTEST_SILENCE_S)
        self._spent_s += took_s
        if self._told_offline or self.last_try:
            self.due = at + RETRY_S
            return self.lost(at, why)
        if self._spent_s + took_s > self._silence_s:
            self.last_try = True
            self.due = max(at, since + RETRY_S)
        else:
            self.due = at
        return []

    def wait_until(self, at: float) -> None:
        """Ask nothing of it before then."""
        self.due = max(self.due, at)

    def answers(self) -> None:
        """Note that the board is there."""
        self.heard, self.last_try = True, False
        self._silent_since, self._spent_s = None, 0.0

    def lost(self, at: float, why: str) -> list[Event]:
        """Take the loss of the board or of its port. Said once."""
        self._greet()
        waiting, self._waiting = self._waiting, []
        if self._told_offline:
            return waiting
        self.online, self._told_offline, self.last_try = False, True, False
        self.relays.lost()
        self.looks_long(at)
        if self.relays.at_our_mercy:
            words = "lost while a relay is on that only this gateway can put off"
            waiting += self.trouble("left_on", words, at, active=True)
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
        wanted = (
            self._ask_outputs,
            self._ask_linkage,
            *self._demands,
            self._ask_version,
            self._ask_inputs,
        )
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

    def _told(self, events: list[Event], question: Request, reply: Reply, at: float) -> list[Event]:
        """Return what may be said now: nothing before the greeting is over, then Online ahead of all."""
        if self.online:
            return events
        self._waiting += events
        if self._greeting:
            return []
        self.online, self._told_offline, self.looked_at = True, False, at
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
        events = self.relays.saw(reply, at, greeting=not self.online)
        self._outputs_due = min(at + CHECK_OUTPUTS_S, self.relays.next_look(at))
        words = "a relay stays on though it was told off: welded, or held by the board's own switch"
        stuck = self.relays.stuck
        events += self.trouble("stuck_output", words if stuck else "", at, active=stuck)
        if not self.relays.left_on(reply):
            events += self.trouble("left_on", "", at, active=False)
        return events

    def _demanded(self, demand: Demand, value: int, at: float) -> list[Event]:
        wanted = str(demand.least) if demand.least == demand.most else f"{demand.least} to {demand.most}"
        words = f"its holding register {demand.address} is {value}, and must be {wanted}"
        fits = demand.least <= value <= demand.most
        return self.trouble(demand.trouble, "" if fits else words, at, active=not fits)

    def _linkage(self, reply: Reply, at: float) -> list[Event]:
        link = self.family.linkage
        linked = [at + 1 for at, mode in enumerate(reply) if link is not None and mode != link.normal]
        words = f"inputs switch relays by themselves: channel {', '.join(map(str, linked))} is linked"
        return self.trouble("linkage", words if linked else "", at, active=bool(linked))
