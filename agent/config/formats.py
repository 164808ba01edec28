"""Card formats of a site's own, beside the sixty that everybody has: checked when they are loaded."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from drivers.settings import Model
from protocols.wiegand.formats import FORMATS, SPACES
from protocols.wiegand.layout import LONGEST_BITS, SHORTEST_BITS, Format, define

MOST_FORMATS = 32
"""A site with more kinds of cards of its own than this has made a mistake."""

Notation = Annotated[str, StringConstraints(max_length=400)]


class SiteFormat(Model):
    """One layout of a frame. Bits count from 0, the first that arrives.

    fields: name to bits, such as "1-8" or, bytes reversed, "24-31,16-23". parity: "0 even 1-12", in the
    order of computing. fixed: "1=1". xor: "40-43 = 4-bit units of 0-39". Without parity or xor nothing but
    the length tells a good frame, and a reader that names such a format takes what noise makes of it.
    """

    id: Notation = Field(description="Capitals, digits and _, as readers name it in `formats`.")
    bits: int = Field(ge=SHORTEST_BITS, le=LONGEST_BITS)
    fields: dict[Notation, Notation] = Field(min_length=1, max_length=8)
    name: Annotated[str, StringConstraints(max_length=80)] = ""
    parity: tuple[Notation, ...] = Field(default=(), max_length=8)
    fixed: tuple[Notation, ...] = Field(default=(), max_length=LONGEST_BITS)
    xor: Notation | None = None
    space: str | None = Field(
        default=None,
        description="The identity that its fields, joined in their order, are: uid32 where they are a chip's "
        "four bytes, so that the card is the same card at other readers. Otherwise one of its own.",
    )

    @model_validator(mode="after")
    def _sound(self) -> SiteFormat:
        if self.id in FORMATS:
            raise ValueError(f"{self.id} is a format that everybody has — give yours another id")
        width = self.layout.number_bits  # says by itself what cannot be
        if self.space is not None and SPACES.get(self.space) != width:
            fit = ", ".join(space for space, bits in SPACES.items() if bits == width) or "none"
            raise ValueError(f"{self.id}: {self.space!r} is no identity of {width} bits; there are: {fit}")
        return self

    @property
    def layout(self) -> Format:
        """The layout, as the decoder takes it."""
        return define(
            self.id,
            self.bits,
            self.fields,
            name=self.name,
            parity=self.parity,
            fixed=self.fixed,
            xor=self.xor,
            space=self.space,
        )
