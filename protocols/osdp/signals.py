"""What a panel shows and sounds at a reader: LED, BUZ and TEXT, as values, in both directions.

Times are in tenths of a second. Source: see codes.py.
"""
# ruff: noqa: D102 - `data` and `read` of every command do what the module says

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from protocols.osdp.codes import CommandCode
from protocols.osdp.fields import at_least, exactly, number, records

LED_BYTES = 14
BUZZER_BYTES = 5
TEXT_HEAD_BYTES = 6
CANCEL = 1
SET = 2


@dataclass(frozen=True, slots=True)
class Light:
    """How a light shines: on and off in tenths of a second (off 0: steady), and the two colours."""

    on_tenths: int
    off_tenths: int
    on_colour: int
    off_colour: int = 0

    def data(self) -> bytes:
        """Return its four bytes."""
        return bytes((self.on_tenths, self.off_tenths, self.on_colour, self.off_colour))


DARK = Light(0, 0, 0)


@dataclass(frozen=True, slots=True)
class LedRecord:
    """One light: `temporary` shines for `timer_tenths`, then `permanent`. None leaves that part as it is.

    cancel: end a temporary light that runs (only without `temporary`).
    """

    led: int = 0
    reader: int = 0
    temporary: Light | None = None
    timer_tenths: int = 0
    permanent: Light | None = None
    cancel: bool = False

    def data(self) -> bytes:
        """Return its fourteen bytes."""
        first = SET if self.temporary is not None else CANCEL * self.cancel
        return (
            bytes((self.reader, self.led, first))
            + (self.temporary or DARK).data()
            + self.timer_tenths.to_bytes(2, "little")
            + bytes((int(self.permanent is not None),))
            + (self.permanent or DARK).data()
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read fourteen bytes."""
        return cls(
            led=data[1],
            reader=data[0],
            temporary=Light(*data[3:7]) if data[2] == SET else None,
            timer_tenths=number(data[7:9]),
            permanent=Light(*data[10:14]) if data[9] == 1 else None,
            cancel=data[2] == CANCEL,
        )


@dataclass(frozen=True, slots=True)
class SetLights:
    """Drive lights."""

    CODE: ClassVar = CommandCode.LED
    records: tuple[LedRecord, ...]

    def data(self) -> bytes:
        return b"".join(r.data() for r in self.records)

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(tuple(LedRecord.read(r) for r in records(data, LED_BYTES, "LED")))


@dataclass(frozen=True, slots=True)
class Buzz:
    """Sound: tone (Tone), on and off in tenths of a second, how often (0: for ever)."""

    CODE: ClassVar = CommandCode.BUZ
    tone: int
    on_tenths: int
    off_tenths: int
    times: int
    reader: int = 0

    def data(self) -> bytes:
        return bytes((self.reader, self.tone, self.on_tenths, self.off_tenths, self.times))

    @classmethod
    def read(cls, data: bytes) -> Self:
        reader, tone, on, off, times = exactly(data, BUZZER_BYTES, "BUZ")
        return cls(tone, on, off, times, reader)


@dataclass(frozen=True, slots=True)
class ShowText:
    """Show ASCII text. mode: 1 and 2 permanent without and with wrap, 3 and 4 for `for_s` seconds."""

    CODE: ClassVar = CommandCode.TEXT
    text: bytes
    mode: int = 1
    for_s: int = 0
    row: int = 1
    column: int = 1
    reader: int = 0

    def data(self) -> bytes:
        return bytes((self.reader, self.mode, self.for_s, self.row, self.column, len(self.text))) + self.text

    @classmethod
    def read(cls, data: bytes) -> Self:
        reader, mode, for_s, row, column, size = at_least(data, TEXT_HEAD_BYTES, "TEXT")[:TEXT_HEAD_BYTES]
        text = exactly(data[TEXT_HEAD_BYTES:], size, "TEXT's text")
        return cls(text, mode, for_s, row, column, reader)
