"""A file to one device, in each of a device's moods."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from drivers.contract import CardRead, Indicate, Offline, Release, Signal
from drivers.osdp.sending import STALLED_AFTER_S, Progress, Sending
from protocols.osdp.commands import Abort, Poll, SendFile, SetOutputs
from protocols.osdp.identity import Capabilities, Capability
from protocols.osdp.replies import FileStatus
from protocols.osdp.transfer import Transfer
from protocols.osdp.turns import DEDICATED_MOST_S, QUIET_S
from tests.unit.drivers.osdp.test_device import Site

BITS = "00000010001101000101011010"
CONTENT = bytes(range(256)) * 4
MOST = 1440
ALONE = FileStatus(0, flags=0)


@dataclass
class Firmware(Site):
    """A site that sends a file."""

    told: list[Progress] = field(default_factory=list)

    def send(self, content: bytes = CONTENT, *, may_be_clear: bool = False) -> Transfer:
        transfer = Transfer(content, may_be_clear=may_be_clear)
        self.device.send(Sending(transfer, self.told.append, MOST), self.talk.at)
        return transfer

    def through(self, most: int = 200) -> None:
        for _ in range(most):
            self.run(1)
            if self.told and (self.told[-1].done or self.told[-1].failed is not None):
                return
        raise AssertionError(self.told[-1:])

    @property
    def sent(self) -> list[object]:
        return [command for _, command in self.talk.peer.received]

    @property
    def parts(self) -> list[tuple[float, SendFile]]:
        return [(at, each) for at, each in self.talk.peer.received if isinstance(each, SendFile)]


@pytest.fixture
def site() -> Firmware:
    made = Firmware()
    made.run(14)
    return made


def test_a_device_that_allows_polls_gets_them_between_the_parts(site: Firmware) -> None:
    site.send()
    polls = site.talk.peer.polls
    site.through()
    assert bytes(site.talk.peer.device.file) == CONTENT
    assert site.talk.peer.polls - polls >= len(site.parts) - 1


def test_a_device_that_wants_no_polls_gets_none_until_its_file_is_through(site: Firmware) -> None:
    peer = site.talk.peer
    peer.device.mood = ALONE
    peer.device.finishing = 2
    site.send()
    site.run(2)
    peer.device.present(BITS)
    site.through()
    assert bytes(peer.device.file) == CONTENT
    assert peer.device.intruded == []
    assert any(isinstance(each, CardRead) for each in site.run(3))


def test_a_lock_does_not_wait_for_a_file_and_a_light_does(site: Firmware) -> None:
    peer = site.talk.peer
    peer.device.mood = ALONE
    site.send()
    site.run(3)
    site.device.do(Indicate(1, "front", Signal.GRANTED), site.talk.at)
    site.device.do(Release(2, "lock", 3.0, site.talk.at + 5), site.talk.at)
    site.run(1)
    assert isinstance(site.sent[-1], SetOutputs)
    site.through()
    assert peer.device.intruded == []


def test_a_device_that_waits_alone_is_still_polled_before_its_connection_ends(site: Firmware) -> None:
    peer = site.talk.peer
    peer.device.mood = FileStatus(0, flags=0, delay_ms=30_000)
    site.send(CONTENT[:150])
    site.through()
    (first, _), (second, _) = site.parts
    assert second - first >= 30
    assert peer.device.intruded == [Poll.CODE] * int(30 / QUIET_S)
    assert not any(isinstance(event, Offline) for event in site.events)


def test_a_device_that_has_something_to_say_is_polled_at_once(site: Firmware) -> None:
    peer = site.talk.peer
    peer.device.mood = FileStatus(0, flags=4, delay_ms=2000)
    site.send()
    while not site.parts:
        site.run(1)
    peer.device.present(BITS)
    assert any(isinstance(event, CardRead) for event in site.run(1))


def test_a_device_may_not_keep_its_reader_for_ever(site: Firmware) -> None:
    peer = site.talk.peer
    peer.device.mood = FileStatus(0, flags=0, delay_ms=3000)
    began = site.talk.at
    site.send(bytes(100_000))
    while site.talk.at - began < DEDICATED_MOST_S:
        site.run(1)
    peer.device.intruded.clear()
    site.run(20)
    assert len(peer.device.intruded) > 10


def test_what_the_device_says_of_delay_and_size_is_done(site: Firmware) -> None:
    site.talk.peer.device.mood = FileStatus(0, delay_ms=700, longest=64)
    site.send(CONTENT[:200])
    site.through(2000)
    sizes = [len(part.fragment) for _, part in site.parts]
    times = [at for at, _ in site.parts]
    assert sizes[:3] == [100, 36, 36]
    assert min(b - a for a, b in pairwise(times)) >= 0.7


@pytest.mark.parametrize("claimed", [1441, 65535])
def test_a_size_that_no_frame_has_is_not_believed(site: Firmware, claimed: int) -> None:
    site.talk.peer.device.mood = FileStatus(0, longest=claimed)
    site.talk.peer.device.capabilities = Capabilities((Capability(10, claimed & 0xFF, claimed >> 8),))
    site.send(bytes(5000))
    site.through()
    assert max(len(part.fragment) for _, part in site.parts) < MOST


def test_a_line_that_is_slow_gets_small_parts_whatever_the_device_takes(site: Firmware) -> None:
    site.talk.peer.device.mood = FileStatus(0, longest=1440)
    transfer = Transfer(CONTENT)
    site.device.send(Sending(transfer, site.told.append, 144), site.talk.at)
    site.through()
    assert max(len(part.fragment) for _, part in site.parts) <= 144


def test_a_device_that_wants_the_file_in_clear_is_refused_and_told(site: Firmware) -> None:
    site.talk.peer.device.mood = FileStatus(0, flags=3)
    site.send()
    site.through()
    assert "outside the secure channel, which is not allowed" in str(site.told[-1].failed)
    site.run(3)
    assert site.talk.peer.device.aborted == 1
    assert site.talk.reader.secure


def test_a_file_that_may_leave_the_secure_channel_waits_where_it_was(site: Firmware) -> None:
    site.talk.peer.device.mood = FileStatus(0, flags=3)
    transfer = site.send(may_be_clear=True)
    site.through()
    assert site.told[-1].wants_clear
    site.run(3)
    assert site.talk.peer.device.aborted == 0
    transfer.go_on_clear()
    assert (transfer.over, transfer.wants_clear, transfer.offset) == (False, False, 100)


def test_a_refused_part_ends_the_file_on_both_sides(site: Firmware) -> None:
    site.send()
    site.run(4)
    site.talk.peer.nak.append(9)
    site.through()
    assert site.told[-1].failed == "the device cannot process this record"
    site.run(3)
    assert site.talk.peer.device.aborted == 1


def test_a_device_that_ends_the_file_itself_is_not_told_so(site: Firmware) -> None:
    site.talk.peer.device.mood = FileStatus(-3)
    site.send()
    site.through()
    site.run(3)
    assert site.talk.peer.device.aborted == 0


def test_a_second_file_ends_the_first_on_the_device_too(site: Firmware) -> None:
    site.send(bytes(5000))
    site.run(4)
    site.send(b"second")
    assert site.told[-1].failed == "another file was sent"
    site.run(12)
    assert site.talk.peer.device.aborted == 1
    assert bytes(site.talk.peer.device.file) == b"second"


def test_a_file_in_which_nothing_moves_is_given_up(site: Firmware) -> None:
    peer = site.talk.peer
    peer.device.finishing = 10_000
    site.send(b"small")
    began = site.talk.at
    site.through(20_000)
    assert site.told[-1].failed == "the device has taken nothing for 300 s"
    assert STALLED_AFTER_S <= site.talk.at - began < STALLED_AFTER_S + 10
    site.run(3)
    assert peer.device.aborted == 1


def test_a_file_for_a_reader_that_is_away_is_given_up_without_a_word() -> None:
    site = Firmware()
    site.talk.peer.silent = True
    site.send()
    site.through(20_000)
    assert site.told[-1].failed is not None
    assert not any(isinstance(each, Abort) for each in site.sent)


def test_the_end_of_the_line_ends_the_file(site: Firmware) -> None:
    site.send(bytes(5000))
    site.run(4)
    site.device.lock_all(site.talk.at)
    before = site.device.locking
    site.run(4)
    assert (before, site.device.locking) == (True, False)
    assert site.talk.peer.device.aborted == 1
    assert site.told[-1].failed == "the line is stopped"


def test_a_device_that_says_to_a_poll_that_it_is_through_is_done(site: Firmware) -> None:
    site.talk.peer.device.finishing = 100
    site.talk.peer.device.mood = FileStatus(0, delay_ms=500)
    site.send(CONTENT[:50])
    site.run(6)
    assert not site.told[-1].done
    site.talk.peer.device.reports.append(FileStatus(2))
    site.run(3)
    assert site.told[-1].done


def test_a_device_that_says_to_a_poll_that_it_has_had_enough_is_the_end(site: Firmware) -> None:
    site.talk.peer.device.mood = FileStatus(0, delay_ms=500)
    transfer = site.send()
    site.run(4)
    site.talk.peer.device.reports.append(FileStatus(1))  # through, with half of it: it cannot be
    site.talk.peer.device.reports.append(FileStatus(-3))
    site.run(4)
    assert site.told[-1].failed == "the device finds the file malformed"
    transfer.hear(FileStatus(1), 0.0)
    assert not transfer.done
