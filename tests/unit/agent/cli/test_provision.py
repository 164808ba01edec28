"""`menshen provision` makes a key that nobody else reads, and a request in the gateway's name."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from agent.cli.app import main
from agent.errors import EX_CONFIG, EX_DATAERR, EX_UNAVAILABLE
from tests.peers.site_files import change, lay_out

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration on a bare machine: the key's folder is not there yet."""
    config = lay_out(tmp_path)
    for file in (tmp_path / "tls").iterdir():
        file.unlink()
    (tmp_path / "tls").rmdir()
    return config


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def test_a_bare_machine_gets_key_and_request(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["provision", "-c", str(config)]) == 0
    key = config.parent / "tls" / "gateway.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    request = x509.load_pem_x509_csr((config.parent / "tls" / "gateway.csr").read_bytes())
    assert request.is_signature_valid
    (name,) = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "gw-bldg3"
    shown = capsys.readouterr().out
    assert "made a new key" in shown
    assert "PRIVATE" not in shown


def test_a_key_that_is_there_is_kept_for_the_next_certificate(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["provision", "--json", "-c", str(config)]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["provision", "--json", "-c", str(config)]) == 0
    second = json.loads(capsys.readouterr().out)
    assert (first["key_is_new"], second["key_is_new"]) == (True, False)
    assert first["fingerprint"] == second["fingerprint"]
    assert main(["provision", "-c", str(config)]) == 0
    assert "kept the key" in capsys.readouterr().out


def test_what_is_no_key_is_not_overwritten(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (b"not a key", other):
        file = tmp_path / "own.key"
        file.write_bytes(content)
        assert main(["provision", "-c", str(config), "--key", str(file)]) == EX_DATAERR
        assert file.read_bytes() == content
        assert "move it away" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "file").touch()
    assert (
        main(["provision", "-c", str(config), "--key", str(config.parent / "file" / "x")]) == EX_UNAVAILABLE
    )
    assert "user menshen" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('gateway = "gw-bldg3"', 'gateway = "gw/3"', "names no gateway"),
        ('gateway = "gw-bldg3"', "", "names no gateway"),
        ("[broker.tls]", "[other]", "does not say where the key goes"),
    ],
)
def test_what_the_configuration_does_not_say_is_asked_for(
    config: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    change(config, (old, new))
    assert main(["provision", "-c", str(config)]) == EX_CONFIG
    assert said in capsys.readouterr().err
