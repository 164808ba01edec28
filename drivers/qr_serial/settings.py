"""What the configuration says of a QR reader at a serial port."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from drivers.speaker import SpeakerSettings


class QrSerialSettings(SpeakerSettings):
    """One QR reader at one serial port."""

    kind: Literal["qr-serial"]
    suffix: Literal["line", "none"] = Field(
        default="line", description='"line": CR, LF or both end a text. "none": a silence does.'
    )
    repeat_s: float = Field(
        default=2.0, ge=0, le=30, description="A code that stays is read once: repeats closer are it."
    )
