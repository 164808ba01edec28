"""What a line of several OSDP readers promises, over a pseudo-terminal."""

from __future__ import annotations

import os
import threading
import time
from random import Random
from typing import TYPE_CHECKING, Any, Self

import pytest

from drivers.contract import (
    CardRead,
    Done,
    Event,
    Indicate,
    KeysPressed,
    Offline,
    Online,
    OutputFound,
    Release,
    Signal,
    Trouble,
)
from drivers.osdp.bus import OsdpBus
from drivers.osdp.settings import OsdpBusSettings
from drivers.simulator.line import NO_FAULTS, Faults, Line
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import SetOutputs
from protocols.osdp.transfer import Transfer
from tests.contract.rig import PATIENCE_S, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from drivers.osdp.sending import Progress

KEY = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")
OTHER = bytes.fromhex("77a1c4d2e6b893015f4c2d8e9a0b1c3d")
BITS = "10111011000000110010000110"
MEASURED_S = 1.5


class Site:
    """A line of readers at addresses 1, 2, …, all started together."""

    def __init__(
        self, peers: Iterable[Any], faults: Faults = NO_FAULTS, count: int | None = None, **settings: object
    ) -> None:
        self.peers = list(peers)
        self.line = Line(self.peers, time.perf_counter, faults=faults)
        self.inbox = Inbox()
        names = range(1, (len(self.peers) if count is None else count) + 1)
        self.bus = OsdpBus(
            OsdpBusSettings.model_validate(
                {
                    "kind": "osdp",
                    "name": "bus",
                    "device": self.line.path,
                    "baud": 115200,
                    "readers": [
                        {"name": f"r{n}", "address": n, "key_credential": "key", "outputs": {f"lock{n}": 0}}
                        for n in names
                    ],
                    **settings,
                }
            ),
            time.perf_counter,
            lambda _: KEY.hex().encode(),
        )

    def __enter__(self) -> Self:
        self.line.start()
        self.bus.start(self.inbox)
        return self

    def __exit__(self, *_: object) -> None:
        self.bus.stop(5.0)
        self.line.stop()

    def online(self, *names: str) -> None:
        wanted = set(names or self.bus._settings.devices)
        self.inbox.wait_for(
            lambda events: wanted <= {event.device for event in events if isinstance(event, Online)}
        )

    def cards(self, reader: str) -> list[str]:
        return [
            each.bits for each in self.inbox.events if isinstance(each, CardRead) and each.reader == reader
        ]


def reader(address: int, **options: Any) -> SimulatedReader:
    return SimulatedReader(address, os.urandom, **{"key": KEY, "secure_only": True, **options})


def polls_in(peer: SimulatedReader, seconds: float) -> int:
    before = peer.polls
    time.sleep(seconds)
    return peer.polls - before


def wait_until(held: Callable[[], bool]) -> None:
    end = time.perf_counter() + PATIENCE_S
    while not held():
        assert time.perf_counter() < end
        time.sleep(0.005)


def releases(peer: SimulatedReader) -> int:
    return sum(
        record.control == 5
        for _, command in tuple(peer.received)
        if isinstance(command, SetOutputs)
        for record in command.records
    )


def test_eight_readers_are_polled_alike() -> None:
    with Site(reader(n) for n in range(1, 9)) as site:
        site.online()
        before = [peer.polls for peer in site.peers]
        time.sleep(MEASURED_S)
        polls = [peer.polls - old for peer, old in zip(site.peers, before, strict=True)]
        assert min(polls) * 1.5 > max(polls) > 0


def test_a_door_that_opens_makes_its_line_livelier_for_a_moment() -> None:
    with Site([reader(1)], polls_per_s=40, busy_polls_per_s=400) as site:
        site.online()
        time.sleep(3.2)  # the lively time after the start is over
        idle = polls_in(site.peers[0], 0.5)
        site.bus.attend("nobody of this line")
        assert polls_in(site.peers[0], 0.5) < idle * 2
        site.bus.attend("r1")
        assert polls_in(site.peers[0], 0.5) > idle * 3


def test_a_dead_reader_costs_the_others_little_and_comes_back() -> None:
    with Site([reader(1), reader(2), reader(3)], offline_after_s=2.0) as site:
        site.online()
        time.sleep(3.2)  # the lively time after the start is over
        whole = polls_in(site.peers[1], MEASURED_S)
        site.peers[0].silent = True
        time.sleep(1.0)
        beside_a_dead_one = polls_in(site.peers[1], MEASURED_S)
        assert beside_a_dead_one > whole * 0.6
        site.inbox.after(0, Offline)
        count = len(site.inbox.events)
        site.peers[0].silent = False
        online = site.inbox.after(count, Online)
        assert isinstance(online, Online)
        assert online.device == "r1"


