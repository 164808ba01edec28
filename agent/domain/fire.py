"""The fire release of a site: begun by the fire line, ended by the line and a person together. Pure.

Life safety decides every doubt. A release begins with the line. It stands until the line is seen at rest
*and* somebody has said that the fire is over, for a line falls silent too when its panel or its wire burns;
where the panel itself keeps the line until it is reset by hand, `latched` may be given up. A line that cannot
be read neither begins a release nor ends one: it is an alarm, and no release can be ended while it lasts.
Doors that must open in a fire open by their wiring in any case; the agent follows, shows and records.

A key switch is an edge and no level: one that is found turned, at start or after its board was silent, or
that was turned before the line fell silent, says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from agent.domain.effects import Record

if TYPE_CHECKING:
    from agent.domain.facts import Json


class Line(StrEnum):
    """What the fire line says, as far as anybody knows."""

    UNSEEN = "unseen"  # not heard of since start
    REST = "rest"
    CALLING = "calling"
    UNSURE = "unsure"  # its wire is cut or shorted, or its board is silent


class Key(StrEnum):
    """Where the key switch stands that ends a release."""

    REST = "rest"
    TURNED = "turned"
    UNSURE = "unsure"


class Stands(StrEnum):
    """Why a release is not ended by who asked for that. Stable codes: they are on the wire."""

    NO_FIRE = "no_fire"  # there is none
    CALLING = "fire_line_calls"
    UNSURE = "fire_line_unsure"
    KEY_STUCK = "fire_key_stuck"  # it was not seen at rest before


class WaitsFor(StrEnum):
    """What is missing for a release to end."""

    LINE = "line"
    PERSON = "acknowledgement"


@dataclass(frozen=True, slots=True)
class Fire:
    """The state of the release. `latched`: it needs a person to end. `on`: the doors are released.

    key_rested: the key switch was seen at rest, so that turning it counts.
    """

    latched: bool = True
    on: bool = False
    line: Line = Line.UNSEEN
    key_rested: bool = False

    @property
    def waits_for(self) -> WaitsFor | None:
        """What is missing for the release to end; None where there is none."""
        if not self.on:
            return None
        return WaitsFor.PERSON if self.line is Line.REST else WaitsFor.LINE

    @property
    def stands(self) -> Stands | None:
        """Why nobody may end the release now; None where somebody may."""
        if not self.on:
            return Stands.NO_FIRE
        if self.line is Line.REST:
            return None
        return Stands.CALLING if self.line is Line.CALLING else Stands.UNSURE


Stepped = tuple[Fire, tuple[Record, ...]]


def remembered(fire: Fire) -> Stepped:
    """Release again what was released before a restart: nobody has said that it is over."""
    return replace(fire, on=True), (Record("fire.on", None, {"restored": True}, alarm=True),)


def line_seen(fire: Fire, line: Line, why: str = "") -> Stepped:
    """Hear what the line says. `why` explains an UNSURE."""
    seen = replace(fire, line=line)
    if line is Line.UNSURE:
        return seen, (Record("fire.unsure", None, {"why": why}, alarm=True),)
    if line is fire.line:
        return fire, ()
    if line is Line.CALLING and not fire.on:
        return replace(seen, on=True), (Record("fire.on", None, {}, alarm=True),)
    if line is Line.REST and fire.on and not fire.latched:
        return replace(seen, on=False), (Record("fire.off", None, {}, alarm=True),)
    if not fire.on and fire.line is Line.UNSEEN:
        return seen, ()  # an ordinary start
    said = Record("fire.line", None, {"line": line.value, "was": fire.line.value}, alarm=fire.on)
    return seen, (said,)


def key_seen(fire: Fire, key: Key, point: str) -> Stepped:
    """Hear of the key switch at the input `point`."""
    if key is not Key.TURNED:
        return replace(fire, key_rested=key is Key.REST), ()
    stands = fire.stands if fire.key_rested else Stands.KEY_STUCK
    fire = replace(fire, key_rested=False)
    if stands is not None:
        body: dict[str, Json] = {"point": point, "reason": stands.value}
        return fire, (Record("fire.not_ended", None, body, alarm=fire.on),)
    return over(fire, {"point": point})


def over(fire: Fire, by: dict[str, Json]) -> Stepped:
    """End the release, which nothing keeps up any more. `by`: who has said so."""
    return replace(fire, on=False), (Record("fire.off", None, by, alarm=True),)
