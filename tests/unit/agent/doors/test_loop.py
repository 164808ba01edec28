"""The loop: one commit a batch, record before act, life safety first, and a disk that refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.domain.credentials import Credential, CredentialKind, CredentialState, Holding, Person
from agent.domain.decision import Mode
from agent.domain.door import RENEW_S, DoorRules
from agent.domain.effects import Answer, Effect, Outcome, Show, Shown, Unlock
from agent.domain.facts import ModeAsked, Noted, Order
from agent.domain.fire import Fire
from agent.domain.moment import PROVEN_FOR_S, ClockConfidence, Proof
from agent.domain.rules import Group, Right, Rules
from agent.domain.schedule import ALL_WEEK, MINUTES_A_DAY, Schedule, Window
from agent.domain.site import Site, new_site
from agent.doors.books import (
    CLOCK_PROOF,
    FIRE_RELEASE,
    PROOF_EVERY_S,
    Books,
    remembered_fire,
    remembered_proof,
)
from agent.doors.inbox import Inbox
from agent.doors.loop import RUNS_OUT_S, Loop, Stop
from agent.doors.translate import Translator
from agent.doors.wiring import ReaderPlace, Wiring
from agent.store.database import Damaged
from agent.store.journal import Journal, open_journal
from drivers.contract import CardRead, Done, InputChanged, InputState
from tests.peers.hand_clock import HandClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from agent.domain.facts import Fact
    from agent.domain.moment import Moment
    from agent.doors.books import Turn
    from agent.doors.items import Item

KNOWN = "10111011000000110010000110"  # H10301, facility 118, card 1603
STRANGER = "01111111111111111111111111"
START_S = 1000.0  # where the hand clock stands at first
ALWAYS = Schedule("always", UTC, (Window(ALL_WEEK, 0, MINUTES_A_DAY),))
RULES = Rules(7, {"residents": Group("residents", (Right("lobby", "always"),))}, {"always": ALWAYS})
WIRING = Wiring(
    readers={"lobby-in": ReaderPlace("lobby", "in", ("H10301",))},
    locks={"lobby": "lobby-lock"},
    contacts={"lobby-contact": "lobby"},
    exits={"lobby-exit": "lobby"},
    fire="fire-line",
)


class Roster:
    """A list with one known card: the first that is ever presented."""

    def __init__(self) -> None:
        self._known: bytes | None = None

    def __call__(self, digest: bytes, /) -> Holding | None:
        self._known = self._known or digest
        if digest != self._known:
            return None
        person = Person("p-1", verified=True, groups=("residents",))
        return Holding(Credential(digest, CredentialKind.CARD, CredentialState.ACTIVE), person)


class Wires:
    """The intake of a gateway with no broker."""

    def __init__(self) -> None:
        self._translator = Translator(WIRING, Roster(), b"k" * 32)
        self.slices: list[str] = []
        self.ordered: list[Fact] = []
        self.settled = 0

    @property
    def busy(self) -> bool:
        return bool(self.slices)

    def facts(self, item: Item, _turn: Turn, _at: Moment) -> Iterable[Fact]:
        if isinstance(item, Noted):  # stands for an order that has come
            return (self.ordered.pop(0),)
        assert isinstance(item, CardRead | InputChanged | Done)
        return self._translator.facts(item)

    def work(self, turn: Turn, _at: Moment) -> Iterable[Fact]:
        turn.settings["slice"] = self.slices.pop(0)
        return (Noted("roster.enforced", {"slice": turn.settings["slice"]}),)

    def settle(self) -> None:
        self.settled += 1


class Bench:
    """A loop on a real journal, its effects in order with the journal's height at the time."""

    def __init__(self, folder: Path, *, latched: bool = True, release_s: float = 5.0) -> None:
        self.clock = HandClock()
        opened = open_journal(folder / "journal.db", boot_id="b" * 32, at=self.clock.utc())
        self.journal: Journal = opened.journal
        self.acts: list[tuple[Effect, int]] = []
        self.beats = 0
        self.wires = Wires()
        self.inbox: Inbox[Item | Stop] = Inbox()
        self.burning = remembered_fire(self.journal.memory.setting(FIRE_RELEASE))
        self.standing: list[frozenset[str]] = []
        self.loop = Loop(
            inbox=self.inbox,
            clock=self.clock,
            site=new_site((DoorRules("lobby", release_s=release_s),), RULES, Fire(latched=latched)),
            books=Books(
                self.journal, {}, datetime(2026, 1, 1, tzinfo=UTC), fire=self.burning, boot_id="boot-1"
            ),
            intake=self.wires,
            act=self._act,
            around=self,
            stand=self.standing.append,
        )

    def _act(self, effect: Effect) -> None:
        self.acts.append((effect, self.journal.head[0]))

    def settled(self, before: Site, after: Site, _at: Moment, *, recorded: bool) -> None:
        self.last = (before, after, recorded)

    def beat(self, _site: Site, _at: Moment) -> None:
        self.beats += 1

    def kinds(self) -> list[str]:
        rows = self.journal._connection.execute("SELECT kind FROM journal ORDER BY seq").fetchall()
        return [kind for (kind,) in rows]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.loop.turn([])
    yield made
    made.journal.close()


