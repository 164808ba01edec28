"""A command's token into a fact about a door, or a refusal that is answered: every guard but the rules.

Signature, scope, address and time are judged by `agent.sync.authority`; here stands what needs this
gateway's memory: whether the door exists, and whether the token's number was used before.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from agent.domain.decision import Mode
from agent.domain.facts import (
    Fact,
    FireOverAsked,
    ModeAsked,
    Noted,
    OpenAsked,
    Order,
    OrderRefused,
)
from agent.domain.timekeeping import Timed, judged
from agent.doors.translate import phone_digest
from agent.store.memory import Claim
from agent.sync.authority import CheckedOrder, RefusedOrder, Signer, check_order, reply_topic
from agent.sync.complaints import Complaints
from agent.sync.nonces import Nonces
from protocols.mqtt.payloads import CommandAnswer
from protocols.tokens.command import CommandClaims, Do
from protocols.tokens.verify import Refusal, remember_until

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from agent.domain.credentials import Holding
    from agent.domain.moment import Moment
    from agent.store.memory import Memory
    from agent.sync.facts import OrderReceived

STALE: Final = frozenset({Refusal.RETAINED, Refusal.EXPIRED, Refusal.REPLAYED, Refusal.WRONG_NONCE})
"""Refusals that kept a late open from happening; their sum is `rejected_stale` in health."""


def stale(refused: Mapping[str, int]) -> int:
    """Return how many of the refusals, by reason, kept a late open from happening."""
    return sum(refused.get(reason.value, 0) for reason in STALE)


Reply = tuple[str, bytes | None, bytes]
"""A topic, what the sender wants repeated, and the answer."""


class OrderDesk:
    """Looks at orders on the loop's thread, one by one. Holds the nonces and counts refusals."""

    def __init__(
        self,
        *,
        gateway: str,
        doors: Collection[str],
        signers: Callable[[str], Signer | None],
        phone: Callable[[str], Holding | None],
        digest_key: bytes,
        memory: Memory,
        answer: Callable[[Reply], None],
    ) -> None:
        self._gateway = gateway
        self._doors = frozenset(doors)
        self._signers = signers
        self._phone = phone
        self._digest_key = digest_key
        self._memory = memory
        self._answer = answer
        self._complaints = Complaints()
        self.nonces = Nonces()
        self.refused: Counter[str] = Counter()

    def facts(self, received: OrderReceived, at: Moment) -> tuple[Fact, ...]:
        """Return what `received` asks of a door, or its refusal."""
        synced = judged(Timed.ORDER, at)
        nonces = self.nonces.counting(at.monotonic, synced=synced)
        found = check_order(received.token, self._signers, self._gateway, at.utc, nonces, clock_synced=synced)
        topic = reply_topic(received, found.claims, self._gateway)
        if isinstance(found, RefusedOrder):
            return self._refuse(received, found, topic, at)
        order = _order(found, topic, received.correlation, at, synced=synced)
        reason = self._unusable(found.claims, order)
        if reason is not None:
            self.refused[reason.value] += 1
            return (OrderRefused(self._known(found.claims.door), order, reason.value),)
        return (self._asked(found, order),)

    def _unusable(self, claims: CommandClaims, order: Order) -> Refusal | None:
        if claims.do is not Do.FIRE_OVER and claims.door not in self._doors:
            return Refusal.UNKNOWN_DOOR
        match self._memory.claim(order.id, order.remember_until, datetime.fromtimestamp(claims.iat, UTC)):
            case Claim.FRESH:
                return None
            case Claim.REPLAYED:
                return Refusal.REPLAYED
            case Claim.FULL:
                return Refusal.OVERLOADED

    def _asked(self, found: CheckedOrder, order: Order) -> Fact:
        claims = found.claims
        if claims.do is Do.FIRE_OVER:
            return FireOverAsked(order)
        if claims.do is Do.MODE and claims.mode is not None:
            return ModeAsked(claims.door, order, Mode(claims.mode.value))
        if found.person is None:
            return OpenAsked(claims.door, order, b"", None, may_override=found.may_override)
        digest = phone_digest(claims.iss, self._digest_key)
        return OpenAsked(claims.door, order, digest, self._phone(claims.iss))

    def _refuse(
        self, received: OrderReceived, found: RefusedOrder, topic: str | None, at: Moment
    ) -> tuple[Fact, ...]:
        """Answer and count; record each that was signed, and once a minute what anybody could send."""
        reason, claims = found.reason.value, found.claims
        self.refused[reason] += 1
        door = None if claims is None else self._known(claims.door)
        if topic is not None:
            number = None if claims is None else claims.jti
            said = CommandAnswer(id=number, outcome="refused", reason=reason, door=door, at=at.utc)
            self._answer((topic, received.correlation, said.encode()))
        if claims is not None:
            return (Noted("order.refused", {"reason": reason, "order": claims.jti, "key": claims.iss}, door),)
        said_now = self._complaints.note("order", reason, at.monotonic)
        if said_now is None:
            return ()
        return (Noted("order.refused", {"reason": reason, "count": said_now.count}),)

    def _known(self, door: str) -> str | None:
        """Return `door` if it is one of ours: a stranger's text is no door's name in the journal."""
        return door if door in self._doors else None


def _order(
    found: CheckedOrder, topic: str | None, correlation: bytes | None, at: Moment, *, synced: bool
) -> Order:
    """Return the order. Its deadline is the token's own, or by a fresh nonce its whole life from now."""
    claims = found.claims
    left_s = claims.exp - at.utc.timestamp() if synced else claims.life_s
    return Order(
        id=claims.jti,
        key=claims.iss,
        person=found.person,
        not_after=at.monotonic + left_s,
        remember_until=remember_until(claims, at.utc),
        reply=topic or "",
        correlation=correlation or b"",
    )
