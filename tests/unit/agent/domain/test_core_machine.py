"""Any life of a house, against devices that answer, refuse or keep silent: what must hold whatever came."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.domain.core import begin
from agent.domain.credentials import CredentialState, Holding
from agent.domain.decision import Mode
from agent.domain.door import LEASE_S
from agent.domain.effects import (
    Answer,
    Effect,
    Outcome,
    Relock,
    Result,
    Show,
    Shown,
    Unlock,
)
from agent.domain.facts import (
    Carried,
    ExitAsked,
    Fact,
    FireCleared,
    FireKeyRested,
    FireKeyTurned,
    FireKeyUnsure,
    FireOverAsked,
    FireRaised,
    FireUnsure,
    LeafClosed,
    LeafOpened,
    LeafUnknown,
    ModeAsked,
    NotCarried,
    OpenAsked,
    Order,
    OrderRefused,
    PassShown,
    Presented,
    RecordingBack,
    RecordingLost,
    Tick,
)
from agent.domain.passes import Visit
from agent.domain.site import ACT_WITHIN_S, ANSWER_WITHIN_S
from tests.unit.agent.domain.houses import (
    GARAGE,
    LOBBY,
    NOON,
    RESIDENT,
    House,
    card,
    desk,
    holding,
    order,
    person,
    phone,
)
from tests.unit.agent.domain.wires import Wire, has_cause

CAUSES = {"entry.granted", "door.mode", "door.fire_ended"}
"""What is on record before a door opens that nobody's life depends on."""

SOONER_OR_LATER_S = 1000.0
VISIT = Visit("pass-1", "p-9", (LOBBY,), NOON, NOON + timedelta(days=1), uses=3)

doors = st.sampled_from([LOBBY, GARAGE])
holdings = st.sampled_from(
    [
        None,
        RESIDENT,
        holding(None),
        holding(person(), CredentialState.REVOKED),
        holding(person("cleaners")),
        holding(person(may_override=True, needs_longer=True)),
    ]
)


