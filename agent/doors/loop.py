"""The one loop that changes state: take all facts that wait, decide, record once, then act.

The order never changes. Life-safety effects act before the record; everything else only after it is on
disk. When the disk refuses, the turn is decided anew with nothing recordable: only exit and fire open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from agent.domain.core import begin, handle
from agent.domain.effects import Effect, Relock
from agent.domain.facts import Carried, Fact, Noted, RecordingBack, RecordingLost, Tick
from agent.domain.moment import STEPPED_S, ClockConfidence, Moment
from agent.domain.precedence import give_way
from agent.doors.books import Turn
from agent.errors import StoreError
from agent.store.database import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from agent.clock import Clock
    from agent.domain.decision import Mode
    from agent.domain.moment import Standing
    from agent.domain.site import Site
    from agent.doors.books import Books
    from agent.doors.inbox import Inbox
    from agent.doors.items import Item

BEAT_S = 5.0
"""The loop wakes at least so often: for the watchdog, for health, and for time that passed unasked."""

SOON_S = 0.5
"""How soon after something happened: who looks at the gateway sees it, and a busy hour costs two a second."""

RUNS_OUT_S = 10.0
"""So long after the last release has run the process may end for a journal that is lost: whoever pressed the
exit button is through the door. A door that is held open does not count: its lease is renewed for ever."""

RETRY_S = 1.0
"""How often a journal that cannot be written is tried again."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the loop after this turn."""


class Intake(Protocol):
    """What turns an item of the queue into facts, with whatever it must look up."""

    @property
    def busy(self) -> bool:
        """Whether `work` has something to do, so that the loop should not wait."""

    def work(self, turn: Turn, at: Moment) -> Iterable[Fact]:
        """Carry on, for some milliseconds, with what was too long for one turn."""

    def settle(self) -> None:
        """Hear that all of the turn is on disk."""

    def facts(self, item: Item, turn: Turn, at: Moment) -> Iterable[Fact]:
        """Return the facts in `item`; cursors and settings go into `turn`."""


class Surroundings(Protocol):
    """Those who are told after a turn. None of them may block."""

    def settled(self, before: Site, after: Site, at: Moment, *, recorded: bool) -> None:
        """Hear that a turn is over: what had to be on disk is, and its effects were handed out."""

    def beat(self, site: Site, at: Moment) -> None:
        """Hear that the loop lives; called at least every `beat_s` while it does."""


