"""The list: a decision at three sizes, a whole list and a large change taken in while doors are answered."""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.decision import Grant, Posture, decide
from agent.domain.moment import ClockConfidence, Moment
from agent.doors.translate import card_digest
from agent.roster.results import Applied, Waiting, Working
from agent.roster.roster import Roster
from agent.store.roster_rows import CredentialColumns, PersonColumns
from agent.store.roster_table import open_roster
from protocols.mqtt.topics import Kind, take_apart
from tests.bench.figures import at, verdict
from tests.peers.long_list import LongList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.roster.results import Result
    from agent.store.roster_table import RosterTable

AT = datetime(2026, 11, 22, tzinfo=UTC)
NOW = Moment(1000.0, AT, ClockConfidence.SYNCED)
GATEWAY = "gw-bench"
DOOR = "lobby"
ALL_WEEK = '{"days":[1,2,3,4,5,6,7],"start":"00:00","end":"24:00"}'
RULES = (
    ("schedule", "always", f'{{"name":"always","zone":"Asia/Shanghai","windows":[{ALL_WEEK}]}}'),
    ("group", "residents", '{"name":"residents","rights":[{"door":"lobby","schedule":"always"}]}'),
)
DECISIONS = 20_000
ROUNDS = 5
ROWS_AT_ONCE = 10_000
MANY = 10_000
ONES = 50

DECISION_US = 200
FLAT = 2.0
SNAPSHOT_S = 20
MANY_S = 5
ONE_MS = 100
STALL_MS = 50
"""A card waits at most so long behind one slice: half of what a person notices."""


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the benchmark's own shape
    """Measure."""
    medians = {}
    for count in (1_000, 200_000) if quick else (1_000, 200_000, 1_000_000):
        with tempfile.TemporaryDirectory(prefix="menshen-bench-") as folder:
            table = _filled(Path(folder) / "roster.db", count)
            took = min((_decisions(table, count) for _ in range(ROUNDS)), key=lambda each: at(each, 0.99))
            medians[count] = at(took, 0.5)
            late_us, median_us = at(took, 0.99) * 1e6, at(took, 0.5) * 1e6
            size = table.writer.size_bytes() / count
            yield (
                f"decision alone, {count:,} credentials (quietest of {ROUNDS} rounds)",
                f"median {median_us:.0f} µs, p99 {late_us:.0f} µs; {size:.0f} bytes with the person",
                f"p99 ≤ {DECISION_US} µs",
                verdict(met=late_us <= DECISION_US),
            )
            table.close()
    growth = medians[max(medians)] / medians[min(medians)]
    yield (
        f"the same, {max(medians):,} against {min(medians):,}",
        f"{growth:.2f} ×",
        f"≤ {FLAT:.0f} ×",
        verdict(met=growth <= FLAT),
    )
    yield from _changes(20_000 if quick else 200_000)


def _filled(path: Path, count: int) -> RosterTable:
    """Return a list of `count` cards and as many persons, in force."""
    table = open_roster(path, AT).table
    writer = table.writer
    gen = writer.stage(1, "{}")
    writer.begin(durable=False)
    writer.add_rules(gen, RULES)
    numbers = iter(range(count))
    while part := list(islice(numbers, ROWS_AT_ONCE)):
        until = int(AT.timestamp() + 86_400 * 365) * 1000
        writer.add_persons(
            gen,
            [
                PersonColumns(
                    f"p-{n:08x}", 1, until, None, until, '["residents"]', f"{n % 40}-{n % 4}-{n % 999}"
                )
                for n in part
            ],
        )
        cards = (CredentialColumns(_digest(n), 0, 0, f"p-{n:08x}", None, None, None, None) for n in part)
        writer.add_credentials(gen, sorted(cards))
    writer.commit()
    writer.activate(gen, AT)
    table.refresh()
    return table


def _digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()[:16]


def _decisions(table: RosterTable, count: int) -> list[float]:
    chance = random.Random(count)
    posture, rules, took = Posture(DOOR), table.rules(), []
    for _ in range(DECISIONS):
        digest = _digest(chance.randrange(count))
        start = time.perf_counter()
        decision = decide(table.lookup(digest), posture, rules, NOW)
        took.append(time.perf_counter() - start)
        if not isinstance(decision, Grant):
            raise TypeError(f"the list is not what it should be: {decision}")
    return took


