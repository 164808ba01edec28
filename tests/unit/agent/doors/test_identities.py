"""A replaced device must not silently become the trusted one: across restarts, and until it is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.domain.effects import Record
from agent.domain.rules import Rules
from agent.domain.site import new_site
from agent.doors.books import Books, Turn
from agent.doors.devices import Devices
from agent.doors.identities import SETTING, Identities, Vouched
from agent.store.journal import open_journal
from drivers.contract import Online, Trouble
from tests.peers.hand_clock import HandClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIRST = {"serial": "10000001", "cuid": "4d53494d10000001", "firmware": "1.0.0"}
SECOND = {"serial": "10000002", "cuid": "4d53494d10000002", "firmware": "1.0.0"}


class Memory:
    """What is kept between two lives of a gateway."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.vouched = {"front": Vouched("paired once")}
        self.restart()

    def restart(self, vouched: Vouched | None = None) -> None:
        if vouched is not None:
            self.vouched = {"front": vouched}
        self.identities = Identities(self.vouched, self.kept.get)

    def online(self, identity: Mapping[str, str], device: str = "front") -> list[str]:
        """Let a device come online; return the kinds of what is recorded, alarms with a mark."""
        turn = Turn()
        noted = self.identities.facts(Online(device, 0.0, identity), turn)
        self.kept |= turn.settings
        return [each.kind + "!" * each.alarm for each in noted]


@pytest.fixture
def memory() -> Memory:
    made = Memory()
    assert made.online(FIRST) == ["device.identity_learnt"]
    return made


def test_the_same_device_is_no_news(memory: Memory) -> None:
    assert memory.online(FIRST) == []
    memory.restart()
    assert memory.online({**FIRST, "firmware": "2.0.0"}) == []
    assert not memory.identities.changed("front")


def test_another_device_is_an_alarm_once_and_stays_in_sight_across_restarts(memory: Memory) -> None:
    assert memory.online(SECOND) == ["device.identity_changed!"]
    assert memory.online(SECOND) == []
    memory.restart()
    assert memory.identities.changed("front")
    assert memory.online(SECOND) == []
    assert memory.identities.changed("front")
    assert memory.online({**SECOND, "cuid": "third"}) == ["device.identity_changed!"]


@pytest.mark.parametrize("part", ["serial", "cuid"])
def test_one_number_that_differs_is_another_device(memory: Memory, part: str) -> None:
    assert memory.online({**FIRST, part: SECOND[part]}) == ["device.identity_changed!"]


def test_the_event_says_what_it_was_and_what_it_is(memory: Memory) -> None:
    (noted,) = memory.identities.facts(Online("front", 0.0, SECOND), Turn())
    assert noted.body == {
        "device": "front",
        "is": {"serial": "10000002", "cuid": "4d53494d10000002"},
        "was": {"serial": "10000001", "cuid": "4d53494d10000001"},
    }


def test_the_first_device_that_comes_back_ends_it(memory: Memory) -> None:
    memory.online(SECOND)
    assert memory.online(FIRST) == ["device.identity_back"]
    assert not memory.identities.changed("front")


@pytest.mark.parametrize("seen_before", [True, False])
def test_pairing_again_accepts_the_device_that_is_there(memory: Memory, *, seen_before: bool) -> None:
    if seen_before:
        memory.online(SECOND)
    memory.restart(Vouched("paired again"))
    assert memory.online(SECOND) == ["device.identity_accepted"]
    assert not memory.identities.changed("front")
    assert memory.online(FIRST) == ["device.identity_changed!"]


def test_a_pin_accepts_the_device_that_it_names_and_no_other(memory: Memory) -> None:
    memory.online(SECOND)
    memory.restart(Vouched("pinned", {"serial": "10000003"}))
    assert memory.online(SECOND) == []
    assert memory.identities.changed("front")
    memory.restart(Vouched("pinned otherwise", {"serial": SECOND["serial"]}))
    assert memory.online(SECOND) == ["device.identity_accepted"]


def test_a_new_key_for_the_device_that_was_always_there_accepts_no_other_later(memory: Memory) -> None:
    memory.restart(Vouched("paired again"))
    assert memory.online(FIRST) == []
    assert memory.online(SECOND) == ["device.identity_changed!"]


def test_a_board_without_numbers_and_a_device_of_nobody_are_passed_over(memory: Memory) -> None:
    assert memory.online({"family": "waveshare"}) == []
    assert memory.online(FIRST, device="elsewhere") == []
    assert not memory.identities.changed("elsewhere")


@pytest.mark.parametrize("kept", ["", "[]", "{}", '{"word": 1, "trusted": 2, "found": null}'])
def test_what_cannot_be_read_is_learnt_anew_and_recorded(memory: Memory, kept: str) -> None:
    memory.kept[SETTING + "front"] = kept
    memory.restart()
    assert memory.online(SECOND) == ["device.identity_learnt"]


def test_status_shows_it_beside_what_the_driver_tells(memory: Memory) -> None:
    devices = Devices(memory.identities.changed)
    clock = HandClock()
    memory.online(SECOND)
    devices.note(Online("front", 0.0, SECOND), clock.now())
    devices.note(Trouble("front", "tamper", active=True, detail="", at=0.0), clock.now())
    assert devices.seen("front").troubles == {"identity_changed", "tamper"}
    memory.online(FIRST)
    assert devices.seen("front").troubles == {"tamper"}


def test_it_is_on_disk_in_the_commit_of_its_event(tmp_path: Path) -> None:
    clock = HandClock()
    journal = open_journal(tmp_path / "journal.db", boot_id="b" * 32, at=clock.utc()).journal
    books = Books(journal, {}, clock.utc())
    identities = Identities({"front": Vouched("paired")}, journal.memory.setting)
    turn = Turn()
    (noted,) = identities.facts(Online("front", 0.0, FIRST), turn)
    site = new_site((), Rules(0, {}, {}))
    turn.records.append(Record(noted.kind, None, noted.body))
    assert books.write(turn, site, clock.now())
    journal.close()

    again = open_journal(tmp_path / "journal.db", boot_id="c" * 32, at=clock.utc()).journal
    after = Identities({"front": Vouched("paired")}, again.memory.setting)
    (changed,) = after.facts(Online("front", 0.0, SECOND), Turn())
    assert changed.kind == "device.identity_changed"
    again.close()
