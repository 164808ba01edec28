"""A GPIO chip with readers, locks and buttons as one driver: one thread listens, one ends releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import structlog

from drivers.contract import (
    Ability,
    Done,
    Event,
    Failed,
    Indicate,
    InputChanged,
    InputState,
    Lock,
    Offline,
    Online,
    Release,
    Signal,
    Why,
)
from drivers.ports import PortError
from drivers.wiegand_gpio.inputs import InputLines
from drivers.wiegand_gpio.lines import KernelChip
from drivers.wiegand_gpio.reader import ReaderLine
from drivers.wiegand_gpio.sources import Source, listen
from drivers.wiegand_gpio.timers import Timers
from drivers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from drivers.contract import Command, Emit, Monotonic, Secrets
    from drivers.wiegand_gpio.lines import Chip
    from drivers.wiegand_gpio.settings import WiegandGpioSettings

REOPEN_S = 0.5  # between two attempts to open a chip that is not there
LONGEST_REST_S = 0.5
LONGEST_HOLD_S = 3600.0  # longer is a lease that is renewed
LED, BEEPER = "led", "beeper"

# What a reader shows: seconds from now, and on or off. The light is the green one; red is the reader's own.
_LIGHT: Mapping[Signal, tuple[tuple[float, bool], ...]] = {
    Signal.GRANTED: ((0, True), (3.0, False)),
    Signal.DENIED: ((0, False),),
    Signal.READY: ((0, False),),
    Signal.WARNING: ((0, True), (0.5, False), (1.0, True), (1.5, False), (2.0, True), (2.5, False)),
}
_SOUND: Mapping[Signal, tuple[tuple[float, bool], ...]] = {
    Signal.GRANTED: ((0, True), (0.2, False)),
    Signal.DENIED: ((0, True), (0.1, False), (0.2, True), (0.3, False), (0.4, True), (0.5, False)),
    Signal.READY: ((0, False),),
    Signal.WARNING: ((0, True), (0.3, False), (1.0, True), (1.3, False), (2.0, True), (2.3, False)),
}

log = structlog.get_logger(__name__)


class WiegandGpio:
    """The driver. Public methods are callable from any thread and return at once."""

    def __init__(
        self,
        settings: WiegandGpioSettings,
        clock: Monotonic,
        secrets: Secrets,  # noqa: ARG002 - every driver is made alike; wires have no secret
        *,
        open_chip: Callable[[Path], Chip] = KernelChip,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._open_chip = open_chip
        self._emit: Emit = _nobody
        self._readers = tuple(ReaderLine(reader) for reader in settings.readers_here)
        inputs = (InputLines(settings.inputs_here),) if settings.inputs_here else ()
        self._receivers: tuple[ReaderLine | InputLines, ...] = (*self._readers, *inputs)
        self._indicators = {
            reader.name: {LED: reader.led, BEEPER: reader.beeper} for reader in settings.readers_here
        }
        self._levels = _levels(settings)
        self._timers = Timers(self._levels, clock, self._set_failed)
        self._worker = Worker(f"gpio-{settings.name}", self._run)
        self._stopping = False
        self._told_offline = False
        self._opened = 0
        self._failed_sets = 0
        self._broken: str | None = None
        self._sources: tuple[Source, ...] = ()

    @property
    def name(self) -> str:
        """The port's name in the configuration."""
        return self._settings.name

    @property
    def abilities(self) -> frozenset[Ability]:
        """What is wired."""
        found = set()
        if self._settings.readers_here:
            found.add(Ability.READ)
        if self._settings.inputs_here:
            found.add(Ability.SENSE)
        if self._settings.outputs_here:
            found.add(Ability.RELEASE)
        if any(line is not None for lines in self._indicators.values() for line in lines.values()):
            found.add(Ability.INDICATE)
        return frozenset(found)

    def start(self, emit: Emit) -> None:
        """Begin to listen."""
        self._emit = emit
        self._timers.start()
        self._worker.start()

    def do(self, command: Command) -> None:
        """Set the lines now; what must end later is ended by the timers' thread."""
        at = self._clock()
        try:
            refusal = self._carry_out(command, at)
        except PortError as error:
            refusal = (Why.STOPPED if self._stopping else Why.OFFLINE), str(error)
        done = Done(command.id, at) if refusal is None else Failed(command.id, *refusal, at)
        self._emit(done)

    def stop(self, within_s: float) -> None:
        """Put every line to rest, let go of the chip, end the threads."""
        self._stopping = True
        self._timers.stop(within_s)
        self._worker.stop(within_s)

    def line_health(self) -> Mapping[str, int | float | str]:
        """Figures of every reader's wires, under its name."""
        figures: dict[str, int | float | str] = {
            "chip_opened": self._opened,
            "sets_failed": self._failed_sets,
            "storm_slices": sum(source.slices_cut for source in self._sources),
        }
        for reader in self._readers:
            figures.update(reader.report())
        return figures

    # --- commands ------------------------------------------------------------------------------------------

    def _carry_out(self, command: Command, at: float) -> tuple[Why, str] | None:
        match command:
            case Release():
                return self._release(command, at)
            case Lock():
                output = self._settings.outputs_here.get(command.point)
                if output is None:
                    return Why.UNKNOWN_POINT, f"no output {command.point} here"
                self._timers.play(output.line, ((0, False),))
                return None
            case Indicate():
                return self._indicate(command)
            case _:
                assert_never(command)

    def _release(self, command: Release, at: float) -> tuple[Why, str] | None:
        output = self._settings.outputs_here.get(command.point)
        if output is None:
            return Why.UNKNOWN_POINT, f"no output {command.point} here"
        if not 0 < command.for_s <= LONGEST_HOLD_S:
            return Why.REFUSED, f"a release lasts up to {LONGEST_HOLD_S} s, not {command.for_s} s"
        if at > command.not_after:
            return Why.LATE, "its time had passed"
        self._timers.play(output.line, ((0, True), (command.for_s, False)))
        return None

    def _indicate(self, command: Indicate) -> tuple[Why, str] | None:
        lines = self._indicators.get(command.reader)
        if lines is None:
            return Why.UNKNOWN_POINT, f"no reader {command.reader} here"
        light, sound = lines[LED], lines[BEEPER]
        if light is None and sound is None:
            return Why.REFUSED, f"{command.reader} has neither light nor beeper"
        if light is not None:
            self._timers.play(light, _LIGHT[command.signal])
        if sound is not None:
            self._timers.play(sound, _SOUND[command.signal])
        return None

    def _set_failed(self, why: str) -> None:
        """Have the chip opened anew, which puts every line to rest: a lock that cannot be set is no lock."""
        self._failed_sets += 1
        self._broken = why
        self._worker.wake.ring()
        log.warning("gpio.not_set", port=self.name, why=why)

    # --- the listening thread ------------------------------------------------------------------------------

    def _run(self, worker: Worker) -> None:
        while not worker.stopping:
            try:
                chip = self._open_chip(self._settings.device)
            except PortError as error:
                self._lost(str(error))
                worker.wake.wait(REOPEN_S)
                continue
            try:
                self._serve(chip, worker)
            except PortError as error:
                self._lost(str(error))
                worker.wake.wait(REOPEN_S)
            finally:
                chip.close()

    def _serve(self, chip: Chip, worker: Worker) -> None:
        """Listen until told to stop. Raises PortError when the chip goes."""
        held: list[Source] = []
        outputs = (
            chip.outputs({line: rest for line, (rest, _) in self._levels.items()}) if self._levels else None
        )
        try:
            for receiver in self._receivers:
                edges = chip.edges(receiver.pulls)
                held.append(Source(edges, receiver))  # one by one: what is open is closed if the next is not
            self._sources = tuple(held)
            self._broken = None
            self._timers.use(outputs)
            self._came_online(held)
            while not worker.stopping:
                for event in listen(held, worker.wake, self._clock, LONGEST_REST_S):
                    self._emit(event)
                worker.wake.clear()
                if self._broken is not None:
                    raise PortError(self._broken)
        finally:
            self._timers.rest()  # what a line does that is let go, nobody promises
            self._timers.use(None)
            for source in held:
                source.edges.close()
            if outputs is not None:
                outputs.close()

    def _came_online(self, sources: Sequence[Source]) -> None:
        at = self._clock()
        self._opened += 1
        self._told_offline = False
        for device in self._settings.devices:
            self._emit(Online(device, at, {"chip": str(self._settings.device)}))
        for source in sources:
            for event in source.opened(at):
                self._emit(event)

    def _lost(self, why: str) -> None:
        if self._told_offline:
            return
        at = self._clock()
        self._told_offline = True
        for device in self._settings.devices:
            self._emit(Offline(device, why, at))
        for point in self._settings.inputs:
            self._emit(InputChanged(point, InputState.UNKNOWN, at))


def _levels(settings: WiegandGpioSettings) -> dict[int, tuple[int, int]]:
    """Return each output line's level at rest, and when it is active."""
    low, high = (1, 0), (0, 1)
    found = {each.line: high if each.active == "high" else low for each in settings.outputs_here.values()}
    for reader in settings.readers_here:
        for line in (reader.led, reader.beeper):
            if line is not None:
                found[line] = high if reader.indicators_active == "high" else low
    return found


def _nobody(event: Event) -> None:
    """Take an event before anybody listens."""
    log.debug("event.unheard", event_kind=type(event).__name__)
