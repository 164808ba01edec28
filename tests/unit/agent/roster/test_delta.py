from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.credentials import Credential, CredentialKind, CredentialState, Holding, Span
from agent.domain.credentials import Person as DomainPerson
from agent.domain.rules import Right as DomainRight
from agent.domain.schedule import Window as DomainWindow
from agent.roster import apply
from agent.roster.results import Applied, Ignored, Reason, Refused, Wanted, Working
from agent.roster.roster import DOORS_TOLD, WAITING_MOST
from protocols.mqtt.roster import Group, Person, Right, Schedule
from protocols.tokens.keys import kid
from protocols.tokens.token import ROSTER_HEAD_TYP, sign
from tests.unit.agent.roster.lists import (
    ALWAYS,
    AT,
    FRAME,
    OFFICE,
    OFFICE_KID,
    RESIDENTS,
    STRANGER,
    Gateway,
    Office,
    card,
    digest,
    person,
    phone,
    residents,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.roster.results import Result
    from protocols.mqtt.roster import Row


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path / "roster.db")
    yield gateway
    gateway.close()


@pytest.fixture
def office() -> Office:
    return Office()


def refused(result: Result) -> Reason:
    assert isinstance(result, Refused), result
    return result.reason


def test_a_gateway_without_a_list_knows_nobody(gateway: Gateway) -> None:
    assert gateway.table.lookup(digest(1)) is None
    assert gateway.table.phone_key("nobody") is None
    assert gateway.table.head().revision == 0
    assert gateway.table.head().enforced_at is None
    assert gateway.table.rules().groups == {}
    assert gateway.roster.wanted is None


def test_a_first_list_can_come_as_a_change_of_nothing(gateway: Gateway, office: Office) -> None:
    result = gateway.delta(office.delta(residents(3)))
    assert result == Applied(1, office.total().hex, 8, AT, "delta", 8, 0, key=OFFICE_KID)
    head = gateway.table.head()
    assert (head.revision, head.digest.hex(), head.count, head.enforced_at) == (1, office.total().hex, 8, AT)
    holding = gateway.table.lookup(digest(1))
    assert holding == Holding(
        Credential(digest(1), CredentialKind.CARD, CredentialState.ACTIVE),
        DomainPerson("p000001", verified=True, groups=("residents",), household="3-2-0001"),
    )
    assert gateway.table.lookup(digest(3)) is None


def test_every_word_of_the_office_reaches_the_decision(gateway: Gateway, office: Office) -> None:
    until = AT + timedelta(days=30, milliseconds=7)
    someone = Person(
        id="门-1",
        verified=False,
        verified_until=until,
        from_=AT,
        until=None,
        groups=("residents", "员工"),
        household=None,
        override=True,
        longer=True,
    )
    theirs = card(1).model_copy(update={"person": "门-1", "state": "lost", "from_": None, "until": until})
    staff = Group(name="员工", rights=(Right(door="back", schedule="night"),))
    night = Schedule.model_validate_json(
        '{"name":"night","zone":"Europe/Berlin","windows":[{"days":[5,6],"start":"22:30","end":"06:00"}]}'
    )
    assert isinstance(gateway.delta(office.delta([*FRAME, night, staff, someone, theirs])), Applied)
    gateway.reopen()
    assert gateway.table.lookup(digest(1)) == Holding(
        Credential(digest(1), CredentialKind.CARD, CredentialState.LOST, Span(None, until)),
        DomainPerson(
            "门-1",
            verified=False,
            groups=("residents", "员工"),
            span=Span(AT, None),
            verified_until=until,
            may_override=True,
            needs_longer=True,
        ),
    )
    rules = gateway.table.rules()
    assert rules.revision == 1
    assert rules.groups["员工"].rights == (DomainRight("back", "night"),)
    schedule = rules.schedules["night"]
    assert schedule.windows == (DomainWindow(frozenset({5, 6}), 22 * 60 + 30, 6 * 60),)
    assert schedule.zone == ZoneInfo("Europe/Berlin")


