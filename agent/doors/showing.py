"""When a door's retained state is shown anew: at once, but of a door that flaps only now and then."""

from __future__ import annotations

from typing import Final

EACH_S: Final = 10.0
"""How often what moves at a door that flaps is shown: six small messages a minute."""


class Showing:
    """Remembers what was shown of each door, and when. One thread: the loop's."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple[object, object, float]] = {}

    def worth(self, door: str, settled: object, moving: object, at: float, *, restless: bool) -> bool:
        """Say whether to show the door now, and take it for shown then.

        settled: what of its state is told at once in any case. moving: what may wait where it is `restless`:
        where one of its inputs flaps. at: monotonic seconds.
        """
        was = self._shown.get(door)
        if was is not None and was[:2] == (settled, moving):
            return False
        if restless and was is not None and was[0] == settled and at - was[2] < EACH_S:
            return False
        self._shown[door] = (settled, moving, at)
        return True
