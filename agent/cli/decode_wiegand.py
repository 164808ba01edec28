"""`menshen decode wiegand`: which formats a frame fits, which not and why, and which wire to look at."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.options import add_json
from agent.cli.words import say
from agent.errors import EX_DATAERR, BadInput

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping

    from agent.cli.app import Commands
    from protocols.wiegand.decoding import Explanation, Rejected
    from protocols.wiegand.layout import Format

PARITY = "parity@"
STDIN = "-"
LONGEST_LINE = 1024  # characters of a line on stdin; a frame has 128 at the most

_BETWEEN = str.maketrans("", "", " \t\r\n_-,.|")  # what people and logs put between digits
_BINARY = re.compile(r"(?:0[bB])?([01]*)")
_WITH_LENGTH = re.compile(r"(\d{1,3}):(?:0[xX])?([0-9A-Fa-f]{1,32})")
_HEX = re.compile(r"(?:0[xX])?([0-9A-Fa-f]+)")


def register(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("wiegand", help=say("wiegand.about"), description=say("wiegand.about"))
    parser.add_argument("--bits", required=True, metavar="0101…", help=say("wiegand.bits"))
    parser.add_argument("--format", action="append", metavar="ID", help=say("wiegand.format"))
    parser.add_argument("-c", "--config", metavar="FILE", type=Path, help=say("wiegand.config"))
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Explain each frame. Of stdin, a line that is no frame is said in its place, and the rest goes on.

    Raises BadInput for what is no frame, and for a format that there is not.
    """
    table = _table(args.config)
    allowed = None if args.format is None else list(dict.fromkeys(args.format))
    for name in allowed or ():
        if name not in table:
            raise BadInput(say("wiegand.unknown_format", format=name, formats=", ".join(table)))
    if args.bits != STDIN:
        _explain(args.bits, allowed, table, as_json_line=args.json)
        return 0
    bad = False
    for number, line in _lines():
        try:
            _explain(line, allowed, table, as_json_line=args.json)
        except BadInput as error:
            bad = True
            if args.json:
                print(json.dumps({"line": number, "error": str(error)}, ensure_ascii=False), flush=True)
            else:
                print(say("wiegand.bad_line", line=number, why=error), file=sys.stderr, flush=True)
    return EX_DATAERR if bad else 0


def as_json(found: Explanation) -> dict[str, object]:
    """Return the explanation as the object that is printed. `hint` is English, for machines and reports.

    numbers: the identity of the card in each format that fits.
    """
    return {
        "bits": len(found.bits),
        "matches": [{"format": card.format, "fields": dict(card.fields)} for card in found.matches],
        "rejected": [{"format": each.format, "why": ", ".join(each.why)} for each in found.rejected],
        "hint": "; ".join(str(hint) for hint in found.hints),
        "numbers": {card.format: str(card.number) for card in found.matches},
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


def _table(config: Path | None) -> Mapping[str, Format]:
    """Return the formats that everybody has, and those of a configuration, whatever else is wrong there."""
    from protocols.wiegand.formats import FORMATS  # noqa: PLC0415 - loaded when used

    if config is None:
        return FORMATS
    from agent.config.load import read_tables  # noqa: PLC0415 - the same
    from agent.config.shape import sound_parts  # noqa: PLC0415 - the same

    own = sound_parts(read_tables(config)).formats.values()
    return {**FORMATS, **{each.id: each.layout for each in own}}


def _explain(
    text: str, allowed: list[str] | None, table: Mapping[str, Format], *, as_json_line: bool
) -> None:
    from protocols.wiegand.decoding import BitsError, explain  # noqa: PLC0415 - loaded when used
    from protocols.wiegand.layout import LONGEST_BITS  # noqa: PLC0415 - the same

    try:
        found = explain(_bits(text), allowed, table)
    except BitsError as error:
        raise BadInput(say("wiegand.bad_bits", most=LONGEST_BITS)) from error
    shown: Iterable[str] = (
        [json.dumps(as_json(found), ensure_ascii=False)]
        if as_json_line
        else as_words(found, everything=allowed is not None)
    )
    print("\n".join(shown), flush=True)


def _why(rejected: Rejected) -> str:
    return ", ".join(
        say("wiegand.why_parity", at=why.removeprefix(PARITY))
        if why.startswith(PARITY)
        else say(f"wiegand.why_{why}")
        for why in rejected.why
    )


def _lines() -> Iterator[tuple[int, str]]:
    """Give each line of stdin that is not empty, with its number; of a line without end, its beginning."""
    number, begun = 1, True
    while line := sys.stdin.readline(LONGEST_LINE):
        if begun and line.strip():
            yield number, line
        begun = line.endswith("\n")
        number += begun


def _bits(text: str) -> str:
    """Return the digits of a frame as people write it: grouped, with 0b, or as LENGTH:HEX."""
    plain = text.translate(_BETWEEN)
    if found := _BINARY.fullmatch(plain):
        return found[1]
    if found := _WITH_LENGTH.fullmatch(plain):
        bits, value = int(found[1]), int(found[2], 16)
        if value >> bits:
            raise BadInput(say("wiegand.bad_length", text=found[2], bits=bits))
        return f"{value:0{bits}b}" if bits else ""
    if found := _HEX.fullmatch(plain):
        raise BadInput(say("wiegand.bad_hex", text=found[1][:32]))
    return plain
