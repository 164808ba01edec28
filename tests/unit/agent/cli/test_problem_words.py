"""Problems of a configuration in two languages: none is forgotten, and codes are stable."""

from __future__ import annotations

import ast
import string
from typing import TYPE_CHECKING

import pytest

from agent.cli.problem_words import BETWEEN, OTHER, code_of, told
from agent.cli.words import Language
from agent.cli.words_config import MENDS, NOUNS, WORDS
from agent.config.stepdowns import COSTS
from tests.architecture.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_BRACES = "x"


def fields(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


@pytest.mark.parametrize("code", [*WORDS, *MENDS])
def test_both_languages_take_the_same_values(code: str) -> None:
    english, chinese = {**WORDS, **MENDS}[code]

    assert fields(english) == fields(chinese)
    assert not chinese.isascii()


def text_of(node: ast.AST) -> str | None:
    """Return the text that `node` is, with IN_BRACES for what differs; None where it is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else IN_BRACES for part in parts)
        case _:
            return None


def said_in_the_sources() -> Iterator[tuple[str, str]]:
    """Give each text with a mend that `agent.config` says, but for parts of texts and what explains code."""
    for path in sorted((ROOT / "agent" / "config").glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        explains = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            text = None if id(node) in parts | explains else text_of(node)
            if text is not None and BETWEEN in text:
                yield path.name, text


@pytest.mark.parametrize(("file", "text"), sorted(set(said_in_the_sources())))
def test_every_problem_that_the_configuration_tells_has_its_words(file: str, text: str) -> None:
    text = text.replace("no port has an x", "no port has an input point").replace("second x", "second door")
    text = text.replace("is no x but", "is no reader but").replace("name xs", "name readers")
    assert code_of(text) != OTHER, f"agent/config/{file} says {text!r}: add its words to words_config.py"
    what, _, mend = told(text, Language.CHINESE).partition(BETWEEN)
    assert not what.isascii()
    assert mend == IN_BRACES or not mend.isascii(), f"the mend of {text!r} has no words in MENDS"


@pytest.mark.parametrize("cost", COSTS.values())
def test_every_step_down_has_its_words(cost: str) -> None:
    assert code_of(f"a.toml:3: clock.assume_synced: {cost}") != OTHER


def test_the_place_stays_and_the_problem_is_said_anew() -> None:
    english = (
        "/etc/menshen/a.toml:12: door[lobby: in].lock: no port has an output point 'lobby-lok' — "
        "did you mean 'lobby-lock'?"
    )

    assert code_of(english) == "point_missing_an"
    assert told(english, Language.ENGLISH) == english
    assert told(english, Language.CHINESE) == (
        "/etc/menshen/a.toml:12: door[lobby: in].lock: 没有任何端口提供输出点 'lobby-lok' — "
        "是否想写 'lobby-lock'？"
    )


def test_what_nobody_has_said_in_chinese_stays_as_it_is() -> None:
    odd = "a.toml:1: port[x]: cannot be — the moon is full"

    assert told("nothing of the kind", Language.CHINESE) == "nothing of the kind"
    assert code_of("nothing of the kind") == OTHER
    assert told(odd, Language.CHINESE) == "a.toml:1: port[x]: 此值不可用 — the moon is full"


def test_braces_of_toml_are_no_values() -> None:
    english = "says neither tls nor cleartext — " + MENDS["add_tls"][0].format()

    assert told(english, Language.CHINESE).endswith("可写 `cleartext = true`")
    assert "tls = { ca" in told(english, Language.CHINESE)


def test_a_word_of_ours_in_a_value_is_said_in_chinese_too() -> None:
    assert NOUNS["door"] in told("a second door is named 'lobby' — x", Language.CHINESE)


def test_what_a_driver_says_of_its_settings_is_said_in_chinese_too() -> None:
    english = "a.toml:9: port[relays]: cannot be — two boards at address 1: their answers would collide"

    assert told(english, Language.CHINESE).endswith("地址 1 上有两个 boards：应答会相互冲突")
    assert code_of(english) == "cannot_be"
