"""Firmware for a reader while its door is in use: carried by the daemon, between the polls of its line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import GARAGE, LOBBY
from tests.peers.site import NEIGHBOUR, RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as made:
        made.start()
        made.push()
        yield made


def start(site: Site, file: Path) -> subprocess.Popen[str]:
    """Start the command that sends a file to the lobby's reader."""
    command = [sys.executable, "-m", "agent", "bus", "file", "--reader", "lobby-in", str(file), "--json"]
    return subprocess.Popen(
        [*command, "-c", str(site.building.config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_cards_open_both_doors_while_a_reader_takes_its_file(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "firmware.bin"
    file.write_bytes(os.urandom(60_000))
    head = site.head()
    command = start(site, file)
    site.row("reader.file_begun", after=head)
    reader = site.reader(LOBBY)
    site.until(lambda: len(reader.device.file) > 0, "the first part")
    for door, card in ((LOBBY, RESIDENT), (GARAGE, NEIGHBOUR)):
        opened = len(site.releases_of(door))
        site.present(card, door)
        site.released(door, after=opened)
    assert len(reader.device.file) < file.stat().st_size
    said, complaint = command.communicate(timeout=120)
    assert command.returncode == 0, complaint
    assert bytes(reader.device.file) == file.read_bytes()
    lines = [json.loads(text) for text in said.splitlines()]
    assert lines[-1] == {"ev": "progress", "bytes": 60_000, "of": 60_000, "done": True}
    assert site.event("reader.file_done", after=head).body["device"] == "lobby-in"


def test_a_file_that_is_withdrawn_ends_and_the_reader_is_told(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "firmware.bin"
    file.write_bytes(os.urandom(500_000))
    head = site.head()
    aborted = site.reader(LOBBY).device.aborted
    command = start(site, file)
    site.row("reader.file_begun", after=head)
    busy = site.daemon.menshen("bus", "file", "--reader", "lobby-in", str(file))
    assert busy.returncode == 69
    assert "already" in busy.stderr
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=20)
    assert command.returncode != 0
    assert site.row("reader.file_failed", after=head).data()["why"] == "withdrawn"
    site.until(lambda: site.reader(LOBBY).device.aborted > aborted, "the end of it at the reader")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--reader", "nobody"], 65, "lobby-in, garage-in"),
        (["--reader", "lobby-in", "--kind", "1"], 65, "1 to"),
        ([], 65, "--reader NAME"),
    ],
)
def test_what_cannot_be_sent_is_told(
    site: Site, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    done = site.daemon.menshen("bus", "file", str(empty), *arguments)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_without_a_daemon_nobody_carries_it(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "firmware.bin"
    file.write_bytes(b"firmware")
    site.daemon.stop()
    done = site.daemon.menshen("bus", "file", "--reader", "lobby-in", str(file))
    assert done.returncode == 69
    assert "start it" in done.stderr
    site.start()