def test_a_phone_is_found_by_its_key_s_name(gateway: Gateway, office: Office) -> None:
    key = Ed25519PrivateKey.generate().public_key()
    gateway.delta(office.delta([*residents(2), phone(key, 1)]))
    found = gateway.table.phone_key(kid(key))
    assert found is not None
    raw, holding = found
    assert raw == key.public_bytes_raw()
    assert holding.credential.kind is CredentialKind.PHONE
    assert holding.person is not None
    assert holding.person.id == "p000001"
    assert gateway.table.lookup(holding.credential.digest) == holding


def test_a_revoked_card_is_revoked_at_once_and_after_a_restart(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(3)))
    assert isinstance(gateway.delta(office.delta([card(2, state="revoked")])), Applied)
    for _ in range(2):
        holding = gateway.table.lookup(digest(2))
        assert holding is not None
        assert holding.credential.state is CredentialState.REVOKED
        gateway.reopen()
    assert gateway.table.head().revision == 2


def test_rows_are_removed(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(3)))
    result = gateway.delta(office.delta(remove=[card(2), person(2)]))
    assert isinstance(result, Applied)
    assert (result.put, result.removed, result.count) == (0, 2, 6)
    assert gateway.table.lookup(digest(2)) is None
    assert isinstance(gateway.delta(office.delta(remove=[card(77)])), Applied)


def test_a_group_s_rights_change(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(2)))
    wider = Group(name="residents", rights=(Right(door="back", schedule="always"),))
    result = gateway.delta(office.delta([wider]))
    assert isinstance(result, Applied)
    assert gateway.table.rules().groups["residents"].rights == (DomainRight("back", "always"),)


def test_a_group_and_its_schedule_are_removed_when_nobody_needs_them(
    gateway: Gateway, office: Office
) -> None:
    spare = Group(name="spare", rights=(Right(door="front", schedule="once"),))
    once = ALWAYS.model_copy(update={"name": "once"})
    gateway.delta(office.delta([*residents(2), spare, once]))
    assert isinstance(gateway.delta(office.delta(remove=[spare, once])), Applied)
    assert set(gateway.table.rules().groups) == {"residents"}
    assert set(gateway.table.rules().schedules) == {"always"}


def test_doors_that_are_not_here_are_told(gateway: Gateway, office: Office) -> None:
    rights = tuple(Right(door=f"d{n:02}", schedule="always") for n in range(40))
    result = gateway.delta(office.delta([ALWAYS, Group(name="g", rights=rights)]))
    assert isinstance(result, Applied)
    assert result.unknown_doors == tuple(f"d{n:02}" for n in range(DOORS_TOLD))


def test_the_same_change_twice_counts_once(gateway: Gateway, office: Office) -> None:
    token = office.delta(residents(2))
    gateway.delta(token)
    assert gateway.delta(token) == Ignored("current")


def test_a_lower_revision_is_refused(gateway: Gateway, office: Office) -> None:
    first = office.delta(residents(2))
    gateway.delta(first)
    gateway.delta(office.delta([card(1, state="revoked")]))
    assert refused(gateway.delta(first)) is Reason.ROLLBACK
    assert gateway.table.head().revision == 2
    assert gateway.roster.wanted is None


def test_a_gap_is_refused_and_asked_for(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(2)))
    missed = office.delta([card(0, state="lost")])
    late = office.delta([card(1, state="lost")])
    result = gateway.delta(late)
    assert refused(result) is Reason.GAP
    assert gateway.roster.wanted == Wanted(1, 3, "gap")
    assert cast("Refused", result).wanted == Wanted(1, 3, "gap")
    between = gateway.delta(missed)
    assert isinstance(between, Applied)
    assert between.wanted == Wanted(2, 3, "gap")
    last = gateway.delta(late)
    assert isinstance(last, Applied)
    assert last.wanted is None


def test_a_list_below_the_highest_ever_enforced_opens_nothing(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(2)))
    gateway.floor = 3
    gateway.reopen()
    rolled_back = [gateway.table.rolled_back]
    assert gateway.table.lookup(digest(1)) is None
    assert gateway.table.phone_key("any") is None
    assert gateway.table.rules().groups == {}
    assert gateway.roster.wanted == Wanted(1, 3, "rolled_back")
    second, third = office.delta([card(1, state="lost")]), office.delta([card(0, state="lost")])
    assert refused(gateway.delta(second)) is Reason.ROLLBACK
    assert refused(gateway.delta(third)) is Reason.GAP
    office.revision = 1
    assert isinstance(gateway.delta(third_from_first(office)), Applied)
    assert [*rolled_back, gateway.table.rolled_back] == [True, False]
    assert gateway.table.lookup(digest(1)) is not None


