"""The reflex of life safety: exit and fire release on the spot, past the loop.

The loop acts on them before it writes, but it may be in the middle of writing something else when they
come, and a worn disk can take seconds over that. So the driver's own thread asks for the release at once;
the loop asks again when it comes to it, records it, and follows what happens from there. A release asked
for twice is one release: the second starts its time anew.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from agent.domain.door import LEASE_S
from agent.domain.site import ACT_WITHIN_S
from drivers.contract import InputChanged, InputState, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.domain.door import DoorRules
    from agent.doors.wiring import Wiring
    from drivers.contract import Event, Monotonic

FIRST_ID: Final = 1 << 62
"""Numbers of releases from here on are the reflex's: the loop counts from 1 and never gets there."""


class Reflex:
    """Sees every event in its driver's thread, and never blocks there.

    rules: by door. release: hands a command to its port.
    """

    def __init__(
        self,
        rules: Mapping[str, DoorRules],
        wiring: Wiring,
        clock: Monotonic,
        release: Callable[[Release], None],
    ) -> None:
        self._rules = rules
        self._wiring = wiring
        self._clock = clock
        self._release = release
        self._ids = itertools.count(FIRST_ID)
        self._fire = False
        self._leased: frozenset[str] = frozenset()

    def burn(self) -> None:
        """Release every door that opens in a fire: a release stood when the gateway stopped."""
        self._leased = frozenset(name for name, rules in self._rules.items() if rules.fire_release)
        self._free_all()

    def stand(self, leased: frozenset[str]) -> None:
        """Hear from the loop which doors are meant to stand open; no exit's short release may end theirs."""
        self._leased = leased

    def see(self, event: Event) -> bool:
        """Release what `event` asks for, if it is an exit button or the fire line that does.

        Say whether it must reach the loop however much waits there: a fire release that the loop does not
        hear of would end with the first lease.
        """
        if not isinstance(event, InputChanged):
            return False
        if event.point == self._wiring.fire:
            self._see_fire(event.state)
            return True
        if event.state is InputState.ACTIVE and (door := self._wiring.exits.get(event.point)) is not None:
            rules = self._rules[door]
            leased = door in self._leased or (self._fire and rules.fire_release)
            self._free(door, max(LEASE_S, rules.release_s) if leased else rules.release_s)
        return False

    def _see_fire(self, state: InputState) -> None:
        if state is InputState.ACTIVE:
            self._fire = True
            self._free_all()
        elif state is InputState.INACTIVE:
            self._fire = False

    def _free_all(self) -> None:
        for name, rules in self._rules.items():
            if rules.fire_release:
                self._free(name, LEASE_S)

    def _free(self, door: str, for_s: float) -> None:
        not_after = self._clock() + ACT_WITHIN_S
        self._release(Release(next(self._ids), self._wiring.locks[door], for_s, not_after))
