"""A phone at the broker: reads the gateway's nonce, sends the signed open, waits for what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.broker import Reply
from agent.phone.command import LIFE_S, new_jti, open_command
from protocols.errors import WireError
from protocols.mqtt.payloads import CommandAnswer, State
from protocols.mqtt.topics import Kind, answer, plain
from protocols.tokens.verify import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.broker import Arrived, Broker
    from agent.clock import Clock

STATE_WITHIN_S = 2.0
"""A retained message comes with the subscription; a gateway that has none there never was online."""
OFFLINE = "offline"
NO_ANSWER = "no_answer"
FRESHER = frozenset({Refusal.NONCE_REQUIRED, Refusal.WRONG_NONCE})
"""Refusals that a newer nonce may mend: then the command is signed anew, once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an open. `opened` only when the gateway said that the lock was driven.

    outcome: "opened", "refused" or "failed"; `reason`: a code that the words of `reason` say to people.
    `took_s`: from sending to the answer.
    """

    outcome: str
    reason: str | None
    took_s: float | None

    @property
    def opened(self) -> bool:
        """Say whether the door is open."""
        return self.outcome == "opened"


class Phone:
    """A phone of one resident, speaking through a connected broker to one gateway."""

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

    def open(self, door: str, within_s: float = LIFE_S) -> Outcome:
        """Ask for `door`, and wait `within_s` for the gateway's answer."""
        if not self._listening:
            self._broker.subscribe([plain(self._gateway, Kind.STATE), answer(self._gateway, self._client)])
            self._listening = True
        if self._state is None:
            self._await(lambda _: self._state is not None, STATE_WITHIN_S)
        stale = None if self._state is None else self._state.nonce
        outcome = self._ask(door, within_s)
        if outcome.reason in FRESHER:
            if self._nonce() == stale:
                self._await(lambda _: self._nonce() != stale, STATE_WITHIN_S)
            outcome = self._ask(door, within_s)
        return outcome

    def _nonce(self) -> str | None:
        return None if self._state is None else self._state.nonce

    def _ask(self, door: str, within_s: float) -> Outcome:
        state = self._state
        if state is not None and not state.online:
            return Outcome("failed", OFFLINE, None)
        jti, now = new_jti(), self._clock.now()
        token = open_command(
            self._key,
            gateway=self._gateway,
            door=door,
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
            return Outcome("failed", NO_ANSWER, None)
        return Outcome(said.outcome, said.reason, self._clock.monotonic() - now.monotonic)

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
        if arrived.topic != answer(self._gateway, self._client):
            return None
        try:
            said = CommandAnswer.read(arrived.payload)
        except WireError:
            return None
        return said if said.id == jti else None
