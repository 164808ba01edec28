"""`menshen bus`: what hangs on a serial line, before and beside the daemon."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.options import add_json
from agent.cli.words import say
from protocols.osdp.codes import BAUD_RATES, HIGHEST_ADDRESS

if TYPE_CHECKING:
    from agent.cli.app import Commands

PULSE = re.compile(r"(\d{1,3}):(\d{1,4}(?:\.\d)?)")


def register(commands: Commands) -> None:
    """Add `bus osdp`, `bus find`, `bus pair`, `bus move` and `bus file`."""
    parser = commands.add_parser("bus", help=say("app.bus"), description=say("bus.about"))
    kinds = parser.add_subparsers(metavar="WHAT", required=True, dest="bus")
    _add_osdp(kinds)
    _add_find(kinds)
    _add_pair(kinds)
    _add_move(kinds)
    _add_file(kinds)


def _port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=Path, required=True, help=say("bus.port"))
    add_json(parser)


def _add_osdp(kinds: Commands) -> None:
    parser = kinds.add_parser("osdp", help=say("bus.osdp"), description=say("bus.osdp"))
    _port(parser)
    parser.add_argument("--address", type=addresses, default=(0,), help=say("bus.addresses"))
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, default=9600, help=say("bus.baud"))
    parser.add_argument("--key", type=key_or_nothing, default=None, metavar="HEX", help=say("bus.key"))
    parser.add_argument("--install", action="store_true", help=say("bus.install"))
    parser.add_argument("--pulse", type=pulse, metavar="OUTPUT:SECONDS", help=say("bus.pulse"))
    parser.add_argument("--seconds", type=float, default=None, help=say("bus.seconds"))
    parser.set_defaults(run=_run_osdp)


def _add_find(kinds: Commands) -> None:
    parser = kinds.add_parser("find", help=say("bus.find"), description=say("bus.find"))
    _port(parser)
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, action="append", help=say("bus.find_baud"))
    parser.add_argument("--address", type=addresses, default=None, help=say("bus.addresses"))
    parser.add_argument("--alone", action="store_true", help=say("bus.find_alone"))
    parser.add_argument("--kind", choices=("all", "osdp", "modbus"), default="all", help=say("bus.find_kind"))
    parser.set_defaults(run=_run_find)


def _add_pair(kinds: Commands) -> None:
    parser = kinds.add_parser("pair", help=say("bus.pair"), description=say("bus.pair"))
    _port(parser)
    parser.add_argument("--address", type=address, required=True, help=say("bus.address"))
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, default=9600, help=say("bus.baud"))
    parser.add_argument("--key-file", type=Path, required=True, help=say("bus.key_file"))
    parser.add_argument("--old-key-file", type=Path, default=None, help=say("bus.old_key_file"))
    parser.add_argument("--window", type=float, default=60.0, metavar="SECONDS", help=say("bus.window"))
    parser.set_defaults(run=_run_pair)


def _add_move(kinds: Commands) -> None:
    parser = kinds.add_parser("move", help=say("bus.move"), description=say("bus.move"))
    _port(parser)
    parser.add_argument("--address", type=address, required=True, help=say("bus.address"))
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, default=9600, help=say("bus.baud"))
    parser.add_argument("--to-address", type=address, default=None, help=say("bus.to_address"))
    parser.add_argument("--to-baud", type=int, choices=BAUD_RATES, default=None, help=say("bus.to_baud"))
    parser.add_argument("--key-file", type=Path, default=None, help=say("bus.move_key"))
    parser.set_defaults(run=_run_move)


def _add_file(kinds: Commands) -> None:
    parser = kinds.add_parser("file", help=say("bus.file"), description=say("bus.file"))
    _port(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help=say("bus.file_path"))
    parser.add_argument("--address", type=address, required=True, help=say("bus.address"))
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, default=9600, help=say("bus.baud"))
    parser.add_argument("--kind", type=int, default=1, metavar="1..255", help=say("bus.file_kind"))
    parser.add_argument("--key-file", type=Path, default=None, help=say("bus.move_key"))
    parser.set_defaults(run=_run_file)


def _run_file(args: argparse.Namespace) -> int:
    from agent.cli.bus_file import send  # noqa: PLC0415 - the same

    return send(args)


def _run_osdp(args: argparse.Namespace) -> int:
    from agent.cli.bus_osdp import watch  # noqa: PLC0415 - serial ports and AES only where used

    return watch(args)


def _run_find(args: argparse.Namespace) -> int:
    from agent.cli.bus_commission import find  # noqa: PLC0415 - the same

    return find(args)


def _run_pair(args: argparse.Namespace) -> int:
    from agent.cli.bus_commission import pair  # noqa: PLC0415 - the same

    return pair(args)


def _run_move(args: argparse.Namespace) -> int:
    from agent.cli.bus_commission import move  # noqa: PLC0415 - the same

    return move(args)


def address(text: str) -> int:
    """Read one address."""
    if not text.isdigit() or int(text) > HIGHEST_ADDRESS:
        raise argparse.ArgumentTypeError(say("bus.bad_address", text=text, highest=HIGHEST_ADDRESS))
    return int(text)


def addresses(text: str) -> tuple[int, ...]:
    """Read addresses with commas between them, each once."""
    found = tuple(address(part.strip()) for part in text.split(","))
    if len(set(found)) != len(found):
        raise argparse.ArgumentTypeError(say("bus.address_twice", text=text))
    return found


def key_or_nothing(text: str) -> bytes | None:
    """Read 32 hex digits; an empty text is no key."""
    if not text:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 16:  # noqa: PLR2004 - an AES-128 key
        raise argparse.ArgumentTypeError(say("bus.bad_key"))
    return key


def pulse(text: str) -> tuple[int, float]:
    """Read OUTPUT:SECONDS."""
    found = PULSE.fullmatch(text)
    if found is None or not float(found[2]):
        raise argparse.ArgumentTypeError(say("bus.bad_pulse", text=text))
    return int(found[1]), float(found[2])
