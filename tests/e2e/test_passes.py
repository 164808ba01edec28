"""Visitor passes at real readers of codes, with no broker and no list: only the office's signature counts."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Self

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.clock import SystemClock
from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.doors.passes import HELD_S
from agent.office.passes import issue_pass
from agent.store.verify import verify
from drivers.simulator.line import Line
from protocols.tokens.keys import kid
from protocols.tokens.token import sign
from protocols.tokens.visit import VISIT_TYP
from tests.peers.site import RELEASE_S, Site
from tests.peers.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from agent.store.rows import Row

VISITOR = 0x0C0FFEE0
SHORT_S = 8
"""A window that a busy box can still use before it ends."""
KILLS = 16
USES = KILLS + 1
SEED = 20261122
LONGEST_LIFE_S = 0.02
"""From the code to the plug: before the record, between it and the relay, or after both."""

_PORT = """\
[[port]]
kind = "qr-serial"
name = "{reader}-port"
device = "{device}"
reader = "{reader}"
repeat_s = 0

"""


class Visitors:
    """A site whose doors have readers of codes, and an office that issues passes. The broker is away."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock(assume_synced=True)
        self.lines = {door: Line([], clock.monotonic) for door in (LOBBY, GARAGE)}
        ports = "".join(
            _PORT.format(reader=f"{door}-qr", device=line.path) for door, line in self.lines.items()
        )
        board = '[[port]]\nkind = "modbus"'
        readers = tuple(
            (
                f'readers = [{{ reader = "{door}-in"',
                f'readers = [{{ reader = "{door}-qr" }}, {{ reader = "{door}-in"',
            )
            for door in self.lines
        )
        self.site = Site(folder, change=((board, ports + board), *readers))
        self._stack = ExitStack()
        self._read_at = dict.fromkeys(self.lines, float("-inf"))

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for line in self.lines.values():
                stack.enter_context(line)
            stack.enter_context(self.site)
            self.site.broker.kill()
            self.visitor = self.site.office.add_resident(VISITOR)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def start(self) -> None:
        """Start the daemon, and wait until all its readers answer."""
        newest = self.site.head()
        self.site.start(online=False)
        self.readers_online(newest)

    def readers_online(self, after: int) -> None:
        """Wait until both readers of codes and the board are there, in records above `after`."""
        wanted = {"lobby-qr", "garage-qr", "board-1"}
        self.site.until(
            lambda: (
                wanted <= {row.data()["device"] for row in self.site.rows("device.online") if row.seq > after}
            ),
            "readers of codes online",
        )

    def issue(self, *, uses: int = 2, doors: tuple[str, ...] = (LOBBY,), for_s: float = 3600) -> str:
        """Have the office issue a pass that is good from now on; return its token."""
        now = self.site.clock.utc()
        token, _ = issue_pass(
            self.site.office.book,
            self.visitor,
            gateway=GATEWAY,
            doors=doors,
            valid_from=now,
            valid_until=now + timedelta(seconds=for_s),
            uses=uses,
            by="tester",
            at=now,
        )
        return token

    def say(self, token: str, door: str = LOBBY) -> None:
        """Have a reader print a code, at once."""
        self.lines[door].say(f"{token}\r\n".encode())

    def show(self, token: str, door: str = LOBBY) -> Row:
        """Show a code anew, as somebody who took it from the glass before; return the record of that."""
        clock = self.site.clock
        self.site.until(lambda: clock.monotonic() > self._read_at[door] + HELD_S, "a glass that was empty")
        before = self.site.head()
        self.say(token, door)
        self.site.until(lambda: bool(self.entries(before)), "the record of a pass")
        self._read_at[door] = clock.monotonic()
        return self.entries(before)[0]

    def entries(self, after: int = 0) -> list[Row]:
        """Return the records of all presentations above `after`."""
        return [row for row in self.site.rows() if row.kind.startswith("entry.") and row.seq > after]


@pytest.fixture
def visitors(tmp_path: Path) -> Iterator[Visitors]:
    with Visitors(tmp_path) as made:
        yield made


