"""Logs are data, and tell no secret."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from agent.config.secrets import Secret
from agent.log import Style, configure, mask, masked_text
from protocols.wiegand.formats import SPACES
from protocols.wiegand.identity import CardNumber
from tests.peers.hand_clock import HandClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Written = Callable[[], list[str]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


@pytest.fixture
def quiet_afterwards() -> Iterator[None]:
    """Give the root logger back as it was: pytest's own handlers live there too."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def set_up(
    stream: io.StringIO, level: str = "info", style: Style = "auto"
) -> structlog.typing.FilteringBoundLogger:
    configure(HandClock(), stream, level=level, style=style)
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return log


@pytest.mark.usefixtures("quiet_afterwards")
def test_a_machine_gets_one_json_object_a_line_with_the_clocks_time() -> None:
    out = io.StringIO()
    set_up(out).bind(door="lobby").warning("reader.offline", silent_s=3.2, title="大堂")
    assert json.loads(out.getvalue()) == {
        "at": "2026-03-02T08:00:00.000Z",
        "level": "warning",
        "event": "reader.offline",
        "door": "lobby",
        "silent_s": 3.2,
        "title": "大堂",
    }
    assert "大堂" in out.getvalue()


@pytest.mark.usefixtures("quiet_afterwards")
def test_a_person_at_a_terminal_gets_colour() -> None:
    out = Terminal()
    set_up(out).warning("reader.offline", silent_s=3.2)
    assert "\x1b[" in out.getvalue()
    assert "reader.offline" in out.getvalue()


@pytest.mark.usefixtures("quiet_afterwards")
def test_json_can_be_asked_for_at_a_terminal_and_words_in_a_pipe() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    set_up(terminal, style="json").info("agent.started")
    set_up(pipe, style="human").info("agent.started")
    assert json.loads(terminal.getvalue())["event"] == "agent.started"
    assert not pipe.getvalue().startswith("{")
    assert "\x1b[" not in pipe.getvalue()


@pytest.mark.usefixtures("quiet_afterwards")
def test_what_lies_below_the_level_is_not_written() -> None:
    out = io.StringIO()
    log = set_up(out, level="warning")
    log.info("agent.started")
    log.error("journal.failed")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["journal.failed"]


@pytest.mark.usefixtures("quiet_afterwards")
def test_a_log_that_nobody_reads_stops_nothing() -> None:
    set_up(Broken()).error("journal.failed")


@pytest.mark.usefixtures("quiet_afterwards")
def test_what_libraries_log_is_written_and_masked_too() -> None:
    out = io.StringIO()
    set_up(out)
    library = logging.getLogger("pymodbus.logging")
    library.info("chatter")
    library.error("got uid32:%s", "0A1B2C3D")
    library.error("wrong %d arguments", "text")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["event"], line["by"], line["said"]) for line in lines] == [
        ("library.said", "pymodbus.logging", "got uid32:…3D"),
        ("library.said", "pymodbus.logging", "wrong %d arguments"),
    ]


@pytest.mark.usefixtures("quiet_afterwards")
def test_a_traceback_is_written_without_values_and_masked() -> None:
    out = io.StringIO()
    log = set_up(out)
    try:
        CardNumber.parse("fc8cn16:760643").value / 0
    except ZeroDivisionError as error:
        error.add_note("no reading of fc8cn16:760643")
        log.exception("driver.failed")
    line = json.loads(out.getvalue())
    assert "ZeroDivisionError" in line["exception"]
    assert "no reading of fc8cn16:…43" in line["exception"]


def test_secrets_are_hidden_however_deep_they_stand() -> None:
    event = {
        "event": "entry.denied",
        "key": "c2VjcmV0",
        "keys": 3,
        "raw": b"\x00\x01",
        "secret_of": Secret(b"abc"),
        "body": {"number": "12-3456", "list": [{"pin": "1234"}, "x uid64:00000000000000FF y"]},
        "frame": "01110110000011001000011101",
        "token": "eyJ",
        "said": "eyJhbGciOiJFZERTQSJ9.eyJ2IjoxfQ.c2lnbmF0dXJl",
        "pem": "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----",
        "nothing": None,
    }
    assert mask(None, "info", event) == {
        "event": "entry.denied",
        "key": "…",
        "keys": 3,
        "raw": "<2 bytes>",
        "secret_of": "Secret(…)",
        "body": {"number": "…", "list": [{"pin": "…"}, "x uid64:…FF y"]},
        "frame": "<26 bits>",
        "token": "…",
        "said": "<token>",
        "pem": "<key>",
        "nothing": None,
    }


def test_what_is_nested_without_end_is_hidden() -> None:
    endless: dict[str, object] = {}
    endless["more"] = endless
    assert "…" in repr(mask(None, "info", {"event": "x", "body": endless}))


def test_addresses_times_and_digests_are_no_card_numbers() -> None:
    said = "broker.example:8883 at 2026-03-02T08:00:00.000Z " + "9f" * 16
    assert masked_text(said) == said


@given(st.sampled_from(sorted(SPACES)), st.data())
def test_no_card_number_of_any_space_is_written_whole(space: str, data: st.DataObject) -> None:
    number = str(CardNumber(space, data.draw(st.integers(0, (1 << SPACES[space]) - 1))))
    assert number not in masked_text(f"card {number} was read")
