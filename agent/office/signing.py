"""The office's signing key, its successor, and keys of those who may only stop cards.

Gateways trust the key and its successor both, while one follows the other.

First the successor is prepared and its public half put on every gateway; then the office switches to it; then
the old one is taken off the gateways. At no moment is there a list that a gateway cannot check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.keyfiles import make_signing_key, read_signing_key
from agent.office.book import OFFICE_KEY_FILE
from protocols.tokens.keys import kid

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from agent.office.book import Book

NEXT_KEY_FILE = "office.key.next"


def successor(book: Book) -> Ed25519PublicKey | None:
    """Return the public half of the key that is prepared, if one is."""
    path = book.directory / NEXT_KEY_FILE
    return read_signing_key(path).public_key() if path.exists() else None


def prepare(book: Book) -> Ed25519PublicKey:
    """Make the successor (or find the one made before) and return its public half."""
    return successor(book) or make_signing_key(book.directory / NEXT_KEY_FILE).public_key()


def make_deputy(path: Path) -> Ed25519PublicKey:
    """Make a key for whoever may stop cards and not give them, in a file that is not there yet.

    Gateways hold it to that, by the scope that their configuration gives it. Raises BadInput.
    """
    return make_signing_key(path).public_key()


def deputy(book: Book, path: Path) -> Ed25519PrivateKey | None:
    """Return the key in `path` to sign with in the office's place; None where it is the office's own.

    The office's own need not be here: so may a book be kept at the duty desk. Raises BadInput.
    """
    key = read_signing_key(path)
    own = book.directory / OFFICE_KEY_FILE
    mine = own.exists() and kid(read_signing_key(own).public_key()) == kid(key.public_key())
    return None if mine else key


def switch(book: Book, *, by: str, at: datetime) -> Ed25519PublicKey:
    """Sign with the successor from now on; the old key is gone. Raises BadInput when none is prepared."""
    fresh = successor(book)
    if fresh is None:
        raise BadInput(
            "no key is prepared; first: menshen office key prepare",
            "尚未准备新密钥；请先执行 menshen office key prepare",
        )
    (book.directory / NEXT_KEY_FILE).replace(book.directory / OFFICE_KEY_FILE)
    book.log("office.key.switched", kid(fresh), by=by, at=at)
    return fresh
