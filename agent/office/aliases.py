"""Under which other identities gateways know a card: what readers that send less of it make of it.

A card has one identity in the book, and its digest there. A 26-bit reader sends three of a chip's four bytes,
so the same card has another digest at such a door: an alias. Which shortenings a gateway's readers have is
declared for the gateway; aliases are kept for every shortening that was ever declared.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.domain.credentials import CredentialKind
from agent.errors import BadInput
from agent.office.credentials import digest_of
from protocols.wiegand.identity import SHORTENINGS, CardNumber, NumberError, shortened, width_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from agent.office.edit import Edit

DEFAULT_READS = ("fc8cn16", "uid32")
"""What readers of H10301 (26 bits) and of W34_CARD32 (34) give: the formats that most doors have."""


def check_reads(names: Iterable[str]) -> tuple[str, ...]:
    """Return `names` in order, once each. Raises BadInput for one that is neither space nor shortening."""
    for name in names:
        if name in SHORTENINGS:
            continue
        try:
            width_of(name)
        except NumberError as error:
            known = ", ".join(SHORTENINGS)
            raise BadInput(
                f"no reader gives {name!r}; name spaces of numbers, or of {known}",
                f"没有读卡器送出 {name!r}；请写卡号类型，或：{known}",
            ) from error
    return tuple(sorted(set(names)))


def unsaid(given: Iterable[str], said: Iterable[str]) -> tuple[str, ...]:
    """Return what of the spaces `given` by readers the office was not `said` to have, where that matters.

    It does where a card is shortened to that space: without its alias the card silently does not open there.
    """
    narrow = {way.space for way in SHORTENINGS.values()}
    known = {SHORTENINGS[name].space if name in SHORTENINGS else name for name in said}
    return tuple(sorted(narrow.intersection(given) - known))


def identities(digest_key: bytes, number: CardNumber, shortenings: Iterable[str]) -> dict[str, str]:
    """Return the digests under which readers with `shortenings` know a card, by shortening."""
    return {
        kind: digest_of(digest_key, str(narrow)) for kind, narrow in shortened(number, shortenings).items()
    }


def kept(database: sqlite3.Connection) -> tuple[str, ...]:
    """Return the shortenings for which every card of the book has its aliases."""
    return tuple(row["name"] for row in database.execute("SELECT name FROM shortening ORDER BY name"))


def keep_up(edit: Edit) -> bool:
    """Give every card of the book the aliases of shortenings that a gateway has for the first time.

    Returns whether there are any.
    """
    known = kept(edit.database)
    declared = edit.database.execute("SELECT DISTINCT value FROM gateway, json_each(gateway.reads)")
    fresh = sorted({name for (name,) in declared if name in SHORTENINGS} - set(known))
    if fresh:
        edit.database.executemany("INSERT INTO shortening (name) VALUES (?)", [(name,) for name in fresh])
        cards = edit.database.execute(
            "SELECT id, sealed FROM credential WHERE kind = ?", (CredentialKind.CARD,)
        ).fetchall()
        _write(edit, ((card["id"], _number(edit, card["id"], card["sealed"])) for card in cards), fresh)
    return bool(fresh)


def add(edit: Edit, cards: Iterable[str]) -> None:
    """Give `cards`, new to the book, their aliases. What is no card, or not in the book, is passed over."""
    shortenings, new = kept(edit.database), list(cards)
    if shortenings:
        _write(edit, _numbers(edit, new), shortenings)
    edit.database.execute(  # a card that was buried is in the office's hand again
        "DELETE FROM buried WHERE id IN (SELECT value FROM json_each(?)) "
        "AND id IN (SELECT id FROM credential)",
        (json.dumps(new),),
    )


def bury(edit: Edit, key: str) -> None:
    """Take a stopped credential out of the book, though nobody has brought the card back.

    The digests of a card stay, with the opaque id of whom it was: no other card is ever taken for this one.
    """
    row = edit.get("credential", key)
    if row is not None and row["kind"] == CredentialKind.CARD:
        # Its number goes with it: what any reader could ever make of the card is noted now.
        _write(edit, [(key, _number(edit, key, row["sealed"]))], SHORTENINGS)
        edit.database.execute("REPLACE INTO buried (id, person) VALUES (?, ?)", (key, row["person"]))
    edit.drop("credential", key)


def _numbers(edit: Edit, cards: Iterable[str]) -> Iterator[tuple[str, str]]:
    for card in cards:
        text = edit.numbers.get(card)
        if text is None:  # put back by an undo: only the sealed row says it
            row = edit.get("credential", card)
            if row is None or row["kind"] != CredentialKind.CARD:
                continue
            text = _number(edit, card, row["sealed"])
        yield card, text


def _write(edit: Edit, cards: Iterable[tuple[str, str]], shortenings: Iterable[str]) -> None:
    edit.database.executemany(
        # A card that was here before has them already: they are what its number makes them.
        "INSERT OR IGNORE INTO alias (credential, shortening, digest) VALUES (?, ?, ?)",
        (
            (card, kind, digest)
            for card, text in cards
            for kind, digest in identities(edit.digest_key, CardNumber.parse(text), shortenings).items()
        ),
    )


def _number(edit: Edit, card: str, sealed: bytes) -> str:
    return str(json.loads(edit.sealer.open(sealed, f"credential/{card}"))["number"])
