"""Visitor passes at the desk and in the loop, on a real journal: signature, address, count, held codes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.decision import Reason
from agent.domain.door import DoorRules
from agent.domain.effects import Effect, Show, Shown, Unlock
from agent.domain.facts import Fact, Noted, PassShown
from agent.domain.moment import PROVEN_FOR_S, ClockConfidence
from agent.domain.rules import Rules
from agent.domain.site import new_site
from agent.doors.books import Books, Turn
from agent.doors.inbox import Inbox
from agent.doors.loop import Loop, Stop
from agent.doors.passes import CODES_AT_ONCE, HELD_S, HeldCodes, PassDesk
from agent.doors.translate import pass_digest
from agent.doors.wiring import ReaderPlace, Wiring
from agent.store.journal import open_journal
from drivers.contract import PassRead
from protocols.tokens.keys import kid
from protocols.tokens.token import COMMAND_TYP, sign
from protocols.tokens.visit import PASS_CHARS, VISIT_TYP, PassClaims
from tests.peers.hand_clock import START, HandClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from agent.domain.moment import Moment
    from agent.domain.site import Site
    from agent.doors.items import Item

OFFICE = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
FORGER = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
DIGEST_KEY = b"d" * 32
WIRING = Wiring(
    readers={
        "lobby-qr": ReaderPlace("lobby", "in", ()),
        "lobby-out-qr": ReaderPlace("lobby", "out", ()),
        "garage-qr": ReaderPlace("garage", "in", ()),
    },
    locks={"lobby": "lobby-lock", "garage": "garage-lock"},
    contacts={},
    exits={},
)
GOOD = PassClaims(
    iss=kid(OFFICE.public_key()),
    aud="gw",
    doors=("lobby",),
    sub="p-9",
    jti="number-of-pass",
    nbf=int(START.timestamp()),
    exp=int(START.timestamp()) + 3600,
    uses=2,
)


def token(claims: PassClaims = GOOD, key: Ed25519PrivateKey = OFFICE) -> str:
    return sign(claims.payload(), key, VISIT_TYP)


class Bench:
    """A loop with nothing but codes to read, on a real journal."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.path = folder / "journal.db"
        self.acts: list[tuple[Effect, int]] = []
        self.listed: dict[bytes, bool | None] = {}
        self.open()

    def open(self) -> None:
        """Start, or start again after `journal.close`."""
        self.journal = open_journal(self.path, boot_id="b" * 32, at=self.clock.utc()).journal
        self.desk = PassDesk(
            gateway="gw",
            wiring=WIRING,
            keys={kid(OFFICE.public_key()): OFFICE.public_key()}.get,
            counted=self.journal.passes,
            revoked=lambda digest: self.listed.get(digest, False),
            digest_key=DIGEST_KEY,
        )
        inbox: Inbox[Item | Stop] = Inbox()
        self.loop = Loop(
            inbox=inbox,
            clock=self.clock,
            site=new_site((DoorRules("lobby"), DoorRules("garage")), Rules(7)),
            books=Books(self.journal, {}, START),
            intake=self,
            act=lambda effect: self.acts.append((effect, self.journal.head[0])),
            around=self,
        )
        self.loop.turn([])

    # --- what the loop asks of those around it ---------------------------------------------------------

    busy = False

    def facts(self, item: Item, turn: Turn, _at: Moment) -> Iterable[Fact]:
        assert isinstance(item, PassRead)
        return self.desk.facts(item, turn)

    def work(self, _turn: Turn, _at: Moment) -> Iterable[Fact]:
        raise AssertionError("there is none")

    def settle(self) -> None:
        """Hear of it."""

    def settled(self, before: Site, after: Site, _at: Moment, *, recorded: bool) -> None:
        """Hear of it."""

    def beat(self, _site: Site, _at: Moment) -> None:
        """Hear of it."""

    # --- what happens, and what came of it -------------------------------------------------------------

    def read(self, text: str | None = None, reader: str = "lobby-qr") -> PassRead:
        return PassRead(reader, token() if text is None else text, self.clock.monotonic())

    def show(self, text: str | None = None, reader: str = "lobby-qr", after_s: float = HELD_S) -> None:
        """Let a while pass, and show a code."""
        self.clock.advance(after_s)
        self.loop.turn([self.read(text, reader)])

    def fact(self, text: str | None = None, reader: str = "lobby-qr") -> PassShown:
        """Return the fact that a code becomes."""
        (found,) = self.desk.facts(self.read(text, reader), Turn())
        assert isinstance(found, PassShown)
        return found

    def unlocked(self) -> list[str]:
        return [effect.door for effect, _ in self.acts if isinstance(effect, Unlock)]

    def stories(self) -> list[dict[str, object]]:
        """Return the bodies of all presentations on disk, each with its kind."""
        found = self.journal._connection.execute(
            "SELECT kind, body FROM journal WHERE kind LIKE 'entry.%' ORDER BY seq"
        )
        return [{"kind": kind, **json.loads(body)} for kind, body in found]

    def reasons(self) -> list[object]:
        return [story.get("rule", story.get("reason")) for story in self.stories()]

    def used(self) -> int | None:
        return self.journal.passes.used(GOOD.jti, START, START + timedelta(hours=1))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.journal.close()


