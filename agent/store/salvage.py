"""What can still be read of a journal's memory that was set aside: how the doors stood, and single values.

Nothing that opens a door for somebody is to be believed of a damaged file. But a lockdown that ends because a
page of the disk went bad, or a fire release, is worse than one that is kept up in vain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.errors import StoreError
from agent.store.database import Reading, open_reader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was read, as text by name: doors' states and settings. Empty where nothing can be read."""

    doors: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


def salvage(path: Path) -> Salvaged:
    """Read the memory in the file set aside at `path`, as far as it can be read. The file is not changed."""
    if not path.exists():
        return Salvaged()
    return Salvaged(
        _pairs(path, "SELECT name, state FROM door"), _pairs(path, "SELECT name, value FROM setting")
    )


def _pairs(path: Path, query: str) -> dict[str, str]:
    try:
        connection = open_reader(path)
        try:
            with Reading("salvage the memory"):
                found = connection.execute(query).fetchall()
        finally:
            connection.close()
    except StoreError:
        return {}
    return {name: text for name, text in found if isinstance(name, str) and isinstance(text, str)}
