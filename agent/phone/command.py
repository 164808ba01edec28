"""The signed word with which a phone opens a door: for one gateway, one door, some seconds, once."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from protocols.tokens.command import OPEN_LIFE_S, CommandClaims, Do
from protocols.tokens.keys import kid
from protocols.tokens.token import COMMAND_TYP, sign

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LIFE_S = 15
"""How long an open is worth anything: a slow line and a slow broker, not a walk back to the door."""
JTI_BYTES = 16


def new_jti() -> str:
    """Draw the number of a command."""
    return secrets.token_urlsafe(JTI_BYTES)


def open_command(
    key: Ed25519PrivateKey,
    *,
    gateway: str,
    door: str,
    at: datetime,
    nonce: str | None = None,
    client: str | None = None,
    jti: str | None = None,
    life_s: int = LIFE_S,
) -> str:
    """Return the token that opens `door` of `gateway`, signed by the phone's `key` at `at` (aware).

    nonce: the gateway's, from its state; needed while its clock is not synced. client: who hears the answer
    on `res/{client}`. jti: drawn when not given. Raises ValueError for a life over 30 s.
    """
    if not 0 < life_s <= OPEN_LIFE_S:
        raise ValueError(f"an open lives 1 to {OPEN_LIFE_S} seconds")
    iat = int(at.timestamp())
    claims = CommandClaims(
        iss=kid(key.public_key()),
        aud=gateway,
        door=door,
        do=Do.OPEN,
        jti=new_jti() if jti is None else jti,
        iat=iat,
        exp=iat + life_s,
        nonce=nonce,
        client=client,
    )
    return sign(claims.payload(), key, COMMAND_TYP)
