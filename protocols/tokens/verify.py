"""Whether a command is for this gateway, and still in time. Pure: the time and the nonces are given."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from protocols.tokens.command import CommandClaims

AHEAD_S: Final = 5
"""How far the clock of who signs may run ahead of ours. There is no grace at the other end: late is late."""

REMEMBERED_S: Final = 24 * 3600
"""How long beyond its end a command's number is remembered: a clock that is set back gives no second use."""


class Refusal(StrEnum):
    """Why a command is not carried out, before any rule about who may enter was asked."""

    RETAINED = "retained"
    EXPIRED = "expired"
    TOO_EARLY = "too_early"
    TOO_LONG = "too_long"
    WRONG_AUDIENCE = "wrong_audience"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_SCOPE = "wrong_scope"
    REPLAYED = "replayed"
    NONCE_REQUIRED = "nonce_required"
    WRONG_NONCE = "wrong_nonce"
    UNKNOWN_DOOR = "unknown_door"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    OVERLOADED = "overloaded"


def timely(
    claims: CommandClaims,
    *,
    gateway: str,
    at: datetime,
    clock_synced: bool,
    nonces: Collection[str],
    ahead_s: float = AHEAD_S,
) -> Refusal | None:
    """Return why `claims` may not be acted on at `at` (aware) by `gateway`, or None.

    `nonces`: those that the gateway gave out and has not yet let lapse. Where the clock is not synced, a
    nonce is the only proof of freshness: it is required, and `iat` and `exp` are not compared with a clock
    that may be years off (their difference still is bounded). A nonce that is named must be one of ours,
    whatever the clock.
    """
    if claims.aud != gateway:
        return Refusal.WRONG_AUDIENCE
    if claims.life_s > claims.longest_life_s:
        return Refusal.TOO_LONG
    if claims.nonce is not None and claims.nonce not in nonces:
        return Refusal.WRONG_NONCE
    if not clock_synced:
        return Refusal.NONCE_REQUIRED if claims.nonce is None else None
    now_s = at.timestamp()
    if now_s >= claims.exp:
        return Refusal.EXPIRED
    if claims.iat > now_s + ahead_s:
        return Refusal.TOO_EARLY
    return None


def remember_until(claims: CommandClaims, at: datetime) -> datetime:
    """Return until when the number of a command used at `at` (aware) must be kept on disk.

    Counted from `at`, not from `exp`: where the clock is not synced, nobody has compared `exp` with it.
    """
    return at + timedelta(seconds=claims.longest_life_s + AHEAD_S + REMEMBERED_S)
