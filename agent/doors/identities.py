"""Which device hung at each place before: a replaced reader must not silently become the trusted one.

The device that was paired for a place, or the first heard there, is the one that belongs there: its serial
number, and with the secure channel its cUID, are remembered across restarts, in the journal's own commit.
Another one there is an alarm, once for each other device, and stays in sight until an operator has accepted
it. There is no order for that: it is accepted when what the operator has said of the place changes (the
reader was paired again and so has a new key, or its serial or cuid was written into the configuration), and
the device fits what is written there. If the first device comes back the alarm ends. Doors are served
meanwhile: a device with the site's key is no stranger, and one without it does not come
online at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from agent.domain.facts import Noted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.domain.facts import Json
    from agent.doors.books import Turn
    from drivers.contract import Online

TELLING: Final = ("serial", "cuid")
"""What tells one device from another. Model and firmware change with an update."""

SETTING: Final = "device.identity."
LONGEST: Final = 64

PAIRED: Final = "paired"
"""Stands for the operator's word until it is known: who was given the key belongs there, and nobody else."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """What the operator has said of a place. word: changes with its key and its pins, and tells neither.

    pins: what the device there must be, by name of TELLING.
    """

    word: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """What is remembered. found: another device than the trusted one, not accepted yet."""

    word: str
    trusted: Mapping[str, str]
    found: Mapping[str, str] | None = None

    @property
    def text(self) -> str:
        """It, as it is kept."""
        found = None if self.found is None else dict(self.found)
        return json.dumps({"word": self.word, "trusted": dict(self.trusted), "found": found})


class Identities:
    """Compares devices with what is remembered. One thread: the loop's.

    vouched: by device. setting: reads what is kept under a name.
    """

    def __init__(self, vouched: Mapping[str, Vouched], setting: Callable[[str], str | None]) -> None:
        self._vouched = vouched
        self._places: dict[str, _Place] = {}
        for device in vouched:
            place = _read(setting(SETTING + device))
            if place is not None:
                self._places[device] = place

    def changed(self, device: str) -> bool:
        """Tell whether another device hangs at this place than the trusted one."""
        place = self._places.get(device)
        return place is not None and place.found is not None

    def facts(self, online: Online, turn: Turn) -> tuple[Noted, ...]:
        """Take who came online: what is to be remembered goes into `turn`, and the events are returned."""
        device = online.device
        now = {name: online.identity[name][:LONGEST] for name in TELLING if name in online.identity}
        vouched = self._vouched.get(device)
        if not now or vouched is None:
            return ()
        was = self._places.get(device)
        if was is None:
            place = _Place(vouched.word, now)
            noted: Noted | None = _told("device.identity_learnt", device, now)
        elif _same(was.trusted, now):  # the word, too, is then of what belongs there
            place = _Place(vouched.word, {**was.trusted, **now})
            noted = None if was.found is None else _told("device.identity_back", device, now)
        elif self._accepted(was, vouched, now):
            place = _Place(vouched.word, now)
            noted = _told("device.identity_accepted", device, now, was.trusted)
        else:  # the old word stays: a later one is still news
            place = _Place(vouched.word if was.word == PAIRED else was.word, was.trusted, now)
            noted = _told("device.identity_changed", device, now, was.trusted, alarm=True)
            if was.found == now:
                noted = None
        if place != was:
            self._places[device] = place
            turn.settings[SETTING + device] = place.text
        return () if noted is None else (noted,)

    def _accepted(self, was: _Place, vouched: Vouched, now: Mapping[str, str]) -> bool:
        """Tell whether the operator has said something new of the place that fits who is there now.

        Behind a pairing a new key is no news: the pairing itself has said whose it is.
        """
        news = bool(vouched.pins) if was.word == PAIRED else vouched.word != was.word
        return news and _same(vouched.pins, now)


def kept_by_pairing(device: str, identity: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and the text of the setting that makes who was paired belong at `device`'s place."""
    trusted = {name: identity[name][:LONGEST] for name in TELLING if name in identity}
    return SETTING + device, _Place(PAIRED, trusted).text


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Tell whether two devices are one, as far as both are known."""
    return all(one[name] == other[name] for name in one if name in other)


def _told(
    kind: str,
    device: str,
    now: Mapping[str, str],
    was: Mapping[str, str] | None = None,
    *,
    alarm: bool = False,
) -> Noted:
    body: dict[str, Json] = {"device": device, "is": dict(now)}
    if was is not None:
        body["was"] = dict(was)
    return Noted(kind, body, alarm=alarm)


def _read(text: str | None) -> _Place | None:
    """Return what was kept, or None where nothing can be read of it: the next device is then learnt anew."""
    if text is None:
        return None
    try:
        kept = json.loads(text)
        found = None if kept["found"] is None else _texts(kept["found"])
        return _Place(str(kept["word"]), _texts(kept["trusted"]), found)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _texts(kept: Mapping[str, object]) -> dict[str, str]:
    return {str(name): str(value) for name, value in kept.items()}