def _changes(cards: int) -> Iterator[tuple[str, str, str, str]]:
    """Take a whole list and changes of it as the office signs them, with a card between any two slices."""
    office, phone = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate().public_key()
    office_list = LongList(GATEWAY, (DOOR,), cards, key=office, digest_key=bytes(32), phone=phone)
    with tempfile.TemporaryDirectory(prefix="menshen-bench-") as folder:
        path = Path(folder) / "roster.db"
        table = open_roster(path, AT).table
        stopwatch = _Stopwatch(Roster(table, GATEWAY, lambda _: office.public_key(), {DOOR}), table)
        messages = {topic: body for topic, body in office_list.snapshot()}  # noqa: C416 - the head comes last
        head = messages.pop(next(topic for topic in messages if take_apart(topic).kind is Kind.HEAD))
        began = time.perf_counter()
        result = stopwatch.finish(stopwatch.roster.on_head(head, AT))
        for number, body in enumerate(messages.values()):
            result = stopwatch.take_chunk(1, number, body)
        took_s = time.perf_counter() - began
        size = path.stat().st_size / cards
        yield (
            f"a whole list of {cards:,} credentials, from chunks to in force",
            f"{took_s:.1f} s, {stopwatch.told()}, {size:.0f} bytes a credential",
            f"≤ {SNAPSHOT_S} s, p99 of a slice ≤ {STALL_MS} ms",
            verdict(
                met=isinstance(result, Applied) and took_s <= SNAPSHOT_S and stopwatch.late_ms <= STALL_MS
            ),
        )
        many = min(MANY, cards // 2)
        _, delta = office_list.change(range(many), "revoked")
        stopwatch.slices.clear()
        began = time.perf_counter()
        result = stopwatch.take_delta(delta)
        took_s = time.perf_counter() - began
        yield (
            f"{many:,} cards revoked in one change",
            f"{took_s:.2f} s, {stopwatch.told()}",
            f"≤ {MANY_S} s",
            verdict(met=isinstance(result, Applied) and took_s <= MANY_S),
        )
        ones = []
        for number in range(ONES):
            _, delta = office_list.change(range(many + number, many + number + 1), "lost")
            began = time.perf_counter()
            stopwatch.finish(stopwatch.roster.on_delta(delta, AT + timedelta(seconds=number)))
            ones.append(time.perf_counter() - began)
        late_ms = at(ones, 0.99) * 1e3
        yield (
            "one card revoked: signed change to in force, on disk",
            f"median {at(ones, 0.5) * 1e3:.2f} ms, p99 {late_ms:.2f} ms (n={ONES})",
            f"p99 ≤ {ONE_MS} ms, with the broker's part",
            verdict(met=late_ms <= ONE_MS and table.head().revision == office_list.revision),
        )
        table.close()


class _Stopwatch:
    """Works a roster as the loop does: a slice, then a card."""

    def __init__(self, roster: Roster, table: RosterTable) -> None:
        self.roster = roster
        self.slices: list[float] = []
        self._table = table
        self._card = card_digest(LongList.number(0), bytes(32))

    @property
    def late_ms(self) -> float:
        return at(self.slices, 0.99) * 1e3

    def told(self) -> str:
        longest_ms = max(self.slices) * 1e3
        return f"{len(self.slices):,} slices, p99 {self.late_ms:.0f} ms, longest {longest_ms:.0f} ms"

    def take_chunk(self, revision: int, number: int, body: bytes) -> Result:
        began = time.perf_counter()
        result = self.roster.on_chunk(revision, number, body, AT)
        self._note(began)
        return self.finish(result)

    def take_delta(self, token: bytes) -> Result:
        began = time.perf_counter()
        result = self.roster.on_delta(token, AT)
        self._note(began)
        return self.finish(result)

    def finish(self, result: Result) -> Result:
        while isinstance(result, Working):
            began = time.perf_counter()
            self._table.lookup(self._card)
            worked = self.roster.work(AT)
            self._note(began)
            if worked is None:
                raise RuntimeError("the work ended without a result")
            result = worked
        if not isinstance(result, Applied | Waiting):
            raise TypeError(f"the list was not taken: {result}")
        return result

    def _note(self, began: float) -> None:
        self.slices.append(time.perf_counter() - began)
