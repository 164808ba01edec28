"""Whose turn it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from drivers.osdp.schedule import Schedule
from protocols.osdp.happenings import Rank

if TYPE_CHECKING:
    from protocols.osdp.reader import Reader


@dataclass(eq=False)
class Wisher:
    """As much of a reader as a schedule looks at."""

    rank: Rank = Rank.ORDINARY
    due: float = 0.0

    @property
    def silent(self) -> bool:
        return self.rank is Rank.PROBE

    def wish(self, _at: float) -> tuple[Rank, float]:
        return self.rank, self.due


def schedule(*wishers: Wisher, wasted_per_s: float = 0.2) -> Schedule:
    return Schedule([cast("Reader", each) for each in wishers], 100, 200, wasted_per_s)


def whose(made: Schedule, at: float) -> tuple[Wisher, float]:
    reader, due = made.next(at)
    return cast("Wisher", reader), due


def turns(made: Schedule, at: float, until: float, took_s: float = 0.001) -> list[tuple[Wisher, float]]:
    """Let turns be taken until a time; those who are silent cost 50 ms each."""
    taken: list[tuple[Wisher, float]] = []
    while True:
        reader, due = made.next(at)
        at = max(at, due)
        if at >= until:
            return taken
        wisher = cast("Wisher", reader)
        taken.append((wisher, at))
        made.spoke(reader, at)
        if wisher.silent:
            at += 0.05
            made.lost(reader, 0.05, at)
        else:
            at += took_s


def test_everybody_has_a_turn_in_a_ring_at_the_pace_of_the_budget() -> None:
    readers = [Wisher(), Wisher(), Wisher()]
    taken = turns(schedule(*readers), 10.0, 11.0)
    assert [readers.index(wisher) for wisher, _ in taken[:6]] == [0, 1, 2, 0, 1, 2]
    assert 99 <= len(taken) <= 101


def test_after_something_happened_the_pace_is_faster_for_a_while() -> None:
    made = schedule(Wisher())
    made.stir(10.0)
    times = [at for _, at in turns(made, 10.0, 15.0)]
    assert 199 <= sum(at < 11.0 for at in times) <= 201
    assert 98 <= sum(14.0 <= at < 15.0 for at in times) <= 102


def test_a_lock_goes_before_a_light_and_both_before_every_poll_and_pace() -> None:
    poll, light, lock = Wisher(), Wisher(Rank.ORDER), Wisher(Rank.URGENT)
    made = schedule(poll, light, lock)
    made.spoke(cast("Reader", poll), 10.0)
    assert whose(made, 10.0) == (lock, 0.0)
    lock.rank = Rank.ORDINARY
    assert whose(made, 10.0) == (light, 0.0)
    light.rank = Rank.ORDINARY
    assert made.next(10.0)[1] == 10.01


def test_somebody_who_wants_to_wait_is_passed_over() -> None:
    busy, other = Wisher(due=10.5), Wisher()
    assert whose(schedule(busy, other), 10.0)[0] is other
    assert whose(schedule(busy), 10.0) == (busy, 10.5)


def test_the_silent_cost_the_others_what_is_allowed_and_no_more() -> None:
    alive, *dead = Wisher(), Wisher(Rank.PROBE), Wisher(Rank.PROBE), Wisher(Rank.PROBE)
    taken = Counter(wisher.rank for wisher, _ in turns(schedule(alive, *dead), 10.0, 20.0))
    assert 30 <= taken[Rank.PROBE] <= 41  # of 50 ms each: 0.2 s in each second
    assert taken[Rank.ORDINARY] > 700


def test_a_silent_reader_is_asked_each_second_however_little_may_be_lost() -> None:
    alive, dead = Wisher(), Wisher(Rank.PROBE)
    made = schedule(alive, dead, wasted_per_s=0.001)
    taken = [at for wisher, at in turns(made, 10.0, 15.0) if wisher is dead]
    assert len(taken) == 6  # each 50 ms of waiting and 0.8 s of rest


def test_where_nobody_answers_they_are_asked_often() -> None:
    dead = [Wisher(Rank.PROBE), Wisher(Rank.PROBE)]
    taken = turns(schedule(*dead), 10.0, 11.0)
    assert len(taken) == 7  # 50 ms of waiting and 100 ms of rest each
    assert {id(wisher) for wisher, _ in taken} == {id(each) for each in dead}


def test_the_losses_of_those_who_answer_do_not_keep_the_silent_from_being_asked() -> None:
    lossy, dead = Wisher(), Wisher(Rank.PROBE)
    made = schedule(lossy, dead)
    at, asked = 10.0, 0
    while at < 15.0:
        reader, due = made.next(at)
        at = max(at, due)
        made.spoke(reader, at)
        at += 0.05
        made.lost(reader, 0.05, at)  # nobody answers, but one of them only seems not to
        asked += cast("Wisher", reader) is dead
    assert asked >= 15


def held(*wishers: Wisher) -> Schedule:
    return Schedule([cast("Reader", each) for each in wishers], 100, 200, 0.2, hold_s=0.02)


def test_the_line_is_kept_free_for_the_answer_to_a_card() -> None:
    reader, silent = Wisher(), Wisher(Rank.PROBE)
    made = held(silent, reader)
    made.hold(10.0)
    assert made.next(10.001)[1] == 10.02
    reader.rank, reader.due = Rank.URGENT, 10.005
    assert whose(made, 10.005) == (reader, 10.005)
    made.answered()
    reader.rank = Rank.ORDINARY
    assert whose(made, 10.006)[1] <= 10.006


def test_where_nobody_answers_the_line_is_not_kept_free_again_for_a_while() -> None:
    made = held(Wisher())
    made.hold(10.0)
    made.hold(10.01)
    assert made.next(10.021)[1] <= 10.021
    made.hold(10.5)
    assert made.next(10.5)[1] <= 10.5
    made.hold(11.1)
    assert made.next(11.1)[1] == 11.12


def test_cards_without_end_that_are_answered_leave_the_others_their_turns() -> None:
    flooding, other = Wisher(), Wisher()
    made = held(flooding, other)
    taken = []
    at = 10.0
    while at < 11.0:
        reader, due = made.next(at)
        at = max(at, due) + 0.001
        made.spoke(reader, at)
        taken.append(reader)
        if cast("Wisher", reader) is flooding:
            made.hold(at)
            at += 0.005
            made.answered()
    assert taken.count(cast("Reader", other)) >= len(taken) // 2 - 1


def test_one_that_costs_turns_and_no_time_is_asked_rarely_too() -> None:
    alive, babbler = Wisher(), Wisher(Rank.PROBE)
    made = schedule(alive, babbler)
    at, asked = 10.0, Counter[Rank]()
    while at < 11.0:
        reader, due = made.next(at)
        at = max(at, due)
        wisher = cast("Wisher", reader)
        asked[wisher.rank] += 1
        made.spoke(reader, at)
        at += 0.001
        if wisher is babbler:
            made.lost(reader, 0.001, at)
    assert asked[Rank.PROBE] <= 10
    assert asked[Rank.ORDINARY] >= 85


def test_how_long_it_is_lively_can_be_set() -> None:
    made = Schedule([cast("Reader", Wisher())], 100, 200, 0.2, lively_for_s=1.0)
    made.stir(10.0)
    times = [at for _, at in turns(made, 10.0, 13.0)]
    assert 98 <= sum(11.5 <= at < 12.5 for at in times) <= 102
