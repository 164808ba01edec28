"""`menshen desk`, as somebody on duty types it, up to the broker's door."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import main
from agent.cli.words import catalogue, known
from agent.domain.effects import Outcome
from agent.domain.fire import Stands
from agent.errors import EX_DATAERR, EX_NOPERM, EX_UNAVAILABLE, EX_USAGE
from agent.keyfiles import read_signing_key
from agent.orders.sender import GATEWAY_OFFLINE, GATEWAY_SILENT, GATEWAY_UNKNOWN, UNANSWERED, UNSENT
from drivers.contract import Why
from protocols.tokens.keys import kid, public_text
from protocols.tokens.verify import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OURS = {GATEWAY_OFFLINE, GATEWAY_SILENT, GATEWAY_UNKNOWN}
REASONS = {*map(str, Refusal), *map(str, Why), *map(str, Stands), "cannot_record", "door_locked", *OURS}
NOT_BY_ORDER = {str(Stands.KEY_STUCK)}
"""Said of a key switch, and of no order."""


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


@pytest.fixture
def key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "desk" / "desk.key"
    assert main(["desk", "key", "--key", str(path)]) == 0
    capsys.readouterr()
    return path


def test_the_key_is_made_once_of_the_owner_alone_and_only_its_public_half_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "desk" / "desk.key"
    for _ in range(2):  # made, then shown
        assert main(["desk", "key", "--key", str(path), "--json"]) == 0
        public = read_signing_key(path).public_key()
        said = json.loads(capsys.readouterr().out)
        assert said == {"key": public_text(public), "kid": kid(public), "file": str(path)}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("locale", "word"), [("C", "Each gateway"), ("zh_CN.UTF-8", "值班台钥匙")])
def test_the_lines_for_the_gateways_are_spelt_out_in_both_languages(
    key: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str, word: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert main(["desk", "key", "--key", str(key)]) == 0
    said = capsys.readouterr().out
    assert word in said
    assert f'key = "{public_text(read_signing_key(key).public_key())}"' in said
    assert 'scopes = ["open", "mode", "fire_over"]' in said


def test_a_key_that_others_can_read_orders_nothing(key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key.chmod(0o644)
    assert main(["desk", "open", "gw", "lobby", "--key", str(key), "--broker", "x"]) == EX_NOPERM
    assert main(["desk", "key", "--key", str(key)]) == EX_NOPERM
    assert "chmod 600" in capsys.readouterr().err


def test_an_order_without_a_key_or_a_broker_says_how_to_come_by_one(
    tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["desk", "fire-over", "gw", "--key", str(tmp_path / "none")]) == EX_DATAERR
    assert "`menshen desk key` makes it" in capsys.readouterr().err
    assert main(["desk", "fire-over", "gw", "--key", str(key)]) == EX_DATAERR
    assert "menshen desk broker --broker" in capsys.readouterr().err


def test_the_broker_is_remembered_beside_the_key(
    key: Path, capsys: pytest.CaptureFixture[str], free_port: Callable[[], int]
) -> None:
    where = f"127.0.0.1:{free_port()}"
    assert main(["desk", "broker", "--key", str(key), "--broker", where, "--user", "desk"]) == 0
    assert main(["desk", "lock", "gw", "lobby", "--key", str(key)]) == EX_UNAVAILABLE
    assert where in capsys.readouterr().err
    other = f"127.0.0.1:{free_port()}"
    assert main(["desk", "lock", "gw", "lobby", "--key", str(key), "--broker", other]) == EX_UNAVAILABLE
    assert other in capsys.readouterr().err
    assert main(["desk", "broker", "--key", str(key), "--broker", "x:y"]) == EX_DATAERR


@pytest.mark.parametrize("content", ["{", "[]", '{"broker": 1883}'])
def test_a_remembered_broker_that_cannot_be_read_says_how_to_write_it_anew(
    key: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    key.with_suffix(".broker.json").write_text(content, encoding="utf-8")
    assert main(["desk", "open", "gw", "lobby", "--key", str(key)]) == EX_DATAERR
    assert "write it anew" in capsys.readouterr().err


@pytest.mark.parametrize("names", [("g/w", "lobby"), ("gw", "a+b"), ("gw", "*"), ("gw", "lobby", "#")])
def test_names_that_no_topic_holds_and_every_door_at_once_are_refused(
    key: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...]
) -> None:
    assert main(["desk", "lock", *names, "--key", str(key), "--broker", "127.0.0.1"]) == EX_DATAERR
    assert "cannot be a name" in capsys.readouterr().err


@pytest.mark.parametrize("within", ["0", "-1", "nan", "inf", "301", "soon"])
def test_a_time_that_nobody_can_wait_for_is_wrong_usage(
    key: Path, capsys: pytest.CaptureFixture[str], within: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["desk", "open", "gw", "lobby", "--key", str(key), f"--within={within}"])
    assert ended.value.code == EX_USAGE
    assert "is no time to wait" in capsys.readouterr().err


def test_every_reason_that_an_order_can_meet_has_words() -> None:
    assert [reason for reason in sorted(REASONS - NOT_BY_ORDER) if not known(f"reason.{reason}")] == []


def test_every_mend_is_for_a_reason_or_an_end_that_there_is() -> None:
    mends = {name.removeprefix("mend_") for name in catalogue("duty") if name.startswith("mend_")}
    assert mends <= REASONS | {*map(str, Outcome)}
    assert {*map(str, Outcome)} - {"opened", "done"} | {UNSENT, UNANSWERED} <= set(catalogue("duty"))
