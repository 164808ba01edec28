"""The clock: what is believed, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.clock import EARLIEST, Clock, SystemClock, boot_id, judge, kernel_synced
from agent.domain.moment import ClockConfidence, Moment, Proof, Standing
from tests.peers.hand_clock import START, HandClock

if TYPE_CHECKING:
    from pathlib import Path


def test_a_wall_clock_that_somebody_vouches_for_is_synced() -> None:
    assert judge(START, synced=True) is ClockConfidence.SYNCED


def test_a_wall_clock_that_nobody_vouches_for_is_in_holdover() -> None:
    assert judge(START, synced=False) is ClockConfidence.HOLDOVER


@pytest.mark.parametrize("synced", [True, False])
def test_a_time_before_the_program_was_written_is_unset_whoever_vouches(synced: bool) -> None:  # noqa: FBT001 - a case
    assert judge(EARLIEST - timedelta(microseconds=1), synced=synced) is ClockConfidence.UNSET
    assert judge(datetime(1970, 1, 1, tzinfo=UTC), synced=synced) is ClockConfidence.UNSET


def test_the_system_clock_gives_what_the_kernel_says() -> None:
    expected = ClockConfidence.SYNCED if kernel_synced() else ClockConfidence.HOLDOVER
    assert SystemClock().confidence() is expected


def test_without_the_call_nothing_vouches_for_the_clock() -> None:
    assert not kernel_synced("libthat-is-nowhere.so")


def test_the_kernel_is_asked_again_only_after_a_while() -> None:
    clock = SystemClock()
    assert clock.confidence() is clock.confidence()


def test_a_person_may_write_that_the_clock_is_right() -> None:
    assert SystemClock(assume_synced=True).confidence() is ClockConfidence.SYNCED


def test_the_system_clock_moves_forward_and_knows_its_zone() -> None:
    clock: Clock = SystemClock()
    before, after = clock.now(), clock.now()
    assert before.monotonic <= after.monotonic
    assert after.utc.tzinfo is UTC


def test_a_clock_that_is_kept_proves_itself_at_every_look_and_remembers_it() -> None:
    clock = SystemClock(assume_synced=True)
    now = clock.now()

    assert now.proof == Proof(now.monotonic, now.utc)


def test_what_is_remembered_of_this_boot_proves_a_holdover() -> None:
    clock = SystemClock(kept=lambda: False)
    assert clock.now().standing is Standing.DRIFTED

    clock.believe(Proof(clock.monotonic(), clock.utc()))

    assert clock.now().standing is Standing.PROVEN


def test_the_boot_has_a_name_of_32_hex_digits_that_stays() -> None:
    assert boot_id() == boot_id()
    assert len(boot_id()) == 32
    int(boot_id(), 16)


def test_the_boot_id_is_read_without_its_dashes(tmp_path: Path) -> None:
    source = tmp_path / "boot_id"
    source.write_text("6f1c9a52-7f1b-4e2b-9f2e-0a1b2c3d4e5f\n")
    assert boot_id(source) == "6f1c9a527f1b4e2b9f2e0a1b2c3d4e5f"


def test_a_hand_clock_stands_still_until_it_is_moved() -> None:
    clock: Clock = HandClock()
    assert clock.now() == clock.now() == Moment(1000.0, START, ClockConfidence.SYNCED)


def test_a_hand_clock_moves_both_times_or_the_wall_alone() -> None:
    clock = HandClock()
    clock.advance(2.5)
    assert (clock.monotonic(), clock.utc()) == (1002.5, START + timedelta(seconds=2.5))
    clock.step_wall(-3600)
    clock.trust(ClockConfidence.HOLDOVER)
    assert clock.now() == Moment(1002.5, START + timedelta(seconds=2.5, hours=-1), ClockConfidence.HOLDOVER)
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