def test_a_known_card_is_on_disk_before_the_lock_is_told(bench: Bench) -> None:
    before = bench.journal.head[0]

    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])

    ((unlock, height),) = bench.acts
    assert isinstance(unlock, Unlock)
    assert unlock.door == "lobby"
    assert height == before + 1
    assert bench.kinds()[-1] == "entry.granted"


def test_nobody_is_shown_that_they_may_pass_before_the_lock_says_so(bench: Bench) -> None:
    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])
    unlock = bench.acts.pop()[0]
    assert isinstance(unlock, Unlock)

    bench.loop.turn([Done(unlock.id, START_S)])

    assert [effect for effect, _ in bench.acts] == [Show("lobby-in", Shown.GRANTED)]
    assert bench.kinds()[-1] == "door.released"


def test_a_batch_is_one_commit(bench: Bench) -> None:
    before = bench.journal.head[0]

    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S), CardRead("lobby-in", STRANGER, START_S)])

    assert {height for _, height in bench.acts} == {before + 2}
    assert bench.kinds()[-2:] == ["entry.granted", "entry.denied"]


def test_the_exit_button_opens_before_anything_is_written(bench: Bench) -> None:
    before = bench.journal.head[0]

    bench.loop.turn(
        [CardRead("lobby-in", KNOWN, START_S), InputChanged("lobby-exit", InputState.ACTIVE, 0.0)]
    )

    first, height = bench.acts[0]
    assert isinstance(first, Unlock)
    assert height == before
    assert "exit.opened" in bench.kinds()


def test_a_full_disk_opens_for_nobody_but_exit_and_fire_and_recovers_by_itself(bench: Bench) -> None:
    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])
    number = bench.acts[-1][0]
    assert isinstance(number, Unlock)
    bench.loop.turn([Done(number.id, 0.0)])
    bench.acts.clear()
    connection = bench.journal._connection
    connection.execute("PRAGMA query_only = ON")

    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])
    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])
    denied = [effect for effect, _ in bench.acts]
    bench.acts.clear()
    bench.loop.turn([InputChanged("lobby-exit", InputState.ACTIVE, 0.0)])
    freed = [effect for effect, _ in bench.acts]
    bench.acts.clear()
    connection.execute("PRAGMA query_only = OFF")
    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])

    assert denied == [Show("lobby-in", Shown.DENIED)] * 2
    assert all(isinstance(effect, Unlock) for effect in freed)
    assert freed
    assert isinstance(bench.acts[0][0], Unlock)
    assert bench.kinds()[-7:] == [
        "door.released",
        "journal.lost",
        "entry.denied",
        "entry.denied",
        "exit.opened",
        "journal.back",
        "entry.granted",
    ]


