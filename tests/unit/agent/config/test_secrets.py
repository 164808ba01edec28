"""Secrets are found, guarded and not printed."""

from __future__ import annotations

import base64
import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from agent.config.secrets import LARGEST_SECRET, Secret, Secrets
from agent.errors import ConfigError
from tests.peers.site_files import give

if TYPE_CHECKING:
    from pathlib import Path

KEY = bytes(range(16))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    return folder


def test_a_secret_prints_nothing_and_is_not_copied_away() -> None:
    secret = Secret(b"hunter2")
    assert f"{secret} {secret!r}" == "Secret(…) Secret(…)"
    for copier in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            copier(secret)
    with pytest.raises(TypeError):
        hash(secret)


def test_secrets_are_equal_by_content() -> None:
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != b"a"


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.hex().encode(),
        KEY.hex().upper().encode() + b"\n",
        base64.urlsafe_b64encode(KEY),
        base64.urlsafe_b64encode(KEY).rstrip(b"=") + b"\r\n",
    ],
)
def test_a_key_is_read_however_it_is_written(written: bytes) -> None:
    assert Secret(written).key(16) == KEY


@pytest.mark.parametrize("written", [b"", b"zz", KEY[:15], KEY + b"x", b"\xff\xfe" * 20, b"a", b"=" * 22])
def test_what_is_no_key_is_refused_without_being_shown(written: bytes) -> None:
    with pytest.raises(ValueError, match=r"^holds no key of 16 bytes \(raw, hexadecimal or base64url\)$"):
        Secret(written).key(16)


def test_a_password_loses_only_the_newline_of_an_editor() -> None:
    assert Secret(" päss \n".encode()).text() == " päss "
    with pytest.raises(ValueError, match="no UTF-8"):
        Secret(b"\xff").text()


def test_systemds_directory_comes_before_our_own(tmp_path: Path, kept: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "one").write_bytes(b"given")
    (given / "one").chmod(0o444)  # systemd decides who may read there
    give(kept / "one", b"kept")
    give(kept / "two", b"kept")
    secrets = Secrets.of(tmp_path, {"CREDENTIALS_DIRECTORY": str(given)})
    assert secrets.read("one").reveal() == b"given"
    assert secrets.lookup("two") == b"kept"
    assert secrets.defect("one") is None


def test_what_is_missing_is_told_with_the_places_looked_at(tmp_path: Path, kept: Path) -> None:
    secrets = Secrets.of(tmp_path, {})
    with pytest.raises(KeyError):
        secrets.lookup("absent")
    with pytest.raises(ConfigError, match=f"'absent' is not in {kept} — "):
        secrets.read("absent")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_what_others_can_read_or_write_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, kept: Path, mode: int
) -> None:
    give(kept / "open", b"hunter2")
    (kept / "open").chmod(mode)
    with pytest.raises(ConfigError, match="run: chmod 600") as caught:
        Secrets.of(tmp_path, {}).read("open")
    assert "hunter2" not in str(caught.value)
    assert Secrets.of(tmp_path, {}).defect("open") == caught.value.problems[0]


@pytest.mark.parametrize("content", [b"", b"x" * (LARGEST_SECRET + 1)])
def test_what_is_empty_or_too_large_is_refused(tmp_path: Path, kept: Path, content: bytes) -> None:
    give(kept / "odd", content)
    with pytest.raises(ConfigError, match="empty or too large"):
        Secrets.of(tmp_path, {}).read("odd")


def test_a_folder_in_the_place_of_a_secret_is_refused(tmp_path: Path, kept: Path) -> None:
    (kept / "folder").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        Secrets.of(tmp_path, {}).read("folder")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", ".hidden", ".."])
def test_a_name_is_never_a_path(tmp_path: Path, kept: Path, name: str) -> None:
    give(tmp_path / "outside", b"hunter2")
    give(kept / ".hidden", b"hunter2")
    assert "is not in" in (Secrets.of(tmp_path, {}).defect(name) or "")
