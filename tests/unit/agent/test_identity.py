"""The gateway's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.config.secrets import Secrets
from agent.errors import ConfigError, StoreError
from agent.identity import gateway_key
from protocols.tokens.keys import private_text, public_text

if TYPE_CHECKING:
    from pathlib import Path


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    secrets = Secrets(None, tmp_path / "credentials")

    first = gateway_key(secrets, None)
    second = gateway_key(secrets, None)

    assert public_text(first.public_key()) == public_text(second.public_key())
    assert (tmp_path / "credentials" / "gateway.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "credentials").iterdir()] == ["gateway.key"]


def test_a_key_that_the_service_manager_gives_is_taken(tmp_path: Path) -> None:
    given, kept = tmp_path / "given", tmp_path / "kept"
    given.mkdir()
    key = Ed25519PrivateKey.generate()
    (given / "gateway.key").write_text(private_text(key))

    found = gateway_key(Secrets(given, kept), None)

    assert public_text(found.public_key()) == public_text(key.public_key())
    assert not kept.exists()


def test_a_named_key_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="own"):
        gateway_key(Secrets(None, tmp_path), "own")


def test_a_file_that_is_no_key_is_told_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "gateway.key").write_text("something else")
    (tmp_path / "gateway.key").chmod(0o600)

    with pytest.raises(ConfigError) as told:
        gateway_key(Secrets(None, tmp_path), None)

    assert "something" not in str(told.value)


def test_a_disk_that_takes_no_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("a file where the folder should be")

    with pytest.raises((StoreError, ConfigError)):
        gateway_key(Secrets(None, tmp_path / "credentials"), None)
