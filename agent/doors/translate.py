"""Hardware's words into facts, and effects into hardware's words: the only place that knows both."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Protocol, assert_never

from agent.domain.effects import Shown
from agent.domain.facts import (
    Carried,
    ExitAsked,
    Fact,
    FireCleared,
    FireKeyRested,
    FireKeyTurned,
    FireKeyUnsure,
    FireRaised,
    FireUnsure,
    FromPoint,
    Json,
    LeafClosed,
    LeafOpened,
    LeafUnknown,
    NotCarried,
    Noted,
    Plain,
    Presented,
    Role,
    Unreadable,
)
from agent.doors.lookalikes import Lookalikes
from drivers.contract import (
    CardRead,
    Done,
    Event,
    Failed,
    InputChanged,
    InputState,
    KeysPressed,
    MakerTold,
    Offline,
    Online,
    OutputFound,
    PassRead,
    Signal,
    Trouble,
    Why,
)
from protocols.wiegand.decoding import BitsError, decode, explain
from protocols.wiegand.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent.domain.credentials import Holding
    from agent.doors.wiring import Wiring
    from protocols.wiegand.identity import CardNumber
    from protocols.wiegand.layout import Format

DIGEST_BYTES = 16
"""128 bits of HMAC-SHA256: no two credentials of a building meet, and no digest gives its number away."""

SIGNALS = {
    Shown.GRANTED: Signal.GRANTED,
    Shown.DENIED: Signal.DENIED,
    Shown.WARNING: Signal.WARNING,
    Shown.READY: Signal.READY,
}


class Lookup(Protocol):
    """The list of who holds what."""

    def __call__(self, digest: bytes, /) -> Holding | None:
        """Return what is known of a credential's keyed digest."""


def card_digest(number: CardNumber, key: bytes) -> bytes:
    """Return the keyed digest under which the roster knows a card. `key`: the building's digest key."""
    return _digest(str(number), key)


def phone_digest(kid: str, key: bytes) -> bytes:
    """Return the keyed digest under which the roster knows a phone's key."""
    return _digest(f"phone:{kid}", key)


def pass_digest(number: str, key: bytes) -> bytes:
    """Return the keyed digest under which the roster names a visitor's pass that was revoked."""
    return _digest(f"pass:{number}", key)


def _digest(text: str, key: bytes) -> bytes:
    return hmac.digest(key, text.encode("ascii"), "sha256")[:DIGEST_BYTES]


