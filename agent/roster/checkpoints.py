"""The gateway's signed word on its journal: which hash it had at which number. See `agent.store.verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from agent.store.verify import Checkpoint
from protocols.mqtt.errors import MessageError
from protocols.mqtt.model import Document, Instant, Name, Number
from protocols.mqtt.roster import Digest256  # noqa: TC001 - pydantic reads it at run time
from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.token import CHECKPOINT_TYP, SMALL_CHARS, open_token, sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class CheckpointClaims(Document):
    """Payload of the token."""

    v: Literal[1] = 1
    gw: Name
    seq: Number
    hash: Digest256
    at: Instant


def sign_checkpoint(checkpoint: Checkpoint, gw: str, key: Ed25519PrivateKey) -> str:
    """Return `checkpoint` of gateway `gw` as a token, signed by the gateway's `key`."""
    claims = CheckpointClaims(gw=gw, seq=checkpoint.seq, hash=checkpoint.hash.hex(), at=checkpoint.at)
    return sign(claims.as_object(), key, CHECKPOINT_TYP)


def open_checkpoint(token: str, keys: Callable[[str], Ed25519PublicKey | None]) -> tuple[str, Checkpoint]:
    """Return (gateway, checkpoint) of a signed checkpoint. Raises TokenError."""
    opened = open_token(token, CHECKPOINT_TYP, keys, SMALL_CHARS)
    try:
        claims = CheckpointClaims.read(opened.body)
    except MessageError as error:
        raise TokenError(Defect.MALFORMED, str(error)) from error
    return claims.gw, Checkpoint(claims.seq, bytes.fromhex(claims.hash), claims.at)
