"""`menshen decode osdp HEX…`: explain captured frames, secure ones too where the key is given."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.bus import key_or_nothing
from agent.cli.options import add_json
from agent.cli.words import say
from agent.errors import BadInput
from agent.keyfiles import read_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.cli.app import Commands

STDIN = "-"
LONGEST_LINE = 100_000
"""Characters of one line of hex: more than any capture tool writes."""


def register(decode_commands: Commands) -> None:
    """Add `decode osdp`."""
    parser = decode_commands.add_parser("osdp", help=say("osdp.about"), description=say("osdp.about"))
    parser.add_argument("frames", nargs="+", metavar="HEX", help=say("osdp.frames"))
    keys = parser.add_mutually_exclusive_group()
    keys.add_argument("--key", type=key_or_nothing, default=None, metavar="HEX", help=say("osdp.key"))
    keys.add_argument("--key-file", type=Path, default=None, metavar="FILE", help=say("osdp.key_file"))
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Explain the frames in their order, so that a session can be followed. Returns an exit code."""
    from protocols.osdp.explain import Explainer  # noqa: PLC0415 - AES only where used

    explainer = Explainer(args.key if args.key_file is None else _key_in(args.key_file))
    for data in _bytes(sys.stdin if args.frames == [STDIN] else args.frames):
        for told in explainer.explain(data):
            print(json.dumps(told) if args.json else _words(told), flush=True)
    return 0


def _key_in(path: Path) -> bytes:
    """Return a key, also one that nobody should have: the frames are there, and want to be understood."""
    try:
        key = key_or_nothing(read_private(path).decode("ascii", "replace").strip())
    except argparse.ArgumentTypeError as error:
        raise BadInput(f"{path}: {error}") from error
    if key is None:
        raise BadInput(f"{path}: {say('bus.bad_key')}")
    return key


def _bytes(texts: Iterable[str]) -> Iterator[bytes]:
    for text in texts:
        if len(text) > LONGEST_LINE:
            raise BadInput(say("osdp.too_long", most=LONGEST_LINE))
        try:
            data = bytes.fromhex(text.replace(":", " "))
        except ValueError as error:
            raise BadInput(say("osdp.no_hex", text=text.strip()[:40])) from error
        if data:
            yield data


def _words(told: dict[str, object]) -> str:
    if "noise" in told:
        return f"--  {told['noise']}  ({told['why']})"
    arrow = "->" if told["direction"] == "command" else "<-"
    head = f"{arrow} {told['address']:>3}  {told['sequence']}  {told['name']:9}"
    rest = [f"{key}={told[key]}" for key in ("security", "mac", "proof", "error") if told.get(key)]
    fields = told.get("fields")
    if isinstance(fields, dict):
        rest += [f"{key}={value}" for key, value in fields.items()]
    elif told.get("data"):
        rest.append(f"data={told['data']}")
    return "  ".join([head, *rest])