class Translator:
    """Turn what drivers emit into facts about doors. Holds the wiring.

    tell: takes what cards say of their reader's wires, as if its driver had told it.
    """

    def __init__(
        self,
        wiring: Wiring,
        lookup: Lookup,
        digest_key: bytes,
        formats: Mapping[str, Format] = FORMATS,
        *,
        tell: Callable[[Trouble], None] = lambda _trouble: None,
    ) -> None:
        self._wiring = wiring
        self._lookup = lookup
        self._digest_key = digest_key
        self._formats = formats
        self._lookalikes = Lookalikes(lambda number: self._holding(number) is not None, tell)

    def facts(self, event: Event) -> tuple[Fact, ...]:  # noqa: PLR0911 - one return an event
        """Return what `event` means for the doors; often one fact, sometimes none."""
        match event:
            case CardRead():
                return self._shown(event)
            case PassRead() | KeysPressed() | MakerTold():
                return ()  # passes have a desk of their own; no door asks for a PIN yet: never written down
            case InputChanged(point, state):
                return self._input(point, state)
            case OutputFound(point, on):
                door = self._wiring.door_of_output(point)
                found = Noted("door.output_found", {"point": point, "on": on}, door, alarm=on)
                return (FromPoint(point, Role.OUTPUT, door, found),)
            case Online(device, _, identity):
                said: dict[str, Json] = {"device": device, "identity": {**identity}}
                return (FromPoint(device, Role.DEVICE, None, Noted("device.online", said)),)
            case Offline(device, why):
                gone = Noted("device.offline", {"device": device, "why": why}, alarm=True)
                return (FromPoint(device, Role.DEVICE, None, gone),)
            case Trouble(device, kind, active, detail):
                body: dict[str, Json] = {
                    "device": device,
                    "trouble": kind,
                    "active": active,
                    "detail": detail,
                }
                trouble = Noted("device.trouble", body, alarm=active)
                return (FromPoint(f"{device}.{kind}", Role.TROUBLE, None, trouble),)
            case Done(id_):
                return (Carried(id_),)
            case Failed(id_, why):
                return (NotCarried(id_, why.value, maybe=why is Why.UNPROVEN),)
            case _:
                assert_never(event)

    def _shown(self, event: CardRead) -> tuple[Fact, ...]:
        place = self._wiring.readers.get(event.reader)
        if place is None:
            return (Noted("entry.unassigned", {"reader": event.reader}, alarm=True),)
        card = decode(event.bits, place.formats, self._formats)
        if card is None:
            why = _unreadable(event.bits, place.formats, self._formats)
            unread = Unreadable(place.door, event.reader, place.direction, len(event.bits), why)
            return (FromPoint(event.reader, Role.READER, place.door, unread),)
        digest = card_digest(card.number, self._digest_key)
        holding = self._lookup(digest)
        self._lookalikes.card(event.reader, card.number, event.at, known=holding is not None)
        return (Presented(place.door, event.reader, place.direction, digest, holding, event.at),)

    def _holding(self, number: CardNumber) -> Holding | None:
        return self._lookup(card_digest(number, self._digest_key))

    def _input(self, point: str, state: InputState) -> tuple[Fact, ...]:
        wiring = self._wiring
        if point == wiring.fire:
            return (FromPoint(point, Role.FIRE, None, _fire(state)),)
        if point == wiring.fire_key:
            return (FromPoint(point, Role.FIRE_KEY, None, _fire_key(point, state)),)
        if (door := wiring.contacts.get(point)) is not None:
            return (FromPoint(point, Role.CONTACT, door, _leaf(door, state)),)
        if (door := wiring.exits.get(point)) is None:
            return ()
        fact = _exit(point, door, state)
        return () if fact is None else (FromPoint(point, Role.EXIT, door, fact),)


def _unreadable(bits: str, formats: Sequence[str], table: Mapping[str, Format]) -> str:
    """Say why a frame is no card, and what to look at; of one that is two cards, nothing more."""
    none = f"none of {', '.join(formats)}"
    try:
        found = explain(bits, formats, table)
    except BitsError:
        return none
    return none if found.matches else "; ".join((none, *map(str, found.hints)))


def _fire(state: InputState) -> Plain:
    match state:
        case InputState.ACTIVE:
            return FireRaised()
        case InputState.INACTIVE:
            return FireCleared()
        case _:
            return FireUnsure(state.value)


def _fire_key(point: str, state: InputState) -> Plain:
    match state:
        case InputState.ACTIVE:
            return FireKeyTurned(point)
        case InputState.INACTIVE:
            return FireKeyRested(point)
        case _:
            return FireKeyUnsure(point, state.value)


def _exit(point: str, door: str, state: InputState) -> Plain | None:
    match state:
        case InputState.ACTIVE:
            return ExitAsked(door)
        case InputState.INACTIVE | InputState.UNKNOWN:
            return None  # let go; or its board is silent, which is told once for the whole board
        case InputState.SHORT | InputState.OPEN_CIRCUIT | InputState.FAULT:
            return Noted("exit.fault", {"point": point, "state": state.value}, door, alarm=True)
        case _:
            assert_never(state)


def _leaf(door: str, state: InputState) -> Plain:
    match state:
        case InputState.ACTIVE:
            return LeafOpened(door)
        case InputState.INACTIVE:
            return LeafClosed(door)
        case _:
            return LeafUnknown(door, state.value)
