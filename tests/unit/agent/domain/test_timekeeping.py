"""What each kind of rule does with a clock that may be wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.domain.moment import PROVEN_FOR_S, STEPPED_S, ClockConfidence, Moment, Proof, Standing
from agent.domain.timekeeping import POLICIES, Policy, Timed, judged, policy
from tests.unit.agent.domain.houses import NOON

HOLDOVER = ClockConfidence.HOLDOVER


def later(by_s: float, stepped_s: float = 0.0, clock: ClockConfidence = HOLDOVER) -> Moment:
    """Give a moment so long after a time source kept the clock, which was then set by `stepped_s`."""
    proof = Proof(1000.0, NOON)
    return Moment(1000.0 + by_s, NOON + timedelta(seconds=by_s + stepped_s), clock, proof)


@pytest.mark.parametrize("timed", Timed)
def test_every_rule_has_a_policy_for_every_clock(timed: Timed) -> None:
    assert set(POLICIES[timed]) == set(Standing)
    assert POLICIES[timed][Standing.SYNCED] is Policy.JUDGED


@pytest.mark.parametrize("timed", Timed)
def test_doubt_never_makes_a_rule_milder_again(timed: Timed) -> None:
    row = [POLICIES[timed][standing] for standing in Standing]

    assert row == sorted(row, key=lambda each: each is not Policy.JUDGED)


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        (later(0.0), Standing.PROVEN),
        (later(PROVEN_FOR_S), Standing.PROVEN),
        (later(PROVEN_FOR_S + 1), Standing.DRIFTED),
        (later(-1.0), Standing.DRIFTED),
        (later(60.0, STEPPED_S), Standing.PROVEN),
        (later(60.0, -STEPPED_S - 0.1), Standing.DRIFTED),
        (later(60.0, 3600.0), Standing.DRIFTED),
        (later(60.0, 3600.0, ClockConfidence.SYNCED), Standing.SYNCED),
        (later(60.0, 0.0, ClockConfidence.UNSET), Standing.UNSET),
        (Moment(1.0, NOON, HOLDOVER), Standing.DRIFTED),
        (Moment(1.0, NOON, ClockConfidence.SYNCED), Standing.SYNCED),
    ],
)
def test_a_holdover_is_proven_for_a_day_of_the_same_boot_while_nobody_sets_the_clock(
    at: Moment, standing: Standing
) -> None:
    assert at.standing is standing


def test_a_saved_time_after_a_boot_takes_no_pass_and_no_order_by_the_clock_and_lets_residents_in() -> None:
    booted = Moment(1.0, NOON, HOLDOVER)

    assert policy(Timed.VISIT, booted) is Policy.REFUSED
    assert policy(Timed.ORDER, booted) is Policy.PROOF
    assert judged(Timed.SCHEDULE, booted)
    assert judged(Timed.END, booted)


def test_an_order_is_judged_by_a_clock_only_while_that_is_kept() -> None:
    assert judged(Timed.ORDER, later(0.0, clock=ClockConfidence.SYNCED))
    assert policy(Timed.ORDER, later(1.0)) is Policy.PROOF