def test_a_pass_opens_its_door_as_often_as_it_says_and_no_other(visitors: Visitors) -> None:
    site = visitors.site
    visitors.start()
    token = visitors.issue(uses=2)

    elsewhere = visitors.show(token, GARAGE)
    first = visitors.show(token)
    release = site.released(LOBBY)
    second = visitors.show(token)
    site.released(LOBBY, after=1)
    third = visitors.show(token)

    assert (elsewhere.kind, elsewhere.data()["reason"]) == ("entry.denied", "no_right")
    assert elsewhere.data()["uses_left"] == 2
    assert (release.for_s, first.seq <= release.head) == (RELEASE_S, True)
    assert [(row.kind, row.door, row.data()["uses_left"]) for row in (first, second, third)] == [
        ("entry.granted", LOBBY, 1),
        ("entry.granted", LOBBY, 0),
        ("entry.denied", LOBBY, 0),
    ]
    assert first.data()["person"] == visitors.visitor
    assert third.data()["reason"] == "pass_used_up"
    site.until(lambda: site.locked(LOBBY), "the door locked again")
    assert (len(site.releases_of(LOBBY)), site.releases_of(GARAGE)) == (2, [])
    assert len(visitors.entries()) == 4
    assert token.partition(".")[2] not in site.daemon.log()


def test_a_pass_held_to_the_glass_is_one_presentation(visitors: Visitors) -> None:
    site = visitors.site
    visitors.start()
    token, other = visitors.issue(uses=9), visitors.issue(uses=9)

    for _ in range(5):
        visitors.say(token)
        site.released(LOBBY)
    visitors.show(other)  # what was said before it is handled by then

    assert [row.data()["uses_left"] for row in visitors.entries()] == [8, 8]


def test_a_pass_that_has_ended_and_one_that_is_forged_open_nothing(visitors: Visitors) -> None:
    site = visitors.site
    visitors.start()
    short = visitors.issue(uses=2, for_s=SHORT_S)
    ends_at = site.clock.monotonic() + SHORT_S
    assert visitors.show(short).kind == "entry.granted"
    site.released(LOBBY)

    forger = Ed25519PrivateKey.generate()
    now = int(site.clock.utc().timestamp())
    claims = {
        "v": 1,
        "iss": kid(forger.public_key()),
        "aud": GATEWAY,
        "doors": [LOBBY],
        "sub": visitors.visitor,
        "jti": "number-of-forger",
        "nbf": now - 60,
        "exp": now + 60,
        "uses": 9,
    }
    head, body, _ = visitors.issue(uses=9).split(".")
    reasons = [
        visitors.show(text).data()["reason"]
        for text in (
            sign(claims, forger, VISIT_TYP),
            ".".join((head, body, short.rpartition(".")[2])),
            "https://example.org/a-poster-on-the-wall",
        )
    ]
    site.until(lambda: site.clock.monotonic() > ends_at, "the end of the window")
    late = visitors.show(short)

    assert reasons == ["pass_unknown_key", "pass_bad_signature", "not_a_pass"]
    assert (late.kind, late.data()["reason"], late.data()["uses_left"]) == ("entry.denied", "pass_expired", 1)
    assert len(site.releases) == 1


def test_no_use_is_counted_twice_or_lost_however_often_the_plug_is_pulled(
    visitors: Visitors, tmp_path: Path
) -> None:
    site, random = visitors.site, Random(SEED)
    token = visitors.issue(uses=USES)
    with Zygote(site.building.config, tmp_path / "killed.log") as zygote:
        visitors.start()
        assert site.daemon.stop() == 0
        for _ in range(KILLS):
            newest = site.head()
            zygote.start()
            visitors.readers_online(newest)
            visitors.say(token)
            time.sleep(random.uniform(0.0, LONGEST_LIFE_S))
            zygote.kill()

    visitors.start()
    while visitors.show(token).kind == "entry.granted":
        assert len(site.releases) <= USES
    granted = visitors.entries()[:-1]
    assert [row.data()["uses_left"] for row in granted] == list(reversed(range(USES)))
    assert visitors.entries()[-1].data()["reason"] == "pass_used_up"
    for count, release in enumerate(site.releases_of(LOBBY), start=1):
        assert len([row for row in granted if row.seq <= release.head]) >= count, "a release without its use"
    assert site.daemon.stop() == 0
    assert verify(site.journal_file).problems == ()
