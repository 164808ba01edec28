"""When to try again. Pure: chance is an argument."""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 60.0
_DOUBLINGS: Final = 6  # 1 s doubled six times is beyond LONGEST_S


def delay_s(failures: int, chance: float) -> float:
    """Return how long to wait after `failures` failures in a row (1 is the first); `chance` is in [0, 1).

    Doubles from one second to a minute, less up to half by chance: a building's gateways that lost the same
    broker do not come back to it in one breath.
    """
    whole = min(LONGEST_S, FIRST_S * 2.0 ** min(max(failures - 1, 0), _DOUBLINGS))
    return whole * (1.0 - chance / 2.0)
