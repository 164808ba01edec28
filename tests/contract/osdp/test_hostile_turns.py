"""What a device makes of its own turn costs its neighbour one reply time-out and one frame, and no more.

On a real thread and a pseudo-terminal: the time between two commands to the neighbour is what is measured,
while the other device behaves in every bad way that ends with its turn.
"""

from __future__ import annotations

import os
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from drivers.contract import CardRead, Offline, Online
from drivers.osdp.settings import OsdpBusSettings
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.framing import MARK, Block, Deframer, Frame, encode
from protocols.osdp.replies import Raw
from tests.contract.osdp.test_osdp_line import KEY, Site, reader

if TYPE_CHECKING:
    from collections.abc import Callable

REPLY_WITHIN_S = 0.4
BAUD = 9600  # of the settings: the wire itself is as fast as it can be
WATCHED_S = 2.0
BUSY_BOX_S = 0.3
"""What a box that others use too may add to a wait."""

STEP_S = 0.01
"""Between the bytes of one that dribbles: less than the silence that ends a frame."""

BITS = "10111011000000110010000110"
Answer = list[bytes]


class Neighbour(SimulatedReader):
    """A good reader that notes when it was spoken to."""

    def __init__(self) -> None:
        super().__init__(2, os.urandom, key=KEY, secure_only=True)
        self.times: list[float] = []

    def receive(self, data: bytes, at: float) -> list[bytes]:
        answers = super().receive(data, at)
        if answers:
            self.times.append(time.perf_counter())
        return answers

    def longest_wait_s(self, since: float) -> float:
        times = [since, *(each for each in tuple(self.times) if each >= since), time.perf_counter()]
        return max(later - earlier for earlier, later in pairwise(times))


class Turncoat(SimulatedReader):
    """A reader with the key that turns bad: `mood` then makes its answers of what a good one would say."""

    def __init__(self) -> None:
        super().__init__(1, os.urandom, key=KEY, secure_only=True)
        self.mood: Callable[[Frame, Answer], Answer] | None = None
        self._ear = Deframer()

    def receive(self, data: bytes, at: float) -> list[bytes]:
        good = super().receive(data, at)
        if self.mood is None:
            return good
        self._ear.receive(data)
        asked = [each for each in iter(self._ear.next, None) if isinstance(each, Frame) and each.address == 1]
        return [part for frame in asked for part in self.mood(frame, good)]


def reply(asked: Frame, code: int, data: bytes = b"", address: int = 1, **other: int) -> bytes:
    return MARK + encode(Frame(address, True, other.get("sequence", asked.sequence), code, data))


def sealed(asked: Frame) -> bytes:
    """Return a card whose MAC nobody has made."""
    return MARK + encode(Frame(1, True, asked.sequence, 0x50, bytes(16), Block(0x18), b"\x00" * 4))


MOODS: dict[str, Callable[[Frame, Answer], Answer]] = {
    "silent": lambda _asked, _good: [],
    "damaged": lambda _asked, good: [each[:-1] + bytes((each[-1] ^ 1,)) for each in good],
    "mac-off-by-a-bit": lambda asked, _good: [sealed(asked)],
    "cut-short": lambda _asked, good: [each[:-3] for each in good],
    "claims-that-never-come": lambda _asked, _good: [b"\x53\x81\xbf\x00\x05\x50"],
    "claims-beyond-all": lambda _asked, _good: [b"\x53\x81\xff\xff\x05\x50"],
    "babble": lambda _asked, _good: [os.urandom(400)],
    "for-another": lambda asked, _good: [reply(asked, 0x40, address=2)] * 20,
    "wrong-sequence": lambda asked, _good: [reply(asked, 0x40, sequence=asked.sequence ^ 1)] * 20,
    "busy-for-ever": lambda asked, _good: [reply(asked, 0x79, sequence=0)],
    "refuses-all": lambda asked, _good: [reply(asked, 0x41, b"\x06")],
    "lost-its-place": lambda asked, _good: [reply(asked, 0x41, b"\x04")],
    "in-clear": lambda asked, _good: [reply(asked, 0x50, Raw(BITS).data())],
    "card-of-no-bits": lambda asked, _good: [reply(asked, 0x50, b"\x00\x01\x00\x00")],
    "card-of-65535-bits": lambda asked, _good: [reply(asked, 0x50, b"\x00\x01\xff\xff" + bytes(100))],
}


