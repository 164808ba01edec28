"""A gateway at a real broker, made of the real roster room: it enforces what is sent, and signs for it.

It also answers opens, as the daemon would for a phone that is on the list: for the phone's own tests.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.broker import Broker, BrokerSettings
from agent.clock import SystemClock
from agent.roster.receipts import DoorReach, receipt_message
from agent.roster.roster import Roster
from agent.store.roster_table import RosterTable, open_roster
from protocols.mqtt.payloads import Birth, CommandAnswer, State
from protocols.mqtt.topics import Kind, answer, plain, take_apart
from protocols.tokens.command import read_command
from protocols.tokens.errors import TokenError
from protocols.tokens.keys import kid, public_from_text, public_text
from protocols.tokens.token import COMMAND_TYP, open_token
from protocols.tokens.verify import timely

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from agent.broker import Arrived

TURN_S = 0.02


class RosterGateway:
    """Use it as a context manager. `nonces`: those it accepts; the first is the one it tells."""

    def __init__(
        self, directory: Path, port: int, name: str, doors: tuple[str, ...], office: Ed25519PublicKey
    ) -> None:
        self.name = name
        self.doors = doors
        self.key = Ed25519PrivateKey.generate()
        self.nonces = ["nonce-of-now"]
        self.clock_synced = True
        self.mute = False
        self.revision = 0
        self.reasons: list[str] = []
        self._office = office
        self._file = directory / f"{name}.db"
        self._broker = Broker(BrokerSettings("127.0.0.1", port), name)
        self._clock = SystemClock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"gateway-{name}")

    def __enter__(self) -> Self:
        self._broker.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._broker.__exit__(kind, error, trace)

    def say_state(self, *, online: bool = True) -> None:
        """Publish the retained state with the newest nonce."""
        state = State(gw=self.name, online=online, epoch=1, nonce=self.nonces[0] if online else None)
        self._broker.publish(plain(self.name, Kind.STATE), state.encode(), retain=True)

    def _run(self) -> None:
        table = open_roster(self._file, self._clock.utc()).table
        roster = Roster(
            table, self.name, lambda name: self._office if name == kid(self._office) else None, self.doors
        )
        try:
            self._announce(roster)
            while not self._stop.is_set():
                arrived = self._broker.take(TURN_S)
                if arrived is not None:
                    self._take(table, roster, arrived)
        finally:
            table.close()

    def _announce(self, roster: Roster) -> None:
        now = self._clock.utc()
        self._broker.subscribe(
            [
                plain(self.name, Kind.HEAD),
                plain(self.name, Kind.DELTA),
                f"menshen/v1/{self.name}/roster/snapshot/#",
                plain(self.name, Kind.COMMAND),
            ]
        )
        birth = Birth(
            gw=self.name, epoch=1, at=now, started_at=now, boot_id="b", clock="synced", version="0",
            mqtt="5", key=public_text(self.key.public_key()), revision=roster.head.revision,
        )  # fmt: skip
        self._broker.publish(plain(self.name, Kind.BIRTH), birth.encode(), retain=True)
        self.say_state()

    def _take(self, table: RosterTable, roster: Roster, arrived: Arrived) -> None:
        place, now = take_apart(arrived.topic), self._clock.utc()
        match place.kind:
            case Kind.HEAD:
                roster.on_head(arrived.payload, now)
            case Kind.DELTA:
                roster.on_delta(arrived.payload, now)
            case Kind.CHUNK if arrived.payload:
                assert place.revision is not None
                assert place.chunk is not None
                roster.on_chunk(place.revision, place.chunk, arrived.payload, now)
            case Kind.COMMAND:
                self._answer(table, arrived)
                return
            case _:
                return
        while roster.busy:
            roster.work(now)
        self._sign(roster)

    def _sign(self, roster: Roster) -> None:
        head, wanted = roster.head, roster.wanted
        self.revision = head.revision
        said = receipt_message([DoorReach(door) for door in self.doors], head, self.name, self.key, wanted)
        self._broker.publish(plain(self.name, Kind.RECEIPT), said.encode(), retain=True)

    def _answer(self, table: RosterTable, arrived: Arrived) -> None:
        if self.mute:
            return
        now = self._clock.utc()

        def key_of(name: str) -> Ed25519PublicKey | None:
            held = table.phone_key(name)
            return None if held is None else public_from_text(_key_text(held[0]))

        try:
            claims = read_command(open_token(arrived.payload.decode(), COMMAND_TYP, key_of))
        except TokenError as error:
            self.reasons.append(error.code)
            return
        reason = timely(claims, gateway=self.name, at=now, clock_synced=self.clock_synced, nonces=self.nonces)
        if reason is not None:
            self.reasons.append(reason)
        said = CommandAnswer(
            id=claims.jti,
            outcome="opened" if reason is None else "refused",
            reason=None if reason is None else reason.value,
            door=claims.door,
            at=now,
        )
        assert claims.client is not None
        self._broker.publish(answer(self.name, claims.client), said.encode())


def _key_text(raw: bytes) -> str:
    return public_text(Ed25519PublicKey.from_public_bytes(raw))
