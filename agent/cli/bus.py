"""`menshen bus`: what hangs on a serial line, before and beside the daemon."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.options import CONFIG_FILE, add_json
from agent.cli.words import say
from protocols.osdp.codes import BAUD_RATES, HIGHEST_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.cli.app import Commands

MOST_TEXT = 64
"""The largest display that OSDP describes has four lines of sixteen."""

HIGHEST_BOARD = 255
"""Modbus addresses go to 247; 254 and 255 reach any board of some makes, and are asked only when named."""

FOUND_AT = (2400, 4800, *BAUD_RATES)
"""Speeds at which `find` looks when told to: those of OSDP, and the two slower ones of old boards."""

MOST_MAKER_BYTES = 90
"""What every device receives in one frame, sealed, behind the maker's number."""

PULSE = re.compile(r"(\d{1,3}):(\d{1,4}(?:\.\d)?)")


def register(commands: Commands) -> None:
    """Add `bus osdp`, `find`, `pair`, `move`, `file` and `send`."""
    parser = commands.add_parser("bus", help=say("app.bus"), description=say("bus.about"))
    kinds = parser.add_subparsers(metavar="WHAT", required=True, dest="bus")
    _add_osdp(kinds)
    _add_find(kinds)
    _add_pair(kinds)
    _add_move(kinds)
    _add_file(kinds)
    _add_send(kinds)


def _port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=Path, required=True, help=say("bus.port"))
    add_json(parser)


def _key(parser: argparse.ArgumentParser) -> None:
    keys = parser.add_mutually_exclusive_group()
    keys.add_argument("--key", type=key_or_nothing, default=None, metavar="HEX", help=say("bus.key"))
    keys.add_argument("--key-file", type=Path, default=None, metavar="FILE", help=say("bus.move_key"))
    keys.add_argument("--install", action="store_true", help=say("bus.install"))


def _of_gateway(parser: argparse.ArgumentParser, about: str) -> None:
    parser.add_argument("--reader", metavar="NAME", default=None, help=about)
    config_help = f"{say('bus.pair_config')} ({CONFIG_FILE})"
    parser.add_argument("-c", "--config", metavar="FILE", type=Path, default=None, help=config_help)


def _add_osdp(kinds: Commands) -> None:
    parser = kinds.add_parser("osdp", help=say("bus.osdp"), description=say("bus.osdp"))
    _port(parser)
    parser.add_argument("--address", type=addresses, default=(0,), help=say("bus.addresses"))
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, default=9600, help=say("bus.baud"))
    _key(parser)
    parser.add_argument("--pulse", type=pulse, metavar="OUTPUT:SECONDS", help=say("bus.pulse"))
    parser.add_argument("--seconds", type=float, default=None, help=say("bus.seconds"))
    parser.set_defaults(run=_run_osdp)


def _add_find(kinds: Commands) -> None:
    parser = kinds.add_parser("find", help=say("bus.find"), description=say("bus.find"))
    _port(parser)
    parser.add_argument("--baud", type=int, choices=FOUND_AT, action="append", help=say("bus.find_baud"))
    parser.add_argument(
        "--parity", choices=("none", "even", "odd"), action="append", help=say("bus.find_parity")
    )
    parser.add_argument("--address", type=any_addresses, default=None, help=say("bus.find_addresses"))
    parser.add_argument("--alone", action="store_true", help=say("bus.find_alone"))
    parser.add_argument("--kind", choices=("all", "osdp", "modbus"), default="all", help=say("bus.find_kind"))
    parser.set_defaults(run=_run_find)


def _add_pair(kinds: Commands) -> None:
    parser = kinds.add_parser("pair", help=say("bus.pair"), description=say("bus.pair"))
    _of_gateway(parser, say("bus.pair_reader"))
    parser.add_argument("--port", type=Path, default=None, help=say("bus.port"))
    parser.add_argument("--address", type=address, default=None, help=say("bus.address"))
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, default=None, help=say("bus.baud"))
    parser.add_argument("--key-file", type=Path, default=None, help=say("bus.key_file"))
    add_json(parser)
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
    parser.add_argument("--port", type=Path, default=None, help=say("bus.port"))
    add_json(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help=say("bus.file_path"))
    _of_gateway(parser, say("bus.file_reader"))
    parser.add_argument("--address", type=address, default=None, help=say("bus.address"))
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, default=9600, help=say("bus.baud"))
    parser.add_argument("--kind", type=int, default=1, metavar="1..255", help=say("bus.file_kind"))
    parser.add_argument("--key-file", type=Path, default=None, help=say("bus.move_key"))
    parser.add_argument("--allow-clear", action="store_true", help=say("bus.allow_clear"))
    parser.set_defaults(run=_run_file)


