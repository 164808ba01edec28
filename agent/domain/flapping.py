"""What changes more often than people and doors do: when it flaps, and when it is steady again. Pure.

A loose magnet, a broken wire or a hostile hand can change an input thirty times a second, and each change
would be rows of the record. One number judges a point: the time at which it will have been calm. Each change
puts that off a little, each alarm that comes of one a lot more. A point that has put it off too far flaps,
and does so until that time has come. So no past need be kept, and between the two stands a gap: nothing at
the border begins and ends to flap without end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

CHANGE_S = 1.0
"""How far one change puts calm off: thirty people a minute through one door, for ever, do not flap."""

ALARM_S = 10.0
"""How far an alarm does besides: a leaf that the wind forces every ten seconds is no news after the sixth."""

FLAPS_S = 60.0
"""So far off, and it flaps: some sixty changes at once, which a crowd in a hurry does not reach."""

EACH_S = 60.0
"""How often what was summed up while it flaps becomes a row."""


@dataclass(frozen=True, slots=True)
class Flap:
    """How calm a point is. Times are monotonic seconds.

    since, changes: of the stretch that is being counted: since it was calm last, or was told last.
    told_at: when it was found to flap, or was told last; None while it does not flap. per_minute: changes, as
    told then.
    """

    calm_at: float = float("-inf")
    since: float = float("-inf")
    changes: int = 0
    told_at: float | None = None
    per_minute: int = 0

    @property
    def flaps(self) -> bool:
        """Whether it changes more than anybody would record."""
        return self.told_at is not None

    @property
    def due(self) -> float | None:
        """When it is to be looked at next: it may be steady then, or a row of its changes is due."""
        return None if self.told_at is None else min(self.calm_at, self.told_at + EACH_S)

    def steady(self, at: float) -> bool:
        """Say whether a point that flaps has become calm."""
        return self.flaps and self.calm_at <= at


def changed(flap: Flap, at: float) -> Flap:
    """Count a change."""
    if not flap.flaps and flap.calm_at <= at:
        flap = Flap(calm_at=at, since=at)
    return _put_off(replace(flap, changes=flap.changes + 1), CHANGE_S, at)


def alarmed(flap: Flap, at: float) -> Flap:
    """Count that a change was an alarm, or came to be one."""
    return _put_off(flap, ALARM_S, at)


def told(flap: Flap, at: float) -> Flap:
    """Begin to count anew: what was counted is a row, or there was nothing."""
    return replace(flap, since=at, changes=0, told_at=at, per_minute=_per_minute(flap, at))


def _put_off(flap: Flap, by_s: float, at: float) -> Flap:
    """Put calm off; never farther than that a point which stops is steady within FLAPS_S."""
    calm_at = max(flap.calm_at, at) + by_s
    if calm_at <= at + FLAPS_S:
        return replace(flap, calm_at=calm_at)
    flap = replace(flap, calm_at=at + FLAPS_S)
    return flap if flap.flaps else replace(flap, told_at=at, per_minute=_per_minute(flap, at))


def _per_minute(flap: Flap, at: float) -> int:
    return round(flap.changes * 60.0 / max(1.0, at - flap.since))
