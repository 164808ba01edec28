"""The outbox: what is sent next, and how far the cursor may move, whatever order answers come in."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.sync.outbox import HELD_S, REPLAYS, RESERVED, Lane, Outbox, Wanted
from agent.sync.pace import LEAST_BYTES, MOST_BYTES, QUICK_S, SLOW_S, Pace
from protocols.mqtt.events import BATCH_BYTES, BATCH_EVENTS

WINDOW = 20


def begun(sent: int, head: int) -> Outbox:
    outbox = Outbox(sent)
    outbox.begin(head, WINDOW)
    return outbox


def wanted(outbox: Outbox, free: int = WINDOW, at: float = 0.0) -> Wanted:
    found = outbox.next(free, at)
    assert found is not None
    return found


def without_news(outbox: Outbox) -> Outbox:
    assert wanted(outbox).lane is Lane.LIVE
    outbox.nothing(Lane.LIVE)
    return outbox


def test_news_is_asked_for_first_and_history_after_it() -> None:
    outbox = begun(sent=10, head=500)
    first = wanted(outbox)
    assert (first.lane, first.after, first.upto) == (Lane.LIVE, 500, None)
    second = wanted(without_news(outbox))
    assert (second.lane, second.after, second.upto) == (Lane.BACKLOG, 10, 500)
    assert 0 < second.rows <= BATCH_EVENTS
    assert second.size <= BATCH_BYTES


def test_nothing_is_asked_for_without_room_or_without_rows() -> None:
    outbox = begun(sent=5, head=5)
    assert outbox.next(0, 0.0) is None
    assert without_news(outbox).next(WINDOW, 0.0) is None
    outbox.woken()
    assert wanted(outbox).after == 5


def test_history_leaves_room_in_the_window_for_news() -> None:
    outbox = without_news(begun(sent=0, head=500))
    assert outbox.next(RESERVED, 0.0) is None
    assert wanted(outbox, RESERVED + 1).lane is Lane.BACKLOG
    outbox.woken()
    assert wanted(outbox, 1).lane is Lane.LIVE


def test_a_window_of_one_still_moves_history() -> None:
    outbox = Outbox()
    outbox.begin(9, window=1)
    assert wanted(without_news(outbox), 1).lane is Lane.BACKLOG


def test_the_cursor_waits_for_history_and_then_covers_news_too() -> None:
    outbox = without_news(begun(sent=0, head=100))
    outbox.put(Lane.BACKLOG, 1, 60, 1000, 0.0)
    outbox.put(Lane.BACKLOG, 2, 100, 1000, 0.0)
    outbox.put(Lane.LIVE, 3, 101, 100, 0.0)
    assert outbox.flying == 3
    assert outbox.taken(3, 0.1)
    assert outbox.sent == 0
    assert outbox.taken(2, 0.1)
    assert outbox.sent == 0
    assert outbox.taken(1, 0.1)
    assert outbox.sent == 101
    assert outbox.flying == 0


def test_history_whose_rows_are_gone_is_over() -> None:
    outbox = without_news(begun(sent=0, head=100))
    outbox.nothing(Lane.BACKLOG)
    assert outbox.sent == 100
    assert outbox.next(WINDOW, 0.0) is None


def test_a_new_session_sends_again_what_had_no_answer() -> None:
    outbox = without_news(begun(sent=0, head=100))
    outbox.put(Lane.BACKLOG, 1, 60, 1000, 0.0)
    outbox.put(Lane.BACKLOG, 2, 100, 1000, 0.0)
    outbox.taken(1, 0.1)
    outbox.begin(120, WINDOW)
    assert not outbox.taken(2, 0.2)
    assert outbox.sent == 60
    assert wanted(without_news(outbox)).after == 60


def test_the_journal_may_know_better_than_we() -> None:
    outbox = Outbox()
    outbox.know(40)
    outbox.know(30)
    outbox.begin(50, WINDOW)
    assert wanted(without_news(outbox)).after == 40


def test_a_cursor_beyond_the_head_of_a_new_journal_is_kept() -> None:
    outbox = begun(sent=100, head=50)
    assert wanted(outbox).after == 100


def test_a_replay_comes_after_history_and_moves_no_cursor() -> None:
    outbox = without_news(begun(sent=0, head=10))
    assert outbox.replay(3, 7)
    assert wanted(outbox).lane is Lane.BACKLOG
    outbox.put(Lane.BACKLOG, 1, 10, 100, 0.0)
    again = wanted(outbox)
    assert (again.lane, again.after, again.upto) == (Lane.REPLAY, 2, 7)
    outbox.put(Lane.REPLAY, 2, 5, 100, 0.0)
    assert wanted(outbox).after == 5
    outbox.put(Lane.REPLAY, 3, 7, 100, 0.0)
    assert outbox.next(WINDOW, 0.0) is None
    outbox.taken(2, 0.1)
    outbox.taken(3, 0.1)
    assert outbox.sent == 0


def test_a_replay_of_what_is_gone_ends_and_the_next_one_begins() -> None:
    outbox = without_news(begun(sent=9, head=9))
    outbox.replay(3, 7)
    outbox.replay(1, 2)
    assert wanted(outbox).after == 2
    outbox.nothing(Lane.REPLAY)
    assert wanted(outbox).after == 0


def test_replays_that_wait_are_bounded() -> None:
    outbox = begun(sent=9, head=9)
    assert all(outbox.replay(1, 2) for _ in range(REPLAYS))
    assert not outbox.replay(1, 2)


def test_a_refused_row_holds_everything_for_a_while_and_is_sent_again() -> None:
    outbox = without_news(begun(sent=0, head=0))
    outbox.put(Lane.LIVE, 1, 1, 100, 0.0)
    assert not outbox.refused(99, WINDOW, 1.0)
    assert outbox.refused(1, WINDOW, 1.0)
    assert outbox.next(WINDOW, 1.0 + HELD_S - 0.1) is None
    assert wanted(without_news_at(outbox, 1.0 + HELD_S), at=1.0 + HELD_S).after == 0


def without_news_at(outbox: Outbox, at: float) -> Outbox:
    assert wanted(outbox, at=at).lane is Lane.LIVE
    outbox.nothing(Lane.LIVE)
    return outbox


def test_the_oldest_message_without_an_answer_is_timed() -> None:
    outbox = begun(sent=0, head=0)
    assert outbox.waiting_s(5.0) == 0.0
    outbox.put(Lane.LIVE, 1, 1, 100, 5.0)
    outbox.put(Lane.LIVE, 2, 2, 100, 8.0)
    assert outbox.waiting_s(9.0) == 4.0
    outbox.taken(1, 9.0)
    assert outbox.waiting_s(9.0) == 1.0


def test_a_quick_broker_gets_more_and_a_slow_one_less() -> None:
    pace = Pace()
    start = pace.budget_bytes
    pace.sent(start)
    assert pace.room_bytes() == 0
    pace.answered(start, 0.0, QUICK_S)
    assert pace.budget_bytes == 2 * start
    pace.sent(start)
    pace.sent(start)
    pace.answered(start, 1.0, 1.0 + SLOW_S + 0.1)
    pace.answered(start, 1.0, 1.0 + SLOW_S + 0.2)
    assert pace.budget_bytes == start, "two answers of one breath tell of one line"
    pace.sent(start)
    pace.answered(start, 3.0, 3.0 + QUICK_S + 0.1)
    assert pace.budget_bytes == start, "neither quick nor slow: it fits"


def test_the_budget_has_a_floor_and_a_ceiling() -> None:
    pace = Pace()
    for turn in range(1, 20):
        pace.sent(LEAST_BYTES)
        pace.answered(LEAST_BYTES, turn * 10.0, turn * 10.0 + 5)
    assert pace.budget_bytes == LEAST_BYTES == pace.room_bytes()
    for turn in range(300):
        pace.sent(LEAST_BYTES)
        pace.answered(LEAST_BYTES, 1000.0 + turn, 1000.0 + turn)
    assert pace.budget_bytes == MOST_BYTES


@dataclass
class Wire:
    """The rows that a broker has, and the messages that it has not yet answered."""

    has: set[int] = field(default_factory=set)
    waiting: dict[int, tuple[int, ...]] = field(default_factory=dict)


class AnyOrder(RuleBasedStateMachine):
    """Commits, answers in any order, cuts, restarts: the cursor never passes a row that the broker lacks."""

    @initialize(rows=st.sets(st.integers(1, 60)))
    def begin(self, rows: set[int]) -> None:
        self.rows = sorted(rows)
        self.head = max(rows, default=0)
        self.wire = Wire()
        self.mid = 0
        self.outbox = Outbox()
        self.outbox.begin(self.head, WINDOW)

    @rule(count=st.integers(1, 5))
    def commit(self, count: int) -> None:
        self.rows += range(self.head + 1, self.head + 1 + count)
        self.head += count
        self.outbox.woken()

    @rule(batch=st.integers(1, 9))
    def send(self, batch: int) -> None:
        wish = self.outbox.next(WINDOW - self.outbox.flying, 0.0)
        if wish is None:
            return
        upto = self.head if wish.upto is None else wish.upto
        found = [seq for seq in self.rows if wish.after < seq <= upto][: wish.rows]
        if not found:
            self.outbox.nothing(wish.lane)
        for group in [[seq] for seq in found] if wish.lane is Lane.LIVE else [found[:batch]] if found else []:
            self.mid += 1
            self.wire.waiting[self.mid] = tuple(group)
            self.outbox.put(wish.lane, self.mid, group[-1], 100, 0.0)

    @precondition(lambda self: bool(self.wire.waiting))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        mid = data.draw(st.sampled_from(sorted(self.wire.waiting)))
        self.wire.has |= set(self.wire.waiting.pop(mid))
        assert self.outbox.taken(mid, 0.0)

    @rule(restart=st.booleans())
    def cut(self, *, restart: bool) -> None:
        self.wire.waiting.clear()
        if restart:
            told = self.outbox.sent
            self.outbox = Outbox()
            self.outbox.know(told)
        self.outbox.begin(self.head, WINDOW)

    @rule(first=st.integers(1, 60), more=st.integers(0, 30))
    def replay(self, first: int, more: int) -> None:
        self.outbox.replay(first, first + more)

    @invariant()
    def everything_below_the_cursor_has_arrived(self) -> None:
        assert {seq for seq in self.rows if seq <= self.outbox.sent} <= self.wire.has

    @invariant()
    def the_window_is_kept(self) -> None:
        assert self.outbox.flying <= WINDOW

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        for _ in range(1000):
            wish = self.outbox.next(WINDOW - self.outbox.flying, 0.0)
            if wish is None and not self.wire.waiting:
                break
            self.send(9)
            for mid in list(self.wire.waiting):
                self.wire.has |= set(self.wire.waiting.pop(mid))
                self.outbox.taken(mid, 0.0)
        assert set(self.rows) <= self.wire.has, "in peace, all of it arrives"
        assert self.outbox.sent == self.head


TestAnyOrder = AnyOrder.TestCase
