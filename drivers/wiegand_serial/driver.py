"""A reader or a converter that prints its cards, and its keypad's keys, on a serial line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import Ability, CardRead, KeysPressed
from drivers.listener import Listener, Said
from protocols.wiegand.health import SHORTEST_CARD_BITS
from protocols.wiegand.keypads import typed
from protocols.wiegand.lines import Key, Noise, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.contract import Monotonic, Secrets
    from drivers.wiegand_serial.settings import WiegandSerialSettings
    from protocols.wiegand.keypads import Codes, Keypad
    from protocols.wiegand.lines import Description


class Cards:
    """Bytes into cards and keys, by a description of what the reader prints.

    keypad: how frames hold its keys, where they do.
    """

    def __init__(self, description: Description, keypad: Keypad | Codes | None = None) -> None:
        self._reader = Reader(description)
        self._keypad = keypad
        self._noise_bytes = 0

    def take(self, data: bytes) -> Iterator[Said]:
        """Give each card and key that `data` completes; no bytes are a silence."""
        if not data:
            yield from self._said(self._reader.silence())
            return
        self._reader.receive(data)
        while (found := self._reader.next()) is not None:
            yield from self._said(found)

    def noise_bytes(self) -> int:
        """Return how many bytes were neither since the last call."""
        count, self._noise_bytes = self._noise_bytes, 0
        return count

    def _said(self, found: str | Noise | Key | None) -> Iterator[Said]:
        match found:
            case None:
                return
            case Noise(count=count):
                self._noise_bytes += count
            case Key(key=key):
                yield Said(KeysPressed, key, stays=False)
            case bits:
                keys = None if self._keypad is None else typed(bits, self._keypad)
                if keys:
                    yield Said(KeysPressed, keys, stays=False)
                elif keys is None and len(bits) >= SHORTEST_CARD_BITS:
                    yield Said(CardRead, bits)
                else:
                    self._noise_bytes += len(bits)


def wiegand_serial(
    settings: WiegandSerialSettings,
    clock: Monotonic,
    secrets: Secrets,  # noqa: ARG001 - every driver is made alike; a line of digits has no secret
) -> Listener:
    """Return the driver of a serial reader, not started."""
    return Listener(settings, clock, Ability.READ, lambda: Cards(settings.description, settings.keys))
