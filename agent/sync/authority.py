"""Who may order what: a command's signature, its signer's scope, its address and its time. Pure.

What is left for the loop, which alone knows: whether the number was used before, whether the door exists,
and whether the person may enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from protocols.mqtt.topics import answer
from protocols.tokens.command import CommandClaims, Do, read_command
from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.token import COMMAND_TYP, SMALL_CHARS, open_token
from protocols.tokens.verify import Refusal, timely

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from agent.sync.facts import OrderReceived
    from protocols.tokens.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that is trusted here, and with what. `person`: whose phone it is; None for any other.

    A phone opens what its person may open; a key of the configuration does what its scopes say.
    may_override: opens doors that are locked down, too.
    """

    key: PublicKey
    may: frozenset[Do]
    person: str | None = None
    may_override: bool = False


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """A command that is signed, in scope, addressed to us and in time."""

    claims: CommandClaims
    person: str | None
    may_override: bool = False


@dataclass(frozen=True, slots=True)
class RefusedOrder:
    """A command that is not. `claims`: what it says, where the signature held; never to be acted on."""

    reason: Refusal
    claims: CommandClaims | None = None


_REASON: Final = {
    Defect.MALFORMED: Refusal.MALFORMED,
    Defect.WRONG_TYPE: Refusal.MALFORMED,
    Defect.TOO_LARGE: Refusal.TOO_LARGE,
    Defect.UNKNOWN_KEY: Refusal.UNKNOWN_KEY,
    Defect.BAD_SIGNATURE: Refusal.BAD_SIGNATURE,
}


def check_order(
    token: str,
    signers: Callable[[str], Signer | None],
    gateway: str,
    at: datetime,
    nonces: Collection[str],
    *,
    clock_synced: bool,
) -> CheckedOrder | RefusedOrder:
    """Return what `token` orders, or why not. `signers`: a key's name (kid) to what is known of it now.

    `at`: aware; `nonces`: those that count at this moment. Takes some 0.2 ms.
    """

    def key_of(kid: str) -> PublicKey | None:
        found = signers(kid)
        return None if found is None else found.key

    try:
        claims = read_command(open_token(token, COMMAND_TYP, key_of, SMALL_CHARS))
    except TokenError as error:
        return RefusedOrder(_REASON[error.code])
    signer = signers(claims.iss)
    if signer is None:  # taken off the list between two looks; the loop's own thread makes this impossible
        return RefusedOrder(Refusal.UNKNOWN_KEY)
    if claims.do not in signer.may or claims.sub not in {None, signer.person}:
        return RefusedOrder(Refusal.WRONG_SCOPE, claims)
    late = timely(claims, gateway=gateway, at=at, clock_synced=clock_synced, nonces=nonces)
    if late is not None:
        return RefusedOrder(late, claims)
    return CheckedOrder(claims, signer.person, signer.may_override)


def reply_topic(order: OrderReceived, claims: CommandClaims | None, gateway: str) -> str | None:
    """Return where the answer goes: the transport's response topic, or the client that the claims name."""
    if order.answer_to is not None:
        return order.answer_to
    if claims is None or claims.client is None:
        return None
    return answer(gateway, claims.client)
