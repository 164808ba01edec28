"""The duty desk of the demo: a signed change of a door's mode, and the gateway's answer to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agent.demo.feed import NotSeen
from agent.phone.command import new_jti
from protocols.errors import WireError
from protocols.mqtt.payloads import CommandAnswer
from protocols.mqtt.topics import Kind, answer, plain
from protocols.tokens.command import CommandClaims, Do
from protocols.tokens.keys import kid
from protocols.tokens.token import COMMAND_TYP, sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.broker import Broker
    from agent.clock import Clock
    from protocols.tokens.command import Mode

CLIENT: Final = "demo-desk"
LIFE_S: Final = 30
ANSWER_WITHIN_S: Final = 8.0


def set_mode(
    broker: Broker, key: Ed25519PrivateKey, door: str, mode: Mode, *, gateway: str, clock: Clock
) -> CommandAnswer:
    """Order `mode` for `door`, and return what the gateway says. Raises NotSeen when it says nothing."""
    where = answer(gateway, CLIENT)
    broker.subscribe([where])
    iat = int(clock.utc().timestamp())
    claims = CommandClaims(
        iss=kid(key.public_key()),
        aud=gateway,
        door=door,
        do=Do.MODE,
        mode=mode,
        jti=new_jti(),
        iat=iat,
        exp=iat + LIFE_S,
        client=CLIENT,
    )
    token = sign(claims.payload(), key, COMMAND_TYP)
    broker.publish(plain(gateway, Kind.COMMAND), token.encode("ascii"))
    until = clock.monotonic() + ANSWER_WITHIN_S
    while (arrived := broker.take(until - clock.monotonic())) is not None:
        if arrived.topic != where:
            continue
        try:
            said = CommandAnswer.read(arrived.payload)
        except WireError:
            continue
        if said.id == claims.jti:
            return said
    raise NotSeen(f"not seen within {ANSWER_WITHIN_S:.0f} s: the gateway's answer to the duty desk")
