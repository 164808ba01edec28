"""Which reader, lock, contact and button belongs to which door: the names of hardware, as doors see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ReaderPlace:
    """Where a reader hangs. `formats`: ids of the Wiegand formats that it may send, and no others."""

    door: str
    direction: str
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The site's wires by name.

    readers, contacts, exits: from the hardware's name. locks: from the door to its output. fire: the input of
    the fire line; fire_key: that of the key switch by which a person ends its release.
    """

    readers: Mapping[str, ReaderPlace]
    locks: Mapping[str, str]
    contacts: Mapping[str, str]
    exits: Mapping[str, str]
    fire: str | None = None
    fire_key: str | None = None

    def readers_at(self, door: str) -> tuple[str, ...]:
        """Return the names of the readers at `door`."""
        return tuple(name for name, place in self.readers.items() if place.door == door)

    def door_of_output(self, point: str) -> str | None:
        """Return the door whose lock hangs on the output `point`."""
        return next((door for door, lock in self.locks.items() if lock == point), None)
