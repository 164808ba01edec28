"""What the configuration says of a keypad that sends whole codes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from drivers.settings import Model
from protocols.wiegand.keypads import MOST_DIGITS, CodeFrame, Codes


class KeypadCodes(Model):
    """A keypad that gathers a code and sends it as a card would be sent.

    At that reader the declared numbers are codes, and no card with such a number opens: or whoever may type
    could type a card. `longest` is therefore what the keypad takes, not what people use.
    """

    frame: Literal["26-facility", "26-decimal", "26-number", "30-number", "34-number"] = Field(
        description="How a code is sent: behind a facility, as decimal digits, or as a card's whole number."
    )
    facility: int | None = Field(default=None, description='The keypad\'s own, of "26-facility".')
    shortest: int = Field(ge=1, le=MOST_DIGITS, description="Digits: zeros in front are put back up to it.")
    longest: int = Field(ge=1, le=MOST_DIGITS, description="Digits that the keypad takes at the most.")

    @model_validator(mode="after")
    def _sound(self) -> KeypadCodes:
        _ = self.codes  # says by itself what cannot be
        return self

    @property
    def bits(self) -> int:
        """Length of a frame that holds a code."""
        return self.codes.bits

    @property
    def codes(self) -> Codes:
        """The keypad, as frames are read by."""
        return Codes(CodeFrame(self.frame), self.shortest, self.longest, self.facility)
