"""What the configuration says of a serial reader, or of a converter between Wiegand and a serial line."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from drivers.keypad import KeypadCodes  # noqa: TC001 - pydantic reads the type
from drivers.speaker import SpeakerSettings
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.keypads import Codes, Keypad
from protocols.wiegand.lines import Description, Digits, Shape


class WiegandSerialSettings(SpeakerSettings):
    """One reader at one serial port. What it prints is described, not guessed."""

    kind: Literal["wiegand-serial"]
    shape: Literal["line", "rdm6300", "length"] = Field(
        description='"line": digits, end of line; "rdm6300"; "length": start, length, type, number, check.'
    )
    digits: Literal["hex", "decimal", "bits"] = Field(
        default="hex", description='Of a line. "bits": the frame itself, parity and all, as 0 and 1.'
    )
    count: int | None = Field(
        default=None, description="How many digits a line has; fewer or more are noise."
    )
    format: str | None = Field(
        default=None,
        description="The format that the number is given as, such as W40_RAW for an RDM6300, W26_CARD24 for "
        "a converter that strips the parity. Name it in the door's list of formats too. None for bits.",
    )
    reversed_bytes: bool = Field(default=False, description="The reader sends the last byte first.")
    keypad: Literal["none", "byte", "4", "6", "6-rosslare", "8"] = Field(
        default="none", description='"byte": a key is one byte, and a silence. Others: in how many "bits".'
    )
    keypad_codes: KeypadCodes | None = Field(
        default=None, description="How its keypad sends whole codes, where it sends no keys."
    )

    @model_validator(mode="after")
    def _sound(self) -> WiegandSerialSettings:
        _ = self.description  # says by itself what cannot be
        if self.shape != "line" and (self.count is not None or self.digits != "hex"):
            raise ValueError(f'digits and count are of a line; "{self.shape}" has its own')
        if self.keypad != "none" and self.keypad_codes is not None:
            raise ValueError("a keypad sends keys or whole codes: give keypad or keypad_codes")
        if self.keypad not in {"none", "byte"} and self.digits != "bits":
            raise ValueError(f'keys of {self.keypad[0]} bits come with digits = "bits"')
        if self.format is not None and self.keypad_codes is not None:
            _one_kind_of_line(self.keypad_codes.bits, self.format)
        return self

    @property
    def description(self) -> Description:
        """What the reader prints."""
        return Description(
            Shape(self.shape),
            self.format,
            Digits(self.digits),
            self.count,
            reversed_bytes=self.reversed_bytes,
            byte_keys=self.keypad == "byte",
        )

    @property
    def keys(self) -> Keypad | Codes | None:
        """How frames hold keys, or None where they hold none."""
        if self.keypad_codes is not None:
            return self.keypad_codes.codes
        return None if self.keypad in {"none", "byte"} else Keypad(self.keypad)


def _one_kind_of_line(code_bits: int, name: str) -> None:
    bits = FORMATS[name].bits
    if code_bits != bits:
        raise ValueError(
            f"the keypad's codes have {code_bits} bits and {name} has {bits}, "
            "but both come as one kind of line: name a format of that length"
        )
