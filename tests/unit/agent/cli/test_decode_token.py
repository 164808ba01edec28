"""`menshen decode token` explains a token and checks its signature when it is given a key."""

from __future__ import annotations

import io
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.cli.app import main
from agent.errors import EX_DATAERR
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import COMMAND_TYP, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
PAYLOAD = {"v": 1, "door": "lobby", "do": "open", "iat": 1772438400, "exp": 10**30, "deep": {"title": "大堂"}}
TOKEN = sign(PAYLOAD, KEY, COMMAND_TYP)


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def test_a_token_is_explained_with_its_times_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "token", TOKEN]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"kind       {COMMAND_TYP}"
    assert shown[1] == f"key        {kid(KEY.public_key())}"
    assert "iat        1772438400  (2026-03-02T08:00:00Z)" in shown
    assert "door       lobby" in shown
    assert 'deep       {"title": "大堂"}' in shown
    assert f"exp        {10**30}" in shown
    assert shown[-1] == "signature  not checked: no --key was given"


def test_the_signature_is_checked_with_the_key_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "token", TOKEN, "--key", public_text(KEY.public_key())]) == 0
    assert "signature  holds" in capsys.readouterr().out
    assert main(["decode", "token", TOKEN, "--key", public_text(STRANGER.public_key())]) == EX_DATAERR
    assert "DOES NOT HOLD" in capsys.readouterr().out


def test_a_program_gets_json_and_may_pipe_the_token_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN + "\n"))
    assert main(["decode", "token", "-", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["payload"] == PAYLOAD
    assert told["signature"] == "unchecked"


@pytest.mark.parametrize("text", ["", "nothing", "a.b.c", "é", TOKEN[:-60]])
def test_what_is_no_token_is_told(capsys: pytest.CaptureFixture[str], text: str) -> None:
    code = main(["decode", "token", text, "--key", public_text(KEY.public_key())])
    assert code == EX_DATAERR
    shown = capsys.readouterr()
    assert "no token" in shown.err or "DOES NOT HOLD" in shown.out


def test_what_is_no_key_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "token", TOKEN, "--key", "abc"]) == EX_DATAERR
    assert "--key is no public key" in capsys.readouterr().err
