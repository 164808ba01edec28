"""A QR reader that prints what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import Ability, PassRead
from drivers.listener import Listener, Voice
from drivers.qr_serial.lines import Lines

if TYPE_CHECKING:
    from drivers.contract import Monotonic, Secrets
    from drivers.qr_serial.settings import QrSerialSettings


def qr_serial(
    settings: QrSerialSettings,
    clock: Monotonic,
    secrets: Secrets,  # noqa: ARG001 - every driver is made alike; a QR reader has no secret
) -> Listener:
    """Return the driver of a QR reader, not started."""
    voice = Voice(
        settings.name,
        settings.reader,
        settings.device,
        settings.baud,
        settings.parity,
        settings.silent_after_s,
        settings.repeat_s,
    )
    return Listener(voice, clock, Ability.SCAN, lambda: Lines(with_end=settings.suffix == "line"), PassRead)
