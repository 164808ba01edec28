"""A QR reader that prints what it reads: it only speaks, and lives as far as its port does."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import structlog

from drivers.contract import Ability, Failed, Indicate, Lock, Offline, Online, PassRead, Release, Why
from drivers.ports import Port, PortError
from drivers.qr_serial.lines import Lines
from drivers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.contract import Command, Emit, Event, Monotonic, Secrets
    from drivers.qr_serial.settings import QrSerialSettings

REOPEN_S = 0.5  # between two attempts to open a port that is gone

log = structlog.get_logger(__name__)


class QrSerial:
    """The driver. Public methods are callable from any thread and return at once."""

    def __init__(
        self,
        settings: QrSerialSettings,
        clock: Monotonic,
        secrets: Secrets,  # noqa: ARG002 - every driver is made alike; a QR reader has no secret
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._emit: Emit = _nobody
        self._worker = Worker(f"qr-{settings.name}", self._run)
        self._told_offline = False
        self._last_text = ""
        self._last_at = 0.0
        self._opened = self._texts = self._repeats = self._noise_bytes = 0

    @property
    def name(self) -> str:
        """The port's name in the configuration."""
        return self._settings.name

    @property
    def abilities(self) -> frozenset[Ability]:
        """It scans, and no more."""
        return frozenset({Ability.SCAN})

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
        """Counters since start."""
        return {
            "port_opened": self._opened,
            "texts": self._texts,
            "repeats": self._repeats,
            "noise_bytes": self._noise_bytes,
        }

    def _run(self, worker: Worker) -> None:
        while not worker.stopping:
            try:
                port = Port(
                    self._settings.device, self._settings.baud, parity=self._settings.parity[0].upper()
                )
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
        self._emit(Online(self._settings.reader, self._clock(), {"device": str(self._settings.device)}))
        lines = Lines(with_end=self._settings.suffix == "line")
        while not worker.stopping:
            data = port.read(self._settings.silent_after_s, worker.wake)
            for text in lines.receive(data) if data else lines.silence():
                self._text(text)
            self._noise_bytes += lines.dropped
            lines.dropped = 0

    def _text(self, text: str) -> None:
        at = self._clock()
        repeated = text == self._last_text and at - self._last_at < self._settings.repeat_s
        self._last_text, self._last_at = text, at  # a code that stays is one reading as long as it stays
        if repeated:
            self._repeats += 1
            return
        self._texts += 1
        self._emit(PassRead(self._settings.reader, text, at))

    def _lost(self, why: str) -> None:
        self._last_text = ""
        if not self._told_offline:
            self._told_offline = True
            self._emit(Offline(self._settings.reader, why, self._clock()))


def _nobody(event: Event) -> None:
    """Take an event before anybody listens."""
    log.debug("event.unheard", event_kind=type(event).__name__)
