"""Card formats of a site's own, beside the sixty that everybody has: checked when they are loaded."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from drivers.settings import Model
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.layout import LONGEST_BITS, SHORTEST_BITS, Format, define

MOST_FORMATS = 32
"""A site with more kinds of cards of its own than this has made a mistake."""

Notation = Annotated[str, StringConstraints(max_length=400)]


class SiteFormat(Model):
    """One layout of a frame. Bits count from 0, the first that arrives.

    fields: name to bits, such as "1-8" or, bytes reversed, "24-31,16-23". parity: "0 even 1-12", in the
    order of computing. fixed: "1=1". xor: "40-43 = 4-bit units of 0-39". Without any of the last three
    nothing but the length is checked, and a reader that names such a format takes what noise makes of it.
    """

    id: Notation = Field(description="Capitals, digits and _, as readers name it in `formats`.")
    bits: int = Field(ge=SHORTEST_BITS, le=LONGEST_BITS)
    fields: dict[Notation, Notation] = Field(min_length=1, max_length=8)
    name: Annotated[str, StringConstraints(max_length=80)] = ""
    parity: tuple[Notation, ...] = Field(default=(), max_length=8)
    fixed: tuple[Notation, ...] = Field(default=(), max_length=LONGEST_BITS)
    xor: Notation | None = None

    @model_validator(mode="after")
    def _sound(self) -> SiteFormat:
        if self.id in FORMATS:
            raise ValueError(f"{self.id} is a format that everybody has — give yours another id")
        _ = self.layout  # says by itself what cannot be
        return self

    @property
    def layout(self) -> Format:
        """The layout, as the decoder takes it. Its cards have an identity space of their own."""
        return define(
            self.id,
            self.bits,
            self.fields,
            name=self.name,
            parity=self.parity,
            fixed=self.fixed,
            xor=self.xor,
        )