def site_of(turncoat: Turncoat, neighbour: Neighbour) -> Site:
    return Site([turncoat, neighbour], baud=BAUD, reply_within_s=REPLY_WITHIN_S, offline_after_s=1.0)


def bound_s(site: Site) -> float:
    """Return what one turn may cost at most: waiting for the answer to begin, and its longest frame."""
    settings = site.bus._settings
    assert isinstance(settings, OsdpBusSettings)
    return settings.reply_within_s + settings.timings.wire_s(settings.receive_bytes, settings.baud)


@pytest.mark.parametrize("mood", MOODS)
def test_a_neighbour_waits_one_time_out_and_one_frame_at_most(mood: str) -> None:
    turncoat, neighbour = Turncoat(), Neighbour()
    with site_of(turncoat, neighbour) as site:
        site.online()
        turncoat.mood = MOODS[mood]
        began = time.perf_counter()
        time.sleep(WATCHED_S)
        assert neighbour.longest_wait_s(began) <= bound_s(site) + BUSY_BOX_S
        neighbour.device.present(BITS)
        site.inbox.wait_for(lambda _: site.cards("r2") == [BITS])
        assert site.cards("r1") == []
        assert [each.device for each in site.inbox.events if isinstance(each, Offline)] == ["r1"]


def test_one_that_dribbles_a_long_frame_costs_as_much_and_is_then_asked_rarely() -> None:
    turncoat, neighbour = Turncoat(), Neighbour()
    turn = threading.Event()
    over = threading.Event()

    def dribble() -> None:
        while not over.is_set():
            if turn.wait(0.1):
                site.line.say(b"\x53\x81\xbf\x00\x05\x50")
                while turn.is_set() and not over.wait(STEP_S):
                    site.line.say(b"\x00")

    def mood(_asked: Frame, _good: Answer) -> Answer:
        turn.set()
        return []

    class Polite(Neighbour):
        """Its own turn ends the other's."""

        def receive(self, data: bytes, at: float) -> list[bytes]:
            if data[2:3] == b"\x02":
                turn.clear()
            return super().receive(data, at)

    neighbour = Polite()
    with site_of(turncoat, neighbour) as site:
        site.online()
        dribbler = threading.Thread(target=dribble)
        dribbler.start()
        try:
            turncoat.mood = mood
            began = time.perf_counter()
            time.sleep(WATCHED_S)
            assert neighbour.longest_wait_s(began) <= bound_s(site) + BUSY_BOX_S
            neighbour.device.present(BITS)
            site.inbox.wait_for(lambda _: site.cards("r2") == [BITS])
        finally:
            over.set()
            dribbler.join()


def test_answers_that_come_in_the_neighbours_turn_are_not_taken_for_its_own() -> None:
    turncoat, neighbour = Turncoat(), Neighbour()
    with site_of(turncoat, neighbour) as site:
        site.online()
        timers: list[threading.Timer] = []

        def later(_asked: Frame, good: Answer) -> Answer:
            timers.append(threading.Timer(REPLY_WITHIN_S / 2, site.line.say, [b"".join(good)]))
            timers[-1].start()
            return []

        turncoat.mood = later
        turncoat.device.present(BITS)
        began = time.perf_counter()
        try:
            time.sleep(WATCHED_S)
            assert neighbour.longest_wait_s(began) <= bound_s(site) + BUSY_BOX_S
            assert site.cards("r2") == []
        finally:
            turncoat.mood = None
            for each in timers:
                each.join()
        site.inbox.wait_for(lambda _: site.cards("r1") == [BITS])


def test_a_device_that_was_bad_and_is_good_again_comes_back() -> None:
    turncoat, neighbour = Turncoat(), Neighbour()
    with site_of(turncoat, neighbour) as site:
        site.online()
        turncoat.mood = MOODS["damaged"]
        count = len(site.inbox.events)
        site.inbox.after(count, Offline)
        turncoat.mood = None
        online = site.inbox.after(count, Online)
        assert isinstance(online, Online)
        assert online.device == "r1"
        turncoat.device.present(BITS)
        site.inbox.after(count, CardRead)


def test_readers_that_are_all_good_do_not_wait_as_long() -> None:
    neighbour = Neighbour()
    with Site([reader(1), neighbour], baud=BAUD, reply_within_s=REPLY_WITHIN_S) as site:
        site.online()
        began = time.perf_counter()
        time.sleep(1.0)
        assert neighbour.longest_wait_s(began) < REPLY_WITHIN_S
