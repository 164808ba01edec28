"""What every device was last heard to be: for the people who look at the box."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from drivers.contract import Event, InputChanged, InputState, Offline, Online, OutputFound, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from agent.domain.moment import Moment


OTHER_DEVICE = "identity_changed"
"""The trouble of a place at which another device hangs than the one that belongs there."""


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """A device as last heard of. `since`: of the state it is in; `why`: it fell silent."""

    online: bool = False
    since: datetime | None = None
    why: str | None = None
    identity: Mapping[str, str] = field(default_factory=dict)
    troubles: frozenset[str] = frozenset()


class Devices:
    """Notes what drivers tell of their devices. Decides nothing. One thread: the loop's.

    changed: tells whether another device hangs at a place than the trusted one.
    """

    def __init__(self, changed: Callable[[str], bool] = lambda _device: False) -> None:
        self._changed = changed
        self._seen: dict[str, DeviceSeen] = {}
        self._inputs: dict[str, InputState] = {}
        self._found_on: set[str] = set()

    def note(self, event: Event, at: Moment) -> None:
        """Take what `event` says of a device or an input."""
        match event:
            case Online(device, _, identity):
                was = self._noted(device)
                self._seen[device] = replace(
                    was, online=True, since=at.utc, why=None, identity=dict(identity)
                )
            case Offline(device, why):
                was = self._noted(device)
                since = was.since if was.since is not None and not was.online else at.utc
                self._seen[device] = replace(was, online=False, since=since, why=why)
            case Trouble(device, kind, active):
                was = self._noted(device)
                troubles = was.troubles | {kind} if active else was.troubles - {kind}
                self._seen[device] = replace(was, troubles=troubles)
            case InputChanged(point, state):
                self._inputs[point] = state
            case OutputFound(point, on):
                (self._found_on.add if on else self._found_on.discard)(point)
            case _:
                return

    def seen(self, device: str) -> DeviceSeen:
        """Return what is known of `device`: nothing yet is a device that is not online."""
        was = self._noted(device)
        return replace(was, troubles=was.troubles | {OTHER_DEVICE}) if self._changed(device) else was

    def _noted(self, device: str) -> DeviceSeen:
        return self._seen.get(device, DeviceSeen())

    def found_on(self, point: str) -> bool:
        """Say whether an output was last seen on with no release of ours."""
        return point in self._found_on

    def input(self, point: str) -> InputState | None:
        """Return the last state of an input, or None where it never told."""
        return self._inputs.get(point)
