"""Our panel against libosdp's reader, and libosdp's panel against our simulated one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from drivers.contract import CardRead, Done, Indicate, KeysPressed, Online, Release, Signal
from drivers.osdp.bus import OsdpBus
from drivers.osdp.settings import OsdpBusSettings, OsdpInput, OsdpReader
from drivers.simulator.line import Line
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import SetOutputs
from tests.contract.rig import PATIENCE_S, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")
SERIAL = "12345678"
BITS = "10111011000000110010000110"


def until(held: Callable[[], bool]) -> None:
    end = time.perf_counter() + PATIENCE_S
    while not held():
        assert time.perf_counter() < end
        time.sleep(0.005)


class Process:
    """A process that prints JSON lines."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.told: list[dict[str, Any]] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(json.loads(line))

    def ask(self, **asked: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()

    def end(self, *, gently: bool = True) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        if not gently:
            self.process.terminate()
        self.process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)
        self.process.stdout.close()


class Site:
    """Our line of one libosdp reader."""

    def __init__(self, wire: str) -> None:
        self.peer = Process("tests.interop.osdp.libosdp_reader", KEY.hex(), wire)
        until(lambda: bool(self.peer.told))
        settings = OsdpBusSettings(
            kind="osdp",
            name="bus",
            device=self.peer.told[0]["path"],
            baud=115200,
            readers=(
                OsdpReader(
                    name="front",
                    address=1,
                    key_credential="key",
                    outputs={"lock": 1},
                    inputs={"exit": OsdpInput(channel=0)},
                ),
            ),
        )
        self.bus = OsdpBus(settings, time.perf_counter, lambda _: KEY.hex().encode())
        self.inbox = Inbox()

    def did(self, command: str) -> list[dict[str, Any]]:
        return [each for each in self.peer.told if each.get("command") == command]


@pytest.fixture(params=["plain", "own-echo"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    made = Site(request.param)
    made.bus.start(made.inbox)
    try:
        made.inbox.after(0, Online)
        yield made
    finally:
        made.bus.stop(5.0)
        made.peer.end()


def test_its_reader_comes_online_in_the_secure_channel(site: Site) -> None:
    online = site.inbox.after(0, Online)
    assert isinstance(online, Online)
    assert online.identity["serial"] == SERIAL
    assert len(online.identity["cuid"]) == 16


def test_its_cards_and_keys_are_read(site: Site) -> None:
    site.peer.ask(card=BITS)
    card = site.inbox.after(0, CardRead)
    assert isinstance(card, CardRead)
    assert card.bits == BITS
    site.peer.ask(keys=b"12\x0d".hex())
    keys = site.inbox.after(0, KeysPressed)
    assert isinstance(keys, KeysPressed)
    assert keys.keys == "12#"


def test_its_output_light_and_sound_are_driven(site: Site) -> None:
    site.bus.do(Release(1, "lock", 3.0, time.perf_counter() + 5))
    site.bus.do(Indicate(2, "front", Signal.GRANTED))
    assert isinstance(site.inbox.answer(1), Done)
    assert isinstance(site.inbox.answer(2), Done)
    until(lambda: bool(site.did("led")) and bool(site.did("buzzer")))
    pulses = [each for each in site.did("output") if each["control_code"] == 5]
    assert [(each["output_no"], each["timer_count"]) for each in pulses] == [(1, 30)]


def test_a_question_that_it_refuses_does_not_cost_the_session(site: Site) -> None:
    site.peer.ask(card=BITS)
    site.inbox.after(0, CardRead)
    assert site.bus.line_health()["front.sessions"] == 1


@pytest.mark.parametrize("key", [None, KEY], ids=["clear", "secure"])
def test_its_panel_runs_our_reader(key: bytes | None) -> None:
    peer = SimulatedReader(1, os.urandom, key=key, secure_only=key is not None)
    with Line([peer], time.perf_counter) as line:
        panel = Process("tests.bench.osdp_panel", str(line.path), "1", "-" if key is None else key.hex())
        try:
            until(lambda: peer.polls > 0 and peer.secure is (key is not None))
            peer.device.present(BITS)
            until(lambda: any(each["ev"] == "card" for each in panel.told))
            assert panel.told[0]["hex"] == "bb032180"
            until(lambda: any(isinstance(each, SetOutputs) for _, each in tuple(peer.received)))
            assert peer.device.outputs_on(time.perf_counter())[0]
        finally:
            panel.end(gently=False)
