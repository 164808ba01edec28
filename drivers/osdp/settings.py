"""What the configuration says of a line of OSDP readers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path  # noqa: TC003 - pydantic reads the type
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from drivers.contract import Signal
from drivers.settings import Model, Name
from protocols.osdp.codes import HIGHEST_ADDRESS
from protocols.osdp.happenings import BITS_PER_CHARACTER, RECEIVE_BYTES, Timings
from protocols.osdp.transfer import SMALLEST_FRAME_BYTES

MOST_READERS = 16
"""More on one pair wait longer than a blink, even at the highest speed."""

MOST_CHANNELS = 255
TENTHS_PER_S = 10
LONGEST_BLINK_S = 25.5

# What systemd accepts as a credential's name, and no path.
CredentialName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{2,32}$", to_lower=True)]
Tenths = Annotated[float, Field(ge=0, le=LONGEST_BLINK_S)]
ColourName = Literal["off", "red", "green", "amber", "blue", "magenta", "cyan", "white"]


class OsdpInput(Model):
    """One input of a reader or of a door module."""

    channel: int = Field(ge=0, le=MOST_CHANNELS, description="As OSDP counts, from 0.")
    normally: Literal["open", "closed"] = Field(
        default="open", description="The circuit at rest: open at an exit button, closed at a shut door."
    )


class OsdpPattern(Model):
    """What a reader shows and sounds for one signal."""

    colour: ColourName = "off"
    on_s: Tenths = 1.0
    off_s: Tenths = Field(default=0.0, description="0 shines steadily.")
    for_s: float = Field(default=0.0, ge=0, le=6553, description="0 is until something else is shown.")
    beeps: int = Field(default=0, ge=0, le=255)
    beep_on_s: Tenths = 0.1
    beep_off_s: Tenths = 0.1


PATTERNS = {
    Signal.READY: OsdpPattern(colour="red"),
    Signal.GRANTED: OsdpPattern(colour="green", for_s=3.0, beeps=1, beep_on_s=0.2),
    Signal.DENIED: OsdpPattern(colour="red", on_s=0.2, off_s=0.2, for_s=1.6, beeps=3),
    Signal.WARNING: OsdpPattern(
        colour="amber", on_s=0.5, off_s=0.5, for_s=10.0, beeps=10, beep_on_s=0.3, beep_off_s=0.7
    ),
}
"""What is shown where the configuration says nothing."""


class OsdpReader(Model):
    """One device at one address: a reader, or a door module without one."""

    name: Name
    address: int = Field(ge=0, le=HIGHEST_ADDRESS)
    secure: Literal["required", "install", "off"] = Field(
        default="required",
        description='"required": only with its own key. "install": with the default key, which everybody '
        'knows. "off": in clear. The last two are alarms as long as they are in use.',
    )
    key_credential: CredentialName | None = Field(
        default=None, description="Name of the credential with its key, 32 hex digits; never the key."
    )
    serial: Hex | None = Field(default=None, description="The serial number it must have, 8 hex digits.")
    cuid: Hex | None = Field(default=None, description="Its number inside the secure channel, 16 hex digits.")
    outputs: dict[Name, int] = Field(default_factory=dict, description="Point to output, from 0.")
    inputs: dict[Name, OsdpInput] = Field(default_factory=dict)
    patterns: dict[Signal, OsdpPattern] = Field(
        default_factory=dict, description="What it shows, where it differs."
    )
    check: Literal["crc", "checksum"] = Field(
        default="crc", description='"checksum" for devices older than version 2.'
    )

    @model_validator(mode="after")
    def _sound(self) -> OsdpReader:
        if (self.secure == "required") is not (self.key_credential is not None):
            raise ValueError(
                'secure = "required" needs key_credential, and nothing else does — pair the reader with '
                "`menshen bus pair`, or write secure out"
            )
        for point, output in self.outputs.items():
            if not 0 <= output <= MOST_CHANNELS:
                raise ValueError(f"{point}: an output is 0 to {MOST_CHANNELS}")
        numbers = [*self.outputs.values()]
        channels = [each.channel for each in self.inputs.values()]
        for what, used in (("outputs", numbers), ("inputs", channels)):
            twice = [number for number, count in Counter(used).items() if count > 1]
            if twice:
                raise ValueError(f"two {what} are number {twice[0]}")
        return self

    def pattern(self, signal: Signal) -> OsdpPattern:
        """Return what this reader shows for `signal`."""
        return self.patterns.get(signal, PATTERNS[signal])


class OsdpBusSettings(Model):
    """A line of OSDP devices at one serial port."""

    kind: Literal["osdp"]
    name: Name
    device: Path = Field(description="Serial port, best under /dev/serial/by-id.")
    baud: Literal[9600, 19200, 38400, 57600, 115200, 230400] = 9600
    rs485: bool = Field(default=False, description="Ask the kernel to switch the transceiver's direction.")
    devices_here: tuple[OsdpReader, ...] = Field(alias="readers", min_length=1, max_length=MOST_READERS)
    reply_within_s: float = Field(default=0.2, ge=0.02, le=1, description="The standard's limit is 0.2.")
    resend_after_s: float = Field(
        default=0.04, ge=0.01, le=1, description="The shortest wait for a quick device's answer."
    )
    offline_after_s: float = Field(default=8.0, ge=1, le=60, description="Silence that is an alarm.")
    gap_s: float = Field(default=0.03, ge=0.005, le=0.2, description="Silence that ends a frame.")
    idle_characters: int = Field(default=2, ge=0, le=20, description="Silence between frames.")
    busy_wait_s: float = Field(
        default=0.05, ge=0.005, le=1, description="Before a device that is busy is asked the same again."
    )
    retry_key_s: float = Field(
        default=1.0,
        ge=0.1,
        le=60,
        description="Between handshakes with a device that does not prove its key.",
    )
    polls_per_s: int = Field(
        default=300, ge=10, le=2000, description="Of all devices together while nothing happens."
    )
    busy_polls_per_s: int = Field(
        default=700,
        ge=10,
        le=5000,
        description="The same, shortly after a card, a key, an order, an opening.",
    )
    busy_for_s: float = Field(default=3.0, ge=0, le=60, description="How long that is.")

    @model_validator(mode="after")
    def _one_line(self) -> OsdpBusSettings:
        addresses = Counter(reader.address for reader in self.devices_here)
        shared = [address for address, count in addresses.items() if count > 1]
        if shared:
            raise ValueError(f"two readers at address {shared[0]}: their answers would collide")
        names = Counter(self.devices) + Counter([*self.outputs, *self.inputs])
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise ValueError(f"{twice[0]} is named twice")
        return self

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of all devices on the port."""
        return tuple(reader.name for reader in self.devices_here)

    @property
    def readers(self) -> tuple[str, ...]:
        """Names of all readers on the port: every device may have one."""
        return self.devices

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all output points."""
        return tuple(point for reader in self.devices_here for point in reader.outputs)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all input points."""
        return tuple(point for reader in self.devices_here for point in reader.inputs)

    def device_of(self, point: str) -> str | None:
        """Return the device that has the output or input `point`, or None where no device here has it."""
        owners = (each.name for each in self.devices_here if point in each.outputs or point in each.inputs)
        return next(owners, None)

    @property
    def timings(self) -> Timings:
        """The line's times, for the protocol."""
        return Timings(
            reply_within_s=self.reply_within_s,
            resend_after_s=self.resend_after_s,
            offline_after_s=self.offline_after_s,
            gap_s=self.gap_s,
            idle_characters=self.idle_characters,
            busy_wait_s=self.busy_wait_s,
            retry_key_s=self.retry_key_s,
            receive_bytes=self.receive_bytes,
        )

    @property
    def receive_bytes(self) -> int:
        """The longest frame that is taken: no longer on the wire than a reply is waited for, within bounds.

        Every device may send SMALLEST_FRAME_BYTES, whatever the speed.
        """
        fits = int(self.reply_within_s * self.baud / BITS_PER_CHARACTER)
        return min(RECEIVE_BYTES, max(SMALLEST_FRAME_BYTES, fits))
