"""Signals and releases as OSDP commands."""

from __future__ import annotations

import pytest

from drivers.osdp.settings import PATTERNS, OsdpPattern
from drivers.osdp.signals import lock_after_pulse, release, show, tenths
from protocols.osdp.codes import Colour, Function
from protocols.osdp.commands import OutputRecord, SetOutputs
from protocols.osdp.identity import Capabilities, Capability
from protocols.osdp.signals import Buzz, LedRecord, Light, SetLights

LED = Capability(Function.LED, 4, 1)
BUZZER = Capability(Function.BUZZER, 1, 1)
REST = OsdpPattern(colour="red")


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 0), (0.01, 1), (0.1, 1), (2.55, 26), (25.5, 255)])
def test_any_time_at_all_is_at_least_a_tenth(seconds: float, expected: int) -> None:
    assert tenths(seconds) == expected


def test_a_pattern_with_a_time_shines_over_the_light_at_rest() -> None:
    pattern = OsdpPattern(colour="green", on_s=0.2, off_s=0.1, for_s=3.0, beeps=2, beep_on_s=0.3)
    assert show(pattern, REST, Capabilities((LED, BUZZER))) == [
        SetLights(
            (
                LedRecord(
                    temporary=Light(2, 1, Colour.GREEN),
                    timer_tenths=30,
                    permanent=Light(10, 0, Colour.RED),
                ),
            )
        ),
        Buzz(2, 3, 1, 2),
    ]


def test_a_pattern_without_a_time_becomes_the_light_at_rest_and_ends_what_shines_and_sounds() -> None:
    assert show(REST, REST, Capabilities((LED, BUZZER))) == [
        SetLights((LedRecord(permanent=Light(10, 0, Colour.RED), cancel=True),)),
        Buzz(1, 0, 0, 0),
    ]


def test_only_what_the_device_has_is_used() -> None:
    assert [type(each) for each in show(REST, REST, Capabilities((LED,)))] == [SetLights]
    assert [type(each) for each in show(REST, REST, Capabilities((BUZZER,)))] == [Buzz]
    assert show(REST, REST, Capabilities(())) == []


def test_no_light_has_two_times_of_nothing() -> None:
    (lights,) = show(OsdpPattern(on_s=0.0), REST, Capabilities((LED,)))
    assert isinstance(lights, SetLights)
    assert lights.records[0].permanent == Light(1, 0, Colour.OFF)


def test_every_default_pattern_can_be_said() -> None:
    for pattern in PATTERNS.values():
        for command in show(pattern, REST, Capabilities((LED, BUZZER))):
            assert command.data()


def test_a_release_and_what_follows_it() -> None:
    assert release(3, 1.0) == SetOutputs((OutputRecord(3, 5, 10),))
    assert lock_after_pulse([1]) == SetOutputs((OutputRecord(1, 3),))


@pytest.mark.parametrize(("says", "lights"), [(0, 1), (1, 1), (2, 2), (255, 4)])
def test_a_reader_with_several_lights_shows_the_same_on_all_of_them(says: int, lights: int) -> None:
    (shown,) = show(REST, REST, Capabilities((Capability(Function.LED, 4, says),)))
    assert isinstance(shown, SetLights)
    assert [each.led for each in shown.records] == list(range(lights))
    assert {each.permanent for each in shown.records} == {Light(10, 0, Colour.RED)}
