"""Our panel against libosdp's reader, and libosdp's panel against our simulated one."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from osdp import Command, Event

from drivers.contract import CardRead, Done, Indicate, InputChanged, KeysPressed, Online, Release, Signal
from drivers.osdp.bus import OsdpBus
from drivers.osdp.settings import OsdpBusSettings, OsdpInput, OsdpReader
from drivers.simulator.line import Faults, Line
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import SetOutputs
from tests.contract.rig import Inbox
from tests.interop.osdp.libosdp_peers import SERIAL, LibosdpPanel, LibosdpReader

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")
BITS = "10111011000000110010000110"


class Site:
    """Our line of one libosdp reader."""

    def __init__(self, faults: Faults) -> None:
        self.peer = LibosdpReader(1, KEY)
        self.line = Line([self.peer], time.perf_counter, faults=faults)
        settings = OsdpBusSettings(
            kind="osdp",
            name="bus",
            device=self.line.path,
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


@pytest.fixture(params=[Faults(), Faults(echo=True)], ids=["plain", "own-echo"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    made = Site(request.param)
    with made.line:
        made.bus.start(made.inbox)
        try:
            made.inbox.after(0, Online)
            yield made
        finally:
            made.bus.stop(5.0)


def test_its_reader_comes_online_in_the_secure_channel(site: Site) -> None:
    online = site.inbox.after(0, Online)
    assert isinstance(online, Online)
    assert online.identity["serial"] == f"{SERIAL:08x}"
    assert len(online.identity["cuid"]) == 16


def test_its_cards_and_keys_are_read(site: Site) -> None:
    site.peer.present(BITS)
    card = site.inbox.after(0, CardRead)
    assert isinstance(card, CardRead)
    assert card.bits == BITS
    site.peer.press(b"12\x0d")
    keys = site.inbox.after(0, KeysPressed)
    assert isinstance(keys, KeysPressed)
    assert keys.keys == "12#"


def test_its_output_light_and_sound_are_driven(site: Site) -> None:
    site.bus.do(Release(1, "lock", 3.0, time.perf_counter() + 5))
    site.bus.do(Indicate(2, "front", Signal.GRANTED))
    assert isinstance(site.inbox.answer(1), Done)
    assert isinstance(site.inbox.answer(2), Done)
    pulses = [each for each in site.peer.did(Command.Output) if each["control_code"] == 5]
    assert [(each["output_no"], each["timer_count"]) for each in pulses] == [(1, 30)]
    assert site.peer.did(Command.LED)
    assert site.peer.did(Command.Buzzer)


def test_a_question_that_it_refuses_does_not_cost_the_session(site: Site) -> None:
    site.peer.present(BITS)
    site.inbox.after(0, CardRead)
    health = site.bus.line_health()
    assert health["front.sessions"] == 1
    assert not any(isinstance(event, InputChanged) and event.at == 0 for event in site.inbox.events)


@pytest.mark.parametrize("secure", [False, True])
def test_its_panel_runs_our_reader(secure: bool) -> None:  # noqa: FBT001 - a parameter of the test
    key = KEY if secure else None
    peer = SimulatedReader(1, os.urandom, key=key, secure_only=secure)
    panel = LibosdpPanel(peer, key)
    assert panel.run_until(panel.secure if secure else panel.online)
    peer.device.present(BITS)
    assert panel.run_until(lambda: any(each["event"] == Event.CardRead for each in panel.events))
    card = next(each for each in panel.events if each["event"] == Event.CardRead)
    assert card["length"] == 26
    panel.submit({"command": Command.Output, "output_no": 0, "control_code": 5, "timer_count": 30})
    assert panel.run_until(lambda: any(isinstance(each, SetOutputs) for _, each in peer.received))
    assert peer.device.outputs_on(time.perf_counter())[0]
