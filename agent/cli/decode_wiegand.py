"""`menshen decode wiegand`: which formats a frame fits, which not and why, and which wire to look at."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from agent.cli.options import add_json
from agent.cli.words import say
from agent.errors import BadInput

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from agent.cli.app import Commands
    from protocols.wiegand.decoding import Card, Explanation, Rejected

PARITY = "parity@"
LONGEST_LINE = 1024  # characters of a line on stdin; a frame has 128 at the most


def register(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("wiegand", help=say("wiegand.about"), description=say("wiegand.about"))
    parser.add_argument("--bits", required=True, metavar="0101…", help=say("wiegand.bits"))
    parser.add_argument("--format", action="append", metavar="ID", help=say("wiegand.format"))
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Explain each frame. Raises BadInput for what is no frame, and for a format that there is not."""
    from protocols.wiegand.decoding import BitsError, explain  # noqa: PLC0415 - loaded when used
    from protocols.wiegand.formats import FORMATS  # noqa: PLC0415 - the same
    from protocols.wiegand.layout import LONGEST_BITS  # noqa: PLC0415 - the same

    allowed = None if args.format is None else list(dict.fromkeys(args.format))
    for name in allowed or ():
        if name not in FORMATS:
            raise BadInput(say("wiegand.unknown_format", format=name, formats=", ".join(FORMATS)))
    for bits in _frames(args.bits):
        try:
            found = explain(bits, allowed)
        except BitsError as error:
            raise BadInput(say("wiegand.bad_bits", most=LONGEST_BITS)) from error
        if args.json:
            print(json.dumps(as_json(found), ensure_ascii=False), flush=True)
        else:
            print("\n".join(as_words(found, everything=allowed is not None)), flush=True)
    return 0


def as_json(found: Explanation) -> dict[str, object]:
    """Return the explanation as the object that is printed. `hint` is English, for machines and reports."""
    checked = _checked(found.matches)
    return {
        "bits": len(found.bits),
        "matches": [
            {
                "format": card.format,
                "fields": dict(card.fields),
                "number": str(card.number),
                "checked": card.format in checked,
            }
            for card in found.matches
        ],
        "rejected": [{"format": each.format, "why": ", ".join(each.why)} for each in found.rejected],
        "hint": "; ".join(str(hint) for hint in found.hints),
    }


def as_words(found: Explanation, *, everything: bool) -> list[str]:
    """Return the explanation as lines. everything: also the formats of another length."""
    lines = [say("wiegand.head", bits=len(found.bits), text=found.bits)]
    for card in found.matches:
        fields = " ".join(f"{name}={value}" for name, value in card.fields.items())
        lines.append("  " + say("wiegand.match", format=card.format, fields=fields, number=card.number))
    if not found.matches:
        lines.append("  " + say("wiegand.nothing"))
    lines += [
        "  " + say("wiegand.rejected", format=each.format, why=_why(each))
        for each in found.rejected
        if everything or each.why != ("length",)
    ]
    lines += [
        "  " + say("wiegand.hint", hint=say(f"wiegand.hint_{hint.kind}", **hint.values))
        for hint in found.hints
    ]
    return lines


def _checked(cards: Iterable[Card]) -> frozenset[str]:
    from protocols.wiegand.formats import FORMATS  # noqa: PLC0415 - loaded when used

    return frozenset(card.format for card in cards if FORMATS[card.format].checked)


def _why(rejected: Rejected) -> str:
    return ", ".join(
        say("wiegand.why_parity", at=why.removeprefix(PARITY))
        if why.startswith(PARITY)
        else say(f"wiegand.why_{why}")
        for why in rejected.why
    )


def _frames(bits: str) -> Iterator[str]:
    """Give the frame, or, for "-", each line of stdin. Spaces and _ between the digits do not count."""
    if bits != "-":
        yield _plain(bits)
        return
    while line := sys.stdin.readline(LONGEST_LINE):
        if line.strip():
            yield _plain(line)


def _plain(text: str) -> str:
    return "".join(text.split()).replace("_", "")
