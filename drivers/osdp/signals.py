"""A signal into commands for a reader's light and sound, and a release into one for its lock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from protocols.osdp.codes import Colour, Function, OutputControl, Tone
from protocols.osdp.commands import Command, OutputRecord, SetOutputs
from protocols.osdp.signals import Buzz, LedRecord, Light, SetLights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.osdp.settings import OsdpPattern
    from protocols.osdp.identity import Capabilities

TENTHS_PER_S = 10
MOST_TENTHS = 0xFFFF
LONGEST_RELEASE_S = MOST_TENTHS / TENTHS_PER_S

MOST_LIGHTS = 4
"""A reader that has several shows the same on these; so many records fit into what every device takes."""


def tenths(seconds: float) -> int:
    """Return tenths of a second, rounded, and at least one for any time at all."""
    return max(round(seconds * TENTHS_PER_S), int(seconds > 0))


def show(pattern: OsdpPattern, rest: OsdpPattern, can: Capabilities) -> list[Command]:
    """Return what shows `pattern` on a device that says it `can`: nothing where it has neither.

    A pattern with a time shines for that time over `rest`; one without becomes the light at rest.
    """
    commands: list[Command] = []
    if (lights := can.find(Function.LED)) is not None:
        if pattern.for_s:
            record = LedRecord(
                temporary=_light(pattern), timer_tenths=tenths(pattern.for_s), permanent=_light(rest)
            )
        else:
            record = LedRecord(permanent=_light(pattern), cancel=True)
        count = min(max(1, lights.count), MOST_LIGHTS)
        commands.append(SetLights(tuple(replace(record, led=number) for number in range(count))))
    if can.find(Function.BUZZER) is not None:
        if pattern.beeps:
            sound = Buzz(Tone.DEFAULT, tenths(pattern.beep_on_s), tenths(pattern.beep_off_s), pattern.beeps)
        else:
            sound = Buzz(Tone.OFF, 0, 0, 0)
        commands.append(sound)
    return commands


def _light(pattern: OsdpPattern) -> Light:
    # On and off must not both be nothing: some devices refuse the record.
    return Light(tenths(pattern.on_s) or 1, tenths(pattern.off_s), Colour[pattern.colour.upper()], Colour.OFF)


def release(output: int, for_s: float) -> Command:
    """Return the pulse of `for_s` seconds that the device ends by itself."""
    return SetOutputs((OutputRecord(output, OutputControl.TIMED_ON, tenths(for_s)),))


def lock(outputs: Iterable[int]) -> Command:
    """Return what locks `outputs` now."""
    return SetOutputs(tuple(OutputRecord(output, OutputControl.OFF) for output in outputs))


def lock_after_pulse(outputs: Iterable[int]) -> Command:
    """Return what makes `outputs` locked at rest, and lets a pulse that runs end by itself."""
    return SetOutputs(tuple(OutputRecord(output, OutputControl.OFF_AFTER_TIMER) for output in outputs))
