"""Which key may say what of a list: one that only stops cards, and two of which one follows the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.credentials import CredentialState
from agent.roster.results import Applied, Ignored, Reason, Refused, Wanted
from agent.roster.roster import LONGEST_STEP
from protocols.tokens.keys import kid
from tests.unit.agent.roster.lists import (
    ALWAYS,
    OFFICE,
    RESIDENTS,
    Gateway,
    Office,
    card,
    digest,
    person,
    residents,
    revoked_pass,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from agent.roster.results import Result
    from protocols.mqtt.roster import Row

DUTY = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
NEXT = Ed25519PrivateKey.from_private_bytes(b"n" * 32)


def trusting(*known: Ed25519PrivateKey) -> Callable[[str], Ed25519PublicKey | None]:
    return {kid(key.public_key()): key.public_key() for key in known}.get


@pytest.fixture
def office() -> Office:
    """Return the office, whose list of three residents is in force."""
    return Office()


@pytest.fixture
def gateway(tmp_path: Path, office: Office) -> Iterator[Gateway]:
    """Give a gateway that trusts the duty desk to stop cards."""
    gateway = Gateway(
        tmp_path / "roster.db", trusted=trusting(OFFICE, DUTY), stoppers=(kid(DUTY.public_key()),)
    )
    gateway.delta(office.delta(residents(3)))
    yield gateway
    gateway.close()


def by(key: Ed25519PrivateKey, office: Office) -> Office:
    """Return the same list at the same revision, in the hand of another key."""
    return Office(rows=dict(office.rows), revision=office.revision, key=key)


def why(result: Result) -> Reason:
    assert isinstance(result, Refused), result
    return result.reason


def state(gateway: Gateway, number: int) -> CredentialState:
    found = gateway.table.lookup(digest(number))
    assert found is not None
    return found.credential.state


# --- a key that only stops cards -----------------------------------------------------------------------


@pytest.mark.parametrize("said", ["suspended", "lost", "revoked"])
def test_a_key_that_only_stops_cards_stops_one_and_a_pass(
    gateway: Gateway, office: Office, said: str
) -> None:
    duty = by(DUTY, office)
    result = gateway.delta(duty.delta([card(1, state=said), revoked_pass(9)]))

    assert isinstance(result, Applied)
    assert (result.revision, result.key, result.wanted) == (2, kid(DUTY.public_key()), None)
    assert state(gateway, 1) == CredentialState(said)
    assert state(gateway, 9) is CredentialState.REVOKED
    gateway.reopen()
    assert state(gateway, 1) == CredentialState(said)


@pytest.mark.parametrize(
    ("put", "remove"),
    [
        ([card(1)], []),
        ([person(7), card(7)], []),
        ([card(0, state="revoked"), card(1, 0)], []),
        ([person(1, groups=())], []),
        ([RESIDENTS.model_copy(update={"rights": ()})], []),
        ([ALWAYS.model_copy(update={"windows": ()})], []),
        ([], [card(1)]),
        ([], [card(1), person(1)]),
    ],
)
def test_what_it_says_beyond_that_is_refused_whole(
    gateway: Gateway, office: Office, put: list[Row], remove: list[Row]
) -> None:
    before = gateway.table.head()
    assert why(gateway.delta(by(DUTY, office).delta(put, remove))) is Reason.WRONG_SCOPE
    assert gateway.table.head() == before
    assert gateway.roster.wanted is None, "nothing it says beyond its scope is believed"


def test_a_card_that_was_stopped_is_given_back_by_the_office_alone(gateway: Gateway, office: Office) -> None:
    duty = by(DUTY, office)
    gateway.delta(duty.delta([card(1, state="suspended")]))
    again = by(DUTY, duty)
    assert why(gateway.delta(again.delta([card(1)]))) is Reason.WRONG_SCOPE
    assert isinstance(gateway.delta(by(OFFICE, duty).delta([card(1)])), Applied)
    assert state(gateway, 1) is CredentialState.ACTIVE


def test_it_lays_out_no_list(gateway: Gateway, office: Office) -> None:
    duty = by(DUTY, office)
    duty.delta([person(7), card(7)])
    assert why(gateway.head(duty.head(duty.snapshot()[0]))) is Reason.WRONG_SCOPE
    assert why(gateway.head(duty.head())) is Reason.WRONG_SCOPE
    assert gateway.roster.wanted is None


def test_it_cannot_leap_so_far_that_the_office_has_no_revisions_left(
    gateway: Gateway, office: Office
) -> None:
    here = office.revision
    far = by(DUTY, office).delta([card(1, state="lost")], wrong={"revision": here + LONGEST_STEP + 1})
    assert why(gateway.delta(far)) is Reason.WRONG_SCOPE
    beside = by(DUTY, office).delta([card(1, state="lost")], wrong={"base": 9, "revision": 2**40})
    assert why(gateway.delta(beside)) is Reason.WRONG_SCOPE
    assert gateway.roster.wanted is None

    office.revision = here
    near = by(DUTY, office).delta([card(1, state="lost")], wrong={"revision": here + LONGEST_STEP})
    assert isinstance(gateway.delta(near), Applied)


def test_a_missed_change_is_asked_for_whoever_signed_the_next(gateway: Gateway, office: Office) -> None:
    duty = by(DUTY, office)
    duty.delta([card(0, state="lost")])
    assert why(gateway.delta(duty.delta([card(1, state="lost")]))) is Reason.GAP
    assert gateway.roster.wanted == Wanted(1, 3, "gap")


def test_the_office_s_head_is_no_rollback_while_only_cards_were_stopped_since(
    gateway: Gateway, office: Office
) -> None:
    old = office.head()
    gateway.delta(office.delta([card(2, state="lost")]))
    newest = office.head(office.snapshot()[0])
    duty = by(DUTY, office)
    gateway.delta(duty.delta([card(1, state="lost")]))

    for _ in range(2):
        assert gateway.head(newest) == Ignored("overtaken")
        assert why(gateway.head(old)) is Reason.ROLLBACK
        gateway.reopen()
    assert gateway.roster.wanted is None
    assert state(gateway, 1) is CredentialState.LOST

    after = by(OFFICE, duty)
    assert isinstance(gateway.delta(after.delta([person(5)])), Applied)
    assert why(gateway.head(newest)) is Reason.ROLLBACK


def test_a_rolled_back_file_takes_no_head_for_overtaken(gateway: Gateway, office: Office) -> None:
    head = office.head()
    gateway.delta(by(DUTY, office).delta([card(1, state="lost")]))
    gateway.floor = 9
    gateway.reopen()
    assert why(gateway.head(head)) is Reason.ROLLBACK


# --- one key follows the other -------------------------------------------------------------------------


def test_one_key_follows_the_other_without_a_list_that_nobody_can_check(
    tmp_path: Path, office: Office
) -> None:
    gateway = Gateway(tmp_path / "roster.db")
    gateway.delta(office.delta(residents(3)))

    early = by(NEXT, office)
    assert why(gateway.delta(early.delta([card(1, state="lost")]))) is Reason.UNKNOWN_KEY

    gateway.trusted = trusting(OFFICE, NEXT)  # the successor stands beside the old one
    gateway.reopen()
    assert isinstance(gateway.delta(office.delta([card(0, state="lost")])), Applied)
    fresh = by(NEXT, office)
    assert isinstance(gateway.delta(fresh.delta([card(1, state="lost")])), Applied)
    by_old = by(OFFICE, fresh)
    assert isinstance(gateway.delta(by_old.delta([person(8)])), Applied), "either key, in any order"

    gateway.trusted = trusting(NEXT)  # and the old one is taken off
    gateway.reopen()
    assert state(gateway, 1) is CredentialState.LOST, "the list stands, whoever signed it"
    assert why(gateway.head(by_old.head())) is Reason.UNKNOWN_KEY
    assert why(gateway.delta(by(OFFICE, by_old).delta([person(9)]))) is Reason.UNKNOWN_KEY
    assert gateway.table.lookup(digest(2)) is not None
    assert gateway.head(by(NEXT, by_old).head()) == Ignored("current")


def test_a_list_begun_under_a_key_that_is_taken_off_meanwhile_is_still_the_office_s(
    tmp_path: Path, office: Office
) -> None:
    gateway = Gateway(tmp_path / "roster.db")
    office.delta(residents(30))
    ref, chunks = office.snapshot(a_chunk=20)
    gateway.head(office.head(ref))
    gateway.chunk(ref.revision, 0, chunks[0])

    gateway.trusted = trusting(NEXT)
    gateway.reopen()
    for n, data in enumerate(chunks[1:], start=1):
        result = gateway.chunk(ref.revision, n, data)

    assert isinstance(result, Applied)
    assert (result.key, result.count) == (None, ref.count)
