"""What a site knows of each input, output and device: what it said last, and how calm it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.domain.facts import Role
from agent.domain.flapping import Flap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.domain.facts import Plain

Key = tuple[Role, str]
"""A point by what it is for and by its name: a reader is a device, too, under one name."""


@dataclass(frozen=True, slots=True)
class Point:
    """An input or a device that has changed since start.

    last: what it said last, as it said it. summed: rows left out since it was told last, by their kind.
    alarms: kinds of alarm that were written since it flaps. fresh: releases that were written since it was
    told last.
    """

    role: Role
    door: str | None
    last: Plain
    flap: Flap = field(default_factory=Flap)
    summed: Mapping[str, int] = field(default_factory=dict)
    alarms: frozenset[str] = frozenset()
    fresh: int = 0
