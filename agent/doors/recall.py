"""How the doors stood when the gateway stopped, also where the journal that knew it was set aside.

Of a damaged memory only what shuts a door or saves lives is believed: a lockdown, and a fire release. Both
stand until somebody ends them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.domain.decision import Mode
from agent.doors.books import FIRE_RELEASE, remembered_fire, remembered_mode
from agent.store.salvage import salvage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.store.database import Quarantined
    from agent.store.memory import Memory


@dataclass(frozen=True, slots=True)
class Recalled:
    """modes and burning: to be put in force. written, written_fire: what of it is in the journal already."""

    modes: Mapping[str, Mode]
    burning: bool
    written: Mapping[str, str]
    written_fire: bool


def recall(memory: Memory, quarantined: Quarantined | None) -> Recalled:
    """Return what is remembered, and what can be salvaged from a journal that was set aside at this start."""
    written = memory.door_states()
    written_fire = remembered_fire(memory.setting(FIRE_RELEASE))
    modes = {name: remembered_mode(text) for name, text in written.items()}
    if quarantined is None:
        return Recalled(modes, written_fire, written, written_fire)
    old = salvage(quarantined.kept_at)
    shut = {name: Mode.LOCKED for name, text in old.doors.items() if remembered_mode(text) is Mode.LOCKED}
    burning = written_fire or remembered_fire(old.settings.get(FIRE_RELEASE))
    return Recalled({**modes, **shut}, burning, written, written_fire)
