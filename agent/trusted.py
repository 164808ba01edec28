"""Whose signature counts for what: the keys that the configuration trusts, and the phones on the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.sync.authority import Signer
from protocols.tokens.command import Do
from protocols.tokens.keys import kid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.config.model import Trust
    from agent.domain.credentials import Holding


class Phones(Protocol):
    """The phones on the list in force."""

    def phone_key(self, name: str, /) -> tuple[bytes, Holding] | None:
        """Return the raw public key of the phone whose key has this name, and who holds it."""


class Trusted:
    """Whose signature counts for what: the configuration's keys, and the phones on the list in force."""

    def __init__(self, trust: Iterable[Trust], phones: Phones) -> None:
        self._phones = phones
        self._signers: dict[str, Signer] = {}
        self._roster: dict[str, Ed25519PublicKey] = {}
        self._stopping: dict[str, Ed25519PublicKey] = {}
        for each in trust:
            key = Ed25519PublicKey.from_public_bytes(each.key_bytes)
            may = frozenset(do for do in Do if do.value in each.scopes)
            if may:
                self._signers[kid(key)] = Signer(key, may, may_override="override" in each.scopes)
            if "roster" in each.scopes:
                self._roster[kid(key)] = key
            elif "roster.revoke" in each.scopes:
                self._stopping[kid(key)] = key

    def roster_key(self, name: str) -> Ed25519PublicKey | None:
        """Return the key of this name if it is trusted with whole rosters, and so with passes."""
        return self._roster.get(name)

    def change_key(self, name: str) -> Ed25519PublicKey | None:
        """Return the key of this name if it may change the roster, be it only to stop cards."""
        return self._roster.get(name) or self._stopping.get(name)

    @property
    def stoppers(self) -> frozenset[str]:
        """The names of the keys that may stop cards and passes, and do nothing else."""
        return frozenset(self._stopping)

    def signer(self, name: str) -> Signer | None:
        """Return who signs with the key of this name. A phone that is also trusted otherwise is no phone."""
        if (found := self._signers.get(name)) is not None:
            return found
        phone = self._phones.phone_key(name)
        if phone is None or phone[1].person is None:
            return None
        key = Ed25519PublicKey.from_public_bytes(phone[0])
        return Signer(key, frozenset({Do.OPEN}), phone[1].person.id)

    def phone(self, name: str) -> Holding | None:
        """Return what the list says of the phone whose key has this name."""
        found = self._phones.phone_key(name)
        return None if found is None else found[1]