def third_from_first(office: Office) -> str:
    """One change from revision 1 to 3, as the office answers a gap."""
    token = office.delta([card(0, state="lost"), card(1, state="lost")], wrong={"revision": 3})
    office.revision = 3
    return token


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"aud": "gw-2"}, Reason.WRONG_AUDIENCE),
        ({"digest": "00" * 32}, Reason.WRONG_DIGEST),
        ({"count": 3}, Reason.WRONG_DIGEST),
        ({"count": apply.ROWS_MOST + 1}, Reason.TOO_MANY),
        ({"revision": 0}, Reason.MALFORMED),
        ({"persons": 7}, Reason.MALFORMED),
        ({"digest": "zz"}, Reason.MALFORMED),
        ({"v": 2}, Reason.MALFORMED),
    ],
)
def test_a_change_that_is_not_right_is_refused_whole(
    gateway: Gateway, office: Office, wrong: dict[str, object], reason: Reason
) -> None:
    gateway.delta(office.delta(residents(2)))
    before = gateway.table.head()
    result = gateway.delta(office.delta([card(1, state="revoked"), person(5), card(5)], wrong=wrong))
    assert refused(result) is reason
    gateway.reopen()
    assert gateway.table.head() == before
    assert gateway.table.lookup(digest(5)) is None
    holding = gateway.table.lookup(digest(1))
    assert holding is not None
    assert holding.credential.state is CredentialState.ACTIVE


def test_after_a_wrong_digest_only_a_whole_list_helps(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(2)))
    gateway.delta(office.delta([card(1, state="lost")], wrong={"digest": "00" * 32}))
    assert gateway.roster.wanted == Wanted(1, 2, "wrong_digest")
    assert isinstance(gateway.load(office), Applied)
    assert gateway.roster.wanted is None


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", Reason.MALFORMED),
        ("a.b.c", Reason.MALFORMED),
        (b"\xff\xfe", Reason.MALFORMED),
        ("é.é.é", Reason.MALFORMED),
        ("a" * 5_000_000, Reason.TOO_LARGE),
        (Office(key=STRANGER).delta(FRAME), Reason.UNKNOWN_KEY),
        (Office(revision=1).head(), Reason.WRONG_TYPE),
        (sign({"not": "a head"}, OFFICE, ROSTER_HEAD_TYP), Reason.WRONG_TYPE),
    ],
)
def test_what_the_office_did_not_sign_as_a_change_is_refused(
    gateway: Gateway, token: str | bytes, reason: Reason
) -> None:
    assert refused(gateway.delta(token)) is reason
    assert gateway.table.head().revision == 0


def test_a_changed_byte_breaks_the_signature(gateway: Gateway, office: Office) -> None:
    header, _, signature = office.delta(FRAME).split(".")
    _, payload, _ = Office().delta(residents(1)).split(".")
    assert refused(gateway.delta(f"{header}.{payload}.{signature}")) is Reason.BAD_SIGNATURE


BAD_ZONE = ALWAYS.model_copy(update={"zone": "Mars/Olympus"})
ODD_ZONE = ALWAYS.model_copy(update={"zone": "/etc/passwd"})


@pytest.mark.parametrize(
    ("put", "remove", "reason"),
    [
        ([card(9)], [], Reason.UNKNOWN_PERSON),
        ([], [person(1)], Reason.UNKNOWN_PERSON),
        ([person(1, groups=("nobody",))], [], Reason.UNKNOWN_GROUP),
        ([], [RESIDENTS], Reason.UNKNOWN_GROUP),
        ([Group(name="g", rights=(Right(door="front", schedule="never"),))], [], Reason.UNKNOWN_SCHEDULE),
        ([], [ALWAYS], Reason.UNKNOWN_SCHEDULE),
        ([Group(name="Fire-Release")], [], Reason.RESERVED_NAME),
        ([BAD_ZONE], [], Reason.UNKNOWN_ZONE),
        ([ODD_ZONE], [], Reason.UNKNOWN_ZONE),
        ([card(1).model_copy(update={"kind": "phone", "key": "A" * 42 + "B"})], [], Reason.MALFORMED),
    ],
)
def test_a_change_that_leaves_a_loose_end_is_refused_whole(
    gateway: Gateway, office: Office, put: list[Row], remove: list[Row], reason: Reason
) -> None:
    gateway.delta(office.delta(residents(2)))
    before = gateway.table.head()
    assert refused(gateway.delta(office.delta(put, remove))) is reason
    assert gateway.table.head() == before
    assert gateway.table.lookup(digest(1)) is not None
    assert set(gateway.table.rules().groups) == {"residents"}


