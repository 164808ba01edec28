"""One command to one device, by a person: only what the device says that it can, and with its answer."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import TYPE_CHECKING

from drivers.osdp.commission import NotDoneError
from protocols.osdp.codes import Function, ReplyCode
from protocols.osdp.commands import (
    AskInputs,
    AskLocal,
    AskOutputs,
    AskReaders,
    Command,
    Identify,
    KeepActive,
    MakerCommand,
)
from protocols.osdp.happenings import End, Reported
from protocols.osdp.replies import Ack, MakerReply, OtherReply
from protocols.osdp.signals import ShowText

if TYPE_CHECKING:
    from drivers.osdp.commission import Visit
    from protocols.osdp.identity import Capabilities
    from protocols.osdp.replies import Reply

MAKER_WITHIN_S = 1.0
"""A maker's answer may come at a later poll; a device that has none is not waited for longer."""

DISPLAY_CHARACTERS = {1: 16, 2: 32, 3: 64}
"""What a display of this compliance holds: lines of sixteen, one, two or four."""

LARGEST_DISPLAY = 64


class Lack(StrEnum):
    """Why a device is not asked something: it says itself that it has no such thing."""

    TEXT = auto()
    TEXT_TOO_LONG = auto()
    SMART_CARD = auto()
    INPUTS = auto()
    OUTPUTS = auto()
    READERS = auto()
    EXTENDED_ID = auto()


class LacksError(Exception):
    """The device says that it cannot do this. characters: what its display holds."""

    def __init__(self, lack: Lack, characters: int = 0) -> None:
        super().__init__(str(lack))
        self.lack = lack
        self.characters = characters


NEEDS = {
    ShowText: (Function.TEXT, Lack.TEXT),
    KeepActive: (Function.SMART_CARD, Lack.SMART_CARD),
    AskInputs: (Function.INPUTS, Lack.INPUTS),
    AskOutputs: (Function.OUTPUTS, Lack.OUTPUTS),
    AskReaders: (Function.READERS, Lack.READERS),
}
"""What a device must have for a command, by its own word. All else may be asked of any device."""


def check(command: Command, can: Capabilities) -> None:
    """Raise LacksError where a device that says it `can` so much is not to be asked this."""
    needed = NEEDS.get(type(command))
    if isinstance(command, Identify) and command.extended:
        needed = Function.EXTENDED_ID, Lack.EXTENDED_ID
    if needed is None:
        return
    found = can.find(needed[0])
    if found is None or not (found.compliance or found.count):
        raise LacksError(needed[1])
    if isinstance(command, ShowText):
        characters = DISPLAY_CHARACTERS.get(found.compliance, LARGEST_DISPLAY)
        if len(command.text) > characters:
            raise LacksError(Lack.TEXT_TOO_LONG, characters)


def status_questions(can: Capabilities) -> list[Command]:
    """Return every question of state that such a device has an answer to."""
    asked: list[Command] = [AskLocal()]
    for question in (AskInputs(), AskOutputs(), AskReaders()):
        found = can.find(NEEDS[type(question)][0])
        if found is not None and found.count:
            asked.append(question)
    return asked


def ask(visit: Visit, command: Command) -> Reply:
    """Give the visited device, which is online, one command; return its answer. Raises NotDoneError."""
    settled = visit.order(command)
    if settled.end is not End.DONE or settled.reply is None:
        raise NotDoneError(settled.detail, unproven=settled.end is End.UNPROVEN)
    reply = settled.reply
    if isinstance(command, MakerCommand) and isinstance(reply, Ack):
        later = visit.until(Reported, MAKER_WITHIN_S, lambda told: isinstance(told.reply, MakerReply))
        reply = reply if later is None else later.reply
    if isinstance(reply, OtherReply) and reply.code == ReplyCode.MFGERRR:
        raise NotDoneError(f"the maker's own error {reply.content.hex()}")
    return reply
