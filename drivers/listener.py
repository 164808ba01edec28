"""A driver for a reader that only speaks, on a serial port of its own: it lives as far as its port does.

What the bytes mean is a `Speech`; what a reading becomes is the driver's own event. The rest is the same for
a converter, an RFID module and a QR reader, and stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, assert_never

import structlog

from drivers.contract import Failed, Indicate, Lock, Offline, Online, Release, Why
from drivers.ports import Port, PortError
from drivers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from drivers.contract import Ability, Command, Emit, Event, Monotonic

REOPEN_S = 0.5  # between two attempts to open a port that is gone

log = structlog.get_logger(__name__)


class Speech(Protocol):
    """Bytes into readings. Never reads, waits or logs."""

    def take(self, data: bytes) -> Iterable[str]:
        """Return the readings that `data` completes; no bytes are a silence, which may complete one too."""

    def noise_bytes(self) -> int:
        """Return how many bytes were no reading since the last call."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One reader that speaks: its names, its port, and how long is what.

    silent_after_s: this long a silence ends what was begun. repeat_s: the same reading sooner is the same
    card or code still there.
    """

    name: str
    reader: str
    device: Path
    baud: int
    parity: str
    silent_after_s: float
    repeat_s: float


class Listener:
    """The driver. Public methods are callable from any thread and return at once.

    speech: makes a new one each time the port is opened. event: what a reading of the reader is to the agent.
    """

    def __init__(
        self,
        voice: Voice,
        clock: Monotonic,
        ability: Ability,
        speech: Callable[[], Speech],
        event: Callable[[str, str, float], Event],
    ) -> None:
        self._voice = voice
        self._clock = clock
        self._ability = ability
        self._speech = speech
        self._event = event
        self._emit: Emit = _nobody
        self._worker = Worker(f"listener-{voice.name}", self._run)
        self._told_offline = False
        self._last = ""
        self._last_at = 0.0
        self._opened = self._readings = self._repeats = self._noise_bytes = 0

    @property
    def name(self) -> str:
        """The port's name in the configuration."""
        return self._voice.name

    @property
    def abilities(self) -> frozenset[Ability]:
        """It is heard, and no more."""
        return frozenset({self._ability})

    def start(self, emit: Emit) -> None:
        """Begin to listen."""
        self._emit = emit
        self._worker.start()

    def do(self, command: Command) -> None:
        """Refuse: nothing can be told to this reader."""
        match command:
            case Release() | Lock():
                why, words = Why.UNKNOWN_POINT, f"no output {command.point} here"
            case Indicate(reader=reader) if reader != self._voice.reader:
                why, words = Why.UNKNOWN_POINT, f"no reader {reader} here"
            case Indicate(reader=reader):
                why, words = Why.REFUSED, f"nothing can be shown at {reader}"
            case _:
                assert_never(command)
        self._emit(Failed(command.id, why, words, self._clock()))

    def stop(self, within_s: float) -> None:
        """Close the port, end the thread."""
        self._worker.stop(within_s)

    def line_health(self) -> Mapping[str, int | float | str]:
        """Return counters since start."""
        return {
            "port_opened": self._opened,
            "readings": self._readings,
            "repeats": self._repeats,
            "noise_bytes": self._noise_bytes,
        }

    def _run(self, worker: Worker) -> None:
        voice = self._voice
        while not worker.stopping:
            try:
                port = Port(voice.device, voice.baud, parity=voice.parity[0].upper())
            except PortError as error:
                self._lost(str(error))
                worker.wake.wait(REOPEN_S)
                continue
            try:
                self._listen(port, worker)
            except PortError as error:
                self._lost(str(error))
            finally:
                port.close()

    def _listen(self, port: Port, worker: Worker) -> None:
        """Read until told to stop. Raises PortError when the port goes."""
        self._opened += 1
        self._told_offline = False
        self._emit(Online(self._voice.reader, self._clock(), {"device": str(self._voice.device)}))
        speech = self._speech()
        while not worker.stopping:
            for reading in speech.take(port.read(self._voice.silent_after_s, worker.wake)):
                self._read(reading)
            self._noise_bytes += speech.noise_bytes()

    def _read(self, reading: str) -> None:
        at = self._clock()
        repeated = reading == self._last and at - self._last_at < self._voice.repeat_s
        self._last, self._last_at = reading, at  # what stays is one reading for as long as it stays
        if repeated:
            self._repeats += 1
            return
        self._readings += 1
        self._emit(self._event(self._voice.reader, reading, at))

    def _lost(self, why: str) -> None:
        self._last = ""
        if not self._told_offline:
            self._told_offline = True
            self._emit(Offline(self._voice.reader, why, self._clock()))


def _nobody(event: Event) -> None:
    """Take an event before anybody listens."""
    log.debug("event.unheard", event_kind=type(event).__name__)
