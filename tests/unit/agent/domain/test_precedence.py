"""What waited for its record never undoes what life safety did ahead of it."""

from __future__ import annotations

from agent.domain.effects import Effect, Relock, Show, Shown, Unlock
from agent.domain.precedence import give_way
from tests.unit.agent.domain.houses import GARAGE, LOBBY

LIGHT = Show("lobby-in", Shown.GRANTED)


def test_a_relock_gives_way_to_an_exit() -> None:
    waiting: list[Effect] = [Relock(1, LOBBY), LIGHT, Relock(2, GARAGE)]

    assert give_way(waiting, [Unlock(3, LOBBY, 5.0, 0.0)]) == [LIGHT, Relock(2, GARAGE)]


def test_a_shorter_release_lasts_as_long_as_the_fires() -> None:
    waiting: list[Effect] = [Unlock(1, LOBBY, 5.0, 3.0), Unlock(2, GARAGE, 5.0, 3.0)]

    assert give_way(waiting, [Unlock(3, LOBBY, 20.0, 0.0), Unlock(4, LOBBY, 5.0, 0.0)]) == [
        Unlock(1, LOBBY, 20.0, 3.0),
        Unlock(2, GARAGE, 5.0, 3.0),
    ]


def test_a_longer_release_keeps_its_time() -> None:
    assert give_way([Unlock(1, LOBBY, 60.0, 3.0)], [Unlock(3, LOBBY, 20.0, 0.0)]) == [
        Unlock(1, LOBBY, 60.0, 3.0)
    ]


def test_nothing_gives_way_to_what_frees_no_door() -> None:
    waiting: list[Effect] = [Relock(1, LOBBY), LIGHT]

    assert give_way(waiting, [Relock(2, LOBBY)]) == waiting