def test_a_journal_that_was_taken_away_ends_the_loop_when_nobody_is_on_the_way_out(bench: Bench) -> None:
    bench.journal.path.unlink()
    bench.acts.clear()
    bench.loop.turn([InputChanged("lobby-exit", InputState.ACTIVE, START_S)])
    assert any(isinstance(effect, Unlock) for effect, _ in bench.acts)
    bench.acts.clear()
    bench.clock.advance(RUNS_OUT_S / 2)
    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S + RUNS_OUT_S / 2)])
    assert [effect for effect, _ in bench.acts] == [Show("lobby-in", Shown.DENIED)]
    bench.clock.advance(RUNS_OUT_S / 2)
    with pytest.raises(Damaged, match="was taken away"):
        bench.loop.turn([])


def test_a_door_that_is_held_open_does_not_keep_a_loop_whose_journal_is_lost(bench: Bench) -> None:
    bench.loop.start({"lobby": Mode.HELD})
    bench.clock.advance(RENEW_S)
    bench.loop.turn([])
    bench.journal.path.unlink()

    def go_on() -> None:
        for _ in range(int(2 * RUNS_OUT_S)):  # the door's lease is renewed all the while
            bench.clock.advance(1.0)
            bench.loop.turn([InputChanged("lobby-contact", InputState.ACTIVE, START_S)])

    with pytest.raises(Damaged, match="was taken away"):
        go_on()


def test_a_list_that_is_spoilt_ends_the_loop_but_in_no_release(bench: Bench) -> None:
    bench.loop.turn([])
    bench.loop.turn([InputChanged("lobby-exit", InputState.ACTIVE, START_S)])
    bench.loop.end(Damaged("the list"))
    assert bench.loop.turn([])
    bench.clock.advance(60.0)
    with pytest.raises(Damaged, match="the list"):
        bench.loop.turn([])


def test_a_journal_that_was_taken_away_cuts_no_long_release(tmp_path: Path) -> None:
    long_s = 3 * RUNS_OUT_S
    bench = Bench(tmp_path, release_s=long_s)
    bench.loop.turn([])
    bench.journal.path.unlink()
    bench.loop.turn([InputChanged("lobby-exit", InputState.ACTIVE, START_S)])
    for _ in range(int(long_s)):
        bench.clock.advance(1.0)
        assert bench.loop.turn([])
    bench.journal.close()


def test_a_journal_that_was_taken_away_ends_nothing_in_a_fire(bench: Bench) -> None:
    bench.loop.turn([InputChanged("fire-line", InputState.ACTIVE, START_S)])
    bench.journal.path.unlink()
    for _ in range(3):
        bench.clock.advance(RUNS_OUT_S)
        assert bench.loop.turn([CardRead("lobby-in", STRANGER, START_S)])


def test_a_release_handed_out_in_a_failed_turn_is_never_taken_for_another(bench: Bench) -> None:
    bench.journal._connection.execute("PRAGMA query_only = ON")

    bench.loop.turn([InputChanged("lobby-exit", InputState.ACTIVE, 0.0)])

    numbers = [effect.id for effect, _ in bench.acts if isinstance(effect, Unlock)]
    assert len(numbers) == len(set(numbers)) == 2
    bench.journal._connection.execute("PRAGMA query_only = OFF")


def test_the_loop_beats_and_ends_when_told(bench: Bench) -> None:
    beats = bench.beats
    bench.clock.advance(6.0)
    bench.inbox.put(Stop())

    bench.loop.run()

    assert bench.beats == beats + 1


def test_what_happened_while_the_ports_stopped_is_recorded(bench: Bench) -> None:
    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])
    ((unlock, _),) = bench.acts
    assert isinstance(unlock, Unlock)
    assert not bench.loop.turn([Stop()])
    bench.inbox.put(Done(unlock.id, START_S))
    bench.inbox.put(InputChanged("lobby-exit", InputState.ACTIVE, START_S))

    bench.loop.finish(1.0)

    assert bench.kinds()[-2:] == ["door.released", "exit.opened"]


