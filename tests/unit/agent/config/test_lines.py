"""Lines of keys in TOML texts."""

from __future__ import annotations

import pytest

from agent.config.lines import Lines, Path

TEXT = '''\
gateway = "gw-1"
notes = """
[[door]]
name = "not a door"
"""

[broker]
host = "centre"
tls = { ca = "ca.pem" }  # one [ in a comment

[[port]]
name = "a"
points = [
  "x]",
  { name = "y" },
]

[[port.board]]
name = "b1"

[[port.board]]
name = "b2"

[port.board.more]
deep = 1

[[port]]
"name" = 'c'
line.baud = 9600
[[port.board]]
name = "b3"
'''

CASES: list[tuple[Path, int]] = [
    (("gateway",), 1),
    (("broker",), 7),
    (("broker", "host"), 8),
    (("broker", "tls", "ca"), 9),
    (("broker", "missing"), 7),
    (("port", 0), 11),
    (("port", 0, "points", 1, "name"), 13),
    (("port", 0, "board", 0, "name"), 19),
    (("port", 0, "board", 1, "name"), 22),
    (("port", 0, "board", 1, "more", "deep"), 25),
    (("port", 1, "name"), 28),
    (("port", 1, "line", "baud"), 29),
    (("port", 1, "board", 0, "name"), 31),
]


@pytest.mark.parametrize(("path", "line"), CASES, ids=str)
def test_a_key_is_found_on_its_line_or_on_the_line_of_what_holds_it(path: Path, line: int) -> None:
    assert Lines(TEXT).of(path) == line


def test_what_is_written_nowhere_has_no_line() -> None:
    assert Lines(TEXT).of(("door",)) is None
    assert Lines(TEXT).of(()) is None


def test_a_multi_line_string_that_never_ends_hides_the_rest() -> None:
    assert Lines("a = '''\nb = 1\n").of(("b",)) is None
