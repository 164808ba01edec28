"""What the configuration says of a serial reader, or of a converter between Wiegand and a serial line."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the type
from typing import Literal

from pydantic import Field, model_validator

from drivers.settings import Model, Name
from protocols.wiegand.lines import Description, Digits, Shape


class WiegandSerialSettings(Model):
    """One reader at one serial port. What it prints is described, not guessed."""

    kind: Literal["wiegand-serial"]
    name: Name
    device: Path = Field(description="Serial port, best under /dev/serial/by-id.")
    reader: Name = Field(description="The reader's own name.")
    baud: Literal[2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    parity: Literal["none", "even", "odd"] = "none"
    shape: Literal["line", "rdm6300", "length"] = Field(
        description='"line": digits, end of line; "rdm6300"; "length": start, length, type, number, check.'
    )
    digits: Literal["hex", "decimal"] = Field(default="hex", description="Of a line.")
    count: int | None = Field(
        default=None, description="How many digits a line has; fewer or more are noise."
    )
    format: str = Field(
        description="The format that the number is given as, such as W40_RAW for an RDM6300, W26_CARD24 for "
        "a converter that strips the parity. Name it in the door's list of formats too."
    )
    reversed_bytes: bool = Field(default=False, description="The reader sends the last byte first.")
    silent_after_s: float = Field(default=0.05, ge=0.01, le=1, description="Half a line is forgotten after.")
    repeat_s: float = Field(
        default=1.0,
        ge=0,
        le=30,
        description="A card that stays is read once: repeats closer than this are it.",
    )

    @model_validator(mode="after")
    def _sound(self) -> WiegandSerialSettings:
        _ = self.description  # says by itself what cannot be
        if self.reader == self.name:
            raise ValueError("the port and its reader need names of their own")
        if self.shape != "line" and (self.count is not None or self.digits != "hex"):
            raise ValueError(f'digits and count are of a line; "{self.shape}" has its own')
        return self

    @property
    def description(self) -> Description:
        """What the reader prints."""
        return Description(
            Shape(self.shape), self.format, Digits(self.digits), self.count, self.reversed_bytes
        )

    @property
    def devices(self) -> tuple[str, ...]:
        """The reader is the one device."""
        return (self.reader,)

    @property
    def readers(self) -> tuple[str, ...]:
        """The reader's name."""
        return (self.reader,)

    @property
    def outputs(self) -> tuple[str, ...]:
        """None: it only speaks."""
        return ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """None."""
        return ()

    def device_of(self, point: str) -> str | None:
        """Return None: no device here has any point."""
        del point
        return None
