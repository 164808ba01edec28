"""The people of the demo, in a real book: residents with verified identity, their cards, and a phone.

Names are invented; document numbers are the worked examples of GB 11643-1999, or passports of nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import access, credentials, lifecycle, people
from agent.office.credentials import digest_of
from agent.office.identity import Document
from protocols.tokens.keys import public_text
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.identity import CardNumber

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from agent.office.book import Book

BY: Final = "demo"
FORMAT: Final = "W34_CARD32"
STRANGER: Final = "stranger"
"""A card that is in nobody's book."""

PHONE_OWNER: Final = "A17"
GROUP: Final = "residents"


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who lives here. `chip`: the 32-bit number that a reader reads off the card."""

    name: str
    document: Document
    number: str
    home: str
    chip: int


RESIDENTS: Final[Mapping[str, Resident]] = {
    "A17": Resident("王小明", Document.RESIDENT, "11010519491231002X", "3-1-1201", 0x5A17_0001),
    "B02": Resident("李芳", Document.RESIDENT, "440524188001010014", "3-2-0502", 0x5B02_0002),
    "C05": Resident("Ada Example", Document.PASSPORT, "X0000005", "3-1-0305", 0x5C05_0003),
}
"""What is printed on a card, and who holds it."""

_STRANGERS_CHIP: Final = 0x0BAD_CA2D


def fill(book: Book, phone: Ed25519PublicKey, at: datetime) -> dict[str, str]:
    """Write the building into the new `book`; return the opaque id of each card's holder."""
    with book.change("demo.building", by=BY, at=at) as edit:
        access.set_schedule(edit, access.ALWAYS, ["00:00-24:00"], "Asia/Shanghai")
        access.set_group(edit, GROUP, [(LOBBY, access.ALWAYS), (GARAGE, access.ALWAYS)])
        access.set_gateway(edit, GATEWAY, (LOBBY, GARAGE))
    ids: dict[str, str] = {}
    for card, resident in RESIDENTS.items():
        person = people.Person(
            id=people.new_id(),
            details=people.Details(resident.name, resident.document, resident.number),
            role=people.Role.OWNER,
            groups=(GROUP,),
            home=people.home_of(resident.home),
            verification=people.Verification(at, BY, "seen"),
        )
        ids[card] = lifecycle.add_person(book, person, by=BY, at=at)
        lifecycle.issue_card(book, person.id, number_of(card), by=BY, at=at)
    lifecycle.add_phone(book, ids[PHONE_OWNER], public_text(phone), by=BY, at=at)
    return ids


def number_of(card: str) -> CardNumber:
    """Return the number of a card of the demo. Raises BadInput for one that there is not."""
    if card == STRANGER:
        return CardNumber("uid32", _STRANGERS_CHIP)
    return CardNumber("uid32", holder_of(card).chip)


def holder_of(card: str) -> Resident:
    """Return who holds a card. Raises BadInput for one that nobody holds."""
    if card not in RESIDENTS:
        raise BadInput(f"{card}: {', '.join(RESIDENTS)}")
    return RESIDENTS[card]


def bits_of(card: str) -> str:
    """Return the frame that a reader sends for a card."""
    return FORMATS[FORMAT].encode({"card": number_of(card).value})


def revoke(book: Book, card: str, at: datetime) -> int:
    """Revoke a resident's card; return the revision of the book after. Raises BadInput."""
    key = digest_of(book.digest_key, str(number_of(card)))
    return lifecycle.set_state(book, key, CredentialState.REVOKED, by=BY, at=at, why="demo")


def issue(book: Book, card: str, person: str, at: datetime) -> int:
    """Give a resident's card out, again after a revocation; return the revision of the book after."""
    key = digest_of(book.digest_key, str(number_of(card)))
    with book.change("card.issued", by=BY, at=at) as edit:
        row = edit.get("credential", key)
        if row is not None and row["state"] == CredentialState.REVOKED:
            credentials.release(edit, key)
        credentials.issue(edit, person, number_of(card))
    return book.revision
