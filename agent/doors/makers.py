"""What devices say in their makers' own words: that they said it is recorded, what they said is not.

It may be a card's number or a finger's, and nobody here can tell. A device that has much to say is recorded
once a minute, with how often it spoke.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agent.domain.facts import Noted

if TYPE_CHECKING:
    from agent.domain.facts import Json
    from agent.domain.moment import Moment
    from drivers.contract import MakerTold

QUIET_S: Final = 60.0


class MakersDesk:
    """Turns such words into facts. One thread: the loop's."""

    def __init__(self) -> None:
        self._said_at: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def facts(self, told: MakerTold, at: Moment) -> tuple[Noted, ...]:
        """Return what is to be recorded of it: nothing where its device was recorded within the minute."""
        count = self._unsaid.get(told.device, 0) + 1
        said_at = self._said_at.get(told.device)
        if said_at is not None and at.monotonic - said_at < QUIET_S:
            self._unsaid[told.device] = count
            return ()
        self._said_at[told.device] = at.monotonic
        self._unsaid[told.device] = 0
        body: dict[str, Json] = {"device": told.device, "maker": told.maker, "bytes": len(told.content)}
        body["count"] = count
        return (Noted("reader.manufacturer", body),)
