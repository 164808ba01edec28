"""What every driver promises, tried on every driver."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from drivers.contract import (
    Ability,
    CardRead,
    Done,
    Failed,
    Indicate,
    InputChanged,
    InputState,
    Lock,
    Offline,
    Online,
    OutputFound,
    Release,
    Signal,
    Why,
)
from tests.contract.rig import PATIENCE_S

if TYPE_CHECKING:
    from drivers.contract import Event
    from tests.contract.conftest import Site

BITS = "10111011000000110010000110"
COMMANDS_OF_A_FLOOD = 300
STOPPED_WITHIN_S = 5.0
NOISE_LASTS_S = 1.0

needs = pytest.mark.needs
wires = pytest.mark.wires


def soon() -> float:
    return time.perf_counter() + PATIENCE_S


def wait_until(held: object, within_s: float = PATIENCE_S) -> bool:
    """Wait until the callable `held` is true. Returns whether it was."""
    assert callable(held)
    end = time.perf_counter() + within_s
    while not held():
        if time.perf_counter() > end:
            return False
        threading.Event().wait(0.005)
    return True


def online(site: Site) -> None:
    site.inbox.after(0, Online)


def states(site: Site, events: tuple[Event, ...]) -> list[InputState]:
    mine = [each for each in events if isinstance(each, InputChanged) and each.point == site.rig.input]
    return [each.state for each in mine]


@wires("all")
def test_a_device_that_answers_comes_online(site: Site) -> None:
    event = site.inbox.after(0, Online)
    assert isinstance(event, Online)
    assert event.device == site.rig.device


def test_the_port_says_what_its_hardware_can_do(site: Site) -> None:
    assert site.abilities == site.kind.abilities


@needs(Ability.SENSE)
def test_an_input_is_told_once_when_its_device_comes_online(site: Site) -> None:
    site.inbox.wait_for(lambda events: states(site, events))
    assert states(site, site.inbox.events) == [InputState.INACTIVE]


@needs(Ability.SENSE)
@wires("all")
def test_an_input_that_changes_is_told(site: Site) -> None:
    online(site)
    site.inbox.wait_for(lambda events: states(site, events))
    site.rig.set_input(active=True)
    site.inbox.wait_for(lambda events: states(site, events)[-1] == InputState.ACTIVE)
    site.rig.set_input(active=False)
    site.inbox.wait_for(lambda events: states(site, events)[-1] == InputState.INACTIVE)


@needs(Ability.SENSE, Ability.RELEASE)
def test_a_release_asked_for_while_an_event_is_told_is_made(site: Site) -> None:
    def free(event: Event) -> None:
        if isinstance(event, InputChanged) and event.state is InputState.ACTIVE:
            site.rig.driver.do(Release(1, site.rig.point, 0.3, soon()))

    site.inbox.then = free
    site.inbox.wait_for(lambda events: states(site, events))
    site.rig.set_input(active=True)

    assert isinstance(site.inbox.answer(1), Done)


@needs(Ability.READ)
@wires("all")
def test_a_card_is_read_bit_for_bit(site: Site) -> None:
    online(site)
    site.rig.present(BITS)
    card = site.inbox.after(0, CardRead)
    assert isinstance(card, CardRead)
    assert (card.reader, card.bits) == (site.rig.reader, BITS)


@needs(Ability.RELEASE)
@wires("all")
def test_a_release_that_is_done_was_a_release(site: Site) -> None:
    online(site)
    done = 0
    for command in range(1, 6):  # a bad wire may cost some; none may be claimed that was not
        before = site.rig.releases()
        site.rig.driver.do(Release(command, site.rig.point, 0.5, soon()))
        answer = site.inbox.answer(command)
        if isinstance(answer, Done):
            done += 1
            assert site.rig.releases() > before
    assert done > 0


@needs(Ability.RELEASE)
def test_a_release_ends_without_being_told(site: Site) -> None:
    online(site)
    site.rig.driver.do(Release(1, site.rig.point, 0.3, soon()))
    assert isinstance(site.inbox.answer(1), Done)
    assert wait_until(lambda: not site.rig.unlocked())
    assert not any(isinstance(event, OutputFound) for event in site.inbox.events)


@needs(Ability.RELEASE)
def test_a_lock_ends_a_release(site: Site) -> None:
    online(site)
    site.rig.driver.do(Release(1, site.rig.point, 60, soon()))
    assert isinstance(site.inbox.answer(1), Done)
    assert site.rig.unlocked()
    site.rig.driver.do(Lock(2, site.rig.point))
    assert isinstance(site.inbox.answer(2), Done)
    assert not site.rig.unlocked()


@needs(Ability.RELEASE)
def test_a_second_release_starts_the_time_anew(site: Site) -> None:
    online(site)
    site.rig.driver.do(Release(1, site.rig.point, 60, soon()))
    site.rig.driver.do(Release(2, site.rig.point, 0.3, soon()))
    assert isinstance(site.inbox.answer(2), Done)
    assert wait_until(lambda: not site.rig.unlocked())


@needs(Ability.RELEASE)
def test_a_late_command_is_never_put_on_the_wire(site: Site) -> None:
    online(site)
    site.rig.driver.do(Release(1, site.rig.point, 1, time.perf_counter() - 0.001))
    answer = site.inbox.answer(1)
    assert isinstance(answer, Failed)
    assert answer.why == Why.LATE
    assert site.rig.releases() == 0


@needs(Ability.RELEASE)
@pytest.mark.parametrize("for_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_release_that_cannot_be_is_refused(site: Site, for_s: float) -> None:
    online(site)
    site.rig.driver.do(Release(1, site.rig.point, for_s, soon()))
    answer = site.inbox.answer(1)
    assert isinstance(answer, Failed)
    assert answer.why == Why.REFUSED
    assert site.rig.releases() == 0


def test_a_point_that_is_not_there_is_refused(site: Site) -> None:
    site.rig.driver.do(Release(1, "no-such-point", 1, soon()))
    site.rig.driver.do(Lock(2, "no-such-point"))
    site.rig.driver.do(Indicate(3, "no-such-reader", Signal.GRANTED))
    for command in (1, 2, 3):
        answer = site.inbox.answer(command)
        assert isinstance(answer, Failed)
        assert answer.why == Why.UNKNOWN_POINT


def test_every_command_gets_exactly_one_answer(site: Site) -> None:
    online(site)
    rig = site.rig
    for command in range(COMMANDS_OF_A_FLOOD):
        made = (
            Release(command, rig.point, 0.1, soon()),
            Lock(command, rig.point),
            Indicate(command, rig.reader, Signal.DENIED),
            Release(command, "no-such-point", 1, soon()),
        )[command % 4]
        rig.driver.do(made)
    rig.driver.stop(STOPPED_WITHIN_S)
    counts = [len(site.inbox.answers(command)) for command in range(COMMANDS_OF_A_FLOOD)]
    assert counts == [1] * COMMANDS_OF_A_FLOOD


@needs(Ability.RELEASE)
def test_in_a_flood_each_command_is_done_or_refused_and_none_is_forgotten(site: Site) -> None:
    online(site)
    for command in range(COMMANDS_OF_A_FLOOD):
        site.rig.driver.do(Release(command, site.rig.point, 0.1, soon()))
    answers = [site.inbox.answer(command) for command in range(COMMANDS_OF_A_FLOOD)]
    assert all(isinstance(each, Done) or each.why == Why.OVERLOADED for each in answers)
    assert any(isinstance(each, Done) for each in answers)


@wires("plain", "noisy")
def test_a_dead_peer_is_an_event_and_so_is_its_return(site: Site) -> None:
    online(site)
    site.rig.die()
    offline = site.inbox.after(0, Offline)
    assert isinstance(offline, Offline)
    assert offline.device == site.rig.device
    count = len(site.inbox.events)
    site.rig.revive()
    site.inbox.after(count, Online)


@needs(Ability.SENSE)
def test_the_inputs_of_a_dead_peer_are_unknown_until_it_is_back(site: Site) -> None:
    online(site)
    site.inbox.wait_for(lambda events: states(site, events))
    site.rig.die()
    site.inbox.wait_for(lambda events: states(site, events)[-1] == InputState.UNKNOWN)
    site.rig.set_input(active=True)
    site.rig.revive()
    site.inbox.wait_for(lambda events: states(site, events)[-1] == InputState.ACTIVE)
    assert states(site, site.inbox.events) == [InputState.INACTIVE, InputState.UNKNOWN, InputState.ACTIVE]


@needs(Ability.RELEASE)
def test_a_command_to_a_dead_peer_fails(site: Site) -> None:
    online(site)
    site.rig.die()
    site.inbox.after(0, Offline)
    site.rig.driver.do(Release(1, site.rig.point, 1, soon()))
    answer = site.inbox.answer(1)
    assert isinstance(answer, Failed)
    assert answer.why in {Why.OFFLINE, Why.UNPROVEN}
    assert site.rig.releases() == 0


def test_a_port_that_is_pulled_out_is_an_event_and_comes_back(site: Site) -> None:
    online(site)
    site.rig.unplug()
    site.inbox.after(0, Offline)
    count = len(site.inbox.events)
    site.rig.plug()
    site.inbox.after(count, Online)


@needs(Ability.RELEASE)
def test_commands_while_the_port_is_gone_fail(site: Site) -> None:
    online(site)
    site.rig.unplug()
    site.inbox.after(0, Offline)
    site.rig.driver.do(Release(1, site.rig.point, 1, soon()))
    assert isinstance(site.inbox.answer(1), Failed)


@needs(Ability.RELEASE)
@wires("plain", "byte-by-byte", "late")
def test_stop_leaves_the_lock_locked(site: Site) -> None:
    online(site)
    site.rig.driver.do(Release(1, site.rig.point, 60, soon()))
    assert isinstance(site.inbox.answer(1), Done)
    site.rig.driver.stop(STOPPED_WITHIN_S)
    assert wait_until(lambda: not site.rig.unlocked())


def test_stop_leaves_no_thread_behind_and_answers_what_comes_after(site: Site) -> None:
    online(site)
    before = {thread.name for thread in threading.enumerate()}
    site.rig.driver.stop(STOPPED_WITHIN_S)
    left = {thread.name for thread in threading.enumerate()}
    assert left < before
    site.rig.driver.do(Lock(1, site.rig.point))
    assert isinstance(site.inbox.answer(1), Failed)
    site.rig.driver.stop(STOPPED_WITHIN_S)


def test_stop_returns_in_time_when_nobody_answers(site: Site) -> None:
    online(site)
    site.rig.die()
    at = time.perf_counter()
    site.rig.driver.stop(1.0)
    assert time.perf_counter() - at < PATIENCE_S


@wires("noisy")
def test_noise_alone_releases_nothing(site: Site) -> None:
    online(site)
    threading.Event().wait(NOISE_LASTS_S)
    assert site.rig.releases() == 0
    assert not any(isinstance(event, CardRead | OutputFound) for event in site.inbox.events)


def test_the_line_says_how_it_is(site: Site) -> None:
    online(site)
    health = site.rig.driver.line_health()
    assert health
    assert all(isinstance(value, int | float | str) for value in health.values())
