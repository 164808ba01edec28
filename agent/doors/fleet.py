"""All drivers together: started, handed their commands by the name of the point, stopped."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, assert_never

from agent.domain.effects import Relock, Show, ShowAtDoor, Unlock
from agent.doors.translate import SIGNALS
from drivers.contract import (
    Attentive,
    Carrying,
    Failed,
    Indicate,
    InputChanged,
    InputState,
    Lock,
    Release,
    Why,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent.domain.effects import Shown
    from agent.doors.wiring import Wiring
    from drivers.contract import Command, Driver, Emit, Event, Monotonic, PortSettings

HardwareEffect = Unlock | Relock | Show | ShowAtDoor


class Fleet:
    """The drivers of a gateway. Every method returns at once, but for `stop`."""

    def __init__(
        self,
        drivers: Sequence[tuple[PortSettings, Driver]],
        wiring: Wiring,
        clock: Monotonic,
    ) -> None:
        self._drivers = tuple(driver for _, driver in drivers)
        self._by_output = {name: driver for port, driver in drivers for name in port.outputs}
        self._by_reader = {name: driver for port, driver in drivers for name in port.readers}
        self._attentive: dict[str, Attentive] = {
            name: driver for port, driver in drivers if isinstance(driver, Attentive) for name in port.readers
        }
        self._carriers: dict[str, Carrying] = {
            name: driver for port, driver in drivers if isinstance(driver, Carrying) for name in port.devices
        }
        self._wiring = wiring
        self._clock = clock
        self._emit: Emit = _nobody
        self._stopped = False
        self._light_ids = itertools.count(-1, -1)  # below zero: no door waits for the answer to a light

    def start(self, emit: Callable[[Event], None]) -> None:
        """Start every driver; what they tell goes to `emit`."""
        self._emit = emit
        for driver in self._drivers:
            driver.start(emit)

    def act(self, effect: HardwareEffect) -> None:
        """Hand `effect` to the driver whose hardware it is."""
        match effect:
            case Unlock(id_, door, for_s, not_after):
                point = self._wiring.locks[door]
                self._hand(self._by_output.get(point), Release(id_, point, for_s, not_after))
            case Relock(id_, door):
                point = self._wiring.locks[door]
                self._hand(self._by_output.get(point), Lock(id_, point))
            case Show(reader, shown):
                self._show(reader, shown)
            case ShowAtDoor(door, shown):
                for reader in self._wiring.readers_at(door):
                    self._show(reader, shown)
            case _:
                assert_never(effect)

    def see(self, event: Event) -> None:
        """See what a port tells, in its thread: who asks readers by turns asks sooner where a door opens."""
        if isinstance(event, InputChanged) and event.state is InputState.ACTIVE:
            door = self._wiring.contacts.get(event.point)
            readers = () if door is None else self._wiring.readers_at(door)
            for reader in readers:
                if (driver := self._attentive.get(reader)) is not None:
                    driver.attend(reader)

    def carriers(self) -> Mapping[str, Carrying]:
        """Return, by device, the ports that can carry a file to it."""
        return dict(self._carriers)

    def release(self, command: Release) -> None:
        """Hand on a release that the reflex asks for. Callable from any thread."""
        self._hand(self._by_output.get(command.point), command)

    def health(self) -> Mapping[str, Mapping[str, int | float | str]]:
        """Return every line's counters by the port's name."""
        return {driver.name: driver.line_health() for driver in self._drivers}

    def stop(self, within_s: float) -> None:
        """Stop every driver, each leaving its outputs locked. Blocks for the slowest of them; once.

        All at the same time: one that hangs keeps no other's lock free.
        """
        if self._stopped:
            return
        self._stopped = True
        threads = [
            threading.Thread(target=driver.stop, args=(within_s,), name=f"stop-{driver.name}", daemon=True)
            for driver in self._drivers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _show(self, reader: str, shown: Shown) -> None:
        command = Indicate(next(self._light_ids), reader, SIGNALS[shown])
        self._hand(self._by_reader.get(reader), command)

    def _hand(self, driver: Driver | None, command: Command) -> None:
        if driver is None:
            self._emit(Failed(command.id, Why.UNKNOWN_POINT, "no port has it", self._clock()))
        else:
            driver.do(command)


def _nobody(_event: Event) -> None:
    """Take events before `start`: there are none."""