def test_the_end_waits_no_longer_than_it_may(bench: Bench) -> None:
    for _ in range(3):
        bench.inbox.put(InputChanged("lobby-exit", InputState.ACTIVE, START_S))
        bench.loop.finish(-1.0)
    assert "exit.opened" not in bench.kinds()


def test_a_fire_release_is_remembered_and_stands_again_before_anything_is_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.loop.turn([InputChanged("fire-line", InputState.ACTIVE, START_S)])
    bench.loop.turn([InputChanged("fire-line", InputState.INACTIVE, START_S)])
    bench.journal.close()
    again = Bench(tmp_path)
    assert again.burning
    height = again.journal.head[0]

    again.loop.start({}, fire=again.burning)

    ((unlock, when),) = again.acts
    assert isinstance(unlock, Unlock)
    assert when == height
    assert again.standing[-1] == {"lobby"}
    assert again.kinds()[-2:] == ["fire.on", "door.fire_released"]
    again.journal.close()


def test_a_fire_that_is_over_is_forgotten_also_when_the_disk_was_full_then(tmp_path: Path) -> None:
    bench = Bench(tmp_path, latched=False)
    bench.loop.turn([InputChanged("fire-line", InputState.ACTIVE, START_S)])
    bench.journal._connection.execute("PRAGMA query_only = ON")
    bench.loop.turn([InputChanged("fire-line", InputState.INACTIVE, START_S)])
    bench.journal._connection.execute("PRAGMA query_only = OFF")
    assert remembered_fire(bench.journal.memory.setting(FIRE_RELEASE))
    bench.loop.turn([])

    assert not remembered_fire(bench.journal.memory.setting(FIRE_RELEASE))
    assert bench.standing[-1] == frozenset()
    bench.journal.close()


def clocks(bench: Bench) -> list[dict[str, object]]:
    rows = bench.journal._connection.execute(
        "SELECT body FROM journal WHERE kind = 'clock.changed' ORDER BY seq"
    ).fetchall()
    return [json.loads(body) for (body,) in rows]


def test_what_becomes_of_the_clock_is_written_down(bench: Bench) -> None:
    bench.clock.prove()
    bench.clock.trust(ClockConfidence.HOLDOVER)
    bench.loop.turn([])
    bench.clock.advance(PROVEN_FOR_S + 1)
    bench.loop.turn([])

    assert clocks(bench) == [
        {"clock": "synced", "standing": "synced", "was": None},
        {"clock": "holdover", "standing": "proven", "was": "synced"},
        {"clock": "holdover", "standing": "drifted", "was": "proven"},
    ]


def test_a_clock_that_nobody_keeps_and_that_is_behind_the_record_is_no_clock(bench: Bench) -> None:
    bench.clock.trust(ClockConfidence.HOLDOVER)
    bench.clock.step_wall(-3600.0)
    bench.loop.turn([])

    assert clocks(bench)[-1]["standing"] == "unset"
    assert bench.journal.last_at() == bench.clock.utc() + timedelta(hours=1)