class HouseLife(RuleBasedStateMachine):
    """Facts in any order, as the loop would take them: first, records, then."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House(latched=True)
        self.wire = Wire()
        self.orders: list[Order] = []
        self.answers: Counter[str] = Counter()
        self.asked_by: dict[int, str] = {}  # the order that an act's answer is waited for by
        self.shown_by: dict[int, str] = {}  # the reader where somebody waits for an act's answer
        self.burns = self.line_rests = self.key_rests = False
        self.last_mode = {LOBBY: "normal", GARAGE: "normal"}
        self.newest = {LOBBY: "", GARAGE: ""}  # the newest order of each door's mode
        self.before: dict[str, tuple[str, Mode]] = {}  # what a mode's order leaves behind where it fails
        self.used: set[str] = set()
        self.uses = 0  # of the pass, as they are on disk
        self.ids: list[int] = []

    @initialize(lobby=st.sampled_from(Mode), garage=st.sampled_from(Mode), fire=st.booleans())
    def wake(self, lobby: Mode, garage: Mode, fire: bool) -> None:  # noqa: FBT001 - drawn
        house = self.house
        self.burns = fire
        house.site, result = begin(house.site, {LOBBY: lobby, GARAGE: garage}, house.now(), fire=fire)
        self._follow(None, result)

    # --- people ---------------------------------------------------------------------------------------

    @rule(door=doors, held=holdings)
    def present(self, door: str, held: Holding | None) -> None:
        self._take(card(held, door))

    @rule(door=doors, visit=st.sampled_from([None, VISIT]))
    def show_pass(self, door: str, visit: Visit | None) -> None:
        self._take(PassShown(door, f"{door}-qr", "in", visit, None, self.uses, self.house.at))

    @rule(door=doors, held=holdings, patience_s=st.sampled_from([-1.0, 0.0, 1.0, 30.0]))
    def open_by_phone(self, door: str, held: Holding | None, patience_s: float) -> None:
        self._take(phone(self._order(patience_s, "p-1"), held, door))

    @rule(door=doors, patience_s=st.sampled_from([-1.0, 30.0]), may_override=st.booleans())
    def open_by_desk(self, door: str, patience_s: float, may_override: bool) -> None:  # noqa: FBT001 - drawn
        was = self.house.door(door)
        result = self._take(desk(self._order(patience_s, None), door, may_override=may_override))

        if was.mode is Mode.LOCKED and not may_override and not was.fire:
            assert not [effect for effect in result.then if isinstance(effect, Unlock)]

    @rule(
        door=st.sampled_from([LOBBY, GARAGE, "attic"]),
        mode=st.sampled_from(Mode),
        patience_s=st.sampled_from([-1.0, 1.0, 300.0]),
    )
    def set_mode(self, door: str, mode: Mode, patience_s: float) -> None:
        asked = self._order(patience_s, None)
        if door in self.newest:
            before = self.house.door(door).mode
            self.newest[door] = asked.id
            self.before[asked.id] = (door, before if mode is Mode.HELD else mode)
        self._take(ModeAsked(door, asked, mode))

    @rule(door=doors)
    def refuse(self, door: str) -> None:
        self._take(OrderRefused(door, self._order(30.0, None), "replayed"))

    @rule(door=doors)
    def press_exit(self, door: str) -> None:
        result = self._take(ExitAsked(door))

        assert [effect.door for effect in result.first if isinstance(effect, Unlock)] == [door]

    # --- the building ---------------------------------------------------------------------------------

    @rule(door=doors, leaf=st.sampled_from([LeafOpened, LeafClosed]))
    def move_leaf(self, door: str, leaf: type[LeafOpened | LeafClosed]) -> None:
        self._take(leaf(door))

    @rule(door=doors)
    def lose_contact(self, door: str) -> None:
        self._take(LeafUnknown(door, "cut"))

    @rule(fact=st.sampled_from([RecordingLost("full"), RecordingBack()]))
    def befall(self, fact: Fact) -> None:
        self._take(fact)

    @rule(fact=st.sampled_from([FireRaised(), FireCleared(), FireUnsure("cut")]))
    def hear_the_fire_line(self, fact: Fact) -> None:
        self.line_rests = isinstance(fact, FireCleared)
        self.burns |= isinstance(fact, FireRaised)
        self._take(fact)

    @rule(fact=st.sampled_from([FireKeyTurned("k"), FireKeyRested("k"), FireKeyUnsure("k", "cut")]))
    def move_the_fire_key(self, fact: Fact) -> None:
        if isinstance(fact, FireKeyTurned) and self.key_rests and self.line_rests:
            self.burns = False
        self.key_rests = isinstance(fact, FireKeyRested)
        self._take(fact)

    @rule()
    def say_that_the_fire_is_over(self) -> None:
        if self.line_rests and self.house.site.recording:
            self.burns = False
        self._take(FireOverAsked(self._order(30.0, None)))

    # --- the devices ----------------------------------------------------------------------------------

    @precondition(lambda self: self.wire.waiting)
    @rule(data=st.data())
    def carry(self, data: st.DataObject) -> None:
        """Do what was asked, unless it is too late for it."""
        asked = self._pick(data)
        if isinstance(asked, Unlock):
            if asked.not_after < self.house.at:
                self.wire.lose(asked, self.house.at)
                self._take(NotCarried(asked.id, "late", maybe=False))
                return
            self.wire.carry(asked, self.house.at)
        self._take(Carried(asked.id))

    @precondition(lambda self: self.wire.waiting)
    @rule(data=st.data(), maybe=st.booleans())
    def fail(self, data: st.DataObject, maybe: bool) -> None:  # noqa: FBT001 - drawn
        asked = self._pick(data)
        self.wire.lose(asked, self.house.at)
        self._take(NotCarried(asked.id, "offline", maybe=maybe))

    @precondition(lambda self: self.wire.waiting)
    @rule(data=st.data())
    def keep_silent(self, data: st.DataObject) -> None:
        self.wire.lose(self._pick(data), self.house.at)

    @rule(seconds=st.sampled_from([0.1, 0.5, 3.0, 5.0, 11.0, 40.0]))
    def wait(self, seconds: float) -> None:
        end = self.house.at + seconds
        while (due := self.house.site.deadline) is not None and due <= end:
            self.house.at = max(self.house.at, due)
            self._take(Tick())
            after = self.house.site.deadline
            assert after is None or after > self.house.at, "a Tick leaves nothing due"
        self.house.at = end

    # --- what must hold -------------------------------------------------------------------------------

    @invariant()
    def a_fire_release_stands_until_line_and_person_have_ended_it(self) -> None:
        assert self.house.site.fire.on is self.burns
        assert all(door.fire is self.burns for door in self.house.site.doors.values())

    @invariant()
    def a_door_that_nothing_frees_is_locked(self) -> None:
        for name, door in self.house.site.doors.items():
            if not door.released and self.wire.at_rest(name):
                assert self.wire.until[name] <= max(self.house.at, self.wire.left_until[name])

    @invariant()
    def no_order_is_answered_twice(self) -> None:
        assert all(count == 1 for count in self.answers.values())

    @invariant()
    def every_order_is_answered_or_waits_for_a_device(self) -> None:
        waiting = {act.asker.order.id for act in self.house.site.acts.values() if act.asker.order is not None}
        assert {each.id for each in self.orders} == waiting | set(self.answers)
        assert not waiting & set(self.answers)

    @invariant()
    def no_answer_is_waited_for_without_end(self) -> None:
        assert all(act.by <= self.house.at + ANSWER_WITHIN_S for act in self.house.site.acts.values())

    @invariant()
    def no_number_is_given_twice(self) -> None:
        assert len(set(self.ids)) == len(self.ids)

    def teardown(self) -> None:
        """Devices fall silent, the fire ends, doors are normal: all is answered, and all is locked."""
        self.wire.waiting.clear()
        for fact in (RecordingBack(), FireCleared(), FireKeyRested("k"), FireKeyTurned("k")):
            self._take(fact)
        for door in (LOBBY, GARAGE):
            self.set_mode(door, Mode.NORMAL, 300.0)
        self.wire.waiting.clear()
        self.wait(SOONER_OR_LATER_S)

        assert self.answers == Counter(each.id for each in self.orders)
        assert self.house.site.deadline is None
        assert not any(door.released for door in self.house.site.doors.values())
        assert all(until <= self.house.at for until in self.wire.until.values())

    # --- how ------------------------------------------------------------------------------------------

    def _order(self, patience_s: float, who: str | None) -> Order:
        number = f"jti-{len(self.orders)}"
        made = order(number, who=who, not_after=self.house.at + patience_s)
        self.orders.append(made)
        return made

    def _pick(self, data: st.DataObject) -> Unlock | Relock:
        return self.wire.waiting.pop(data.draw(st.integers(0, len(self.wire.waiting) - 1)))

    def _take(self, fact: Fact) -> Result:
        result = self.house.take(fact)
        self._follow(fact, result)
        return result

    def _follow(self, fact: Fact | None, result: Result) -> None:
        self._check_story(fact, result)
        for record in result.records:
            assert not record.alarm or has_cause(record, fact), f"{record} without a cause"
            if record.kind == "door.mode" and record.door is not None:
                self.last_mode[record.door] = str(record.body["mode"])
        for each in result.used:
            assert each.id not in self.used, "an order is acted on once"
            self.used.add(each.id)
        self._check_uses(fact, result)
        for effect in result.first:
            assert isinstance(effect, Unlock), "only what saves lives goes ahead"
            assert isinstance(fact, ExitAsked | FireRaised | Tick | None)  # None: a release remembered
            if isinstance(fact, Tick):
                assert self.house.site.fire.on
        for effect in result.then:
            if isinstance(effect, Unlock):
                self._check_cause(fact, effect, result)
        for effect in (*result.first, *result.then):
            self._do(fact, effect)

    def _check_story(self, fact: Fact | None, result: Result) -> None:
        """Every presentation gives exactly one record; so does every order to open."""
        told = [record.kind for record in result.records if record.kind.startswith("entry.")]
        refused = [record for record in result.records if record.kind == "order.refused"]
        match fact:
            case Presented() | PassShown():
                assert len(told) == 1
            case OpenAsked():
                assert len(told) + len(refused) == 1
            case _:
                assert told == []

    def _check_light(self, fact: Fact | None, reader: str, shown: Shown) -> None:
        """Green is shown where the lock has confirmed it; red where it was refused, or was not done."""
        match fact:
            case Carried(id_):
                assert (self.shown_by.pop(id_), shown) == (reader, Shown.GRANTED)
            case NotCarried(id_):
                assert (self.shown_by.pop(id_), shown) == (reader, Shown.DENIED)
            case Presented() | PassShown():
                assert (fact.reader, shown) == (reader, Shown.DENIED)
            case _:
                assert isinstance(fact, Tick)  # an answer that never came
                assert shown is Shown.DENIED

    def _check_undone(self, number: str) -> None:
        """See that what was told as failed does not come true later: a door to be held is as it was."""
        door, mode = self.before[number]
        assert self.house.door(door).mode is not Mode.HELD or mode is Mode.HELD

    def _check_uses(self, fact: Fact | None, result: Result) -> None:
        """Check that each use is counted once, none beyond the last, and with every release by a pass."""
        for use in result.pass_uses:
            self.uses += 1
            assert use.nth == self.uses <= VISIT.uses
        if isinstance(fact, PassShown) and not self.house.door(fact.door).leased:
            assert len(result.pass_uses) == len([each for each in result.then if isinstance(each, Unlock)])

    def _check_cause(self, fact: Fact | None, unlock: Unlock, result: Result) -> None:
        """No opening without a record: of this result, or, for the renewal of a lease, of an earlier one."""
        known = {record.kind for record in result.records if record.door == unlock.door} & CAUSES
        if isinstance(fact, Tick):
            assert known or self.last_mode[unlock.door] == "held"
        else:
            assert known
            assert (
                self.house.site.recording
                or self.house.door(unlock.door).fire
                or isinstance(fact, FireKeyTurned | FireOverAsked | NotCarried)  # a lease ends
            )

    def _do(self, fact: Fact | None, effect: Effect) -> None:
        at = self.house.at
        match effect:
            case Unlock(id_, door, for_s, not_after):
                self.ids.append(id_)
                assert at <= not_after <= at + ACT_WITHIN_S
                assert for_s <= max(LEASE_S, self.house.site.rules[door].extended_s + ANSWER_WITHIN_S)
                self.wire.waiting.append(effect)
                if isinstance(fact, Presented | PassShown):
                    self.shown_by[id_] = fact.reader
                if isinstance(fact, OpenAsked):
                    self.asked_by[id_] = fact.order.id
                    assert not_after <= fact.order.not_after
                    assert fact.order.id in self.used, "its number is on disk before the lock moves"
            case Relock(id_):
                self.ids.append(id_)
                self.wire.lock(effect, at)
            case Answer(asked, _, outcome, reason):
                self.answers[asked.id] += 1
                assert (reason is None) == (outcome in {Outcome.OPENED, Outcome.DONE})
                if outcome is Outcome.FAILED and asked.id in self.newest.values():
                    self._check_undone(asked.id)
                if outcome is Outcome.OPENED:
                    assert isinstance(fact, Carried)
                    assert self.asked_by[fact.id] == asked.id
                if outcome is Outcome.DONE and isinstance(fact, ModeAsked):
                    assert fact.mode is not Mode.HELD, "held is told when the lock has confirmed it"
            case Show(reader, shown):
                self._check_light(fact, reader, shown)
            case _:
                pass


TestHouseLife = HouseLife.TestCase
TestHouseLife.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
