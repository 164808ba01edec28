"""`menshen phone`, as a resident types it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import main
from agent.errors import EX_DATAERR, EX_UNAVAILABLE
from agent.keyfiles import read_signing_key
from protocols.tokens.keys import kid, public_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def test_enrolling_makes_a_key_of_the_owner_alone_and_tells_its_public_half(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "phone" / "phone.key"
    assert main(["phone", "enrol", "--key", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    public = read_signing_key(path).public_key()
    assert (said["key"], said["kid"]) == (public_text(public), kid(public))
    assert path.stat().st_mode & 0o777 == 0o600
    assert main(["phone", "enrol", "--key", str(path)]) == EX_DATAERR


def test_the_office_command_is_spelt_out_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["phone", "enrol", "--key", str(tmp_path / "a")]) == 0
    assert "menshen office phone add" in capsys.readouterr().out
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main(["phone", "enrol", "--key", str(tmp_path / "b")]) == 0
    assert "请把此公钥交给物业" in capsys.readouterr().out


def test_a_name_that_no_topic_can_hold_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], free_port: Callable[[], int]
) -> None:
    path = tmp_path / "phone.key"
    assert main(["phone", "enrol", "--key", str(path)]) == 0
    words = ["phone", "open", "--key", str(path), "--broker", f"127.0.0.1:{free_port()}"]
    assert main([*words, "--door", "a/b", "--gateway", "gw01"]) == EX_DATAERR
    assert "cannot be a name" in capsys.readouterr().err
    assert main([*words, "--door", "lobby", "--gateway", "gw01"]) == EX_UNAVAILABLE
