"""The part of the roster that fits in memory: groups and schedules, at one revision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Right:
    """May pass `door` while `schedule` is open."""

    door: str
    schedule: str


@dataclass(frozen=True, slots=True)
class Group:
    """Doors × schedules that its members share."""

    name: str
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Groups and schedules by name. `revision`: of the roster they came with; 0 is no roster yet."""

    revision: int = 0
    groups: Mapping[str, Group] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
