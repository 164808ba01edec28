"""What the configuration says of any reader that only speaks, at a serial port of its own."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the type
from typing import Literal

from pydantic import Field, model_validator

from drivers.settings import Model, Name


class SpeakerSettings(Model):
    """One reader at one serial port. It is told nothing, so the port has no other point."""

    name: Name
    device: Path = Field(description="Serial port, best under /dev/serial/by-id.")
    reader: Name = Field(description="The reader's own name.")
    baud: Literal[2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    parity: Literal["none", "even", "odd"] = "none"
    silent_after_s: float = Field(
        default=0.05, ge=0.01, le=1, description="A silence: what was begun is over."
    )
    repeat_s: float = Field(
        default=1.0,
        ge=0,
        le=30,
        description="A card or code that stays is read once: repeats closer than this are it.",
    )

    @model_validator(mode="after")
    def _two_names(self) -> SpeakerSettings:
        if self.reader == self.name:
            raise ValueError("the port and its reader need names of their own")
        return self

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
