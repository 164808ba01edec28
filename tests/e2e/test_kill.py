"""The plug is pulled two hundred times, at any moment, while cards, phones and the exit button are at work.

What must hold afterwards: no relay was released without a record of its cause on disk at that moment (the
exit button's excepted), no record that anybody heard of is lost or another, and no order was acted on twice.
"""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from agent.demo.building import GARAGE, LOBBY
from agent.domain.site import ACT_WITHIN_S
from agent.store.verify import verify
from protocols.tokens.token import COMMAND_TYP, sign
from tests.peers.site import NEIGHBOUR, PHONE, RESIDENT, STRANGER, Release, Site
from tests.peers.zygote import Zygote

if TYPE_CHECKING:
    from pathlib import Path

    from agent.store.rows import Row

ROUNDS = 200
SEED = 20261122
LIFE = 3.0
"""The longest life of a daemon, in times that it needs to have all its devices: the plug is pulled at any
moment between birth and a time of service twice as long as the start."""
LIFE_S = (0.3, 0.9)
BETWEEN_S = 0.03
VERIFY_EVERY = 25
SLOW_S = 0.06
WAITING_CARDS = 3
"""Reports that a reader keeps while nobody asks it."""
OLD_ORDERS = 12
SLACK_S = 0.7
"""From the record to the switch: beyond what the daemon may wait, for the wire and for a busy box."""


@dataclass
class People:
    """Everybody at the doors. `pressed`: from when to when the exit button was held."""

    site: Site
    random: Random
    orders: list[str] = field(default_factory=list)
    pressed: list[tuple[float, float]] = field(default_factory=list)
    pressed_at: float | None = None

    def do_something(self) -> None:
        deed = self.random.choices(
            (self.card, self.order, self.old_order, self.exit, self.slow_disk), weights=(6, 3, 2, 2, 1), k=1
        )[0]
        deed()

    def card(self) -> None:
        door = self.random.choice((LOBBY, GARAGE))
        if len(self.site.reader(door).device.reports) < WAITING_CARDS:
            self.site.present(self.random.choice((RESIDENT, NEIGHBOUR, STRANGER)), door)

    def order(self) -> None:
        site = self.site
        claims = site.claims(site.phone_key, self.random.choice((LOBBY, GARAGE)))
        self.orders.append(sign(claims, site.phone_key, COMMAND_TYP))
        site.send(self.orders[-1], PHONE)

    def old_order(self) -> None:
        if self.orders:
            self.site.send(self.random.choice(self.orders[-OLD_ORDERS:]), PHONE)

    def slow_disk(self) -> None:
        """Keep records from being written for a moment, in which nothing but the exit may open."""
        with closing(sqlite3.connect(self.site.journal_file, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return  # the daemon is at it
            self.card()
            time.sleep(self.random.uniform(0.0, SLOW_S))

    def exit(self) -> None:
        at = self.site.clock.monotonic()
        if self.pressed_at is None:
            self.pressed_at = at
            self.site.building.press_exit()
        else:
            self.site.building.let_go_of_exit()
            self.pressed.append((self.pressed_at, at))
            self.pressed_at = None


def test_two_hundred_kills_lose_no_record_and_open_nothing_without_one(tmp_path: Path) -> None:
    random = Random(SEED)
    with Site(tmp_path) as site, Zygote(site.building.config, tmp_path / "killed.log") as zygote:
        site.start()
        site.push()
        assert site.daemon.stop() == 0
        people = People(site, random)
        longest_s = life_s(site, zygote)

        for number in range(1, ROUNDS + 1):
            end_at = site.clock.monotonic() + random.uniform(0.0, longest_s)
            zygote.start()
            while (left_s := end_at - site.clock.monotonic()) > 0:
                time.sleep(min(left_s, random.uniform(0.0, BETWEEN_S)))
                people.do_something()
            assert zygote.kill() == -signal.SIGKILL, (tmp_path / "killed.log").read_text()[-4000:]
            if number % VERIFY_EVERY == 0:
                assert verify(site.journal_file).problems == ()

        if people.pressed_at is not None:
            people.exit()
        site.start()
        site.all_told()
        assert site.daemon.stop() == 0

        verdict = verify(site.journal_file)
        assert verdict.problems == ()
        rows = site.rows()
        judge_releases(site, rows, people.pressed)
        judge_orders(rows, people.orders)
        assert len([row for row in rows if row.kind == "agent.started"]) > ROUNDS // 4, "too few came up"
        assert len(site.releases) > ROUNDS // 4, "too little happened for this to prove anything"


def life_s(site: Site, zygote: Zygote) -> float:
    """Measure a start on this box, as busy as it is now; return how long a daemon may live."""
    before, at = site.head(), site.clock.monotonic()
    zygote.start()
    site.until(lambda: len([row for row in site.rows("device.online") if row.seq > before]) > 2, "a start")
    took_s = site.clock.monotonic() - at
    zygote.kill()
    return min(max(LIFE * took_s, LIFE_S[0]), LIFE_S[1])


def judge_releases(site: Site, rows: list[Row], pressed: list[tuple[float, float]]) -> None:
    """Hold every release against its cause: each record is the cause of one, and was there before it."""
    unused = [row for row in rows if row.kind == "entry.granted"]
    for release in site.releases:
        cause = next((row for row in unused if caused(row, release)), None)
        if cause is not None:
            unused.remove(cause)
            continue
        assert release.door == LOBBY, f"{release} has no cause on disk"
        assert any(start <= release.at <= end + ACT_WITHIN_S + SLACK_S for start, end in pressed), (
            f"{release} has no cause on disk, and nobody was at the exit"
        )


def caused(row: Row, release: Release) -> bool:
    """Say whether `row` can be the cause of `release`."""
    waited_s = release.at - row.mono_ms / 1000
    return row.door == release.door and row.seq <= release.head and 0 <= waited_s <= ACT_WITHIN_S + SLACK_S


def judge_orders(rows: list[Row], orders: list[str]) -> None:
    """Check that no order was granted twice, and that they were at work at all."""
    granted = [row.data()["order"] for row in rows if row.kind == "entry.granted" and "order" in row.data()]
    assert len(granted) == len(set(granted))
    assert len(granted) > len(orders) // 10
