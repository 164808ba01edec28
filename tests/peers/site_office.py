"""The property office of a site under test: a real book, and the real pusher, by way of the centre."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from agent.domain.credentials import CredentialState
from agent.office import access, credentials, people
from agent.office.book import Book
from agent.office.credentials import digest_of
from agent.office.identity import Document
from agent.office.push import Pusher
from protocols.wiegand.identity import CardNumber
from tests.peers.office_site import resident_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.clock import Clock
    from agent.office.messages import Message
    from tests.peers.centre import Centre

BY = "tester"
EVERYBODY = "residents"


class SiteOffice:
    """One book with one gateway. Every resident may pass every door at any time."""

    def __init__(self, folder: Path, gateway: str, doors: tuple[str, ...], clock: Clock) -> None:
        self._clock = clock
        self.gateway = gateway
        self.book = Book.make(folder, at=clock.utc(), by=BY)
        with self.book.change("set up", by=BY, at=clock.utc()) as edit:
            access.set_schedule(edit, access.ALWAYS, ["00:00-24:00"], "Asia/Shanghai")
            access.set_group(edit, EVERYBODY, [(door, access.ALWAYS) for door in doors])
            access.set_gateway(edit, gateway, doors)
        self.key: Ed25519PrivateKey = self.book.signing_key()
        self.digest_key = self.book.digest_key
        self.deaf = False
        """Hears nothing of what gateways say, and so answers nothing."""
        self._outbox: list[Message] = []
        self._pusher = Pusher(self.book, clock.utc, self._outbox.append)
        self._heard = 0
        self._residents = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.book.close()

    def add_resident(self, card: int, phone: str | None = None) -> str:
        """Verify a person with a card, and a phone if its public key is given; return the person's id."""
        self._residents += 1
        at = self._clock.utc()
        person = people.Person(
            id=people.new_id(),
            details=people.Details(
                "住户", Document.RESIDENT, resident_number(self._residents), "13800000000"
            ),
            role=people.Role.OWNER,
            groups=(EVERYBODY,),
            home=people.Home("3", "1", f"{100 + self._residents}"),
            verification=people.Verification(at, BY, "seen"),
        )
        with self.book.change("person.added", by=BY, at=at) as edit:
            people.save(edit, person)
            credentials.issue(edit, person.id, CardNumber("uid32", card))
            if phone is not None:
                credentials.add_phone(edit, person.id, phone)
        return person.id

    def digest(self, card: int) -> str:
        """Return the digest under which gateways know a card."""
        return digest_of(self.digest_key, str(CardNumber("uid32", card)))

    def revoke(self, card: int) -> None:
        """Revoke a card in the book. Nobody knows of it until it is pushed."""
        with self.book.change("card.revoked", by=BY, at=self._clock.utc()) as edit:
            credentials.set_state(edit, self.digest(card), CredentialState.REVOKED, "lost in the lift")

    def restrict(self, card: int, doors: tuple[str, ...]) -> None:
        """Let the person who holds a card pass `doors` only."""
        with self.book.change("person.moved", by=BY, at=self._clock.utc()) as edit:
            access.set_group(edit, "few", [(door, access.ALWAYS) for door in doors])
            holder = credentials.load(edit, self.digest(card)).person
            people.save(edit, replace(people.load(edit, holder), groups=("few",)))

    def push(self, centre: Centre) -> None:
        """Send the newest revision."""
        self._pusher.push()
        self._flush(centre)

    def settle(self, centre: Centre, wait: Callable[[Callable[[], bool]], None]) -> None:
        """Take receipts, and answer what is lacking, until every door enforces the newest revision."""
        wait(lambda: self.hear(centre))
        self._pusher.settled()

    def hear(self, centre: Centre) -> bool:
        """Take what came; say whether every door has proved that it enforces the newest revision."""
        heard = centre.heard()
        fresh, self._heard = heard[min(self._heard, len(heard)) :], len(heard)
        for one in () if self.deaf else fresh:
            if one.payload:
                self._pusher.heard(one.topic, one.payload)
        self._flush(centre)
        return all(each.enforced for each in self._pusher.standing())

    def troubles(self) -> list[str]:
        """Return what is wrong with what gateways said."""
        return [each.trouble for each in self._pusher.standing() if each.trouble is not None]

    def _flush(self, centre: Centre) -> None:
        waiting, self._outbox[:] = list(self._outbox), []
        for message in waiting:
            centre.say(message.topic, message.payload, retain=message.retain)
