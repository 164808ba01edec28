"""Readers that give cards of the list in another way than they should: told by the cards, not by the wires.

Where no check can see that D0 and D1 are exchanged, or that the bytes come in the other order, every card
at a reader is unknown. But what it would be the other way is on the list, and that is no chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import Trouble
from protocols.wiegand.identity import lookalikes

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.wiegand.identity import CardNumber

_WORDS = {
    "card_inverted": "its cards are on the list with every bit the other way: D0 and D1 are swapped",
    "card_reversed": "its cards are on the list with their bytes in the other order",
}


class Lookalikes:
    """Tells a reader's trouble at the first card that shows it, and its end at the first that is known.

    known: whether a card is on the list. tell: takes the trouble, as if a driver had told it.
    """

    def __init__(self, known: Callable[[CardNumber], bool], tell: Callable[[Trouble], None]) -> None:
        self._known = known
        self._tell = tell
        self._told: dict[str, str] = {}

    def card(self, reader: str, number: CardNumber, at: float, *, known: bool) -> None:
        """Take a card that was shown at `reader`. It is decided upon as it came, whatever it looks like."""
        if known:
            kind = self._told.pop(reader, None)
            if kind is not None:
                self._tell(Trouble(reader, kind, active=False, detail="", at=at))
        elif reader not in self._told:
            kind = next((kind for kind, other in lookalikes(number).items() if self._known(other)), None)
            if kind is not None:
                self._told[reader] = kind
                self._tell(Trouble(reader, kind, active=True, detail=_WORDS[kind], at=at))
