"""`menshen bus send`: one command to one device, once, by an installer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.cli.bus_commission import given_key, port_trouble
from agent.cli.why import why
from agent.cli.words import say
from agent.clock import SystemClock
from agent.errors import Unavailable
from drivers.osdp.asking import LacksError, ask, check, status_questions
from drivers.osdp.commission import COME_WITHIN_S, NotDoneError, Visit
from protocols.osdp.commands import (
    Abort,
    AskInputs,
    AskLocal,
    AskOutputs,
    AskReaders,
    Command,
    Identify,
    KeepActive,
    MakerCommand,
)
from protocols.osdp.explain import fields_of
from protocols.osdp.happenings import Security
from protocols.osdp.replies import code_of
from protocols.osdp.signals import ShowText

if TYPE_CHECKING:
    import argparse

    from protocols.osdp.happenings import Came
    from protocols.osdp.replies import Reply

PERMANENT, TEMPORARY = 1, 3
STATES: dict[str, Command] = {
    "local": AskLocal(),
    "inputs": AskInputs(),
    "outputs": AskOutputs(),
    "readers": AskReaders(),
}


def send(args: argparse.Namespace) -> int:
    """Ask, and show what the device answers. Returns an exit code."""
    key, security = given_key(args), Security.INSTALL if args.install else Security.OFF
    if key is not None:
        security = Security.REQUIRED
    with port_trouble():
        visit = Visit(
            args.port, args.baud, args.address, key=key, security=security, clock=SystemClock().monotonic
        )
        try:
            came = visit.come(COME_WITHIN_S)
            commands = _commands(args, came)
            for command in commands:
                check(command, came.capabilities)
            for command in commands:
                _show(args, ask(visit, command))
        except LacksError as error:
            lack = say(f"bus.lack_{error.lack}", characters=error.characters)
            raise Unavailable(say("bus.not_done", why=lack)) from error
        except NotDoneError as error:
            name = "bus.unproven" if error.unproven else "bus.not_done"
            raise Unavailable(say(name, why=why(error))) from error
        finally:
            visit.close()
    return 0


def _commands(args: argparse.Namespace, came: Came) -> list[Command]:
    match args.what:
        case "text":
            wrap = int(args.wrap)
            mode = (TEMPORARY if args.seconds else PERMANENT) + wrap
            return [ShowText(args.text, mode, args.seconds, args.row, args.column, args.reader)]
        case "mfg":
            return [MakerCommand(args.oui, args.content)]
        case "keep-active":
            return [KeepActive(args.milliseconds)]
        case "abort":
            return [Abort()]
        case "status":
            return [STATES[each] for each in args.of] or status_questions(came.capabilities)
        case _:
            return [Identify(), *([Identify(extended=True)] if args.extended else [])]


def _show(args: argparse.Namespace, reply: Reply) -> None:
    fields = fields_of(reply)
    if args.json:
        told = {"ev": "answer", "address": args.address, "code": f"{code_of(reply):02x}"}
        print(json.dumps({**told, "reply": type(reply).__name__, **fields}), flush=True)
    elif fields:
        print("  ".join([type(reply).__name__, *(f"{name}={value}" for name, value in fields.items())]))
    else:
        print(say("bus.answer_ack"))
