"""One push to a hundred gateways at a real broker, until every door's signed receipt is in the book.

The gateways are simulated: they check the office's signature and sign, and keep no list; what a gateway
itself takes is measured in its own bench.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.broker import Broker, BrokerSettings
from agent.domain.credentials import CredentialState
from agent.office import access, lifecycle
from agent.office.push import HEARD, Pusher
from protocols.mqtt.model import stamp
from protocols.mqtt.topics import Kind, plain, take_apart
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import RECEIPT_TYP, ROSTER_DELTA_TYP, ROSTER_HEAD_TYP, open_token, sign
from tests.peers.broker import Broker as Mosquitto
from tests.peers.office_site import add_card, add_person, make_book

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.office.book import Book

GATEWAYS = 100
QUICK_GATEWAYS = 20
DOORS = ("lobby", "garage")
TARGET_S = 3.0
GIVE_UP_S = 60.0
TURN_S = 0.05


class Crowd:
    """All gateways behind one connection: each message of the office is checked, signed for and answered."""

    def __init__(self, port: int, office: Ed25519PublicKey) -> None:
        self.key = Ed25519PrivateKey.generate()
        self._trusted = {kid(office): office}
        self._broker = Broker(BrokerSettings("127.0.0.1", port), "crowd")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crowd")

    def __enter__(self) -> None:
        self._broker.__enter__()
        self._broker.subscribe(["menshen/v1/+/roster/head", "menshen/v1/+/roster/delta"])
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._broker.__exit__(None, None, None)

    def _run(self) -> None:
        reached: dict[str, int] = {}
        while not self._stop.is_set():
            arrived = self._broker.take(TURN_S)
            if arrived is None:
                continue
            place = take_apart(arrived.topic)
            typ = ROSTER_HEAD_TYP if place.kind is Kind.HEAD else ROSTER_DELTA_TYP
            said = open_token(arrived.payload.decode(), typ, self._trusted.get).payload
            revision = int(str(said["revision"]))
            if reached.get(place.gateway, 0) < revision:
                reached[place.gateway] = revision
                self._answer(place.gateway, said)

    def _answer(self, gateway: str, said: object) -> None:
        assert isinstance(said, dict)
        same = {name: said[name] for name in ("revision", "digest")}
        at = stamp(_now())
        receipts = [
            sign(
                {"v": 1, "gw": gateway, "door": door, **same, "count": said["count"]}
                | {"enforced_at": at, "complete": True, "why": None},
                self.key,
                RECEIPT_TYP,
            )
            for door in DOORS
        ]
        body = {"v": 1, "gw": gateway, **same, "enforced_at": at, "wanted": None, "receipts": receipts}
        self._broker.publish(plain(gateway, Kind.RECEIPT), json.dumps(body).encode(), retain=True)


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the shape of every bench
    """Yield (what, figure, target, verdict)."""
    count = QUICK_GATEWAYS if quick else GATEWAYS
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (directory / "broker").mkdir()
        book = stack.enter_context(make_book(directory / "book"))
        mosquitto = stack.enter_context(Mosquitto(directory / "broker"))
        crowd = Crowd(mosquitto.port, book.signing_key().public_key())
        card = _settle_in(book, crowd, count)
        stack.enter_context(crowd)
        broker = stack.enter_context(Broker(BrokerSettings("127.0.0.1", mosquitto.port), "office"))
        pusher = Pusher(
            book, _now, lambda message: broker.publish(message.topic, message.payload, retain=message.retain)
        )
        broker.subscribe(HEARD)
        first_s = _pushed(pusher, broker)
        yield (
            f"first push to {count} gateways, until every receipt is in the book",
            f"{first_s:.2f} s",
            "",
            "",
        )
        lifecycle.set_state(book, card, CredentialState.REVOKED, by="bench", at=_now())
        took_s = _pushed(pusher, broker)
        verdict = "ok" if took_s <= TARGET_S else "MISSED"
        what = f"one revocation to {count} gateways, until every receipt is in the book"
        yield (what, f"{took_s:.2f} s", f"<= {TARGET_S:.0f} s", verdict)


def _settle_in(book: Book, crowd: Crowd, count: int) -> str:
    """Give the book its gateways and some residents; return a card."""
    with book.change("bench", by="bench", at=_now()) as edit:
        for name in list(access.gateways(book)):
            access.drop(edit, "gateway", name)
        for number in range(count):
            access.set_gateway(edit, f"gw{number:03}", DOORS)
    for number in range(count):
        key = public_text(crowd.key.public_key())
        access.pin_gateway_key(book, f"gw{number:03}", key, how="given", now=stamp(_now()))
    return next(add_card(book, add_person(book, f"住户{serial}", serial), serial) for serial in range(1, 101))


def _pushed(pusher: Pusher, broker: Broker) -> float:
    started = time.perf_counter()
    pusher.push()
    while any(not standing.enforced for standing in pusher.standing()):
        if time.perf_counter() - started > GIVE_UP_S:
            raise AssertionError("not every gateway answered")
        arrived = broker.take(TURN_S)
        while arrived is not None:
            pusher.heard(arrived.topic, arrived.payload)
            arrived = broker.take(0.0)
    took_s = time.perf_counter() - started
    broker.settle(GIVE_UP_S)
    pusher.settled()
    return took_s


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a bench stamps what it makes
