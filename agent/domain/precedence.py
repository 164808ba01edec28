"""What of the acts that wait for their record still stands once life safety went ahead of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.domain.effects import Relock, Unlock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.domain.effects import Effect


def give_way(waiting: Iterable[Effect], ahead: Iterable[Effect]) -> list[Effect]:
    """Return what of `waiting` may follow `ahead`, which was decided later but is done first.

    A Relock would lock a door that an exit or a fire has just freed, so it falls away: what freed the
    door ends by itself. An Unlock starts the hardware's time anew, so it is made to last at least as long.
    """
    freed: dict[str, float] = {}
    for effect in ahead:
        if isinstance(effect, Unlock):
            freed[effect.door] = max(effect.for_s, freed.get(effect.door, 0.0))
    kept: list[Effect] = []
    for effect in waiting:
        if isinstance(effect, Relock) and effect.door in freed:
            continue
        if isinstance(effect, Unlock):
            kept.append(replace(effect, for_s=max(effect.for_s, freed.get(effect.door, 0.0))))
        else:
            kept.append(effect)
    return kept
