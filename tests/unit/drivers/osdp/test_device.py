"""One device: the agent's commands into orders, a reader's happenings into events."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from drivers.contract import (
    CardRead,
    Done,
    Event,
    Failed,
    Indicate,
    InputChanged,
    InputState,
    KeysPressed,
    Lock,
    MakerTold,
    Offline,
    Online,
    OutputFound,
    Release,
    Signal,
    Trouble,
    Why,
)
from drivers.osdp.device import OsdpDevice
from drivers.osdp.settings import OsdpInput, OsdpReader
from protocols.osdp.codes import Function
from protocols.osdp.commands import MakerCommand, SetOutputs
from protocols.osdp.happenings import Order
from protocols.osdp.identity import Capabilities, Capability
from protocols.osdp.replies import (
    FileStatus,
    Formatted,
    InputStates,
    MakerReply,
    OtherReply,
    OutputStates,
    ReaderStates,
)
from protocols.osdp.signals import Buzz, SetLights
from tests.unit.protocols.osdp.talk import BITS, Talk, lost, secure_talk

SETTINGS = OsdpReader(
    name="front",
    address=1,
    key_credential="key",
    outputs={"lock": 0, "gate": 1},
    inputs={
        "exit": OsdpInput(channel=0),
        "contact": OsdpInput(channel=1, normally="closed"),
        "absent": OsdpInput(channel=9),
    },
)


@dataclass
class Site:
    """A device over a reader in memory."""

    talk: Talk = field(default_factory=secure_talk)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.device = OsdpDevice(SETTINGS, self.talk.reader)
        self.device.begin(self.events.append, self.talk.at)

    def run(self, turns: int = 12) -> list[Event]:
        """Take turns, and return the events that came of them."""
        self.events.clear()
        for _ in range(turns):
            self.talk.turn()
            self.talk.reader.happenings.extend(self.talk.took)
            self.talk.took.clear()
            self.device.tell(self.talk.at)
        return list(self.events)


@pytest.fixture(name="site")
def online_site() -> Site:
    site = Site()
    assert any(isinstance(event, Online) for event in site.run(14))
    return site


def of(events: list[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def outputs(site: Site) -> list[tuple[int, int, int]]:
    """Return number, control and timer of every output driven so far."""
    return [
        (record.output, record.control, record.timer_tenths)
        for _, command in site.talk.peer.received
        if isinstance(command, SetOutputs)
        for record in command.records
    ]


def test_a_reader_that_comes_tells_who_it_is_and_its_inputs() -> None:
    events = Site().run(14)
    (online,) = of(events, Online)
    assert isinstance(online, Online)
    assert online.identity == {
        "maker": "4d5301",
        "model": "1",
        "version": "1",
        "serial": "10000001",
        "firmware": "0.1.0",
        "security": "required",
        "cuid": "4d53494d10000001",
    }
    told = [(each.point, each.state) for each in of(events, InputChanged) if isinstance(each, InputChanged)]
    assert told == [
        ("exit", InputState.INACTIVE),
        ("contact", InputState.ACTIVE),  # open, although closed is its rest
        ("absent", InputState.UNKNOWN),
    ]


def test_what_is_at_rest_is_locked_and_a_pulse_that_runs_is_left_to_end(site: Site) -> None:
    assert outputs(site) == [(0, 3, 0), (1, 3, 0)]


def test_a_release_is_a_pulse_that_the_device_ends(site: Site) -> None:
    site.device.do(Release(7, "gate", 2.55, site.talk.at + 1), site.talk.at)
    assert [event.id for event in site.run(2) if isinstance(event, Done)] == [7]
    assert outputs(site)[-1] == (1, 5, 26)


@pytest.mark.parametrize("for_s", [0.0, -1.0, 6553.6, float("nan")])
def test_a_pulse_that_no_device_can_give_is_refused(site: Site, for_s: float) -> None:
    site.events.clear()
    site.device.do(Release(7, "lock", for_s, site.talk.at + 1), site.talk.at)
    (failed,) = site.events
    assert isinstance(failed, Failed)
    assert failed.why is Why.REFUSED


def test_a_lock_ends_the_pulse(site: Site) -> None:
    site.device.do(Release(7, "lock", 60, site.talk.at + 1), site.talk.at)
    site.device.do(Lock(8, "lock"), site.talk.at)
    assert [event.id for event in site.run(4) if isinstance(event, Done)] == [7, 8]
    assert site.talk.peer.device.outputs_on(site.talk.at) == (False, False)


def test_a_signal_is_a_light_and_a_sound_and_one_answer(site: Site) -> None:
    site.device.do(Indicate(7, "front", Signal.GRANTED), site.talk.at)
    assert [event.id for event in site.run(4) if isinstance(event, Done)] == [7]
    last = [type(command) for _, command in site.talk.peer.received][-2:]
    assert last == [SetLights, Buzz]


def test_a_half_refused_signal_fails_once(site: Site) -> None:
    site.talk.peer.nak.append(9)
    site.device.do(Indicate(7, "front", Signal.READY), site.talk.at)
    (failed,) = [event for event in site.run(4) if isinstance(event, Done | Failed)]
    assert isinstance(failed, Failed)
    assert (failed.why, failed.detail) == (Why.REFUSED, "the device cannot process this record")


def test_a_door_module_has_nothing_to_show() -> None:
    site = Site()
    site.talk.peer.device.capabilities = Capabilities((Capability(Function.OUTPUTS, 1, 2),))
    site.run(14)
    site.events.clear()
    site.device.do(Indicate(7, "front", Signal.GRANTED), site.talk.at)
    (failed,) = site.events
    assert isinstance(failed, Failed)
    assert failed.why is Why.REFUSED


def test_orders_for_a_reader_that_never_came_fail() -> None:
    site = Site()
    site.device.do(Indicate(7, "front", Signal.GRANTED), site.talk.at)
    site.device.do(Release(8, "lock", 1, site.talk.at + 1), site.talk.at)
    site.device.tell(site.talk.at)
    assert [(event.id, event.why) for event in site.events if isinstance(event, Failed)] == [
        (7, Why.OFFLINE),
        (8, Why.OFFLINE),
    ]


def test_cards_keys_and_troubles_are_told(site: Site) -> None:
    site.talk.peer.device.present(BITS)
    site.talk.peer.device.press("12#")
    site.talk.peer.device.set_tamper(active=True)
    site.talk.peer.device.set_power(failed=True)
    site.talk.peer.device.set_tamper(active=False)
    site.talk.peer.device.reports.append(ReaderStates((0, 1)))
    events = site.run(8)
    assert [(e.reader, e.bits) for e in events if isinstance(e, CardRead)] == [("front", BITS)]
    assert [(e.reader, e.keys) for e in events if isinstance(e, KeysPressed)] == [("front", "12#")]
    assert [(e.kind, e.active) for e in events if isinstance(e, Trouble)] == [
        ("tamper", True),
        ("power", True),
        ("tamper", False),
        ("attached_reader", True),
    ]


def test_supervised_inputs_say_what_is_wrong_with_their_wire(site: Site) -> None:
    for code in (1, 2, 3, 4, 5, 0x77):
        site.talk.peer.device.set_input(0, code)
    told = [e.state for e in site.run(10) if isinstance(e, InputChanged)]
    assert told == [
        InputState.ACTIVE,
        InputState.SHORT,
        InputState.OPEN_CIRCUIT,
        InputState.FAULT,
        InputState.UNKNOWN,
    ]


def test_an_output_that_is_on_without_us_is_told_and_so_is_its_end(site: Site) -> None:
    site.talk.peer.device.reports.append(OutputStates((1, 0)))
    site.talk.peer.device.reports.append(OutputStates((1, 0)))
    site.talk.peer.device.reports.append(OutputStates((0, 0)))
    told = [(e.point, e.on) for e in site.run(6) if isinstance(e, OutputFound)]
    assert told == [("lock", True), ("lock", False)]


def test_an_output_that_is_on_through_us_is_not_told(site: Site) -> None:
    site.device.do(Release(7, "lock", 60, site.talk.at + 1), site.talk.at)
    site.talk.peer.device.reports.append(OutputStates((1, 0)))
    assert of(site.run(6), OutputFound) == []


def test_silence_is_offline_and_the_inputs_are_unknown(site: Site) -> None:
    site.talk.peer.silent = True
    events = site.run(200)
    assert [(e.device, e.why) for e in events if isinstance(e, Offline)] == [("front", "no reply")]
    assert {e.point for e in events if isinstance(e, InputChanged) and e.state is InputState.UNKNOWN} == {
        "exit",
        "contact",
    }


def test_one_that_never_came_is_told_once_within_a_moment() -> None:
    site = Site()
    site.talk.peer.silent = True
    events = site.run(80)
    assert [(e.device, e.why) for e in events if isinstance(e, Offline)] == [("front", "no reply")]


def test_one_with_a_wrong_key_is_told_with_the_reason() -> None:
    site = Site()
    site.talk.peer.key = bytes(range(7, 23))
    events = site.run(40)
    (offline,) = [event for event in events if isinstance(event, Offline)]
    assert offline.why == "the device does not have this key"
    assert [(e.kind, e.active) for e in events if isinstance(e, Trouble)] == [("security", True)]


def test_a_port_that_goes_is_told_once_however_often_it_fails(site: Site) -> None:
    site.events.clear()
    site.device.leave("the port is gone", site.talk.at)
    site.device.leave("the port is gone", site.talk.at)
    assert len(of(site.events, Offline)) == 1


def test_at_the_end_everything_is_locked(site: Site) -> None:
    site.device.do(Release(7, "lock", 60, site.talk.at + 1), site.talk.at)
    site.device.lock_all(site.talk.at)
    before = site.device.locking
    site.run(4)
    assert (before, site.device.locking) == (True, False)
    assert site.talk.peer.device.outputs_on(site.talk.at) == (False, False)


def test_its_figures_have_its_name(site: Site) -> None:
    found = dict(site.device.counters())
    assert found["front.state"] == "online"
    assert found["front.sessions"] == 1


def test_texts_of_a_device_are_shown_as_far_as_they_can_be() -> None:
    site = Site()
    device = site.talk.peer.device
    device.capabilities = Capabilities((Capability(Function.EXTENDED_ID, 1, 1),))
    device.texts = (("maker", "门神\x1b[2J"), ("product", "x" * 200), *((str(n), "t") for n in range(20, 60)))
    (online,) = of(site.run(14), Online)
    assert isinstance(online, Online)
    assert online.identity["text_maker"] == "门神[2J"
    assert online.identity["text_product"] == "x" * 64
    assert sum(name.startswith("text_") for name in online.identity) == 8


def test_a_makers_own_report_is_told_and_its_answer_to_us_is_not(site: Site) -> None:
    site.talk.peer.device.reports.append(MakerReply(b"MSI", b"finger"))
    assert [(e.device, e.maker, e.content) for e in site.run(3) if isinstance(e, MakerTold)] == [
        ("front", "4d5349", b"finger")
    ]
    site.talk.order(Order(99, MakerCommand(b"MSI", b"?"), 1e9))
    assert of(site.run(3), MakerTold) == []
    assert dict(site.device.counters())["front.maker"] == 1


def test_a_card_as_characters_is_a_trouble_that_the_next_card_in_bits_ends(site: Site) -> None:
    site.talk.peer.device.reports.extend([Formatted(b"12345"), Formatted(b"12345")])
    events = site.run(4)
    assert of(events, CardRead) == []
    assert [(e.kind, e.active) for e in events if isinstance(e, Trouble)] == [("card_as_text", True)]
    site.talk.peer.device.present(BITS)
    assert [(e.kind, e.active) for e in site.run(2) if isinstance(e, Trouble)] == [("card_as_text", False)]


def test_what_has_no_use_here_is_counted(site: Site) -> None:
    site.talk.peer.device.reports.extend(
        [OtherReply(0xB1, b"smart card"), FileStatus(0), InputStates((0, 1))]
    )
    events = site.run(4)
    assert not any(isinstance(event, Trouble) for event in events)
    assert dict(site.device.counters())["front.unread"] == 2


def test_one_that_is_stopped_in_good_order_answers_everything_and_is_not_offline(site: Site) -> None:
    site.talk.there = lost
    site.device.do(Release(7, "lock", 60, site.talk.at + 1), site.talk.at)
    site.run(1)
    site.events.clear()
    site.device.end("the line is stopped", site.talk.at)
    assert [type(each) for each in site.events] == [Failed]
    assert not site.talk.reader.online


def test_one_that_never_came_and_is_stopped_is_no_news() -> None:
    site = Site()
    site.device.end("the line is stopped", site.talk.at + 10)
    assert site.events == []
