"""Evidence outside the book: receipts as they are exported, and checked by somebody who has no book."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.errors import WireError
from protocols.mqtt.model import stamp
from protocols.mqtt.roster_messages import RECEIPT_CHARS, DoorReceipt
from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.keys import kid, public_from_text, public_text
from protocols.tokens.token import RECEIPT_TYP, open_token

if TYPE_CHECKING:
    from collections.abc import Collection

    from agent.office.receipts import Evidence


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why exported evidence proves nothing. `what`: "line", "key", "signature" or "words"."""

    what: str
    detail: str = ""


def exported(evidence: Evidence, key: str | None) -> dict[str, object]:
    """Return evidence as it leaves the book, for who checks it elsewhere. key: of its gateway, as text."""
    return {
        "gateway": evidence.gateway,
        "door": evidence.door,
        "revision": evidence.revision,
        "made_at": None if evidence.made_at is None else stamp(evidence.made_at),
        "published_at": None if evidence.published_at is None else stamp(evidence.published_at),
        "enforced_at": stamp(evidence.enforced_at),
        "latency_s": evidence.latency_s,
        "complete": evidence.complete,
        "why": evidence.why,
        "digest": evidence.digest,
        "count": evidence.count,
        "received_at": stamp(evidence.received_at),
        "receipt": evidence.token,
        "key": key,
    }


_SIGNED = ("door", "revision", "complete", "why", "digest", "count")


def check_exported(line: str, keys: Collection[str]) -> tuple[str, str] | Flaw:
    """Return whose receipt a line of exported evidence holds and by which key, or why it proves nothing.

    keys: public keys that whoever checks has from the gateways themselves; without any, the one in the line
    counts, which proves no more than that the line is of one piece.
    """
    try:
        said = json.loads(line)
        token, own = said["receipt"], said["key"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Flaw("line")
    if not isinstance(token, str) or not isinstance(own, str):
        return Flaw("line")
    try:
        known = {kid(key): key for key in map(public_from_text, keys or (own,))}
        opened = open_token(token, RECEIPT_TYP, known.get, longest=RECEIPT_CHARS)
        receipt = DoorReceipt.read(opened.body)
    except TokenError as error:
        return Flaw("key") if error.code is Defect.UNKNOWN_KEY else Flaw("signature", str(error))
    except WireError as error:
        return Flaw("signature", str(error))
    signed: dict[str, object] = {name: getattr(receipt, name) for name in _SIGNED}
    signed |= {"gateway": receipt.gw, "enforced_at": stamp(receipt.enforced_at)}
    wrong = sorted(name for name, value in signed.items() if said.get(name) != value)
    return Flaw("words", ", ".join(wrong)) if wrong else (receipt.gw, public_text(known[opened.kid]))
