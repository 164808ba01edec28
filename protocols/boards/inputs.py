"""One polled input, debounced: the first change counts at once, then the input is deaf for a moment.

An exit button must not wait for a bouncing contact to come to rest, so the edge that comes first is believed
(after `samples` equal ones), and what bounces behind it is not. What stands when the deaf time ends is told
then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST_SAMPLES = 5  # with more, a press of 100 ms falls between the polls of a full line


@dataclass(frozen=True, slots=True)
class Input:
    """A polled input. closed: None until the first sample after a start or a loss."""

    deaf_s: float
    samples: int = 1
    closed: bool | None = None
    deaf_until: float = 0.0
    against: int = 0  # samples in a row that contradict `closed`

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MOST_SAMPLES or self.deaf_s < 0:
            raise ValueError(f"an input takes 1 to {MOST_SAMPLES} samples and a deaf time of 0 s or more")


def sample(state: Input, *, closed: bool, at: float) -> tuple[Input, bool]:
    """Return the input after one sample, and whether its state changed. The first sample always counts."""
    if state.closed is None:
        return replace(state, closed=closed, deaf_until=at, against=0), True
    if closed == state.closed or at < state.deaf_until:
        return replace(state, against=0), False
    if state.against + 1 < state.samples:
        return replace(state, against=state.against + 1), False
    return replace(state, closed=closed, deaf_until=at + state.deaf_s, against=0), True


def forget(state: Input) -> Input:
    """Return the input as nobody knows it: its board does not answer."""
    return replace(state, closed=None, against=0)
