"""Every reason of a decision, the order in which they are found, and what a clock may be believed for."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.credentials import CredentialState, Holding, Person, Span
from agent.domain.decision import Deny, Grant, Mode, Posture, Reason, Rule, decide, reads_like_a_rule
from agent.domain.moment import ClockConfidence
from agent.domain.rules import Group, Right, Rules
from tests.unit.agent.domain.houses import LOBBY, NOON, RESIDENT, ROSTER, holding, moment, person

SECOND = timedelta(seconds=1)
OPEN_DOOR = Posture(LOBBY)
LOCKED_DOOR = Posture(LOBBY, Mode.LOCKED)
EARLY = Span(start=NOON + SECOND)
OVER = Span(end=NOON)
TRUSTED = (ClockConfidence.SYNCED, ClockConfidence.HOLDOVER)


def judge(
    held: Holding | None,
    posture: Posture = OPEN_DOOR,
    *,
    rules: Rules = ROSTER,
    clock: ClockConfidence = ClockConfidence.SYNCED,
) -> Grant | Deny:
    return decide(held, posture, rules, moment(clock=clock))


# Each line is a presentation that would be denied for its reason; together they stand in the order in
# which the rules are asked, so a presentation with several faults is denied for the first of them.
FAULTS: list[tuple[Reason, Holding | None]] = [
    (Reason.UNKNOWN, None),
    (Reason.NO_PERSON, holding(None)),
    (Reason.SUSPENDED, holding(person(), CredentialState.SUSPENDED)),
    (Reason.LOST, holding(person(), CredentialState.LOST)),
    (Reason.REVOKED, holding(person(), CredentialState.REVOKED)),
    (Reason.CREDENTIAL_NOT_YET, holding(person(), span=EARLY)),
    (Reason.CREDENTIAL_EXPIRED, holding(person(), span=OVER)),
    (Reason.NOT_VERIFIED, holding(person(verified=False))),
    (Reason.VERIFICATION_LAPSED, holding(person(verified_until=NOON))),
    (Reason.PERSON_NOT_YET, holding(person(span=EARLY))),
    (Reason.PERSON_EXPIRED, holding(person(span=OVER))),
    (Reason.NO_RIGHT, holding(person("elsewhere"))),
    (Reason.OUT_OF_SCHEDULE, holding(person("cleaners"))),
]


@pytest.mark.parametrize(("reason", "held"), FAULTS)
def test_every_fault_has_its_reason(reason: Reason, held: Holding | None) -> None:
    assert judge(held) == Deny(reason)


def test_a_resident_is_granted_by_the_group_that_gives_the_right() -> None:
    assert judge(RESIDENT) == Grant("residents")


def test_who_needs_longer_gets_longer() -> None:
    assert judge(holding(person(needs_longer=True))) == Grant("residents", longer=True)


@pytest.mark.parametrize("held", [held for _, held in FAULTS])
def test_fire_lets_everybody_out_whatever_else(held: Holding | None) -> None:
    for mode in Mode:
        assert judge(held, Posture(LOBBY, mode, fire=True, recording=False)) == Grant(Rule.FIRE)


@pytest.mark.parametrize("mode", list(Mode))
def test_nothing_opens_what_cannot_be_recorded(mode: Mode) -> None:
    override = holding(person(may_override=True))

    assert judge(override, Posture(LOBBY, mode, recording=False)) == Deny(Reason.CANNOT_RECORD)


@pytest.mark.parametrize("held", [None, holding(None), RESIDENT, holding(person(), CredentialState.LOST)])
def test_a_locked_door_says_so_before_anything_about_the_card(held: Holding | None) -> None:
    assert judge(held, LOCKED_DOOR) == Deny(Reason.DOOR_LOCKED)


def test_the_override_right_passes_a_locked_door_and_nothing_else() -> None:
    assert judge(holding(person(may_override=True)), LOCKED_DOOR) == Grant("residents")
    assert judge(holding(person("elsewhere", may_override=True)), LOCKED_DOOR) == Deny(Reason.NO_RIGHT)
    revoked = holding(person(may_override=True), CredentialState.REVOKED)
    assert judge(revoked, LOCKED_DOOR) == Deny(Reason.REVOKED)
    unverified = holding(person(verified=False, may_override=True))
    assert judge(unverified, LOCKED_DOOR) == Deny(Reason.NOT_VERIFIED)


@pytest.mark.parametrize("held", [held for _, held in FAULTS])
def test_a_door_held_open_is_open_to_all(held: Holding | None) -> None:
    assert judge(held, Posture(LOBBY, Mode.HELD)) == Grant(Rule.HELD)


def test_of_several_faults_the_first_rule_gives_the_reason() -> None:
    wrong_person = person("elsewhere", verified=False, verified_until=NOON, span=OVER)
    mended = [
        holding(wrong_person, CredentialState.REVOKED, OVER),
        holding(wrong_person, span=OVER),
        holding(wrong_person),
        holding(person("elsewhere", verified_until=NOON, span=OVER)),
        holding(person("elsewhere", span=OVER)),
        holding(person("elsewhere")),
        holding(person("cleaners")),
    ]

    reasons = [judge(each) for each in mended]

    assert reasons == [
        Deny(Reason.REVOKED),
        Deny(Reason.CREDENTIAL_EXPIRED),
        Deny(Reason.NOT_VERIFIED),
        Deny(Reason.VERIFICATION_LAPSED),
        Deny(Reason.PERSON_EXPIRED),
        Deny(Reason.NO_RIGHT),
        Deny(Reason.OUT_OF_SCHEDULE),
    ]
    assert all(before != after for before, after in pairwise(reasons))


def test_a_span_includes_its_start_and_not_its_end() -> None:
    span = Span(NOON, NOON + SECOND)

    assert [span.holds(NOON + SECOND * step) for step in (-1, 0, 1)] == [False, True, False]
    assert Span().holds(NOON)


@pytest.mark.parametrize("clock", TRUSTED)
def test_validity_is_to_the_second(clock: ClockConfidence) -> None:
    now = Span(NOON, NOON + SECOND)

    assert judge(holding(person(), span=now), clock=clock) == Grant("residents")
    assert judge(holding(person(span=now)), clock=clock) == Grant("residents")
    assert judge(holding(person(verified_until=NOON + SECOND)), clock=clock) == Grant("residents")
    assert judge(holding(person(span=EARLY)), clock=clock) == Deny(Reason.PERSON_NOT_YET)


def test_an_unset_clock_proves_what_is_over() -> None:
    unset = ClockConfidence.UNSET

    assert judge(holding(person(), span=OVER), clock=unset) == Deny(Reason.CREDENTIAL_EXPIRED)
    assert judge(holding(person(span=OVER)), clock=unset) == Deny(Reason.PERSON_EXPIRED)
    assert judge(holding(person(verified_until=NOON)), clock=unset) == Deny(Reason.VERIFICATION_LAPSED)


def test_an_unset_clock_keeps_no_resident_out() -> None:
    unset = ClockConfidence.UNSET

    assert judge(holding(person(), span=EARLY), clock=unset) == Grant("residents")
    assert judge(holding(person(span=EARLY)), clock=unset) == Grant("residents")
    assert judge(holding(person("cleaners")), clock=unset) == Grant("cleaners")


def test_an_unset_clock_gives_no_right_that_is_not_there() -> None:
    unset = ClockConfidence.UNSET

    assert judge(holding(person("elsewhere")), clock=unset) == Deny(Reason.NO_RIGHT)
    assert judge(holding(person("lost")), clock=unset) == Deny(Reason.OUT_OF_SCHEDULE)


def test_a_group_that_the_list_does_not_have_gives_nothing() -> None:
    assert judge(holding(person("gone"))) == Deny(Reason.NO_RIGHT)
    assert judge(holding(person("gone", "residents"))) == Grant("residents")


def test_a_right_whose_schedule_the_list_does_not_have_is_never_open() -> None:
    assert judge(holding(person("lost"))) == Deny(Reason.OUT_OF_SCHEDULE)


def test_any_group_with_an_open_right_is_enough() -> None:
    assert judge(holding(person("lost", "cleaners", "residents"))) == Grant("residents")


def test_any_right_of_a_group_is_enough() -> None:
    both = Group("both", (Right("roof", "always"), Right(LOBBY, "morning"), Right(LOBBY, "always")))
    rules = Rules(8, {"both": both}, ROSTER.schedules)

    assert judge(holding(person("both")), rules=rules) == Grant("both")


def test_a_person_in_no_group_has_no_right() -> None:
    nobody = Person("p-2", verified=True, groups=())

    assert judge(holding(nobody)) == Deny(Reason.NO_RIGHT)


def test_before_the_first_roster_nobody_is_let_in() -> None:
    assert judge(RESIDENT, rules=Rules()) == Deny(Reason.NO_RIGHT)


def test_reasons_are_stable_codes() -> None:
    assert {reason.value for reason in Reason} == {
        "cannot_record",
        "too_late",
        "door_locked",
        "unknown_credential",
        "suspended",
        "lost",
        "revoked",
        "credential_not_yet_valid",
        "credential_expired",
        "no_person",
        "person_not_verified",
        "verification_lapsed",
        "person_not_yet_valid",
        "person_expired",
        "no_right",
        "out_of_schedule",
        "not_a_pass",
        "pass_unknown_key",
        "pass_bad_signature",
        "pass_wrong_gateway",
        "clock_unset",
        "clock_drifted",
        "pass_not_yet_valid",
        "pass_expired",
        "pass_used_up",
        "pass_uncounted",
        "pass_unchecked",
    }


moments = st.none() | st.integers(-3, 3).map(lambda step: NOON + SECOND * step)
spans = st.builds(Span, moments, moments)
people = st.builds(
    Person,
    st.just("p-1"),
    verified=st.booleans(),
    groups=st.lists(st.sampled_from([*ROSTER.groups, "gone"])).map(tuple),
    span=spans,
    verified_until=moments,
    may_override=st.booleans(),
    needs_longer=st.booleans(),
)
holdings = st.none() | st.builds(holding, st.none() | people, st.sampled_from(CredentialState), spans)
postures = st.builds(
    Posture, st.just(LOBBY), st.sampled_from(Mode), fire=st.booleans(), recording=st.booleans()
)


@given(holdings, postures, st.sampled_from(ClockConfidence))
def test_a_grant_without_fire_or_hold_needs_everything(
    held: Holding | None, posture: Posture, clock: ClockConfidence
) -> None:
    decision = judge(held, posture, clock=clock)

    if not isinstance(decision, Grant) or decision.rule in {Rule.FIRE, Rule.HELD}:
        return
    assert held is not None
    assert held.person is not None
    assert posture.recording
    assert held.credential.state is CredentialState.ACTIVE
    assert held.person.verified
    assert decision.rule in held.person.groups
    assert posture.mode is Mode.NORMAL or held.person.may_override
    if clock is not ClockConfidence.UNSET:
        assert held.credential.span.holds(NOON)
        assert held.person.span.holds(NOON)


@given(holdings, postures, st.sampled_from(ClockConfidence))
def test_a_revoked_credential_opens_nothing_that_is_not_open_already(
    held: Holding | None, posture: Posture, clock: ClockConfidence
) -> None:
    if held is None or held.credential.state is not CredentialState.REVOKED:
        return
    decision = judge(held, posture, clock=clock)

    assert isinstance(decision, Deny) or posture.fire or posture.mode is Mode.HELD


def test_no_right_beyond_the_ordinary_is_given_unless_the_office_says_so() -> None:
    plain = Person("p-2", verified=True, groups=("residents",))

    assert judge(holding(plain)) == Grant("residents", longer=False)
    assert judge(holding(plain), LOCKED_DOOR) == Deny(Reason.DOOR_LOCKED)


@pytest.mark.parametrize("rule", Rule)
def test_a_group_may_not_go_by_the_name_of_a_rule(rule: Rule) -> None:
    spoken = rule.replace("_", " ").title()
    assert all(map(reads_like_a_rule, (rule, rule.upper(), rule.replace("_", "-"), f" {spoken} ")))
    assert not any(map(reads_like_a_rule, (f"{rule}s", rule.replace("_", ""), "residents", "")))
