"""Revoked passes on the list: of visitors who are on none, revoked across restarts, lost and older files."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.domain.credentials import CredentialKind, CredentialState, Holding
from agent.doors.reading import ListReader
from agent.roster.results import Applied
from tests.peers.hand_clock import HandClock
from tests.unit.agent.roster.lists import (
    AT,
    FRAME,
    Gateway,
    Office,
    card,
    digest,
    person,
    residents,
    revoked_pass,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASS = 40


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path / "roster.db")
    yield gateway
    gateway.close()


def said(gateway: Gateway, number: int, *, forgetful: bool = False) -> bool | None:
    reader = ListReader(gateway.table, HandClock(), lambda _: None, forgetful=forgetful)
    return reader.pass_revoked(digest(number))


@pytest.mark.parametrize("way", ["delta", "snapshot"])
def test_a_pass_is_revoked_at_once_and_after_a_restart(gateway: Gateway, way: str) -> None:
    office = Office()
    gateway.delta(office.delta(residents(2)))
    assert said(gateway, PASS) is False
    token = office.delta([revoked_pass(PASS)])
    assert isinstance(gateway.delta(token) if way == "delta" else gateway.load(office), Applied)

    assert said(gateway, PASS) is True
    gateway.reopen()
    assert said(gateway, PASS) is True
    assert said(gateway, PASS + 1) is False
    found = gateway.table.lookup(digest(PASS))
    assert isinstance(found, Holding)
    assert (found.person, found.credential.kind, found.credential.state) == (
        None,
        CredentialKind.VISIT,
        CredentialState.REVOKED,
    )
    assert found.credential.span.end == AT + timedelta(days=PASS)


def test_a_visitor_s_card_goes_with_them_and_their_revoked_pass_stays(gateway: Gateway) -> None:
    office = Office()
    struck = revoked_pass(PASS).model_copy(update={"person": "p000001"})
    gateway.delta(office.delta([*FRAME, person(1), card(1), struck]))

    assert isinstance(gateway.delta(office.delta(remove=[person(1), card(1)])), Applied)
    assert said(gateway, PASS) is True

    assert isinstance(gateway.delta(office.delta(remove=[struck])), Applied)
    assert said(gateway, PASS) is False


def test_no_pass_is_taken_while_an_older_list_lies_in_the_place_of_a_newer(gateway: Gateway) -> None:
    office = Office()
    gateway.delta(office.delta([revoked_pass(PASS)]))
    gateway.floor = 2
    gateway.reopen()

    assert [said(gateway, number) for number in (PASS, PASS + 1)] == [None, None]
    gateway.delta(office.delta([card(1), person(1), *FRAME]))
    assert [said(gateway, number) for number in (PASS, PASS + 1)] == [True, False]


def test_no_pass_is_taken_where_a_list_may_be_lost_without_a_trace(gateway: Gateway) -> None:
    assert said(gateway, PASS) is False, "a gateway that never had a list"
    assert said(gateway, PASS, forgetful=True) is None

    gateway.delta(Office().delta(residents(1)))

    assert said(gateway, PASS, forgetful=True) is False
