"""The audit: rows that are not those that were signed are found, whatever stands in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import StoreError
from agent.roster.audit import SLICE_ROWS, audit
from agent.roster.results import Applied
from tests.unit.agent.roster.lists import AT, Gateway, Office, card, person, phone, residents, revoked_pass

if TYPE_CHECKING:
    from pathlib import Path

PHONE = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).public_key()


def always() -> bool:
    return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a list of some of everything, changed since it came."""
    gateway, office = Gateway(tmp_path / "roster.db"), Office()
    rows = [*residents(3 * SLICE_ROWS), phone(PHONE, 1), revoked_pass(9000)]
    for change in (
        office.delta(rows),
        office.delta([card(3, state="revoked"), person(2, verified=False)], [card(4)]),
    ):
        assert isinstance(gateway.finish(gateway.roster.on_delta(change, AT)), Applied)
    gateway.close()
    return gateway.path


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement)


def test_a_list_that_is_as_it_was_signed_is_sound(path: Path) -> None:
    assert audit(path, always) is True


def test_no_list_is_sound(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "roster.db")
    gateway.close()
    assert audit(gateway.path, always) is True


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credential SET state = 0 WHERE state = 3",
        "UPDATE credential SET state = 9 WHERE state = 3",
        "UPDATE credential SET state = 'x' WHERE state = 3",
        "UPDATE credential SET person = 'p000001' WHERE state = 3",
        "UPDATE credential SET person = x'00' WHERE state = 3",
        "UPDATE credential SET until_ms = 1 WHERE state = 3",
        "UPDATE credential SET until_ms = 4611686018427387904 WHERE state = 3",
        "UPDATE credential SET digest = zeroblob(16) WHERE state = 3 AND kind = 0",
        "UPDATE credential SET key = zeroblob(31) WHERE kid IS NOT NULL",
        "UPDATE credential SET kid = 'other' WHERE kid IS NOT NULL",
        "UPDATE person SET flags = 1 WHERE flags = 0",
        "UPDATE person SET household = x'00' WHERE flags = 0",
        "UPDATE person SET groups = '[' WHERE flags = 0",
        "UPDATE rule SET body = replace(body, 'front', 'vault')",
        "UPDATE rule SET body = x'00'",
        "UPDATE rule SET kind = 'other' WHERE kind = 'group'",
        "UPDATE rule SET name = 'other' WHERE kind = 'group'",
        "DELETE FROM credential WHERE state = 3",
        "UPDATE generation SET digest = zeroblob(32)",
        "UPDATE generation SET count = count + 1",
        "DELETE FROM generation",
    ],
)
def test_a_row_that_nobody_signed_is_found(path: Path, statement: str) -> None:
    change(path, statement)
    assert audit(path, always) is False


def test_a_list_that_changes_meanwhile_is_no_verdict(path: Path) -> None:
    def write() -> bool:
        change(path, "UPDATE generation SET revision = revision + 1")
        return True

    assert audit(path, write) is None


def test_an_audit_may_be_given_up(path: Path) -> None:
    assert audit(path, lambda: False) is None


def test_a_file_that_is_spoilt_is_not_sound_and_one_that_cannot_be_opened_is_no_verdict(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    assert audit(path, always, immutable=True) is False
    path.unlink()
    with pytest.raises(StoreError):
        audit(path, always)
