"""Everything that may wait in the inbox, from drivers and from the broker."""

from __future__ import annotations

from drivers.contract import Event

Item = Event
