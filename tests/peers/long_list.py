"""An office with a list of any length, made by arithmetic and signed for real: for figures, not for rules."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from agent.doors.translate import card_digest, phone_digest
from protocols.mqtt import topics
from protocols.mqtt.roster import (
    CHUNK_ROWS,
    Credential,
    Group,
    ListDigest,
    Person,
    Right,
    Row,
    Schedule,
    Window,
    row_digest,
)
from protocols.mqtt.roster_messages import Chunk, Delta, Head, SnapshotRef
from protocols.mqtt.topics import Kind
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import ROSTER_DELTA_TYP, ROSTER_HEAD_TYP, sign
from protocols.wiegand.identity import CardNumber

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CARDS_A_PERSON = 2


class LongList:
    """A list of `cards` cards, two a person, and one phone; at revision 1, all of it valid everywhere."""

    def __init__(
        self,
        gateway: str,
        doors: tuple[str, ...],
        cards: int,
        *,
        key: Ed25519PrivateKey,
        digest_key: bytes,
        phone: Ed25519PublicKey,
    ) -> None:
        self.gateway = gateway
        self.cards = cards
        self.revision = 1
        self._doors = doors
        self._key = key
        self._digest_key = digest_key
        self._phone = phone
        self._digest = ListDigest.of(self._rows())

    @staticmethod
    def number(serial: int) -> CardNumber:
        """Return the card of this serial, from 0."""
        return CardNumber("uid32", serial + 1)

    @property
    def digest(self) -> str:
        """The list's digest now."""
        return self._digest.hex

    def card(self, serial: int, state: str = "active") -> Credential:
        """Return a card's row."""
        digest = card_digest(self.number(serial), self._digest_key).hex()
        return Credential.model_validate(
            {"digest": digest, "kind": "card", "person": f"p-{serial // CARDS_A_PERSON}", "state": state}
        )

    def snapshot(self) -> Iterator[tuple[str, bytes]]:
        """Give the whole list as (topic, payload): the chunks, and the head last."""
        digests: list[str] = []
        rows: list[Row] = []
        for row in self._rows():
            rows.append(row)
            if len(rows) == CHUNK_ROWS:
                yield self._chunk(rows, digests)
                rows = []
        if rows:
            yield self._chunk(rows, digests)
        ref = SnapshotRef(
            revision=self.revision, digest=self.digest, count=self._digest.count, chunks=tuple(digests)
        )
        head = Head(
            aud=self.gateway,
            iat=int(time.time()),  # noqa: TID251 - a meter has no clock of its own
            revision=self.revision,
            digest=self.digest,
            count=self._digest.count,
            snapshot=ref,
        )
        token = sign(head.as_object(), self._key, ROSTER_HEAD_TYP)
        yield topics.plain(self.gateway, Kind.HEAD), token.encode()

    def change(self, serials: range, state: str) -> tuple[str, bytes]:
        """Return (topic, payload) of the delta that puts these active cards in `state`."""
        before = [self.card(serial) for serial in serials]
        after = tuple(self.card(serial, state) for serial in serials)
        for row in before:
            self._digest = self._digest.minus(row_digest("credential", row))
        for row in after:
            self._digest = self._digest.plus(row_digest("credential", row))
        self.revision += 1
        delta = Delta(
            aud=self.gateway,
            iat=int(time.time()),  # noqa: TID251 - a meter has no clock of its own
            base=self.revision - 1,
            revision=self.revision,
            digest=self.digest,
            count=self._digest.count,
            credentials=after,
        )
        token = sign(delta.as_object(), self._key, ROSTER_DELTA_TYP)
        return topics.plain(self.gateway, Kind.DELTA), token.encode()

    def _chunk(self, rows: list[Row], digests: list[str]) -> tuple[str, bytes]:
        number = len(digests)
        body = Chunk(
            revision=self.revision,
            n=number,
            persons=tuple(row for row in rows if isinstance(row, Person)),
            credentials=tuple(row for row in rows if isinstance(row, Credential)),
            groups=tuple(row for row in rows if isinstance(row, Group)),
            schedules=tuple(row for row in rows if isinstance(row, Schedule)),
        ).encode()
        digests.append(hashlib.sha256(body).hexdigest())
        return topics.chunk(self.gateway, self.revision, number), body

    def _rows(self) -> Iterator[Row]:
        yield Schedule(
            name="always",
            zone="Asia/Shanghai",
            windows=(Window(days=(1, 2, 3, 4, 5, 6, 7), start="00:00", end="24:00"),),
        )
        yield Group(
            name="residents", rights=tuple(Right(door=door, schedule="always") for door in self._doors)
        )
        for person in range(-(-self.cards // CARDS_A_PERSON)):
            yield Person(id=f"p-{person}", verified=True, groups=("residents",))
        for serial in range(self.cards):
            yield self.card(serial)
        yield Credential(
            digest=phone_digest(kid(self._phone), self._digest_key).hex(),
            kind="phone",
            person="p-0",
            state="active",
            key=public_text(self._phone),
        )