# --- the desk ------------------------------------------------------------------------------------------


def test_a_pass_of_the_office_is_what_it_says(bench: Bench) -> None:
    fact = bench.fact()

    assert (fact.door, fact.reader, fact.direction) == ("lobby", "lobby-qr", "in")
    assert (fact.unfit, fact.used, fact.read_at) == (None, 0, bench.clock.monotonic())
    assert fact.visit is not None
    visit = fact.visit
    assert (visit.number, visit.person, visit.doors, visit.uses) == (GOOD.jti, "p-9", ("lobby",), 2)
    assert (visit.begins, visit.ends) == (START, START + timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "unfit"),
    [
        ("", Reason.NO_VISIT),
        ("WIFI:S:lobby;;", Reason.NO_VISIT),
        ("a.b.c", Reason.NO_VISIT),
        ("x" * (PASS_CHARS + 1), Reason.NO_VISIT),
        (sign(GOOD.payload(), OFFICE, COMMAND_TYP), Reason.NO_VISIT),
        (sign(GOOD.payload() | {"uses": 0}, OFFICE, VISIT_TYP), Reason.NO_VISIT),
        (token(key=FORGER), Reason.VISIT_UNKNOWN_KEY),
        (
            token(replace(GOOD, uses=9)).rpartition(".")[0] + "." + token().rpartition(".")[2],
            Reason.VISIT_FORGED,
        ),
    ],
)
def test_a_code_that_nobody_trusted_has_signed_is_no_visit(bench: Bench, text: str, unfit: Reason) -> None:
    fact = bench.fact(text)

    assert (fact.visit, fact.unfit, fact.used) == (None, unfit, None)


def test_a_pass_for_another_gateway_is_known_and_unfit(bench: Bench) -> None:
    fact = bench.fact(token(replace(GOOD, aud="gw-2")))

    assert fact.visit is not None
    assert (fact.unfit, fact.used) == (Reason.VISIT_ELSEWHERE, None)


@pytest.mark.parametrize(("said", "why"), [(True, Reason.REVOKED), (None, Reason.VISIT_UNCHECKED)])
def test_a_pass_opens_nothing_once_it_was_revoked_or_while_no_list_can_tell(
    bench: Bench, *, said: bool | None, why: Reason
) -> None:
    bench.show()
    bench.listed[pass_digest(GOOD.jti, DIGEST_KEY)] = said
    bench.show()
    bench.show(token(replace(GOOD, jti="another-pass")))

    assert bench.reasons() == ["visitor_pass", why.value, "visitor_pass"]
    assert bench.unlocked() == ["lobby", "lobby"]
    assert bench.used() == 1


def test_a_reader_at_no_door_opens_nothing(bench: Bench) -> None:
    facts = bench.desk.facts(bench.read(reader="elsewhere"), Turn())

    assert facts == (Noted("entry.unassigned", {"reader": "elsewhere"}, alarm=True),)


def test_a_count_that_cannot_be_read_is_no_count(bench: Bench) -> None:
    bench.journal.close()
    assert bench.fact().used is None
    bench.open()


def test_a_code_that_stays_is_held_for_as_long_as_it_stays() -> None:
    codes = HeldCodes()
    seen = [codes.holds("a", at) for at in (0.0, 2.9, 5.8, 8.7, 8.7 + HELD_S)]

    assert seen == [False, True, True, True, False]


def test_two_codes_at_one_glass_do_not_make_each_other_new() -> None:
    codes = HeldCodes()
    seen = [codes.holds(text, at) for text, at in (("a", 0.0), ("b", 0.5), ("a", 1.0), ("b", 1.5))]

    assert seen == [False, False, True, True]


def test_more_codes_than_a_glass_shows_are_not_kept() -> None:
    codes = HeldCodes()
    for number in range(CODES_AT_ONCE + 1):
        codes.holds(str(number), 0.0)

    assert not codes.holds("0", 0.1)
    assert codes.holds(str(CODES_AT_ONCE), 0.1)


# --- the loop ------------------------------------------------------------------------------------------


def test_a_pass_opens_as_often_as_it_says_and_its_use_is_on_disk_before_the_lock_moves(bench: Bench) -> None:
    before = bench.journal.head[0]

    bench.show()
    ((unlock, height),) = bench.acts
    assert isinstance(unlock, Unlock)
    assert (unlock.door, height) == ("lobby", before + 1)
    assert bench.used() == 1
    bench.show()
    bench.show()

    assert bench.unlocked() == ["lobby", "lobby"]
    assert bench.acts[-1][0] == Show("lobby-qr", Shown.DENIED)
    assert bench.used() == 2
    assert bench.stories() == [
        {
            "kind": kind,
            "reader": "lobby-qr",
            "direction": "in",
            "pass": GOOD.jti,
            "person": "p-9",
            "uses_left": left,
            "revision": 7,
            **why,
        }
        for kind, left, why in (
            ("entry.granted", 1, {"rule": "visitor_pass"}),
            ("entry.granted", 0, {"rule": "visitor_pass"}),
            ("entry.denied", 0, {"reason": "pass_used_up"}),
        )
    ]


