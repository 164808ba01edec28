"""Evidence outside the book: receipts and lists as they are exported, checked by somebody who has no book.

A receipt says that a gateway enforces the list of a certain digest; the list itself, opaque throughout, says
of a card that it is revoked there. Both together prove it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.office.roster import Rosters
from protocols.errors import WireError
from protocols.mqtt.errors import MessageError
from protocols.mqtt.model import stamp
from protocols.mqtt.roster import Credential, Group, ListDigest, Person, RowKind, Schedule, row_digest
from protocols.mqtt.roster_messages import RECEIPT_CHARS, DoorReceipt
from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.keys import kid, public_from_text, public_text
from protocols.tokens.token import RECEIPT_TYP, open_token

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from agent.office.book import Book
    from agent.office.receipts import Evidence


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why exported evidence proves nothing. `what`: "line", "key", "signature" or "words"."""

    what: str
    detail: str = ""


def exported(evidence: Evidence, origin: tuple[str, str, str] | None) -> dict[str, object]:
    """Return evidence as it leaves the book, for who checks it elsewhere.

    origin: the gateway's key, how the office came to know it, and when: one that was believed at first use
    is worth comparing with the gateway's own.
    """
    key, how, since = (None, None, None) if origin is None else origin
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
        "key_how": how,
        "key_since": since,
    }


_ROWS: dict[str, type[Person | Credential | Group | Schedule]] = {
    RowKind.PERSON.value: Person,
    RowKind.CREDENTIAL.value: Credential,
    RowKind.GROUP.value: Group,
    RowKind.SCHEDULE.value: Schedule,
}
_SIGNED = ("door", "revision", "complete", "why", "digest", "count")


@dataclass(frozen=True, slots=True)
class ListProof:
    """What the rows of a list come to. `digest`, `count`: as the receipts of that list have them."""

    digest: str
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """A receipt that holds: whose it is, by which key, and of which list."""

    gateway: str
    key: str
    revision: int
    proof: ListProof


def check_exported(line: str, keys: Collection[str]) -> Held | Flaw:
    """Return the receipt that a line of exported evidence holds, or why it proves nothing.

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
    if wrong:
        return Flaw("words", ", ".join(wrong))
    proof = ListProof(receipt.digest, receipt.count)
    return Held(receipt.gw, public_text(known[opened.kid]), receipt.revision, proof)


def list_lines(book: Book, gateway: str, revision: int) -> Iterator[dict[str, object]]:
    """Yield the list of `gateway` at `revision`, a row a line, as it was sent: nothing personal is in it."""
    for kind, bodies in Rosters(book.database).changes(gateway, 0, revision).rows.items():
        for body in bodies:
            yield {"gateway": gateway, "revision": revision, "kind": kind, "row": body}


def check_list(lines: Iterable[str]) -> ListProof | Flaw:
    """Return what the rows of an exported list come to, each taken as a gateway takes it."""
    total = ListDigest()
    for number, line in enumerate(lines, start=1):
        try:
            said = json.loads(line)
            row = _ROWS[said["kind"]].read(json.dumps(said["row"]).encode())
        except (ValueError, KeyError, TypeError, RecursionError, MessageError):
            return Flaw("line", str(number))
        total = total.plus(row_digest(said["kind"], row))
    return ListProof(total.hex, total.count)
