"""The signed word of an order: for one gateway, for some seconds, once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.tokens.command import EVERY_DOOR, OPEN_LIFE_S, CommandClaims, Do
from protocols.tokens.keys import kid
from protocols.tokens.token import COMMAND_TYP, sign

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from protocols.tokens.command import Mode

LIFE_S = 15
"""How long an order is worth anything: a slow line and a slow broker, not a walk back to the door.

As long for a change of mode: the desk waits for the answer, and what it was told nothing of is void soon.
"""
JTI_BYTES = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done, and where. `mode` stands exactly when `do` is MODE; FIRE_OVER is for every door."""

    do: Do
    door: str = EVERY_DOOR
    mode: Mode | None = None


def new_jti() -> str:
    """Draw the number of a command."""
    return secrets.token_urlsafe(JTI_BYTES)


def command(
    wish: Wish,
    key: Ed25519PrivateKey,
    *,
    gateway: str,
    at: datetime,
    nonce: str | None = None,
    client: str | None = None,
    jti: str | None = None,
    life_s: int = LIFE_S,
) -> str:
    """Return the token that orders `wish` of `gateway`, signed by `key` at `at` (aware).

    nonce: the gateway's, from its state; needed while its clock is not synced. client: who hears the answer
    on `res/{client}`. jti: drawn when not given. Raises ValueError for a life over 30 s.
    """
    if not 0 < life_s <= OPEN_LIFE_S:
        raise ValueError(f"an order lives 1 to {OPEN_LIFE_S} seconds")
    iat = int(at.timestamp())
    claims = CommandClaims(
        iss=kid(key.public_key()),
        aud=gateway,
        door=wish.door,
        do=wish.do,
        mode=wish.mode,
        jti=new_jti() if jti is None else jti,
        iat=iat,
        exp=iat + life_s,
        nonce=nonce,
        client=client,
    )
    return sign(claims.payload(), key, COMMAND_TYP)