def test_two_readers_in_one_turn_do_not_share_a_use(bench: Bench) -> None:
    text = token(replace(GOOD, uses=1))

    bench.loop.turn([bench.read(text), bench.read(text, "lobby-out-qr")])

    assert bench.unlocked() == ["lobby"]
    assert bench.reasons() == ["visitor_pass", "pass_used_up"]
    assert bench.used() == 1


def test_a_code_held_to_the_glass_is_one_presentation(bench: Bench) -> None:
    bench.show()
    for _ in range(3):
        bench.show(after_s=HELD_S - 0.1)
    bench.loop.turn([bench.read(), bench.read()])

    assert bench.reasons() == ["visitor_pass"]
    assert bench.unlocked() == ["lobby"]
    assert bench.used() == 1


def test_nothing_of_a_token_is_in_the_journal(bench: Bench) -> None:
    for text in (token(), token(key=FORGER), "WIFI:S:lobby;;P:secret"):
        bench.show(text)
    bench.journal.close()

    kept = bench.path.read_bytes()
    assert b"number-of-pass" in kept
    for part in (*token().split("."), *token(key=FORGER).split("."), "WIFI"):
        assert part.encode() not in kept
    bench.open()


@pytest.mark.parametrize(
    ("claims", "reader", "reason"),
    [
        (GOOD, "garage-qr", "no_right"),
        (replace(GOOD, aud="gw-2"), "lobby-qr", "pass_wrong_gateway"),
        (replace(GOOD, nbf=GOOD.nbf + 60), "lobby-qr", "pass_not_yet_valid"),
        (replace(GOOD, nbf=GOOD.nbf - 60, exp=GOOD.nbf + 3), "lobby-qr", "pass_expired"),
    ],
)
def test_a_pass_that_is_not_for_here_and_now_costs_no_use(
    bench: Bench, claims: PassClaims, reader: str, reason: str
) -> None:
    bench.show(token(claims), reader)

    assert bench.reasons() == [reason]
    assert (bench.unlocked(), bench.used()) == ([], 0)


@pytest.mark.parametrize(
    ("clock", "why"),
    [
        (ClockConfidence.SYNCED, "visitor_pass"),
        (ClockConfidence.HOLDOVER, "clock_drifted"),
        (ClockConfidence.UNSET, "clock_unset"),
    ],
)
def test_a_window_is_judged_by_a_clock_that_somebody_keeps(
    bench: Bench, clock: ClockConfidence, why: str
) -> None:
    bench.clock.trust(clock)
    bench.show()

    assert bench.reasons() == [why]


def test_a_window_is_judged_for_a_day_after_the_clock_was_kept_last(bench: Bench) -> None:
    bench.clock.prove()
    bench.clock.trust(ClockConfidence.HOLDOVER)
    bench.show()
    bench.clock.advance(PROVEN_FOR_S + 1)
    bench.show()

    assert bench.reasons() == ["visitor_pass", "clock_drifted"]


def test_a_pass_read_long_before_the_loop_came_to_it_opens_nothing_and_costs_nothing(bench: Bench) -> None:
    read = bench.read()
    bench.clock.advance(10.0)
    bench.loop.turn([read])

    assert bench.reasons() == ["too_late"]
    assert (bench.unlocked(), bench.used()) == ([], 0)


def test_a_full_disk_opens_for_no_pass_and_takes_no_use_of_it(bench: Bench) -> None:
    bench.show()
    bench.acts.clear()
    connection = bench.journal._connection
    connection.execute("PRAGMA query_only = ON")
    bench.show()
    assert bench.acts == [(Show("lobby-qr", Shown.DENIED), bench.journal.head[0])]
    connection.execute("PRAGMA query_only = OFF")
    assert bench.used() == 1

    bench.show()

    assert bench.unlocked() == ["lobby"]
    assert bench.used() == 2
    assert bench.reasons() == ["visitor_pass", "cannot_record", "visitor_pass"]


def test_uses_are_counted_on_over_a_restart(bench: Bench) -> None:
    bench.show()
    bench.journal.close()
    bench.open()
    bench.show()
    bench.journal.close()
    bench.open()
    bench.show()

    assert bench.reasons() == ["visitor_pass", "visitor_pass", "pass_used_up"]
    assert bench.unlocked() == ["lobby", "lobby"]


def test_after_the_count_was_lost_a_pass_that_had_begun_opens_nothing(bench: Bench) -> None:
    bench.show()
    bench.journal.close()
    bench.path.write_bytes(b"no database any more" * 500)
    bench.open()
    bench.journal.tidy(bench.clock.utc(), 0, "synced")
    bench.show()
    bench.show(token(replace(GOOD, jti="number-of-another", nbf=GOOD.nbf + 5)))

    assert bench.reasons() == ["pass_uncounted", "visitor_pass"]
