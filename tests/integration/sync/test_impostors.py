"""What is no broker, or a broken one, neither ends the line nor fills the memory."""

from __future__ import annotations

import random
import resource
import time
from typing import TYPE_CHECKING

import pytest

from agent.sync.facts import LinkUp
from agent.sync.wire import Version
from tests.peers.centre import until
from tests.peers.gateway import Gateway, plain
from tests.peers.impostor import WELCOME_5, WELCOME_311, Impostor

if TYPE_CHECKING:
    from pathlib import Path

SUBACK_5 = bytes([0x90, 8, 0, 1, 0, 0, 0, 0, 0, 0])
SUBACK_311 = bytes([0x90, 7, 0, 1, 1, 1, 1, 1, 1])
A_QUARTER_OF_A_GIGABYTE = bytes([0x32, 0xFF, 0xFF, 0xFF, 0x7F])
"""PUBLISH with QoS 1 and the largest remaining length that MQTT can say: 268 435 455 bytes."""
CLEAN = 0x02
"""Clean start, or clean session, in the flags of a CONNECT (3.1.2.4)."""


def flags(connect: bytes) -> int:
    """Return the connect flags: after the fixed header of two or three bytes, the name and the level."""
    return connect[connect.index(b"MQTT") + 5]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "before", [b"", WELCOME_5, WELCOME_5 + SUBACK_5], ids=["at once", "welcomed", "subscribed"]
)
def test_garbage_is_no_reason_to_end(tmp_path: Path, before: bytes, seed: int) -> None:
    answer = before + random.Random(seed).randbytes(300)
    with Impostor(answer) as impostor, Gateway(tmp_path, plain(impostor.port).only(Version.V5)) as gateway:
        until(lambda: bool(impostor.connects))
        gateway.record(1)
        time.sleep(0.2)
        assert "a fault of ours" not in str(gateway.sync.health().last_trouble)


@pytest.mark.parametrize(
    "packet",
    [
        bytes([0x30, 0]),  # PUBLISH without a topic
        bytes([0x30, 4, 0, 99, 65, 66]),  # a topic longer than its packet
        bytes([0x32, 5, 0, 1, 0xFF, 0, 1]),  # a topic that is no UTF-8
        bytes([0x40, 0]),  # PUBACK of nothing
        bytes([0x40, 2, 0xFF, 0xFF]),  # PUBACK of what was never sent
        bytes([0x90, 0]),  # SUBACK of nothing
        bytes([0xE0, 1, 0x99]),  # DISCONNECT with a reason that is none
        bytes([0x10, 0]),  # a broker that says CONNECT
        bytes([0x30, 8, 0, 1, 65, 4, 0xFF, 0, 0, 0]),  # properties that are none
    ],
)
def test_a_packet_that_is_wrong_inside_is_no_reason_to_end(tmp_path: Path, packet: bytes) -> None:
    answer = WELCOME_5 + SUBACK_5 + packet
    with Impostor(answer) as impostor, Gateway(tmp_path, plain(impostor.port).only(Version.V5)) as gateway:
        gateway.up()
        time.sleep(0.1)
        assert "a fault of ours" not in str(gateway.sync.health().last_trouble)


@pytest.mark.parametrize("version", [Version.V5, Version.V311])
def test_a_message_without_end_is_not_read_and_the_kept_session_is_given_up(
    tmp_path: Path, version: Version
) -> None:
    welcome = WELCOME_5 + SUBACK_5 if version is Version.V5 else WELCOME_311 + SUBACK_311
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    flood = bytes(1024 * 1024)
    with (
        Impostor(welcome + A_QUARTER_OF_A_GIGABYTE, then=flood) as impostor,
        Gateway(tmp_path, plain(impostor.port).only(version)) as gateway,
    ):
        until(lambda: len(impostor.connects) >= 3, 40)
        assert gateway.facts(LinkUp)
        assert gateway.sync.health().last_trouble == "a packet beyond all bounds"
    assert [flags(connect) & CLEAN for connect in impostor.connects[:3]] == [0, CLEAN, CLEAN]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, "kilobytes"
