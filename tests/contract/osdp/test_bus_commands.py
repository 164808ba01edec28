"""`menshen bus` and `menshen decode osdp`, over pseudo-terminals."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli.app import main
from drivers.simulator.line import Line
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import SetOutputs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")
MENSHEN = [sys.executable, "-m", "agent"]


class Watch:
    """`menshen bus osdp --json` as a process."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*MENSHEN, "bus", "osdp", *arguments, "--json"], stdout=subprocess.PIPE, text=True
        )

    def until(self, ev: str) -> dict[str, Any]:
        """Read lines until one of this kind."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            if told["ev"] == ev:
                return told
        raise AssertionError(f"ended without {ev}")

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def peer() -> SimulatedReader:
    return SimulatedReader(3, os.urandom)


@pytest.fixture
def line(peer: SimulatedReader) -> Iterator[Line]:
    with Line([peer], time.perf_counter) as made:
        yield made


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]


def test_cards_and_keys_are_lines_and_a_card_is_answered_by_a_pulse() -> None:
    peer = SimulatedReader(3, os.urandom, key=KEY, secure_only=True)
    with Line([peer], time.perf_counter) as line:
        watch = Watch("--port", str(line.path), "--address", "3", "--key", KEY.hex(), "--pulse", "1:2.5")
        assert watch.until("online")["serial"] == "10000003"
        assert watch.until("secure") == {
            "ev": "secure",
            "address": 3,
            "active": True,
            "cuid": peer.device.cuid.hex(),
            "t": pytest.approx(time.monotonic(), abs=60),  # noqa: TID251 - the clock that the lines show
        }
        peer.device.present("10111011000000110010000110")
        card = watch.until("card")
        assert (card["address"], card["bits"], card["hex"]) == (3, 26, "bb032180")
        assert watch.until("pulse")["done"] is True
        pulses = [each for _, each in peer.received if isinstance(each, SetOutputs)]
        assert (pulses[-1].records[0].output, pulses[-1].records[0].timer_tenths) == (1, 25)
        peer.device.press("1#")
        key = watch.until("key")
        assert (key["keys"], key["hex"]) == ("1#", "310d")
        peer.device.set_tamper(active=True)
        assert watch.until("status")["type"] in {"input", "tamper"}
        assert watch.end() == 0
        assert not any(peer.device.outputs_on(time.perf_counter()))


def test_it_ends_by_itself_and_speaks_words(peer: SimulatedReader, line: Line) -> None:
    peer.device.inputs = [1]
    done = subprocess.run(
        [*MENSHEN, "bus", "osdp", "--port", str(line.path), "--address", "3", "--seconds", "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0
    assert "online" in done.stdout
    assert "type=input" in done.stdout
    assert "type=clear_channel" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--address", "127"],
        ["--address", "1,1"],
        ["--address", "x"],
        ["--key", "1234"],
        ["--key", "xyz"],
        ["--pulse", "0"],
        ["--pulse", "0:0"],
        ["--baud", "1200"],
    ],
)
def test_wrong_arguments_are_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bus", "osdp", "--port", "/nowhere", *arguments])
    assert ended.value.code == 64
    assert capsys.readouterr().err


def test_a_default_key_is_refused_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        code = main(["bus", "osdp", "--port", "/nowhere", "--key", bytes(range(0x30, 0x40)).hex()])
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), handlers, strict=True):
            signal.signal(number, handler)
    assert code == 65
    said = capsys.readouterr().err
    assert "default key" in said
    assert "3031" not in said


def test_find_tells_who_is_where(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bus", "find", "--port", str(line.path), "--baud", "9600", "--address", "1,3"]
    assert main([*arguments, "--json"]) == 0
    (found,) = told(capsys)
    assert (found["ev"], found["address"], found["baud"], found["serial"]) == ("found", 3, 9600, "10000003")
    assert main(arguments) == 0
    assert "10000003" in capsys.readouterr().out


def test_a_device_alone_is_found_whatever_its_address(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bus", "find", "--port", str(line.path), "--baud", "9600", "--alone", "--json"]) == 0
    (found,) = told(capsys)
    assert (found["ev"], found["address"], found["serial"]) == ("found", 3, "10000003")


def test_find_tells_two_devices_on_one_address(capsys: pytest.CaptureFixture[str]) -> None:
    peers = [SimulatedReader(3, os.urandom), SimulatedReader(3, os.urandom)]
    peers[1].device.serial = 77
    with Line(peers, time.perf_counter) as line:
        arguments = ["bus", "find", "--port", str(line.path), "--baud", "9600", "--address", "3"]
        assert main([*arguments, "--json"]) == 0
        assert [each["ev"] for each in told(capsys)] == ["collision"]
        assert main(arguments) == 0
        assert capsys.readouterr().out


def test_find_on_an_empty_line_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    with Line([], time.perf_counter) as line:
        arguments = ["bus", "find", "--port", str(line.path), "--baud", "9600", "--address", "1,2"]
        assert main(arguments) == 69
        assert capsys.readouterr().err
    assert main(["bus", "find", "--port", str(line.path), "--baud", "9600"]) == 69


def test_a_key_file_that_is_not_there_is_bad_input(line: Line, tmp_path: Path) -> None:
    arguments = ["bus", "move", "--port", str(line.path), "--address", "3", "--to-address", "9"]
    assert main([*arguments, "--key-file", str(tmp_path / "none")]) == 65


def test_a_file_is_sent_with_its_progress(
    line: Line, peer: SimulatedReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "firmware.bin"
    file.write_bytes(os.urandom(1000))
    arguments = ["bus", "file", "--port", str(line.path), "--address", "3", str(file)]
    assert main([*arguments, "--json"]) == 0
    progress = told(capsys)
    assert progress[-1] == {"ev": "progress", "bytes": 1000, "of": 1000, "done": True}
    assert bytes(peer.device.file) == file.read_bytes()
    assert main(arguments) == 0
    assert capsys.readouterr().out
    peer.nak.extend([3] * 10)
    assert main(arguments) == 69
    peer.silent = True
    assert main(arguments) == 69
    assert "no reply" in capsys.readouterr().err
    assert main(["bus", "file", "--port", str(line.path), "--address", "3", str(tmp_path / "none")]) == 65


def test_a_file_goes_on_when_its_device_was_away(
    line: Line, peer: SimulatedReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "firmware.bin"
    file.write_bytes(os.urandom(20_000))
    silence = threading.Thread(target=_silence, args=(peer,))
    silence.start()
    assert main(["bus", "file", "--port", str(line.path), "--address", "3", str(file), "--json"]) == 0
    silence.join()
    lines = told(capsys)
    (at,) = [number for number, each in enumerate(lines) if each["ev"] == "waiting"]
    assert lines[at + 1]["bytes"] > lines[at - 1]["bytes"] > 0
    assert bytes(peer.device.file) == file.read_bytes()


def _silence(peer: SimulatedReader) -> None:
    """Take the device away in the middle of its file, for longer than it is missed."""
    end = time.perf_counter() + 20
    while len(peer.device.file) < 1000 and time.perf_counter() < end:
        time.sleep(0.001)
    peer.silent = True
    time.sleep(9.0)
    peer.silent = False


def test_a_key_in_a_file_is_taken_only_where_nobody_else_can_read_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key"
    file.write_text(KEY.hex())
    file.chmod(0o640)
    peer = SimulatedReader(3, os.urandom, key=KEY, secure_only=True)
    with Line([peer], time.perf_counter) as line:
        arguments = ["--port", str(line.path), "--address", "3", "--key-file", str(file)]
        assert main(["bus", "osdp", *arguments]) == 77
        said = capsys.readouterr().err
        assert "chmod 600" in said
        assert KEY.hex() not in said
        file.chmod(0o600)
        watch = Watch(*arguments)
        assert watch.until("secure")["active"] is True
        assert watch.end() == 0


def test_frames_are_explained_one_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["decode", "osdp", "FF53811000055000011A00023456805EE6", "--json"]) == 0
    (raw,) = told(capsys)
    assert (raw["name"], raw["fields"]["bits"]) == ("RAW", "00000010001101000101011010")
    assert main(["decode", "osdp", "5301080005608b33", "53 81 08 00 05 40 39 35", "00"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["->", "<-", "--"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("5301080005608b33\n\n53:81:08:00:05:40:39:35\n"))
    assert main(["decode", "osdp", "-", "--json"]) == 0
    assert [each["name"] for each in told(capsys)] == ["POLL", "ACK"]


@pytest.mark.parametrize("text", ["xyz", "5", "00" * 60_000])
def test_what_is_no_hex_is_bad_input(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "osdp", text]) == 65
    assert capsys.readouterr().err


def test_frames_are_opened_by_a_key_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "key"
    for content, code in (("12", 65), ("", 65), (bytes(range(0x30, 0x40)).hex(), 0)):
        file.write_text(content)
        file.chmod(0o600)
        assert main(["decode", "osdp", "5301080005608b33", "--key-file", str(file), "--json"]) == code
    assert capsys.readouterr().out.count("POLL") == 1
    file.chmod(0o644)
    assert main(["decode", "osdp", "5301080005608b33", "--key-file", str(file)]) == 77
