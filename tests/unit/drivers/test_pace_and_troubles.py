from __future__ import annotations

from drivers.contract import Trouble
from drivers.pace import BURST, Pace
from drivers.troubles import Troubles

WORDS = {"noise": "look at the shield", "swapped": "exchange two wires"}


def test_a_person_is_never_too_fast() -> None:
    pace = Pace()
    assert all(pace.allows(second / 5) for second in range(1000))
    assert (pace.dropped, pace.babbles(200.0)) == (0, False)


def test_a_keypad_that_gathered_its_keys_may_send_them_at_once() -> None:
    pace = Pace()
    assert all(pace.allows(place * 0.04) for place in range(16))


def test_what_babbles_is_heard_at_a_persons_pace_and_told() -> None:
    pace = Pace()
    heard = sum(pace.allows(place / 100) for place in range(1000))
    assert heard <= BURST + 10 * 10 + 1
    assert pace.dropped == 1000 - heard
    assert pace.babbles(10.0)
    assert pace.babbles(19.0)
    assert not pace.babbles(21.0)
    assert pace.allows(21.0)


def test_a_condition_that_comes_and_goes_is_told_once() -> None:
    troubles = Troubles("front", WORDS)
    told = [each for step in range(500) for each in troubles.note(("noise",) if step % 2 else (), step / 50)]
    assert told == [Trouble("front", "noise", active=True, detail="look at the shield", at=0.02)]


def test_a_condition_that_has_gone_is_told_when_it_stays_gone() -> None:
    troubles = Troubles("front", WORDS)
    assert [each.kind for each in troubles.note(("swapped", "noise"), 0.0)] == ["noise", "swapped"]
    ends = [troubles.ends_at]
    for at in (1.0, 9.0):
        assert troubles.note(("noise",), at) == []
        ends.append(troubles.ends_at)
    assert troubles.note(("noise",), 10.0) == [Trouble("front", "swapped", active=False, detail="", at=10.0)]
    assert [*ends, troubles.ends_at] == [None, 10.0, 10.0, None]
