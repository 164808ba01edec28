"""Whose signature counts for what: scopes of the configuration's keys, and phones on the list."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.config.model import Scope, Trust
from agent.domain.credentials import Credential, CredentialKind, CredentialState, Holding, Person
from agent.trusted import Trusted
from protocols.tokens.command import Do
from protocols.tokens.keys import kid, public_text

DESK, PHONE, STRAY = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2, 3))
DESK_KID, PHONE_KID, STRAY_KID = (kid(key.public_key()) for key in (DESK, PHONE, STRAY))
CREDENTIAL = Credential(b"d" * 16, CredentialKind.PHONE, CredentialState.ACTIVE)


class Phones:
    """A list with one phone, and one that is bound to nobody."""

    def phone_key(self, name: str, /) -> tuple[bytes, Holding] | None:
        person = Person("p-1", verified=True, groups=())
        found = {
            PHONE_KID: (PHONE, Holding(CREDENTIAL, person)),
            STRAY_KID: (STRAY, Holding(CREDENTIAL, None)),
        }.get(name)
        return None if found is None else (found[0].public_key().public_bytes_raw(), found[1])


def trusted(*scopes: Scope) -> Trusted:
    return Trusted([Trust(name="desk", key=public_text(DESK.public_key()), scopes=scopes)], Phones())


def test_a_key_does_what_its_scopes_say_and_no_more() -> None:
    signer = trusted("mode", "open", "fire_over").signer(DESK_KID)

    assert signer is not None
    assert signer.may == {Do.MODE, Do.OPEN, Do.FIRE_OVER}
    assert signer.person is None
    assert not signer.may_override
    assert trusted("open").roster_key(DESK_KID) is None


def test_override_is_a_scope_that_is_written_out() -> None:
    signer = trusted("open", "override").signer(DESK_KID)

    assert signer is not None
    assert signer.may_override
    assert signer.may == {Do.OPEN}


def test_a_key_of_the_office_signs_lists_and_orders_nothing() -> None:
    found = trusted("roster")

    assert found.roster_key(DESK_KID) == DESK.public_key()
    assert found.signer(DESK_KID) is None


def test_a_key_that_stops_cards_signs_changes_and_neither_passes_nor_orders() -> None:
    found, both = trusted("roster.revoke"), trusted("roster.revoke", "roster")

    assert found.change_key(DESK_KID) == DESK.public_key()
    assert found.stoppers == {DESK_KID}
    assert (found.roster_key(DESK_KID), found.signer(DESK_KID)) == (None, None)
    assert found.change_key(STRAY_KID) is None
    assert both.roster_key(DESK_KID) == both.change_key(DESK_KID) == DESK.public_key()
    assert both.stoppers == frozenset()


def test_a_phone_opens_for_its_person_and_a_phone_of_nobody_for_nobody() -> None:
    found = trusted("open")

    signer = found.signer(PHONE_KID)
    assert signer is not None
    assert (signer.may, signer.person, signer.may_override) == (frozenset({Do.OPEN}), "p-1", False)
    assert found.signer(STRAY_KID) is None
    held = found.phone(STRAY_KID)
    assert held is not None
    assert held.person is None
    assert found.phone("nobody") is None
