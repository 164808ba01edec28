"""Any life of one door, against a lock that ends its own release: what must hold whatever came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.domain.decision import Mode
from agent.domain.door import (
    LEASE_S,
    Bolt,
    Door,
    DoorFact,
    DoorRules,
    Drive,
    FireSet,
    Freed,
    Leaf,
    LeafSeen,
    ModeSet,
    Proven,
    Say,
    Tick,
    Unfreed,
    Unleased,
    Warn,
)
from agent.domain.door_step import step

BODIES = {
    "door.opened": {"unwatched"},
    "door.closed": {"unwatched"},
    "door.forced": set[str](),
    "door.held_warning": set[str](),
    "door.held": set[str](),
    "door.cleared": {"alarm"},
    "door.contact_lost": {"why"},
    "door.mode": {"mode", "was", "restored"},
    "door.fire_released": set[str](),
    "door.fire_ended": set[str](),
}
"""All that a door ever says. The kinds and the names in their bodies are on the wire: they stay."""

ALARMS = {"door.forced", "door.held", "door.contact_lost", "door.fire_released"}

RAISES = {"door.held_warning": "warning", "door.held": "held", "door.forced": "forced"}

SOONER_OR_LATER_S = 1000.0
"""Longer than any release, lease or alarm of these doors."""


@dataclass(slots=True)
class Lock:
    """A lock as the hardware gives it: a release ends by itself, and a second one starts its time anew."""

    until: float = 0.0

    def free(self, at: float) -> bool:
        return at < self.until


class DoorLife(RuleBasedStateMachine):
    """Facts in any order. What ought to follow is worked out from the lock, not from the door's own state."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 100.0
        self.lock = Lock()
        self.door = Door()
        self.about = DoorRules("lobby")
        self.entitled = 0.0  # until when anybody was ever given the right to pass
        self.standing: str | None = None  # the alarm that was said and not yet cleared
        self.forced = 0
        self.forced_expected = 0
        self.suspect_until: float | None = None  # opened with the lock closed; forced when this passes
        self.obeys = True  # whether the lock does as it is told

    @initialize(
        relock=st.booleans(),
        delay=st.sampled_from([0.0, 0.5]),
        settle=st.sampled_from([0.0, 0.3]),
        held_after=st.sampled_from([1.0, 30.0]),
    )
    def hang(self, relock: bool, delay: float, settle: float, held_after: float) -> None:  # noqa: FBT001 - drawn
        self.about = DoorRules(
            "lobby",
            relock_on_close=relock,
            forced_delay_s=delay,
            settle_s=settle,
            held_after_s=held_after,
        )

    # --- what happens ---------------------------------------------------------------------------------

    @rule(for_s=st.sampled_from([1.0, 5.0, 15.0, 60.0]))
    def free(self, for_s: float) -> None:
        before = self.lock.until
        self.suspect_until = None  # an exit is told late; who may pass forces nothing
        self.entitled = max(self.entitled, self.at + for_s)
        self._take(Freed(for_s))

        assert self.lock.until >= self.at + for_s, "whoever may pass passes"
        assert self.lock.until >= before, "no release is cut short by another"

    @rule(for_s=st.sampled_from([1.0, 5.0, 15.0, 60.0]))
    def free_in_vain(self, for_s: float) -> None:
        self.suspect_until = None
        self.obeys = False
        self._take(Freed(for_s))
        self.obeys = True
        self._take(Unfreed())
        if self.door.leased:
            self.entitled = max(self.entitled, self.at + for_s)  # they pass: the door stands open
            self._take(Unleased())

    @rule()
    def open(self) -> None:
        if self.door.leaf is Leaf.CLOSED and not self.lock.free(self.at):
            self.suspect_until = self.at + self.about.forced_delay_s
        self._take(LeafSeen(Leaf.OPEN))

    @rule()
    def close(self) -> None:
        self._catch()
        self._take(LeafSeen(Leaf.CLOSED))

    @rule()
    def lose_contact(self) -> None:
        self._catch()
        self._take(LeafSeen(Leaf.UNKNOWN, "cut"))

    @rule(mode=st.sampled_from(Mode), restored=st.booleans())
    def set_mode(self, mode: Mode, restored: bool) -> None:  # noqa: FBT001 - drawn
        if mode is Mode.HELD:
            self.suspect_until = None
        self._take(ModeSet(mode, restored))

    @rule(on=st.booleans())
    def fire(self, on: bool) -> None:  # noqa: FBT001 - drawn
        if on:
            self.suspect_until = None
        self._take(FireSet(on))

    @rule(seconds=st.sampled_from([0.0, 0.02, 0.3, 0.5, 1.0, 4.0, 7.9, 20.0, 61.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass with every Tick when it is due."""
        end = self.at + seconds
        while self.door.deadline is not None and self.door.deadline <= end:
            self.at = max(self.at, self.door.deadline)
            self._tick()
        self.at = end

    @rule(seconds=st.sampled_from([0.0, 3.0, 12.0, 300.0]))
    def stall(self, seconds: float) -> None:
        """Let time pass with one Tick, late."""
        self.at += seconds
        if self.door.deadline is not None and self.door.deadline <= self.at:
            self._tick()

    @precondition(lambda self: self.door.deadline is not None)
    @rule()
    def wait_for_the_next_thing(self) -> None:
        self.at = max(self.at, self.door.deadline or 0.0)
        self._tick()

    # --- what must hold -------------------------------------------------------------------------------

    @invariant()
    def nobody_passes_past_their_time(self) -> None:
        lease = self.at + LEASE_S if self.door.fire or self.door.mode is Mode.HELD else 0.0
        assert self.lock.until <= max(self.entitled, lease, self.at)

    @invariant()
    def a_door_meant_to_stand_open_is_open(self) -> None:
        if self.door.fire or self.door.mode is Mode.HELD:
            assert self.lock.free(self.at)

    @invariant()
    def the_door_knows_its_lock(self) -> None:
        assert self.door.released == self.lock.free(self.at) or self._just_over()

    @invariant()
    def a_lease_runs_exactly_while_the_door_is_meant_to_stand_open(self) -> None:
        assert (self.door.lease_due is not None) == self.door.leased

    @invariant()
    def forced_is_said_once_for_each_opening_of_a_locked_door(self) -> None:
        assert self.forced == self.forced_expected

    @invariant()
    def what_is_wrong_is_said_until_it_is_cleared(self) -> None:
        assert self.standing == (None if self.door.alarm is None else self.door.alarm.value)

    def teardown(self) -> None:
        """Whatever came: in peace and with time, the door is locked, and nothing is left running."""
        self.fire(on=False)
        self.set_mode(Mode.NORMAL, restored=False)
        self.wait(SOONER_OR_LATER_S)
        assert not self.lock.free(self.at)
        assert not self.door.released
        assert self.door.deadline is None

    # --- how ------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.suspect_until is not None and self.suspect_until <= self.at:
            self._catch()
        self._take(Tick())
        assert self.door.deadline is None or self.door.deadline > self.at, "a Tick leaves nothing due"

    def _catch(self) -> None:
        self.forced_expected += self.suspect_until is not None
        self.suspect_until = None

    def _just_over(self) -> bool:
        """Return whether a release ends at this very instant, its Tick not yet come."""
        return self.door.deadline is not None and self.door.deadline <= self.at

    def _take(self, fact: DoorFact) -> None:
        self.door, moves = step(self.door, self.about, fact, self.at)
        for move in moves:
            match move:
                case Drive(for_s):
                    assert for_s > 0
                    self._drive(for_s)
                case Bolt():
                    self.lock.until = self.at
                case Warn():
                    assert self.standing is not None
                case Say():
                    self._hear(move)
                case _:
                    assert_never(move)

    def _drive(self, for_s: float) -> None:
        """Do as the door says, and tell it so where it was no part of a lease."""
        if not self.obeys:
            return
        self.lock.until = self.at + for_s
        if not self.door.leased:
            self._take(Proven(for_s))

    def _hear(self, said: Say) -> None:
        assert set(said.body) == BODIES[said.kind]
        assert said.alarm == (said.kind in ALARMS)
        self.forced += said.kind == "door.forced"
        if said.kind == "door.cleared":
            assert said.body["alarm"] == self.standing, "what is cleared was said"
            self.standing = None
        elif said.kind in RAISES and self.standing != "forced":  # forced stays the worst until it is cleared
            warned = said.kind == "door.held_warning" and self.standing == "held"
            self.standing = self.standing if warned else RAISES[said.kind]


TestDoorLife = DoorLife.TestCase
TestDoorLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