def test_a_restart_in_the_same_boot_knows_when_the_clock_was_kept_last(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.loop.turn([])
    kept_at = bench.clock.now()
    bench.clock.advance(PROOF_EVERY_S - 1)
    bench.loop.turn([CardRead("lobby-in", STRANGER, 0.0)])
    text = bench.journal.memory.setting(CLOCK_PROOF)

    assert remembered_proof(text, "boot-1") == Proof(kept_at.monotonic, kept_at.utc)
    assert remembered_proof(text, "boot-2") is None
    bench.clock.advance(1)
    bench.loop.turn([CardRead("lobby-in", STRANGER, 0.0)])
    newer = remembered_proof(bench.journal.memory.setting(CLOCK_PROOF), "boot-1")
    assert newer is not None
    assert newer.monotonic == kept_at.monotonic + PROOF_EVERY_S
    bench.journal.close()


def test_a_clock_that_nobody_keeps_proves_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.clock.trust(ClockConfidence.HOLDOVER)
    bench.loop.turn([])

    assert bench.journal.memory.setting(CLOCK_PROOF) is None
    bench.journal.close()


@pytest.mark.parametrize("text", [None, "", "boot-1", "boot-1 x y", "boot-1 1.0 2026-01-01T00:00:00"])
def test_a_memory_of_the_clock_that_cannot_be_read_is_none(text: str | None) -> None:
    assert remembered_proof(text, "boot-1") is None


def test_a_memory_of_fire_that_cannot_be_read_is_taken_for_one() -> None:
    assert remembered_fire("?")
    assert not remembered_fire(None)


def test_time_that_comes_due_is_a_fact(bench: Bench) -> None:
    bench.loop.turn([InputChanged("lobby-contact", InputState.INACTIVE, 0.0)])
    bench.loop.turn([InputChanged("lobby-contact", InputState.ACTIVE, 0.0)])
    bench.clock.advance(1.0)

    bench.loop.turn([])

    assert bench.kinds()[-1] == "door.forced"


def test_a_card_read_long_before_the_loop_came_to_it_opens_nothing(bench: Bench) -> None:
    bench.clock.advance(10.0)

    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])

    assert [effect for effect, _ in bench.acts] == [Show("lobby-in", Shown.DENIED)]


def test_an_exit_is_not_undone_by_a_relock_that_waited_for_its_record(bench: Bench) -> None:
    bench.loop.turn([InputChanged("lobby-contact", InputState.INACTIVE, START_S)])
    bench.loop.turn([CardRead("lobby-in", KNOWN, START_S)])
    bench.loop.turn([InputChanged("lobby-contact", InputState.ACTIVE, START_S)])
    bench.loop.turn([InputChanged("lobby-contact", InputState.INACTIVE, START_S)])
    bench.clock.advance(0.4)
    bench.acts.clear()

    bench.loop.turn([InputChanged("lobby-exit", InputState.ACTIVE, START_S)])

    assert [type(effect) for effect, _ in bench.acts] == [Unlock]


def test_a_lockdown_that_gave_way_to_an_exit_is_answered_and_in_force(bench: Bench) -> None:
    desk = Order("jti-1", "key-1", None, START_S + 30, bench.clock.utc(), "topic")
    bench.wires.ordered = [ModeAsked("lobby", desk, Mode.LOCKED)]

    bench.loop.turn([Noted("order", {}), InputChanged("lobby-exit", InputState.ACTIVE, START_S)])
    acts = [effect for effect, _ in bench.acts]
    bench.clock.advance(60.0)
    bench.loop.turn([])

    assert [type(effect) for effect in acts] == [Unlock, Answer]
    assert acts[1] == Answer(desk, "lobby", Outcome.DONE, None)
    assert "door.lock_failed" not in bench.kinds()


def test_what_is_too_long_for_one_turn_goes_on_in_the_next_ones_without_waiting(bench: Bench) -> None:
    bench.wires.slices = ["1", "2"]
    told = bench.wires.settled

    bench.loop.turn(bench.inbox.take(bench.loop._wait_s()))
    bench.loop.turn(bench.inbox.take(bench.loop._wait_s()))

    assert bench.kinds()[-2:] == ["roster.enforced", "roster.enforced"]
    assert bench.journal.memory.setting("slice") == "2"
    assert bench.wires.settled == told + 2
    assert bench.loop._wait_s() > 0


def test_what_a_refusing_disk_owes_is_written_before_anybody_is_told_that_it_is(bench: Bench) -> None:
    bench.wires.slices = ["1"]
    told = bench.wires.settled
    bench.journal._connection.execute("PRAGMA query_only = ON")

    bench.loop.turn([])

    assert bench.wires.settled == told
    bench.journal._connection.execute("PRAGMA query_only = OFF")
    bench.loop.turn([])
    assert bench.journal.memory.setting("slice") == "1"
    assert bench.wires.settled == told + 1
