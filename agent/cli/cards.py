"""`menshen cards explain`: every reading of a printed or typed number, and whether it is ambiguous."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.cli.options import add_json
from agent.cli.words import known, say
from agent.errors import BadInput

if TYPE_CHECKING:
    import argparse

    from agent.cli.app import Commands
    from protocols.wiegand.identity import CardNumber
    from protocols.wiegand.printed import Reading


def register(commands: Commands) -> None:
    """Add the group."""
    parser = commands.add_parser("cards", help=say("cards.about"), description=say("cards.about"))
    below = parser.add_subparsers(metavar="COMMAND", required=True)
    explain = below.add_parser("explain", help=say("cards.explain"), description=say("cards.explain"))
    explain.add_argument("number", metavar="NUMBER", help=say("cards.number"))
    add_json(explain)
    explain.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the readings. Raises BadInput for a text that is no card number."""
    from protocols.wiegand.printed import (  # noqa: PLC0415 - loaded when used
        LONGEST_TEXT,
        PrintedError,
        ambiguous,
        readings,
    )

    try:
        found = readings(args.number)
    except PrintedError as error:
        why = say(f"cards.bad_{error.kind}", most=LONGEST_TEXT)
        raise BadInput(say("cards.bad", why=why)) from error
    if args.json:
        shown = {
            "number": args.number,
            "ambiguous": ambiguous(found),
            "readings": [as_json(reading) for reading in found],
        }
        print(json.dumps(shown, ensure_ascii=False))
    else:
        for reading in found:
            print("\n".join(as_words(reading)))
        print(say("cards.ambiguous" if ambiguous(found) else "cards.certain"))
    return 0


def as_json(reading: Reading) -> dict[str, object]:
    """Return a reading as the object that is printed."""
    from protocols.wiegand.printed import prints, seen_by_readers  # noqa: PLC0415 - loaded when used

    shown: dict[str, object] = {"style": reading.style, "likely": reading.likely, "identity": None}
    if reading.number is not None:
        shown["identity"] = str(reading.number)
        shown["space"] = reading.number.space
        shown["value"] = reading.number.value
        shown["prints"] = dict(prints(reading.number))
        shown["readers"] = {kind: str(number) for kind, number in seen_by_readers(reading.number).items()}
    return shown


def as_words(reading: Reading) -> list[str]:
    """Return a reading as lines: the likely ones marked, with what else their card looks like."""
    from protocols.wiegand.printed import prints, seen_by_readers  # noqa: PLC0415 - loaded when used

    mark = "*" if reading.likely else " "
    number = say("cards.incomplete") if reading.number is None else str(reading.number)
    lines = [say("cards.reading", mark=mark, style=reading.style, number=number)]
    if reading.number is None or not reading.likely:
        return lines
    lines += [say("cards.print", style=style, text=text) for style, text in prints(reading.number).items()]
    lines += [
        _reader(reading.number, kind, number) for kind, number in seen_by_readers(reading.number).items()
    ]
    return lines


def _reader(card: CardNumber, kind: str, number: CardNumber) -> str:
    from protocols.wiegand.identity import SHORTENINGS  # noqa: PLC0415 - loaded when used

    bits = f"cards.readers_{number.space}"
    readers = say(bits) if known(bits) else say("cards.readers_of", space=number.space)
    how = "" if number == card else say("cards.how", how=say(f"cards.{SHORTENINGS[kind].how}"))
    return say("cards.reader", readers=readers, how=how, number=number, kind=kind)
