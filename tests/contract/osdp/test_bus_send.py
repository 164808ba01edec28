"""`menshen bus send`, and a file that leaves the secure channel, over pseudo-terminals."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli.app import main
from drivers.simulator.line import Line
from drivers.simulator.osdp_device import Device
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.codes import Function
from protocols.osdp.commands import Abort, KeepActive, MakerCommand
from protocols.osdp.identity import Capabilities, Capability
from protocols.osdp.replies import Ack, FileStatus, MakerReply, OtherReply
from protocols.osdp.signals import ShowText

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from protocols.osdp.commands import Command
    from protocols.osdp.replies import Reply

KEY = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")
ALL = Capabilities(
    (
        Capability(Function.INPUTS, 1, 2),
        Capability(Function.OUTPUTS, 1, 2),
        Capability(Function.TEXT, 1, 1),
        Capability(Function.SMART_CARD, 1, 0),
        Capability(Function.READERS, 0, 1),
        Capability(Function.EXTENDED_ID, 1, 1),
    )
)


@pytest.fixture
def peer() -> SimulatedReader:
    made = SimulatedReader(3, os.urandom, key=KEY, secure_only=True)
    made.device.capabilities = ALL
    return made


@pytest.fixture
def line(peer: SimulatedReader) -> Iterator[Line]:
    with Line([peer], time.perf_counter) as made:
        yield made


def send(line: Line, *what: str, key: bytes = KEY) -> int:
    options = ["--port", str(line.path), "--address", "3", "--key", key.hex(), "--json"]
    return main(["bus", "send", *options, *what])


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]


def test_a_text_is_shown_as_it_was_asked_for(line: Line, peer: SimulatedReader) -> None:
    assert send(line, "text", "HELLO", "--seconds", "5", "--row", "2", "--wrap") == 0
    assert peer.received[-1][1] == ShowText(b"HELLO", mode=4, for_s=5, row=2)
    assert send(line, "text", "HELLO") == 0
    assert peer.received[-1][1] == ShowText(b"HELLO")


@pytest.mark.parametrize(
    ("what", "command"),
    [
        (["keep-active", "700"], KeepActive(700)),
        (["abort"], Abort()),
        (["mfg", "0A1B2C", "0102"], MakerCommand(b"\x0a\x1b\x2c", b"\x01\x02")),
    ],
)
def test_a_command_arrives_and_its_answer_is_told(
    line: Line,
    peer: SimulatedReader,
    what: list[str],
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert send(line, *what) == 0
    assert peer.received[-1][1] == command
    (answer,) = told(capsys)
    assert (answer["ev"], answer["address"]) == ("answer", 3)


def test_states_and_identity_are_told(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    assert send(line, "status") == 0
    assert [each["reply"] for each in told(capsys)] == [
        "LocalStatus",
        "InputStates",
        "OutputStates",
        "ReaderStates",
    ]
    assert send(line, "status", "readers") == 0
    assert told(capsys)[0]["states"] == [0]
    assert send(line, "id", "--extended") == 0
    who, texts = told(capsys)
    assert who["serial"] == 0x1000_0003
    assert ["maker", "Menshen"] in texts["texts"]


def test_words_for_people(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bus", "send", "--port", str(line.path), "--address", "3", "--key", KEY.hex()]
    assert main([*arguments, "abort"]) == 0
    assert main([*arguments, "id"]) == 0
    said = capsys.readouterr().out
    assert "done" in said
    assert "serial=" in said


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (["text", "HELLO"], "no display"),
        (["keep-active", "1"], "smart cards"),
        (["status", "inputs"], "no inputs"),
        (["status", "outputs"], "no outputs"),
        (["status", "local", "readers"], "no readers"),
        (["id", "--extended"], "no extended identity"),
    ],
)
def test_a_device_is_not_asked_for_what_it_has_not(
    line: Line, peer: SimulatedReader, what: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.device.capabilities = Capabilities((Capability(Function.TEXT, 0, 0),))
    assert send(line, *what) == 69
    assert why in capsys.readouterr().err
    assert not any(isinstance(each, ShowText | KeepActive) for _, each in peer.received)


def test_a_text_longer_than_the_display_is_refused(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    assert send(line, "text", "x" * 17) == 69
    assert "16 characters" in capsys.readouterr().err


def test_a_refusal_a_wrong_key_and_silence_say_why(
    line: Line, peer: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send(line, "abort", key=bytes.fromhex("17d2a90b7d3e4465a0f9c3b1d7e25848")) == 69
    assert "key" in capsys.readouterr().err
    assert send(line, "abort", key=bytes(range(0x30, 0x40))) == 65
    peer.silent = True
    assert send(line, "abort") == 69
    assert "no reply" in capsys.readouterr().err


class Maker(Device):
    """Acknowledges a maker's command, and answers it at the next poll, or with an error of its own."""

    late = True

    def answer(self, command: Command, at: float) -> Reply:
        if not isinstance(command, MakerCommand):
            return super().answer(command, at)
        if not self.late:
            return OtherReply(0x84, b"\x0a\x1b\x2c\x07")
        self.reports.append(MakerReply(command.oui, b"late"))
        return Ack()


def test_a_makers_answer_may_come_at_a_poll_or_be_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    device = Maker()
    with Line([SimulatedReader(3, os.urandom, key=KEY, device=device)], time.perf_counter) as line:
        assert send(line, "mfg", "0A1B2C") == 0
        (answer,) = told(capsys)
        assert (answer["reply"], answer["content"]) == ("MakerReply", b"late".hex())
        device.late = False
        assert send(line, "mfg", "0A1B2C") == 69
        assert "0a1b2c07" in capsys.readouterr().err


@pytest.mark.parametrize(
    "what",
    [
        ["text", "门神"],
        ["text", ""],
        ["text", "x" * 65],
        ["text", "x", "--row", "0"],
        ["mfg", "0A1B"],
        ["mfg", "0A1B2C", "zz"],
        ["keep-active", "65536"],
        ["keep-active", "-1"],
        ["status", "doors"],
        ["nonsense"],
    ],
)
def test_wrong_arguments_are_wrong_usage(what: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bus", "send", "--port", "/nowhere", "--address", "3", *what])
    assert ended.value.code == 64


def test_a_file_leaves_the_secure_channel_only_where_a_person_allows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peer = SimulatedReader(3, os.urandom, key=KEY)
    peer.device.mood = FileStatus(0, flags=3)
    file, key = tmp_path / "firmware.bin", tmp_path / "key"
    file.write_bytes(os.urandom(1000))
    key.write_text(KEY.hex())
    key.chmod(0o600)
    with Line([peer], time.perf_counter) as line:
        arguments = ["bus", "file", "--port", str(line.path), "--address", "3", "--key-file", str(key)]
        assert main([*arguments, str(file)]) == 69
        assert "outside the secure channel" in capsys.readouterr().err
        assert peer.device.aborted == 1
        assert main([*arguments, str(file), "--allow-clear", "--json"]) == 0
        assert {"ev": "clear"} in told(capsys)
        assert bytes(peer.device.file) == file.read_bytes()
        assert main([*arguments, str(file), "--allow-clear"]) == 0
        assert "as allowed" in capsys.readouterr().err
        assert peer.device.aborted == 1
