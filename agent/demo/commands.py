"""What a person can type at the demo's prompt, as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from agent.demo.building import GARAGE, LOBBY
from agent.demo.feed import Phrase
from agent.demo.people import RESIDENTS, STRANGER

if TYPE_CHECKING:
    from collections.abc import Mapping

DOORS: Final = (LOBBY, GARAGE)
CARDS: Final = (*RESIDENTS, STRANGER)


class Verb(StrEnum):
    """What can be asked for."""

    CARD = "card"
    PHONE = "phone"
    REVOKE = "revoke"
    ISSUE = "issue"
    CUT = "cut"
    RESTORE = "restore"
    HOLD = "hold"
    LOCK = "lock"
    NORMAL = "normal"
    EXIT = "exit"
    FIRE = "fire"
    STATUS = "status"
    HELP = "help"
    QUIT = "quit"


class Takes(StrEnum):
    """What stands after a verb, in this order."""

    CARD = "card"  # must stand
    RESIDENT = "resident"  # must stand
    DOOR = "door"  # the lobby where it does not stand


TAKES: Final[Mapping[Verb, tuple[Takes, ...]]] = {
    Verb.CARD: (Takes.CARD, Takes.DOOR),
    Verb.PHONE: (Takes.DOOR,),
    Verb.REVOKE: (Takes.RESIDENT,),
    Verb.ISSUE: (Takes.RESIDENT,),
    Verb.HOLD: (Takes.DOOR,),
    Verb.LOCK: (Takes.DOOR,),
    Verb.NORMAL: (Takes.DOOR,),
}
_CHOICES: Final = {Takes.CARD: CARDS, Takes.RESIDENT: tuple(RESIDENTS), Takes.DOOR: DOORS}


@dataclass(frozen=True, slots=True)
class Ask:
    """One command. `card` stands where the verb takes one."""

    verb: Verb
    card: str = ""
    door: str = LOBBY


class NotUnderstood(ValueError):  # noqa: N818 - what it is
    """Something that is no command; `phrase` says why to the person."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase.key)
        self.phrase = phrase


def parse(line: str) -> Ask | None:
    """Return what a line asks for; None for an empty one. Raises NotUnderstood."""
    words = line.split()
    if not words:
        return None
    first, *rest = words
    try:
        verb = Verb(first.lower())
    except ValueError:
        raise NotUnderstood(Phrase("what", {"word": first})) from None
    found: dict[Takes, str] = {}
    for takes in TAKES.get(verb, ()):
        if rest or takes is not Takes.DOOR:
            found[takes] = _choice(rest.pop(0) if rest else "", takes)
    if rest:
        raise NotUnderstood(Phrase("too_much", {"word": rest[0]}))
    card = found.get(Takes.CARD, found.get(Takes.RESIDENT, ""))
    return Ask(verb, card, found.get(Takes.DOOR, LOBBY))


def completions(line: str, word: str) -> list[str]:
    """Return what may stand in place of `word`, the beginning of the last word of `line`."""
    before = line[: len(line) - len(word)].split()
    if not before:
        choices: tuple[str, ...] = tuple(Verb)
    else:
        try:
            takes = TAKES.get(Verb(before[0].lower()), ())
        except ValueError:
            return []
        choices = _CHOICES[takes[len(before) - 1]] if len(before) <= len(takes) else ()
    return [f"{choice} " for choice in choices if choice.lower().startswith(word.lower())]


def _choice(word: str, takes: Takes) -> str:
    for choice in _CHOICES[takes]:
        if choice.lower() == word.lower():
            return choice
    if takes is Takes.DOOR:
        raise NotUnderstood(Phrase("which_door", {"doors": ", ".join(DOORS)}))
    raise NotUnderstood(Phrase("which_card", {"cards": ", ".join(_CHOICES[takes])}))