def test_an_unverified_person_may_stand_on_the_list_and_is_told_apart(
    gateway: Gateway, office: Office
) -> None:
    gateway.delta(office.delta([*FRAME, person(1, verified=False), card(1)]))
    holding = gateway.table.lookup(digest(1))
    assert holding is not None
    assert holding.person is not None
    assert not holding.person.verified


def test_more_rules_than_fit_in_memory_are_refused(gateway: Gateway, office: Office) -> None:
    rights = tuple(Right(door=f"d{n}", schedule="always") for n in range(1024))
    many = [Group(name=f"g{n}", rights=rights) for n in range(apply.RIGHTS_MOST // 1024 + 1)]
    assert refused(gateway.delta(office.delta([ALWAYS, *many]))) is Reason.TOO_MANY


def test_a_large_change_is_worked_on_in_slices_and_doors_see_none_of_it(
    gateway: Gateway, office: Office
) -> None:
    gateway.delta(office.delta(residents(1000)))
    result: Result | None = gateway.roster.on_delta(
        office.delta([card(n, state="revoked") for n in range(1000)]), AT
    )
    calls = 0
    while isinstance(result, Working):
        assert gateway.roster.busy
        holding = gateway.table.lookup(digest(0))
        assert holding is not None
        assert holding.credential.state is CredentialState.ACTIVE
        calls += 1
        result = gateway.roster.work(AT + timedelta(seconds=calls))
    assert isinstance(result, Applied)
    assert calls >= 1000 // apply.SLICE
    assert result.at == AT + timedelta(seconds=calls)
    holding = gateway.table.lookup(digest(0))
    assert holding is not None
    assert holding.credential.state is CredentialState.REVOKED


def test_large_removals_are_worked_on_in_slices(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(450)))
    gone: list[Row] = [*(card(n) for n in range(450)), *(person(n) for n in range(450))]
    assert isinstance(gateway.delta(office.delta(remove=gone)), Applied)
    assert gateway.table.head().count == 2


def test_messages_wait_for_the_one_in_work_and_are_answered_in_order(
    gateway: Gateway, office: Office
) -> None:
    tokens = [office.delta(residents(600))]
    tokens += [office.delta([card(n, state="lost")]) for n in range(WAITING_MOST + 3)]
    results = [gateway.roster.on_delta(token, AT) for token in tokens]
    assert all(isinstance(result, Working) for result in results)
    final: list[Result] = []
    while gateway.roster.busy:
        worked = gateway.roster.work(AT)
        if worked is not None and not isinstance(worked, Working):
            final.append(worked)
    assert [result.revision for result in final if isinstance(result, Applied)] == list(
        range(1, len(tokens) + 1)
    )
    assert len(final) == len(tokens)


def test_a_disk_that_takes_nothing_leaves_the_list_as_it_was(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(2)))
    connection = gateway.table.writer._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    token = office.delta([row for row in residents(400) if row not in residents(2)])
    result = gateway.delta(token)
    assert refused(result) is Reason.STORAGE
    assert cast("Refused", result).wanted == Wanted(1, 2, "gap")
    assert gateway.table.lookup(digest(1)) is not None
    connection.execute("PRAGMA max_page_count = 1000000")
    assert isinstance(gateway.delta(token), Applied)


def test_a_schedule_whose_zone_this_machine_forgot_never_opens(gateway: Gateway, office: Office) -> None:
    gateway.delta(office.delta(residents(1)))
    gateway.table.writer._connection.execute(
        "UPDATE rule SET body = replace(body, 'Asia/Shanghai', 'Mars/Olympus') WHERE kind = 'schedule'"
    )
    gateway.reopen()
    assert gateway.table.rules().schedules == {}
    assert "residents" in gateway.table.rules().groups
