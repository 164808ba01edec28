"""What the configuration says of Wiegand readers, locks and buttons at GPIO lines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from drivers.keypad import KeypadCodes  # noqa: TC001 - pydantic reads the type
from drivers.settings import Model, Name
from drivers.wiegand_gpio.lines import Pull  # noqa: TC001 - the same

HIGHEST_LINE = 1023  # the largest chips have a few hundred lines
MOST_READERS = 8  # two edges a bit, from each: more would ask too much of one thread


class GpioReader(Model):
    """A reader at two lines. The lines rest high; level shifting to the box's volts is wiring."""

    name: Name
    d0: int = Field(ge=0, le=HIGHEST_LINE, description="Line of the chip, as gpioinfo counts.")
    d1: int = Field(ge=0, le=HIGHEST_LINE)
    keypad: Literal["none", "4", "6", "6-rosslare", "8"] = Field(
        default="none", description="How its keypad sends a key: in how many bits."
    )
    keypad_codes: KeypadCodes | None = Field(
        default=None, description="How its keypad sends whole codes, where it sends no keys."
    )
    gap_ms: float = Field(default=30, gt=20, le=250, description="Rest that ends a card.")
    pull: Pull = Field(
        default="as-is",
        description='"up" where no resistor holds the lines high and the wires are short; with a divider '
        'before the chip, "off": the chip\'s own pull would work against it.',
    )
    led: int | None = Field(default=None, ge=0, le=HIGHEST_LINE, description="Green light, where wired.")
    beeper: int | None = Field(default=None, ge=0, le=HIGHEST_LINE)
    indicators_active: Literal["high", "low"] = Field(
        default="low", description="Most readers light and sound when their wire is pulled to ground."
    )

    @model_validator(mode="after")
    def _one_keypad(self) -> GpioReader:
        if self.keypad != "none" and self.keypad_codes is not None:
            raise ValueError("a keypad sends keys or whole codes: give keypad or keypad_codes")
        return self


class GpioOutput(Model):
    """A lock relay."""

    line: int = Field(ge=0, le=HIGHEST_LINE)
    active: Literal["high", "low"] = Field(default="high", description="The level that unlocks.")


class GpioInput(Model):
    """A button or a contact."""

    line: int = Field(ge=0, le=HIGHEST_LINE)
    normally: Literal["open", "closed"] = Field(
        default="open", description="The circuit at rest: open at an exit button, closed at a shut door."
    )
    closed: Literal["high", "low"] = Field(
        default="low", description="The level of a closed circuit: low where it pulls the line to ground."
    )
    pull: Pull = Field(
        default="as-is",
        description='"up" or "down" where no resistor holds the line while the circuit is open: a line that '
        "floats presses buttons by itself.",
    )
    debounce_ms: int = Field(default=30, ge=0, le=1000, description="Deaf for so long after each change.")


class WiegandGpioSettings(Model):
    """A GPIO chip and what is wired to it."""

    kind: Literal["wiegand-gpio"]
    name: Name
    device: Path = Field(default=Path("/dev/gpiochip0"), description="The GPIO chip.")
    readers_here: tuple[GpioReader, ...] = Field(default=(), alias="readers", max_length=MOST_READERS)
    outputs_here: dict[Name, GpioOutput] = Field(default_factory=dict, alias="outputs")
    inputs_here: dict[Name, GpioInput] = Field(default_factory=dict, alias="inputs")
    held_outputs: Literal["refused", "accepted"] = Field(
        default="refused",
        description="Killed within a release, the gateway leaves the line to its chip: most keep it unlocked "
        'until the gateway runs again. "accepted" says that somebody has thought of that.',
    )

    @model_validator(mode="after")
    def _sound(self) -> WiegandGpioSettings:
        if not (self.readers_here or self.outputs_here or self.inputs_here):
            raise ValueError("a port needs at least one reader, output or input")
        if self.outputs_here and self.held_outputs != "accepted":
            raise ValueError(
                "a GPIO line cannot end a release by itself: a killed gateway may leave the door open. "
                'Use a relay board with a pulse of its own, or write held_outputs = "accepted"'
            )
        shared = [line for line, count in Counter(self._lines()).items() if count > 1]
        if shared:
            raise ValueError(f"line {shared[0]} is used twice")
        names = Counter((*self.readers, *self.outputs, *self.inputs, self.name))
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise ValueError(f"{twice[0]} is named twice")
        return self

    def _lines(self) -> list[int]:
        found = [each.line for each in self.outputs_here.values()]
        found += [each.line for each in self.inputs_here.values()]
        for reader in self.readers_here:
            wires = (reader.d0, reader.d1, reader.led, reader.beeper)
            found += [line for line in wires if line is not None]
        return found

    @property
    def devices(self) -> tuple[str, ...]:
        """The readers, each at its own wires, and the chip itself under the port's name."""
        return (self.name, *self.readers)

    @property
    def readers(self) -> tuple[str, ...]:
        """Names of the readers."""
        return tuple(reader.name for reader in self.readers_here)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return tuple(self.outputs_here)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(self.inputs_here)

    def device_of(self, point: str) -> str | None:
        """Return the device that has the output or input `point`: the chip has them all."""
        return self.name if point in self.outputs_here or point in self.inputs_here else None
