"""Rosters out, receipts in: what is sent to each gateway, and where each door stands.

Nothing here knows the broker's client: messages go out through `send`, and come in through `heard`.
What lies retained at the broker (head and snapshot) is what a gateway finds that was away; a delta is for
those that listen. A gateway that lacks something says so in its receipt message, and is answered.

With a key that may only stop cards (the duty desk's, at night) deltas alone are signed, and those only by
which nobody gains. No head tells of them: a gateway that comes back is known to be behind by its own receipt,
and is sent what it lacks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.office import messages, receipts
from agent.office.access import gateways, pin_gateway_key, reads
from agent.office.aliases import unsaid
from agent.office.messages import Message, Snapshot
from agent.office.roster import Rosters
from protocols.errors import WireError
from protocols.mqtt.model import stamp
from protocols.mqtt.payloads import Birth, Health, State
from protocols.mqtt.roster import CHUNK_ROWS, DELTA_ROWS
from protocols.mqtt.roster_messages import ReceiptMessage, Wanted
from protocols.mqtt.topics import ROOT, Kind, take_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.office.book import Book
    from agent.office.receipts import Evidence
    from protocols.mqtt.roster_messages import DoorReceipt

HEARD = tuple(f"{ROOT}/+/{kind}" for kind in (Kind.BIRTH, Kind.STATE, Kind.HEALTH, Kind.RECEIPT))
"""What the office listens to."""

STALE_PART = 4
"""A snapshot is laid out anew when rows for a quarter of the list were written since: it is cheaper then."""
ANSWERS = 3
"""How often the same lack of a gateway is answered in one session; then a person must look."""

GAP = "gap"
WRONG_DIGEST = "wrong_digest"
NEEDS_OFFICE = "needs_office"
"""Not only cards were stopped since what this gateway has: it is not for a key that may only stop them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one door stands against the book's newest revision. `online`: None when nobody has said.

    `seen_at`: the gateway's last sign of life, by its own clock; None when nobody has said.
    """

    gateway: str
    door: str
    enforced: bool
    complete: bool
    evidence: Evidence | None
    online: bool | None
    trouble: str | None
    seen_at: datetime | None = None
    unread: tuple[str, ...] = ()
    """Kinds of numbers that readers there give and that the office has not been told of."""


class Pusher:
    """Pushes one book to its gateways. `now` gives the wall clock, `send` takes a message to the broker.

    stopping: a key to sign with in the office's place, trusted by gateways to stop cards, not to give them.
    """

    def __init__(
        self,
        book: Book,
        now: Callable[[], datetime],
        send: Callable[[Message], None],
        *,
        stopping: Ed25519PrivateKey | None = None,
    ) -> None:
        self.book = book
        self._now = now
        self._send = send
        self._stopping = stopping
        self._only_stops = stopping is not None
        self._rosters = Rosters(book.database)
        self._online: dict[str, bool] = {}
        self._seen_at: dict[str, datetime] = {}
        self._trouble: dict[str, str] = {}
        self._beyond: set[str] = set()
        self._given: dict[str, tuple[str, ...]] = {}
        self._unproven: dict[str, bytes] = {}
        self._answered: dict[tuple[str, int, int], int] = {}
        self._laid_out: dict[str, Snapshot] = {}

    def push(self, only: Iterable[str] | None = None) -> None:
        """Send the newest revision to the gateways named, or to all."""
        with self.book.together():
            for gateway in self._targets(only):
                self._push_one(gateway)

    def heard(self, topic: str, payload: bytes) -> tuple[DoorReceipt, ...]:
        """Take a message from the broker; return the receipts that it brought and that hold."""
        try:
            place = take_apart(topic)
            if place.gateway not in gateways(self.book):
                return ()
            match place.kind:
                case Kind.BIRTH:
                    return self._born(place.gateway, Birth.read(payload))
                case Kind.STATE:
                    self._online[place.gateway] = State.read(payload).online
                case Kind.HEALTH:
                    self._seen(place.gateway, Health.read(payload).at)
                case Kind.RECEIPT:
                    return self._receipts(place.gateway, payload)
                case _:
                    pass
        except WireError:
            return ()  # a broker that says nonsense changes nothing
        return ()

    def standing(self) -> list[Standing]:
        """Return every door of every gateway, and what is known of it."""
        newest, latest = self.book.roster_revision, receipts.latest(self.book)
        found: list[Standing] = []
        unread = self.unread()
        for gateway, doors in gateways(self.book).items():
            for door in doors:
                evidence = latest.get((gateway, door))
                enforced = evidence is not None and evidence.revision >= newest
                found.append(
                    Standing(
                        gateway,
                        door,
                        enforced,
                        enforced and evidence is not None and evidence.complete,
                        evidence,
                        self._online.get(gateway),
                        self._trouble.get(gateway) or self._needs_office(gateway, enforced=enforced),
                        self._seen_at.get(gateway),
                        unread[gateway],
                    )
                )
        return found

    def unread(self) -> dict[str, tuple[str, ...]]:
        """Return the kinds of numbers that readers of each gateway give and the office was not told of."""
        return {name: unsaid(self._given.get(name, ()), said) for name, said in reads(self.book).items()}

    def lay_out(self, only: Iterable[str] | None = None) -> None:
        """Lay the whole newest list at the broker for the gateways named, for when they come back."""
        if self._only_stops:
            return
        for gateway in self._targets(only):
            old = self._snapshot(gateway)
            newest = self.book.roster_revision
            if old is None or old.revision != newest:
                self._lay_out(gateway, newest, old)

    def settled(self) -> None:
        """Remember what was laid out: call it once the broker has confirmed all that was sent.

        Not sooner: a snapshot of which a chunk was lost on the way must be laid out again.
        """
        for gateway, laid_out in self._laid_out.items():
            self.book.database.execute(
                "REPLACE INTO snapshot (gateway, revision, digest, count, chunks) VALUES (?, ?, ?, ?, ?)",
                (gateway, laid_out.revision, laid_out.digest, laid_out.count, json.dumps(laid_out.chunks)),
            )
        self._laid_out.clear()

    def _needs_office(self, gateway: str, *, enforced: bool) -> str | None:
        return NEEDS_OFFICE if gateway in self._beyond and not enforced else None

    def _targets(self, only: Iterable[str] | None) -> list[str]:
        known = gateways(self.book)
        wanted = list(known) if only is None else list(only)
        for gateway in wanted:
            if gateway not in known:
                raise BadInput(
                    f"there is no gateway {gateway!r}; first: menshen office gateway add {gateway} …",
                    f"没有网关 {gateway!r}；请先执行 menshen office gateway add {gateway} …",
                )
        return wanted

    def _push_one(self, gateway: str) -> None:
        newest = self.book.roster_revision
        if newest == 0:
            return
        base = receipts.newest_of(self.book, gateway)
        if self._only_stops:
            if base is None or base < newest:
                self._send_stops(gateway, base, newest)
            return
        self._note_published(gateway, newest)
        too_large = base is not None and base < newest and not self._send_delta(gateway, base, newest)
        old = self._snapshot(gateway)
        if old is None or too_large or self._stale(gateway, old, newest):
            self._lay_out(gateway, newest, old)
        else:
            self._send_head(gateway, newest, old)

    def _stale(self, gateway: str, old: Snapshot, newest: int) -> bool:
        if old.revision == newest:
            return False
        count = self._rosters.state(gateway, newest).count
        return count <= CHUNK_ROWS or self._rosters.written(old.revision, newest) * STALE_PART >= count

    def _send_delta(self, gateway: str, base: int, newest: int) -> bool:
        changes = self._rosters.changes(gateway, base, newest)
        message = messages.delta(gateway, changes, self._key(), self._second())
        if message is not None:
            self._send(message)
        return message is not None

    def _send_stops(self, gateway: str, base: int | None, newest: int) -> None:
        """Send what stopped since `base`, where that is all that changed; else it is the office's to send."""
        changes = None if base is None else self._rosters.changes(gateway, base, newest)
        if changes is None or not changes.only_stops or changes.size > DELTA_ROWS:
            self._beyond.add(gateway)
            return
        self._beyond.discard(gateway)
        self._note_published(gateway, newest)
        self._send_delta(gateway, changes.base, newest)

    def _send_head(self, gateway: str, newest: int, laid_out: Snapshot | None) -> None:
        state = self._rosters.state(gateway, newest)
        self._send(messages.head(gateway, newest, state, laid_out, key=self._key(), iat=self._second()))

    def _lay_out(self, gateway: str, newest: int, old: Snapshot | None) -> None:
        fresh, chunks = messages.snapshot(gateway, self._rosters.changes(gateway, 0, newest))
        for message in chunks:
            self._send(message)
        self._laid_out[gateway] = fresh
        self._send_head(gateway, newest, fresh)
        if old is not None and old.revision != newest:
            # After the head: whoever reads the old head finds the old chunks until then.
            for message in messages.cleared(gateway, old):
                self._send(message)

    def _seen(self, gateway: str, at: datetime) -> None:
        self._seen_at[gateway] = max(at, self._seen_at.get(gateway, at))

    def _born(self, gateway: str, birth: Birth) -> tuple[DoorReceipt, ...]:
        self._given[gateway] = birth.reads
        self._seen(gateway, birth.at)
        try:
            pin_gateway_key(self.book, gateway, birth.key, how="first use", now=stamp(self._now()))
        except BadInput as error:
            self._trouble[gateway] = str(error)
            return ()
        waiting = self._unproven.pop(gateway, None)
        return () if waiting is None else self._receipts(gateway, waiting)

    def _receipts(self, gateway: str, payload: bytes) -> tuple[DoorReceipt, ...]:
        said = ReceiptMessage.read(payload)
        if said.gw != gateway:
            return ()
        with self.book.together():
            taken = tuple(self._proven(gateway, payload, said.receipts))
        newest = self.book.roster_revision
        if said.wanted is not None:
            self._answer(gateway, said.wanted)
        elif self._only_stops and taken and said.revision < newest:
            # No head of ours tells it that there is more: this receipt tells us that it knows of none.
            self._answer(gateway, Wanted(have=said.revision, need=newest, why=GAP))
        return taken

    def _proven(self, gateway: str, payload: bytes, tokens: Iterable[str]) -> Iterator[DoorReceipt]:
        for token in tokens:
            outcome = receipts.take(self.book, gateway, token, self._now())
            if not isinstance(outcome, str):
                self._trouble.pop(gateway, None)
                yield outcome
            elif outcome == receipts.NO_KEY_YET:
                self._unproven[gateway] = payload
            else:
                self._trouble[gateway] = outcome

    def _answer(self, gateway: str, wanted: Wanted) -> None:
        newest = self.book.roster_revision
        if wanted.have > newest or (wanted.have == newest and wanted.why == WRONG_DIGEST):
            self._trouble[gateway] = receipts.FROM_AHEAD
            return
        times = self._answered.get((gateway, wanted.have, newest), 0)
        if newest == 0 or wanted.have >= newest or times >= ANSWERS:
            return
        self._answered[gateway, wanted.have, newest] = times + 1
        if self._only_stops:
            self._send_stops(gateway, wanted.have or None, newest)
            return
        # A gap is mended by a delta from what the gateway has; one that stays, or another lack, by the list.
        small = times == 0 and wanted.have > 0 and wanted.why == GAP
        if small and self._send_delta(gateway, wanted.have, newest):
            return
        self._lay_out(gateway, newest, self._snapshot(gateway))

    def _note_published(self, gateway: str, revision: int) -> None:
        self.book.database.execute(
            "INSERT OR IGNORE INTO publication (gateway, revision, at) VALUES (?, ?, ?)",
            (gateway, revision, stamp(self._now())),
        )

    def _snapshot(self, gateway: str) -> Snapshot | None:
        if gateway in self._laid_out:
            return self._laid_out[gateway]
        row = self.book.database.execute("SELECT * FROM snapshot WHERE gateway = ?", (gateway,)).fetchone()
        if row is None:
            return None
        return Snapshot(row["revision"], row["digest"], row["count"], tuple(json.loads(row["chunks"])))

    def _key(self) -> Ed25519PrivateKey:
        """Return what to sign with now: who watches for weeks sees a switch of keys happen."""
        return self.book.signing_key() if self._stopping is None else self._stopping

    def _second(self) -> int:
        return int(self._now().timestamp())
