"""Words of a maker's own: that they came is recorded, and nothing of what they said."""

from __future__ import annotations

from agent.doors.makers import QUIET_S, MakersDesk
from drivers.contract import MakerTold
from tests.peers.hand_clock import HandClock

CARD = b"a card's number"


def test_that_it_spoke_is_recorded_without_what_it_said() -> None:
    told = MakerTold("front", "4d5301", CARD, 0.0)
    (noted,) = MakersDesk().facts(told, HandClock().now())
    assert (noted.kind, noted.alarm) == ("reader.manufacturer", False)
    assert noted.body == {"device": "front", "maker": "4d5301", "bytes": len(CARD), "count": 1}
    assert "card" not in repr(told)


def test_a_device_with_much_to_say_is_recorded_once_a_minute_with_how_often() -> None:
    desk, clock = MakersDesk(), HandClock()
    kinds = [desk.facts(MakerTold("front", f"{n:06x}", CARD, 0.0), clock.now()) for n in range(100)]
    assert sum(bool(each) for each in kinds) == 1
    assert len(desk.facts(MakerTold("back", "4d5301", b"", 0.0), clock.now())) == 1
    clock.advance(QUIET_S)
    (noted,) = desk.facts(MakerTold("front", "4d5301", CARD, 0.0), clock.now())
    assert noted.body["count"] == 100
