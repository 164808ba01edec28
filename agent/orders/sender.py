"""Who orders something of a gateway: reads its nonce, sends the signed word, waits for what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from agent.broker import Reply
from agent.orders.command import LIFE_S, command, new_jti
from protocols.errors import WireError
from protocols.mqtt.payloads import Birth, CommandAnswer, Health, State
from protocols.mqtt.topics import Kind, answer, plain
from protocols.tokens.verify import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.broker import Arrived, Broker
    from agent.clock import Clock
    from agent.orders.command import Wish

Told = TypeVar("Told")
STATE_WITHIN_S = 2.0
"""A retained message comes with the subscription; a gateway that has none there never was online."""
CARRIED_OUT = frozenset({"opened", "done"})
UNSENT = "unsent"
UNANSWERED = "unanswered"
GATEWAY_OFFLINE = "gateway_offline"
GATEWAY_SILENT = "gateway_silent"
GATEWAY_UNKNOWN = "gateway_unknown"
FRESHER = frozenset({Refusal.NONCE_REQUIRED, Refusal.WRONG_NONCE})
"""Refusals that a newer nonce may mend: then the command is signed anew, once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. Nothing is carried out but what the gateway said was.

    outcome: the gateway's word, "opened", "done", "refused" or "failed"; or ours, UNSENT or UNANSWERED.
    reason: a code that the words of `reason` say to people. took_s: from sending to the answer.
    """

    outcome: str
    reason: str | None = None
    took_s: float | None = None

    @property
    def carried_out(self) -> bool:
        """Say whether the gateway said so."""
        return self.outcome in CARRIED_OUT


class Sender:
    """A resident's phone, or the duty desk, speaking through a connected broker to one gateway."""

    def __init__(
        self, broker: Broker, key: Ed25519PrivateKey, *, gateway: str, client: str, clock: Clock
    ) -> None:
        self._broker = broker
        self._key = key
        self._gateway = gateway
        self._client = client
        self._clock = clock
        self._state: State | None = None
        self._listening = False

    def order(self, wish: Wish, within_s: float = LIFE_S) -> Outcome:
        """Send the order, and wait `within_s` for the gateway's answer."""
        if not self._listening:
            self._broker.subscribe([plain(self._gateway, Kind.STATE), answer(self._gateway, self._client)])
            self._listening = True
        if self._state is None:
            self._await(lambda _: self._state is not None, STATE_WITHIN_S)
        stale = None if self._state is None else self._state.nonce
        outcome = self._ask(wish, within_s)
        if outcome.reason in FRESHER:
            if self._nonce() == stale:
                self._await(lambda _: self._nonce() != stale, STATE_WITHIN_S)
            outcome = self._ask(wish, within_s)
        return outcome

    def last_heard(self) -> datetime | None:
        """Return when the gateway last gave a sign of life, by its own clock; None where nobody says.

        A last will has no time. The health that stands beside it has, and is half a minute old at most
        when a gateway goes.
        """
        signs = (self._told(Kind.HEALTH, Health.read), self._told(Kind.BIRTH, Birth.read))
        return max((each.at for each in signs if each is not None), default=None)

    def doors(self) -> tuple[str, ...]:
        """Return the doors that the gateway says it has; none where it has said nothing."""
        birth = self._told(Kind.BIRTH, Birth.read)
        return () if birth is None else tuple(each.door for each in birth.doors)

    def _told(self, kind: Kind, read: Callable[[bytes], Told]) -> Told | None:
        """Return what stands at the broker of this kind, if we may hear it."""
        topic = plain(self._gateway, kind)
        self._broker.subscribe([topic])
        found = self._await(lambda arrived: arrived.topic == topic, STATE_WITHIN_S)
        try:
            return None if found is None else read(found.payload)
        except WireError:
            return None

    def _nonce(self) -> str | None:
        return None if self._state is None else self._state.nonce

    def _ask(self, wish: Wish, within_s: float) -> Outcome:
        if self._missing() == GATEWAY_OFFLINE:
            return Outcome(UNSENT, GATEWAY_OFFLINE)
        jti, now = new_jti(), self._clock.now()
        token = command(
            wish,
            self._key,
            gateway=self._gateway,
            at=now.utc,
            nonce=self._nonce(),
            client=self._client,
            jti=jti,
        )
        self._broker.publish(
            plain(self._gateway, Kind.COMMAND),
            token.encode("ascii"),
            reply=Reply(answer(self._gateway, self._client), jti.encode("ascii")),
            expiry_s=LIFE_S,
        )
        found = self._await(lambda arrived: self._answer_to(jti, arrived) is not None, within_s)
        said = None if found is None else self._answer_to(jti, found)
        if said is None:
            return Outcome(UNANSWERED, self._missing())
        return Outcome(said.outcome, said.reason, self._clock.monotonic() - now.monotonic)

    def _missing(self) -> str:
        """Return why there is no answer, by the gateway's newest state."""
        if self._state is None:
            return GATEWAY_UNKNOWN
        return GATEWAY_SILENT if self._state.online else GATEWAY_OFFLINE

    def _await(self, enough: Callable[[Arrived], bool], within_s: float) -> Arrived | None:
        """Take messages until one is `enough`, and return it; None when the time is over."""
        until = self._clock.monotonic() + within_s
        while True:
            arrived = self._broker.take(until - self._clock.monotonic())
            if arrived is None:
                return None
            self._note_state(arrived)
            if enough(arrived):
                return arrived

    def _note_state(self, arrived: Arrived) -> None:
        if arrived.topic != plain(self._gateway, Kind.STATE):
            return
        try:
            self._state = State.read(arrived.payload)
        except WireError:
            return  # what is no state tells nothing

    def _answer_to(self, jti: str, arrived: Arrived) -> CommandAnswer | None:
        """Return the answer to the command `jti`, if this is it.

        A gateway that does not know the key does not read what it signed: the answer then names no command,
        and only MQTT 5's correlation tells whose it is.
        """
        if arrived.topic != answer(self._gateway, self._client):
            return None
        try:
            said = CommandAnswer.read(arrived.payload)
        except WireError:
            return None
        ours = said.id == jti or (said.id is None and arrived.correlation == jti.encode("ascii"))
        return said if ours else None
