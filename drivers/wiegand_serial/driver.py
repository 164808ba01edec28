"""A reader or a converter that prints its cards on a serial line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import Ability, CardRead
from drivers.listener import Listener, Voice
from protocols.wiegand.lines import Noise, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.contract import Monotonic, Secrets
    from drivers.wiegand_serial.settings import WiegandSerialSettings
    from protocols.wiegand.lines import Description


class Cards:
    """Bytes into the bits of cards, by a description of what the reader prints."""

    def __init__(self, description: Description) -> None:
        self._reader = Reader(description)
        self._noise_bytes = 0

    def take(self, data: bytes) -> Iterator[str]:
        """Give the bits of each card that `data` completes; no bytes are a silence."""
        if not data:
            self._note(self._reader.silence())
            return
        self._reader.receive(data)
        while (found := self._reader.next()) is not None:
            if isinstance(found, Noise):
                self._note(found)
            else:
                yield found

    def noise_bytes(self) -> int:
        """Return how many bytes were no card since the last call."""
        count, self._noise_bytes = self._noise_bytes, 0
        return count

    def _note(self, noise: Noise | None) -> None:
        self._noise_bytes += len(noise.dropped) if noise is not None else 0


def wiegand_serial(
    settings: WiegandSerialSettings,
    clock: Monotonic,
    secrets: Secrets,  # noqa: ARG001 - every driver is made alike; a line of digits has no secret
) -> Listener:
    """Return the driver of a serial reader, not started."""
    voice = Voice(
        settings.name,
        settings.reader,
        settings.device,
        settings.baud,
        settings.parity,
        settings.silent_after_s,
        settings.repeat_s,
    )
    return Listener(voice, clock, Ability.READ, lambda: Cards(settings.description), CardRead)