def test_readers_that_are_not_there_are_told_and_do_not_hinder_those_that_are() -> None:
    with Site([reader(2)], count=4) as site:
        site.online("r2")
        site.inbox.wait_for(lambda events: len([each for each in events if isinstance(each, Offline)]) == 3)
        assert {each.device for each in site.inbox.events if isinstance(each, Offline)} == {"r1", "r3", "r4"}
        site.peers[0].device.present(BITS)
        site.inbox.after(0, CardRead)


def test_over_a_bad_wire_every_card_comes_once_and_no_other_ever() -> None:
    random = Random(7)
    with Site([reader(1), reader(2)], Faults(loss=0.005, flip=0.005 / 8)) as site:
        site.online()
        cards = [f"{random.getrandbits(26):026b}" for _ in range(20)]
        for number, card in enumerate(cards):
            site.peers[number % 2].device.present(card)
            time.sleep(random.uniform(0.0, 0.05))
        got = lambda _: len(site.cards("r1")) + len(site.cards("r2")) >= len(cards)  # noqa: E731 - a name for it
        site.inbox.wait_for(got, within_s=60.0)
        assert site.cards("r1") == cards[0::2]
        assert site.cards("r2") == cards[1::2]
        assert [releases(peer) for peer in site.peers] == [0, 0]


def test_over_a_bad_wire_every_release_ends_and_none_is_doubled() -> None:
    with Site([reader(1)], Faults(loss=0.005, flip=0.002)) as site:
        site.online()
        for number in range(10):
            site.bus.do(Release(number, "lock1", 0.1, time.perf_counter() + 20))
        answers = [site.inbox.answer(number, within_s=30.0) for number in range(10)]
        assert all(isinstance(each, Done) for each in answers)
        assert releases(site.peers[0]) >= 10


def test_a_release_goes_before_the_lights_of_everybody() -> None:
    with Site(reader(n) for n in range(1, 5)) as site:
        site.online()
        for number, peer in enumerate(("r1", "r2", "r3", "r4")):
            site.bus.do(Indicate(number, peer, Signal.DENIED))
        site.bus.do(Release(9, "lock4", 1.0, time.perf_counter() + 5))
        for number in (0, 1, 2, 3, 9):
            assert isinstance(site.inbox.answer(number), Done)
        order = [each.id for each in site.inbox.events if isinstance(each, Done)]
        assert order.index(9) <= 1  # at most one light was on the wire already


def test_a_babbling_line_is_survived() -> None:
    random = Random(3)
    with Site([reader(1)]) as site:
        site.online()
        for _ in range(100):
            site.line.say(random.randbytes(random.randint(1, 60)))
            time.sleep(0.005)
        site.peers[0].device.present(BITS)
        site.inbox.after(0, CardRead)
        assert site.cards("r1") == [BITS]
        assert releases(site.peers[0]) == 0
        assert int(site.bus.line_health()["babble_bytes"]) > 0


@pytest.mark.parametrize("noise", [bytes(64), b"\x53\x81\xff\x01" * 16], ids=["garbage", "long-claims"])
def test_babble_without_end_does_not_wedge_the_line(noise: bytes) -> None:
    over = threading.Event()

    def babble() -> None:
        while not over.is_set():
            site.line.say(noise)
            over.wait(0.0005)

    with Site([reader(1)], offline_after_s=2.0) as site:
        site.online()
        babbler = threading.Thread(target=babble)
        babbler.start()
        try:
            asked = site.bus.line_health()["r1.sent"]
            time.sleep(1.0)
            assert int(site.bus.line_health()["r1.sent"]) > int(asked) + 1
            site.bus.do(Release(1, "lock1", 1.0, time.perf_counter() + 0.5))
            site.inbox.answer(1)
        finally:
            over.set()
            babbler.join()
        site.peers[0].device.present(BITS)
        site.inbox.after(0, CardRead)
        assert site.cards("r1") == [BITS]


class Hostile:
    """A device at an address that answers each command with something unfit."""

    def __init__(self, address: int, seed: int) -> None:
        self._address = address
        self._random = Random(seed)

    def receive(self, data: bytes, at: float) -> list[bytes]:
        del at
        if len(data) < 3 or data[2] != self._address:
            return []
        head = bytes((0x53, 0x80 | self._address))
        return [
            self._random.choice(
                [
                    b"",
                    self._random.randbytes(200),
                    head + b"\xff\x01\x05\x50",  # a length that never comes
                    head + b"\xff\xff\xff",
                    data,
                    bytes.fromhex("53ff080000790000"),
                ]
            )
        ]


def test_a_hostile_device_harms_nobody_else() -> None:
    with Site([Hostile(1, 5), reader(2)], count=2) as site:
        site.online("r2")
        for number in range(10):
            card = f"{number:026b}"
            site.peers[1].device.present(card)
            site.inbox.wait_for(lambda _: site.cards("r2")[-1:] == [card])  # noqa: B023 - called before the next
        assert not any(isinstance(each, Online) and each.device == "r1" for each in site.inbox.events)


