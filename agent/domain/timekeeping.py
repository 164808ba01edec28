"""What each kind of rule does with a clock that may be wrong: the one table of it. Pure.

Who lives here still enters after a power cut: their card proves who they are, and what the list says of it is
as good as before. What is good for an hour, or for seconds, has nothing but the clock to prove that it is of
today; there, doubt denies.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.domain.moment import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.moment import Moment


class Timed(StrEnum):
    """What of a decision hangs on the wall clock."""

    END = "end"  # of a credential, a person's stay, a verification
    BEGINNING = "beginning"  # of a credential or a person's stay
    SCHEDULE = "schedule"  # the hours and days of a right
    VISIT = "visit"  # a visitor's pass: a window of hours
    ORDER = "order"  # a phone's or a desk's signed order: seconds or minutes old


class Policy(StrEnum):
    """What is done with it."""

    JUDGED = "judged"  # by the clock as it is
    LENIENT = "lenient"  # it cannot be judged, and denies nobody
    PROOF = "proof"  # by the gateway's own fresh number instead of the clock
    REFUSED = "refused"  # it cannot be judged, and there is no other proof


_J, _L, _P, _R = Policy.JUDGED, Policy.LENIENT, Policy.PROOF, Policy.REFUSED

POLICIES: Mapping[Timed, Mapping[Standing, Policy]] = MappingProxyType(
    {
        timed: MappingProxyType(dict(zip(Standing, row, strict=True)))
        for timed, row in {
            # the clock is      synced, proven, drifted, unset
            Timed.END: (_J, _J, _J, _J),  # an unset clock is a lower bound: what it proves to be over is over
            Timed.BEGINNING: (_J, _J, _J, _L),
            Timed.SCHEDULE: (_J, _J, _J, _L),
            Timed.VISIT: (_J, _J, _R, _R),
            Timed.ORDER: (_J, _P, _P, _P),
        }.items()
    }
)


def policy(timed: Timed, at: Moment) -> Policy:
    """Return what is done with `timed` at `at`."""
    return POLICIES[timed][at.standing]


def judged(timed: Timed, at: Moment) -> bool:
    """Say whether `timed` is judged by the clock."""
    return policy(timed, at) is Policy.JUDGED
