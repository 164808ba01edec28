"""`menshen check` says what is wrong, or what the file gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import main
from agent.errors import EX_CONFIG
from tests.peers.site_files import change, lay_out

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def test_a_good_file_is_said_to_be_good(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-c", str(config)]) == 0
    assert capsys.readouterr().out == (
        f"{config} is good: gateway gw-bldg3, 2 door(s), 2 reader(s), 2 port(s)\n"
    )


def test_what_a_person_should_know_is_said_of_a_good_file_too(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(config, ("assume_synced = false", "assume_synced = true"))
    (config.parent / "dev" / "port-1").unlink()
    assert main(["check", "-c", str(config)]) == 0
    warning, given_up, good = capsys.readouterr().out.splitlines()
    assert warning.startswith("warning: ")
    assert given_up.startswith("given up: ")
    assert " is good: " in good


def test_every_problem_is_printed_and_the_code_is_that_of_a_configuration(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(
        config,
        ('gateway = "gw-bldg3"', "gateway = 5"),
        ('lock = "lobby-lock"', 'lock = "x"'),
        ("exit =", "out ="),
    )
    assert main(["check", "-c", str(config)]) == EX_CONFIG
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 4
    assert f"3 problem(s) in {config}" in shown.err


def test_a_program_gets_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "-c", str(config)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "problems": [],
        "codes": [],
        "warnings": [],
        "step_downs": [],
    }
    change(config, ('gateway = "gw-bldg3"', "gateway = 5"))
    assert main(["check", "--json", "-c", str(config)]) == EX_CONFIG
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert len(found["problems"]) == 1
    assert found["codes"] == ["cannot_be"]


def test_people_are_answered_in_their_language(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main(["check", "-c", str(config)]) == 0
    assert "没有问题" in capsys.readouterr().out


def test_problems_and_mends_are_in_the_persons_language_and_codes_in_nobodys(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    change(config, ('lock = "lobby-lock"', 'lock = "lobby-lok"'), ("exit =", "out ="))
    assert main(["check", "-c", str(config)]) == EX_CONFIG
    shown = capsys.readouterr().err
    assert "没有任何端口提供输出点 'lobby-lok' — 是否想写 'lobby-lock'？" in shown
    assert "此处没有这个设置" in shown

    assert main(["run", "-c", str(config)]) == EX_CONFIG
    assert "没有任何端口提供输出点 'lobby-lok'" in capsys.readouterr().err

    assert main(["check", "--json", "-c", str(config)]) == EX_CONFIG
    found = json.loads(capsys.readouterr().out)
    assert found["codes"] == ["point_missing_an", "no_setting"]
    assert "did you mean 'lobby-lock'?" in found["problems"][0]