class Loop:
    """The one writer. `run` returns when told to stop."""

    def __init__(
        self,
        *,
        inbox: Inbox[Item | Stop],
        clock: Clock,
        site: Site,
        books: Books,
        intake: Intake,
        act: Callable[[Effect], None],
        around: Surroundings,
        beat_s: float = BEAT_S,
        stand: Callable[[frozenset[str]], None] = lambda _: None,
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._site = site
        self._books = books
        self._intake = intake
        self._act = act
        self._around = around
        self._beat_s = beat_s
        self._stand = stand
        self._standing: Standing | None = None
        self._beat_at = float("-inf")
        self._damaged: Damaged | None = None
        self._free_at = float("-inf")  # when a release ran last
        self._owed: dict[str, str] = {}  # settings of a turn that the disk refused

    def start(self, modes: Mapping[str, Mode], *, fire: bool = False) -> None:
        """Put the doors back into the modes they had, and release them where a fire release stood."""
        at = self._now()
        self._site, result = begin(self._site, modes, at, fire=fire)
        for effect in result.first:
            self._act(effect)
        self._tell_standing()
        try:
            self._books.write(Turn(list(result.records)), self._site, at)
        except StoreError as error:
            self._site, lost = handle(self._site, RecordingLost(str(error)), at)
            self._books.keep([*lost.records, *result.records], at)
        for effect in result.then:
            self._act(effect)

    def run(self) -> None:
        """Turn until a Stop comes. Raises Damaged where a database is lost for good, but in no fire."""
        while self.turn(self._inbox.take(self._wait_s())):
            pass

    def finish(self, within_s: float) -> None:
        """Record what came while the drivers stopped: who still went out, what became of a release.

        To be called when they have. Whatever is asked of them now is answered by a refusal.
        """
        until = self._clock.monotonic() + within_s
        while (items := self._inbox.take(0.0)) and self._clock.monotonic() <= until:
            self.turn(items)

    def end(self, error: Damaged) -> None:
        """End with `error` when no fire and no release holds a door. From any thread."""
        self._damaged = error

    def turn(self, items: Iterable[Item | Stop]) -> bool:
        """Handle `items` as one batch; say whether to go on."""
        at = self._now()
        going_on = self._batch(items, at)
        if self._beat_at <= at.monotonic:
            self._beat_at = at.monotonic + self._beat_s
            self._around.beat(self._site, at)
        if any(door.free_until is not None for door in self._site.doors.values()):
            self._free_at = at.monotonic
        over = at.monotonic - self._free_at >= RUNS_OUT_S and not self._site.fire.on
        if self._damaged is not None and over:
            raise self._damaged  # a start sets the file aside: doors are shut for seconds, not for ever
        return going_on

    def _batch(self, items: Iterable[Item | Stop], at: Moment) -> bool:
        turn = Turn(settings=dict(self._owed))
        going_on = True
        then: list[Effect] = []
        if not self._site.recording and self._books.catch_up(at):
            then = self._decide([RecordingBack()], turn, at, then)
        before = self._site
        facts: list[Fact] = list(self._own_facts(at))
        then = self._decide(facts, turn, at, then)
        for item in items:
            if isinstance(item, Stop):
                going_on = False
                continue
            found = list(self._intake.facts(item, turn, at))
            facts += found
            then = self._decide(found, turn, at, then)
        if self._intake.busy:
            found = list(self._intake.work(turn, at))
            facts += found
            then = self._decide(found, turn, at, then)
        recorded = True
        try:
            recorded = self._books.write(turn, self._site, at)
        except StoreError as error:
            self._owed = turn.settings
            self._damaged = error if isinstance(error, Damaged) else self._damaged
            then = self._without_record(before, facts, at, str(error))
        else:
            self._owed = {}
            self._intake.settle()
        for effect in then:
            self._act(effect)
        if recorded:
            self._beat_at = min(self._beat_at, at.monotonic + SOON_S)
        self._around.settled(before, self._site, at, recorded=recorded)
        return going_on

    def _decide(self, facts: Iterable[Fact], turn: Turn, at: Moment, then: list[Effect]) -> list[Effect]:
        """Move the site by `facts`, act on life safety at once, and return what may follow the record.

        then: what of this turn waits for the record already.
        """
        for fact in facts:
            self._site, result = handle(self._site, fact, at)
            for effect in result.first:
                self._act(effect)
            then = self._give_way(then, result.first, at) if result.first else then
            turn.records += result.records
            turn.used += result.used
            turn.pass_uses += result.pass_uses
            then = [*then, *result.then]
        self._tell_standing()
        return then

    def _give_way(self, waiting: list[Effect], ahead: Iterable[Effect], at: Moment) -> list[Effect]:
        """Return what of `waiting` may follow life safety.

        A lock that falls away for it is as good as done, and who ordered it is told so: what freed the door
        ends by itself.
        """
        kept = give_way(waiting, ahead)
        there = {effect.id for effect in kept if isinstance(effect, Relock)}
        for effect in waiting:
            if isinstance(effect, Relock) and effect.id not in there:
                self._site, result = handle(self._site, Carried(effect.id), at)
                kept += result.then
        return kept

    def _tell_standing(self) -> None:
        self._stand(frozenset(name for name, door in self._site.doors.items() if door.leased))

    def _without_record(self, before: Site, facts: list[Fact], at: Moment, why: str) -> list[Effect]:
        """Decide the turn anew from `before`, with a journal that cannot be written.

        Numbers of releases go on from where the first try ended, so that an answer to one that was handed
        out in it (life safety) is not taken for another's.
        """
        self._site = replace(before, next_id=self._site.next_id)
        turn = Turn()
        lost = [RecordingLost(why)] if before.recording else []
        then = self._decide([*lost, *facts], turn, at, [])
        self._books.keep(turn.records, at)
        return then

    def _own_facts(self, at: Moment) -> Iterable[Fact]:
        """Return what the loop itself has seen: time that came due, a clock that changed, a full inbox."""
        deadline = self._site.deadline
        if deadline is not None and deadline <= at.monotonic:
            yield Tick()
        standing = at.standing
        if standing is not self._standing:
            was = None if self._standing is None else self._standing.value
            self._standing = standing
            yield Noted("clock.changed", {"clock": at.clock.value, "standing": standing.value, "was": was})
        if dropped := self._inbox.dropped():
            yield Noted("inbox.overflowed", {"dropped": dropped}, alarm=True)

    def _wait_s(self) -> float:
        if self._intake.busy:
            return 0.0
        now = self._clock.monotonic()
        due = self._beat_at if self._site.recording else min(self._beat_at, now + RETRY_S)
        if self._site.deadline is not None:
            due = min(due, self._site.deadline)
        return max(0.0, due - now)

    def _now(self) -> Moment:
        """Return the moment. A clock that nobody keeps and that is behind the last record is no clock."""
        at = self._clock.now()
        behind_s = (self._books.last_at - at.utc).total_seconds()
        if at.clock is ClockConfidence.HOLDOVER and behind_s > STEPPED_S:
            at = replace(at, clock=ClockConfidence.UNSET)
        if at.clock is ClockConfidence.UNSET and behind_s > 0:
            at = replace(at, utc=self._books.last_at)
        return at
