from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.domain.decision import Deny, Grant, Posture, Reason, decide
from agent.domain.moment import ClockConfidence, Moment
from agent.errors import BadInput, StoreError
from agent.roster.candidate import make_candidate
from agent.roster.replay import Difference, Kind, Presentation, presentation, replay, why_of
from protocols.mqtt.roster import CHUNK_ROWS, Group, Right, Schedule, Window
from tests.unit.agent.roster.lists import (
    ALWAYS,
    AT,
    FRAME,
    RESIDENTS,
    Gateway,
    Office,
    card,
    digest,
    person,
    residents,
)

if TYPE_CHECKING:
    from pathlib import Path

    from protocols.mqtt.roster import Row

NIGHT = Schedule(name="night", zone="Asia/Shanghai", windows=(Window(days=(1,), start="22:00", end="23:00"),))


def was(number: int, why: str, *, granted: bool = False) -> Presentation:
    return Presentation(number, AT, ClockConfidence.SYNCED, "front", digest(number), granted, why)


def differences(tmp_path: Path, rows: list[Row], *recorded: Presentation) -> list[Difference]:
    table = make_candidate(tmp_path / "candidate.db", rows, AT)
    found = list(replay(recorded, table.lookup, table.rules()))
    table.close()
    return found


def test_what_stays_the_same_is_not_told(tmp_path: Path) -> None:
    entered = was(1, "residents", granted=True)
    refused = was(9, "unknown_credential")
    assert differences(tmp_path, residents(3), entered, refused) == []


def test_who_would_lose_the_door_is_told_with_the_reason(tmp_path: Path) -> None:
    rows = [*FRAME, person(1), person(2, verified=False), card(1, state="revoked"), card(2)]
    recorded = [was(n, "residents", granted=True) for n in (1, 2, 3)]
    found = differences(tmp_path, rows, *recorded)
    assert found == [
        Difference(Kind.LOSES, recorded[0], Deny(Reason.REVOKED), "p000001"),
        Difference(Kind.LOSES, recorded[1], Deny(Reason.NOT_VERIFIED), "p000002"),
        Difference(Kind.LOSES, recorded[2], Deny(Reason.UNKNOWN), None),
    ]


def test_who_would_gain_the_door_is_told_with_the_rule(tmp_path: Path) -> None:
    recorded = was(1, "unknown_credential")
    assert differences(tmp_path, residents(2), recorded) == [
        Difference(Kind.GAINS, recorded, Grant("residents"), "p000001")
    ]


def test_another_reason_for_the_same_end_is_told_apart(tmp_path: Path) -> None:
    recorded = [was(1, "unknown_credential"), was(2, "staff", granted=True)]
    found = differences(tmp_path, [*residents(3)[:-2], card(1, state="lost"), card(2)], *recorded)
    assert [(each.kind, why_of(each.now)) for each in found] == [
        (Kind.REASON, "lost"),
        (Kind.REASON, "residents"),
    ]


def test_each_is_decided_at_its_own_moment(tmp_path: Path) -> None:
    rows: list[Row] = [
        NIGHT,
        RESIDENTS.model_copy(update={"rights": (Right(door="front", schedule="night"),)}),
        person(1),
    ]
    early = was(1, "residents", granted=True)
    late = Presentation(
        2, AT + timedelta(hours=6, minutes=30), early.clock, "front", digest(1), granted=True, why="residents"
    )
    unset = Presentation(3, AT, ClockConfidence.UNSET, "front", digest(1), granted=True, why="residents")
    found = differences(tmp_path, [*rows, card(1)], early, late, unset)
    assert [(each.was.seq, why_of(each.now)) for each in found] == [(1, "out_of_schedule")]


def test_a_locked_door_stays_locked_but_for_those_who_may_override(tmp_path: Path) -> None:
    may = person(1).model_copy(update={"override": True})
    recorded = [was(1, "door_locked"), was(2, "door_locked")]
    found = differences(tmp_path, [*FRAME, may, person(2), card(1), card(2)], *recorded)
    assert [(each.was.seq, each.kind) for each in found] == [(1, Kind.GAINS)]


BODY: dict[str, object] = {"credential": digest(1).hex(), "person": "p000001", "rule": "residents"}


@pytest.mark.parametrize(
    ("kind", "door", "body"),
    [
        ("door.opened", "front", BODY),
        ("entry.granted", None, BODY),
        ("entry.granted", "front", BODY | {"rule": "fire_release"}),
        ("entry.granted", "front", BODY | {"rule": "held_open"}),
        ("entry.granted", "front", {"rule": "desk_order", "order": "o1"}),
        ("entry.denied", "front", {"credential": digest(1).hex(), "reason": "cannot_record"}),
        ("entry.denied", "front", BODY),
        ("entry.granted", "front", BODY | {"credential": "zz"}),
        ("entry.granted", "front", BODY | {"credential": "00"}),
        ("entry.granted", "front", BODY | {"credential": 7}),
        ("entry.granted", "front", {}),
    ],
)
def test_what_no_list_decided_is_no_presentation(
    kind: str, door: str | None, body: dict[str, object]
) -> None:
    assert presentation(kind, door, body, seq=1, at=AT, clock="synced") is None


def test_a_row_of_an_unknown_clock_is_no_presentation() -> None:
    assert presentation("entry.granted", "front", BODY, seq=1, at=AT, clock="sundial") is None


def test_a_row_of_the_journal_is_read() -> None:
    found = presentation("entry.granted", "front", BODY, seq=1, at=AT, clock="synced")
    assert found == was(1, "residents", granted=True)
    denied = {"credential": digest(1).hex(), "reason": "lost"}
    assert presentation("entry.denied", "front", denied, seq=1, at=AT, clock="synced") == was(1, "lost")


def test_a_list_that_no_gateway_would_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown_person"):
        make_candidate(tmp_path / "a.db", [*FRAME, card(1)], AT)
    with pytest.raises(BadInput, match="duplicate_row"):
        make_candidate(tmp_path / "b.db", [*FRAME, person(1), person(1)], AT)
    with pytest.raises(BadInput, match="unknown_schedule"):
        make_candidate(tmp_path / "c.db", [Group(name="g", rights=(Right(door="d", schedule="s"),))], AT)


def test_a_list_that_the_disk_does_not_take_is_the_disk_s_trouble(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        make_candidate(tmp_path / "nowhere" / "a.db", [], AT)


def test_a_large_list_is_made_in_parts(tmp_path: Path) -> None:
    table = make_candidate(tmp_path / "a.db", residents(CHUNK_ROWS), AT)
    assert table.head().count == 2 * CHUNK_ROWS + 2
    assert table.lookup(digest(CHUNK_ROWS - 1)) is not None
    table.close()


def test_a_verification_lapses_at_its_moment_without_a_push(tmp_path: Path) -> None:
    until = AT + timedelta(days=30)
    gateway, office = Gateway(tmp_path / "roster.db"), Office()
    verified = person(1).model_copy(update={"verified_until": until})
    gateway.delta(office.delta([ALWAYS, RESIDENTS, verified, card(1)]))
    for _ in range(2):  # the word of the office, and the same after a restart
        decisions = [
            decide(
                gateway.table.lookup(digest(1)),
                Posture("front"),
                gateway.table.rules(),
                Moment(0.0, at, ClockConfidence.SYNCED),
            )
            for at in (until - timedelta(milliseconds=1), until)
        ]
        assert decisions == [Grant("residents"), Deny(Reason.VERIFICATION_LAPSED)]
        gateway.reopen()
    gateway.close()
