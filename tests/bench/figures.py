"""Times into a line of the table."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MET = "met"
MISSED = "MISSED"


def at(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def milliseconds(values_s: Sequence[float]) -> str:
    """Return median, 99th percentile and count of times in seconds, in words."""
    median, late = statistics.median(values_s) * 1e3, at(values_s, 0.99) * 1e3
    return f"median {median:.1f} ms, p99 {late:.1f} ms (n={len(values_s)})"


def verdict(*, met: bool) -> str:
    """Return the last column."""
    return MET if met else MISSED
