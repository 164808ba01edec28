"""Security that a configuration gives up, in words. Each is written out by a person, and is never silent."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import BaseModel

from agent.config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.config.lines import Path
    from agent.config.model import Config

COSTS: Mapping[tuple[str, object], str] = MappingProxyType(
    {
        ("assume_synced", True): "the wall clock is believed on a person's word: orders are judged by it",
        ("cleartext", True): "the line to the broker is clear text: who listens sees events and persons' ids",
        ("secure", "off"): "this reader speaks in clear: who reaches its wires can play a card's bits again",
        ("secure", "install"): "this reader speaks with the key that everybody knows: as good as in clear",
        (
            "held_outputs",
            "accepted",
        ): "this board ends no release by itself: if the gateway dies, doors stay open",
        (
            "unchecked",
            "accepted",
        ): "a format without check bits counts at this reader: noise on its wires may be a card",
    }
)
"""A setting with the value that gives something up, and what that costs."""


def step_downs(config: Config) -> Iterator[Problem]:
    """Give each step down that the configuration writes out, with what it costs."""
    yield from _in(config, ())


def _in(part: object, path: Path) -> Iterator[Problem]:
    if isinstance(part, BaseModel):
        for key, field in type(part).model_fields.items():
            value, here = getattr(part, key), (*path, field.alias or key)
            if isinstance(value, (BaseModel, tuple)):
                yield from _in(value, here)
            elif isinstance(value, (str, bool)) and (cost := COSTS.get((key, value))) is not None:
                yield Problem(here, cost)
    elif isinstance(part, tuple):
        for index, item in enumerate(part):
            yield from _in(item, (*path, index))
