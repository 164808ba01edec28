"""What the office refuses, it refuses in both languages of its people."""

import ast
from pathlib import Path

import pytest

import agent.office
from agent.cli.app import main
from agent.errors import EX_DATAERR, AgentError
from agent.office.collisions import Claim, Collides, Collision

ROOM = Path(agent.office.__path__[0])
ERRORS = {"BadInput", "StoreError", "WrongKey", "NoFile"}


def refusals() -> list[tuple[str, ast.Call]]:
    """Return every error that the office's modules make, with its place."""
    return [
        (f"{path.relative_to(ROOM)}:{node.lineno}", node)
        for path in sorted(ROOM.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS
    ]


@pytest.mark.parametrize(
    ("place", "call"), refusals(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_refusal_of_the_office_is_said_in_chinese_too(place: str, call: ast.Call) -> None:
    assert len(call.args) == 2, f"{place}: says it in one language"
    said = ast.unparse(call.args[1])
    assert said == "chinese" or any("\u4e00" <= letter <= "\u9fff" for letter in said), place


def test_an_error_that_nobody_put_into_chinese_is_said_as_it_is() -> None:
    assert AgentError("no room").chinese == "no room"
    assert AgentError("no room", "没有空间").chinese == "没有空间"


def test_the_command_line_refuses_in_the_language_of_the_locale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for locale, word in (("C", "there is no book"), ("zh_CN.UTF-8", "没有登记簿")):
        monkeypatch.setenv("LC_ALL", locale)
        assert main(["office", "history", "--book", str(tmp_path)]) == EX_DATAERR
        assert word in capsys.readouterr().err


def test_cards_that_readers_cannot_tell_apart_are_refused_in_both_languages() -> None:
    two = Collision("gw01", "d", (Claim("uid24", "a", "p-1"), Claim("", "b", "p-2")))
    one = Collision("gw02", "e", (Claim("uid24", "c", "p-3"), Claim("", "d", "p-3")))
    error = Collides([two, one, *[two] * 5])
    assert "gw01 (uid24) cannot tell cards of p-1 and p-2 apart" in str(error)
    assert "p-3 from one that is lost or revoked" in str(error)
    assert "gw01 的读卡器（uid24）分不清 p-1、p-2 的卡" in error.chinese
    assert "分不清 p-3 的此卡与已挂失或注销的卡" in error.chinese
    assert ("and 2 more" in str(error), "另有 2 处" in error.chinese) == (True, True)