def _add_send(kinds: Commands) -> None:
    parser = kinds.add_parser("send", help=say("bus.send"), description=say("bus.send"))
    _port(parser)
    parser.add_argument("--address", type=address, required=True, help=say("bus.address"))
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, default=9600, help=say("bus.baud"))
    _key(parser)
    what = parser.add_subparsers(metavar="WHAT", required=True, dest="what")
    text = what.add_parser("text", help=say("bus.send_text"))
    text.add_argument("text", type=ascii_text, metavar="TEXT")
    text.add_argument("--seconds", type=_number(0, 255), default=0, help=say("bus.send_seconds"))
    text.add_argument("--row", type=_number(1, 255), default=1, help=say("bus.send_row"))
    text.add_argument("--column", type=_number(1, 255), default=1, help=say("bus.send_column"))
    text.add_argument("--reader", type=_number(0, 255), default=0, help=say("bus.send_reader"))
    text.add_argument("--wrap", action="store_true", help=say("bus.send_wrap"))
    maker = what.add_parser("mfg", help=say("bus.send_mfg"))
    maker.add_argument("oui", type=_hex(3, 3), metavar="OUI", help=say("bus.send_oui"))
    maker.add_argument("content", type=_hex(0, MOST_MAKER_BYTES), nargs="?", default=b"", metavar="HEX")
    keep = what.add_parser("keep-active", help=say("bus.send_keep"))
    keep.add_argument("milliseconds", type=_number(0, 0xFFFF), metavar="MS")
    what.add_parser("abort", help=say("bus.send_abort"))
    status = what.add_parser("status", help=say("bus.send_status"))
    status.add_argument(
        "of", nargs="*", choices=("local", "inputs", "outputs", "readers", []), default=[], metavar="OF"
    )
    who = what.add_parser("id", help=say("bus.send_id"))
    who.add_argument("--extended", action="store_true", help=say("bus.send_extended"))
    parser.set_defaults(run=_run_send)


def _run_send(args: argparse.Namespace) -> int:
    from agent.cli.bus_send import send  # noqa: PLC0415 - the same

    return send(args)


def _run_file(args: argparse.Namespace) -> int:
    from agent.cli.bus_carry import carry  # noqa: PLC0415 - the same
    from agent.cli.bus_file import send  # noqa: PLC0415 - the same

    return send(args) if args.reader is None else carry(args)


def _run_osdp(args: argparse.Namespace) -> int:
    from agent.cli.bus_osdp import watch  # noqa: PLC0415 - serial ports and AES only where used

    return watch(args)


def _run_find(args: argparse.Namespace) -> int:
    from agent.cli.bus_commission import find  # noqa: PLC0415 - the same

    return find(args)


def _run_pair(args: argparse.Namespace) -> int:
    from agent.cli.bus_pair import pair  # noqa: PLC0415 - the same

    return pair(args)


def _run_move(args: argparse.Namespace) -> int:
    from agent.cli.bus_commission import move  # noqa: PLC0415 - the same

    return move(args)


def address(text: str, highest: int = HIGHEST_ADDRESS) -> int:
    """Read one address."""
    if not text.isascii() or not text.isdigit() or int(text) > highest:
        raise argparse.ArgumentTypeError(say("bus.bad_address", text=text, highest=highest))
    return int(text)


def addresses(text: str, highest: int = HIGHEST_ADDRESS) -> tuple[int, ...]:
    """Read addresses with commas between them, each once."""
    found = tuple(address(part.strip(), highest) for part in text.split(","))
    if len(set(found)) != len(found):
        raise argparse.ArgumentTypeError(say("bus.address_twice", text=text))
    return found


def any_addresses(text: str) -> tuple[int, ...]:
    """Read addresses of OSDP devices or of boards, whose addresses go further."""
    return addresses(text, HIGHEST_BOARD)


def ascii_text(text: str) -> bytes:
    """Read what a reader's display can show."""
    if not text.isascii() or not text.isprintable() or not 0 < len(text) <= MOST_TEXT:
        raise argparse.ArgumentTypeError(say("bus.bad_text", most=MOST_TEXT))
    return text.encode("ascii")


def _number(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a number in these bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(say("bus.bad_number", text=text, least=least, most=most))
        return int(text)

    return read


def _hex(least: int, most: int) -> Callable[[str], bytes]:
    """Return what reads so many bytes as hex digits."""

    def read(text: str) -> bytes:
        try:
            found = bytes.fromhex(text)
        except ValueError:
            found = None
        if found is None or not least <= len(found) <= most:
            raise argparse.ArgumentTypeError(say("bus.bad_hex", text=text, least=least, most=most))
        return found

    return read


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
