"""A QR reader that prints what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import Ability, PassRead
from drivers.listener import Listener, Said
from drivers.qr_serial.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.contract import Monotonic, Secrets
    from drivers.qr_serial.settings import QrSerialSettings


class Passes:
    """Bytes into texts. with_end: a text has an end of line; otherwise a silence ends it."""

    def __init__(self, *, with_end: bool) -> None:
        self._lines = Lines(with_end=with_end)

    def take(self, data: bytes) -> Iterator[Said]:
        """Give each text that `data` completes; no bytes are a silence."""
        return (Said(PassRead, text) for text in self._lines.take(data))

    def noise_bytes(self) -> int:
        """Return how many bytes were no text since the last call."""
        return self._lines.noise_bytes()


def qr_serial(
    settings: QrSerialSettings,
    clock: Monotonic,
    secrets: Secrets,  # noqa: ARG001 - every driver is made alike; a QR reader has no secret
) -> Listener:
    """Return the driver of a QR reader, not started."""
    return Listener(settings, clock, Ability.SCAN, lambda: Passes(with_end=settings.suffix == "line"))
