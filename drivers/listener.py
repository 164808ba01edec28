"""A driver for a reader that only speaks, on a serial port of its own: it lives as far as its port does.

What the bytes mean is a `Speech`, which says what is the driver's own event. The rest is the same for a
converter, an RFID module and a QR reader, and stands here.

Its one trouble has the kind "babble": more comes than any person shows or types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, assert_never

import structlog

from drivers.contract import Failed, Indicate, Lock, Offline, Online, Release, Why
from drivers.pace import Pace
from drivers.ports import Port, PortError
from drivers.troubles import Troubles
from drivers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from drivers.contract import Ability, Command, Emit, Event, Monotonic
    from drivers.speaker import SpeakerSettings

REOPEN_S = 0.5  # before a port that is gone is opened anew
BABBLE = "babble"
_WORDS = {BABBLE: "more comes from it than any person shows or types; the rest is dropped"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """A reading. event: what it is to the agent. stays: the same again is the same card, still there."""

    event: Callable[[str, str, float], Event]
    text: str
    stays: bool = True


class Speech(Protocol):
    """Bytes into readings. Never reads, waits or logs."""

    def take(self, data: bytes) -> Iterable[Said]:
        """Return the readings that `data` completes; no bytes are a silence, which may complete one too."""

    def noise_bytes(self) -> int:
        """Return how many bytes were no reading since the last call."""


class Listener:
    """The driver. Public methods are callable from any thread and return at once.

    speech: makes a new one each time the port is opened.
    """

    def __init__(
        self, settings: SpeakerSettings, clock: Monotonic, ability: Ability, speech: Callable[[], Speech]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._ability = ability
        self._speech = speech
        self._emit: Emit = _nobody
        self._worker = Worker(f"listener-{settings.name}", self._run)
        self._pace = Pace()
        self._troubles = Troubles(settings.reader, _WORDS)
        self._told_offline = False
        self._last: Said | None = None
        self._last_at = 0.0
        self._opened = self._readings = self._repeats = self._noise_bytes = 0

    @property
    def name(self) -> str:
        """The port's name in the configuration."""
        return self._settings.name

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
            case Indicate(reader=reader) if reader != self._settings.reader:
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
            "babble_dropped": self._pace.dropped,
        }

    def _run(self, worker: Worker) -> None:
        while not worker.stopping:
            try:
                self._hold_the_port(worker)
            except PortError as error:
                self._lost(str(error))
                worker.wake.wait(REOPEN_S)

    def _hold_the_port(self, worker: Worker) -> None:
        """Open it and listen until told to stop. Raises PortError when it goes, or cannot be had."""
        settings = self._settings
        port = Port(settings.device, settings.baud, parity=settings.parity[0].upper())
        try:
            self._listen(port, worker)
        finally:
            port.close()

    def _listen(self, port: Port, worker: Worker) -> None:
        """Read what comes. Raises PortError when the port goes."""
        self._opened += 1
        self._told_offline = False
        self._emit(Online(self._settings.reader, self._clock(), {"device": str(self._settings.device)}))
        speech = self._speech()
        while not worker.stopping:
            for said in speech.take(port.read(self._settings.silent_after_s, worker.wake)):
                self._read(said)
            self._noise_bytes += speech.noise_bytes()
            self._tell_trouble()

    def _read(self, said: Said) -> None:
        at = self._clock()
        repeated = said.stays and said == self._last and at - self._last_at < self._settings.repeat_s
        self._last, self._last_at = said, at  # what stays is one reading for as long as it stays
        if repeated:
            self._repeats += 1
        elif self._pace.allows(at):
            self._readings += 1
            self._emit(said.event(self._settings.reader, said.text, at))

    def _tell_trouble(self) -> None:
        at = self._clock()
        for trouble in self._troubles.note((BABBLE,) if self._pace.babbles(at) else (), at):
            self._emit(trouble)

    def _lost(self, why: str) -> None:
        self._last = None
        if not self._told_offline:
            self._told_offline = True
            self._emit(Offline(self._settings.reader, why, self._clock()))


def _nobody(event: Event) -> None:
    """Take an event before anybody listens."""
    log.debug("event.unheard", event_kind=type(event).__name__)
