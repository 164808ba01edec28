"""Everything that may wait in the inbox: from drivers, from the broker, and from the house itself."""

from __future__ import annotations

from agent.domain.facts import Noted
from agent.sync.facts import SyncFact
from drivers.contract import Event

Item = Event | SyncFact | Noted
