"""A visitor's pass at a reader of codes into a fact about its door: everything but the rules.

Here stands what needs a key, this gateway's name or its disk: whose signature it is, whether it is meant for
this gateway, whether it was revoked, how often it was used. The token itself goes no further and is never
written down.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from agent.domain.decision import Reason
from agent.domain.facts import Fact, Noted, PassShown
from agent.domain.passes import Visit
from agent.doors.translate import pass_digest
from agent.errors import StoreError
from protocols.tokens.errors import Defect, TokenError
from protocols.tokens.token import open_token
from protocols.tokens.visit import PASS_CHARS, VISIT_TYP, read_pass

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from agent.doors.books import Turn
    from agent.doors.wiring import Wiring
    from agent.store.passes import Passes
    from drivers.contract import PassRead

HELD_S: Final = 3.0
"""A code that is read again within so long has not left the glass. Readers repeat one that stays there some
times a second; nobody has gone through a door and handed a pass on in that time."""

CODES_AT_ONCE: Final = 8
"""Codes that may be before one reader's glass at once: two telephones, and the noise of a bad day."""

_UNFIT: Final = {
    Defect.UNKNOWN_KEY: Reason.VISIT_UNKNOWN_KEY,
    Defect.BAD_SIGNATURE: Reason.VISIT_FORGED,
}
"""Any other defect is a code that is no pass."""

_ON_THE_LIST: Final = {False: None, True: Reason.REVOKED, None: Reason.VISIT_UNCHECKED}
"""What the list makes of a pass, by whether it was revoked; None: no list can tell, and it opens nothing."""


class PassDesk:
    """Looks at passes on the loop's thread, one by one.

    keys: the public key of a name (kid) that is trusted with lists of who may pass, and so with passes.
    revoked: whether the list names the pass of this digest (made with `digest_key`); None: nobody can tell.
    """

    def __init__(
        self,
        *,
        gateway: str,
        wiring: Wiring,
        keys: Callable[[str], Ed25519PublicKey | None],
        counted: Passes,
        revoked: Callable[[bytes], bool | None],
        digest_key: bytes,
    ) -> None:
        self._gateway = gateway
        self._wiring = wiring
        self._keys = keys
        self._counted = counted
        self._revoked = revoked
        self._digest_key = digest_key
        self._held: dict[str, HeldCodes] = {}

    def facts(self, read: PassRead, turn: Turn) -> tuple[Fact, ...]:
        """Return what `read` means for a door; nothing where it is a code that is still held to the glass.

        turn: what waits for the record already, so that two readers in one turn do not share a use.
        """
        place = self._wiring.readers.get(read.reader)
        if place is None:
            return (Noted("entry.unassigned", {"reader": read.reader}, alarm=True),)
        if self._held.setdefault(read.reader, HeldCodes()).holds(read.text, read.at):
            return ()
        visit, unfit = self._opened(read.text)
        used = None if visit is None or unfit is not None else self._used(visit, turn)
        return (PassShown(place.door, read.reader, place.direction, visit, unfit, used, read.at),)

    def _opened(self, text: str) -> tuple[Visit | None, Reason | None]:
        """Return what a pass says, where the signature holds, and what is wrong with it at any door here."""
        try:
            claims = read_pass(open_token(text, VISIT_TYP, self._keys, PASS_CHARS))
        except TokenError as error:
            return None, _UNFIT.get(error.code, Reason.NO_VISIT)
        visit = Visit(
            number=claims.jti,
            person=claims.sub,
            doors=claims.doors,
            begins=datetime.fromtimestamp(claims.nbf, UTC),
            ends=datetime.fromtimestamp(claims.exp, UTC),
            uses=claims.uses,
        )
        if claims.aud != self._gateway:
            return visit, Reason.VISIT_ELSEWHERE
        return visit, _ON_THE_LIST[self._revoked(pass_digest(claims.jti, self._digest_key))]

    def _used(self, visit: Visit, turn: Turn) -> int | None:
        """Return how often a pass was used, with what this turn takes; None where nobody can tell."""
        try:
            used = self._counted.used(visit.number, visit.begins, visit.ends)
        except StoreError:
            return None  # the record of this very presentation will find the disk as it is, and say so
        taken = sum(use.number == visit.number for use in turn.pass_uses)
        return None if used is None else used + taken


class HeldCodes:
    """Which codes are held to one reader's glass, by their digests. Not kept over a restart."""

    def __init__(self) -> None:
        self._seen_at: OrderedDict[bytes, float] = OrderedDict()

    def holds(self, text: str, at: float) -> bool:
        """Say whether `text` was read within HELD_S before `at`, and note that it was now.

        at: monotonic seconds. A code that stays is one presentation for as long as it stays.
        """
        code = hashlib.sha256(text.encode()).digest()
        last = self._seen_at.pop(code, None)
        self._seen_at[code] = at
        if len(self._seen_at) > CODES_AT_ONCE:
            self._seen_at.popitem(last=False)
        return last is not None and at - last < HELD_S
