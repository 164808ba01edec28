"""The gateway's signed word on what is enforced where: a receipt a door, and the message with all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.mqtt import roster_messages as wire
from protocols.tokens.token import RECEIPT_TYP, sign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.roster.results import Wanted
    from agent.store.roster_table import ListHead


@dataclass(frozen=True, slots=True)
class DoorReach:
    """How far the list reaches at a door: `complete` when no panel of it lacks anything; `why` where not."""

    door: str
    complete: bool = True
    why: str | None = None


def receipt(reach: DoorReach, head: ListHead, gw: str, key: Ed25519PrivateKey) -> str:
    """Return the signed receipt for one door. `head`: a list that is in force, so with its `enforced_at`."""
    if head.enforced_at is None:
        raise ValueError("no list is in force yet: there is nothing to sign for")
    payload = wire.DoorReceipt(
        gw=gw,
        door=reach.door,
        revision=head.revision,
        digest=head.digest.hex(),
        count=head.count,
        enforced_at=head.enforced_at,
        complete=reach.complete,
        why=reach.why,
    )
    return sign(payload.as_object(), key, RECEIPT_TYP)


def receipt_message(
    doors: Iterable[DoorReach], head: ListHead, gw: str, key: Ed25519PrivateKey, wanted: Wanted | None = None
) -> wire.ReceiptMessage:
    """Return the payload of roster/receipt: every door's receipt, and what the gateway still lacks.

    With no list in force there is no receipt, only what is wanted.
    """
    signed = () if head.enforced_at is None else tuple(receipt(each, head, gw, key) for each in doors)
    lacking = None if wanted is None else wire.Wanted(have=wanted.have, need=wanted.need, why=wanted.why)
    return wire.ReceiptMessage(
        gw=gw,
        revision=head.revision,
        digest=head.digest.hex(),
        enforced_at=head.enforced_at,
        wanted=lacking,
        receipts=signed,
    )
