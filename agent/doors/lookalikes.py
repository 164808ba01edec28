"""Readers that give cards of the list in another way than they should: told by the cards, not by the wires.

Where no check can see that D0 and D1 are exchanged, or that the bytes come in the other order, every card
at a reader is unknown. But what it would be the other way is on the list. One stranger's card may be that by
chance, where a long list fills much of a short number; two different ones in a row are not.
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
    """Tells a reader's trouble at the second card that shows it, and its end at the first that is known.

    known: whether a card is on the list. tell: takes the trouble, as if a driver had told it.
    """

    def __init__(self, known: Callable[[CardNumber], bool], tell: Callable[[Trouble], None]) -> None:
        self._known = known
        self._tell = tell
        self._told: dict[str, str] = {}
        self._seen: dict[str, tuple[str, CardNumber]] = {}  # by reader, what the first such card showed

    def card(self, reader: str, number: CardNumber, at: float, *, known: bool) -> None:
        """Take a card that was shown at `reader`. It is decided upon as it came, whatever it looks like."""
        if known:
            self._seen.pop(reader, None)
            kind = self._told.pop(reader, None)
            if kind is not None:
                self._tell(Trouble(reader, kind, active=False, detail="", at=at))
        elif reader not in self._told:
            kind = next((kind for kind, other in lookalikes(number).items() if self._known(other)), None)
            if kind is not None and self._again(reader, kind, number):
                self._told[reader] = kind
                self._tell(Trouble(reader, kind, active=True, detail=_WORDS[kind], at=at))

    def _again(self, reader: str, kind: str, number: CardNumber) -> bool:
        """Say whether another card has shown the same; else remember this one."""
        before = self._seen.setdefault(reader, (kind, number))
        if before[0] != kind:
            self._seen[reader] = (kind, number)
        return before[0] == kind and before[1] != number