def test_two_devices_on_one_address_open_nothing() -> None:
    with Site([reader(1), reader(1)], count=1) as site:
        site.peers[0].device.present(BITS)
        site.inbox.wait_for(lambda events: events)
        time.sleep(0.5)
        assert [releases(peer) for peer in site.peers] == [0, 0]


def test_a_reader_with_another_key_is_offline_with_an_alarm() -> None:
    with Site([reader(1, key=OTHER)]) as site:
        offline = site.inbox.after(0, Offline)
        assert isinstance(offline, Offline)
        assert "key" in offline.why
        alarms = [each for each in site.inbox.events if isinstance(each, Trouble)]
        assert [(each.kind, each.active) for each in alarms] == [("security", True)]
        site.peers[0].device.present(BITS)
        time.sleep(0.3)
        assert site.cards("r1") == []


def test_an_output_found_on_is_told() -> None:
    peer = reader(1)
    peer.device.outputs[0].rest = True
    with Site([peer]) as site:
        found = site.inbox.after(0, OutputFound)
        assert found == OutputFound("lock1", True, found.at)
        site.inbox.wait_for(lambda _: not peer.device.outputs[0].rest)  # and it is locked at rest again


def test_a_port_that_appears_late_is_taken() -> None:
    site = Site([reader(1)])
    site.line.start()
    site.line.unplug()
    site.bus.start(site.inbox)
    try:
        offline = site.inbox.after(0, Offline)
        assert isinstance(offline, Offline)
        assert "No such file" in offline.why
        site.line.plug()
        site.online()
    finally:
        site.bus.stop(5.0)
        site.line.stop()


def test_a_pin_typed_during_a_flood_of_orders_arrives() -> None:
    with Site([reader(1)]) as site:
        site.online()
        for number in range(60):
            site.bus.do(Indicate(number, "r1", Signal.READY))
        for key in "1234#":
            site.peers[0].device.press(key)
        site.inbox.wait_for(
            lambda events: len([each for each in events if isinstance(each, KeysPressed)]) == 5
        )
        typed = [each.keys for each in site.inbox.events if isinstance(each, KeysPressed)]
        assert "".join(typed) == "1234#"


@pytest.mark.parametrize("late_s", [0.0, 0.04])
def test_what_is_told_is_in_the_order_of_the_wire(late_s: float) -> None:
    with Site([reader(1)], Faults(late_s=late_s)) as site:
        site.online()
        cards = [f"{n:026b}" for n in range(10)]
        for card in cards:
            site.peers[0].device.present(card)
        site.inbox.wait_for(lambda _: len(site.cards("r1")) == len(cards))
        assert site.cards("r1") == cards
        times: list[Event] = [each for each in site.inbox.events if isinstance(each, CardRead)]
        assert [each.at for each in times] == sorted(each.at for each in times)


def test_a_file_goes_between_the_polls_and_cards_are_read_meanwhile() -> None:
    content = os.urandom(5000)
    told: list[Progress] = []
    with Site([reader(1), reader(2)]) as site:
        site.online()
        site.peers[0].device.finishing = 2
        site.bus.send_file("r1", Transfer(content), told.append)
        site.peers[1].device.present(BITS)
        site.inbox.after(0, CardRead)
        wait_until(lambda: bool(told) and told[-1].done)
        assert bytes(site.peers[0].device.file) == content
        assert told[-1].taken_bytes == len(content)


def test_a_file_goes_on_where_it_was_after_the_reader_was_away() -> None:
    content = os.urandom(20_000)
    told: list[Progress] = []
    with Site([reader(1)], offline_after_s=1.0) as site:
        site.online()
        site.bus.send_file("r1", Transfer(content), told.append)
        wait_until(lambda: bool(told))
        site.peers[0].silent = True
        site.inbox.after(0, Offline)
        count = len(told)
        site.peers[0].silent = False
        wait_until(lambda: told[-1].done)
        assert bytes(site.peers[0].device.file) == content
        assert told[count].taken_bytes >= told[count - 1].taken_bytes


def test_a_second_file_ends_the_first_and_a_refusal_is_told() -> None:
    first: list[Progress] = []
    second: list[Progress] = []
    third: list[Progress] = []
    with Site([reader(1)]) as site:
        site.online()
        site.bus.send_file("r1", Transfer(os.urandom(200_000)), first.append)
        wait_until(lambda: bool(first))
        site.bus.send_file("r1", Transfer(b"second"), second.append)
        wait_until(lambda: first[-1].failed == "another file was sent" and bool(second) and second[-1].done)
        site.peers[0].nak.append(3)
        site.bus.send_file("r1", Transfer(b"third"), third.append)
        wait_until(lambda: bool(third) and third[-1].failed is not None)
        assert third[-1].failed == "the device does not know this command"
        with pytest.raises(KeyError):
            site.bus.send_file("nobody", Transfer(b"x"), second.append)
