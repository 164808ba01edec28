"""`menshen bus find` and `move`: who is on a line, and where; and what all of `menshen bus` shares."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.cli.bus_boards import boards, print_board
from agent.cli.why import why
from agent.cli.words import say
from agent.clock import SystemClock
from agent.errors import EX_UNAVAILABLE, BadInput, Unavailable
from agent.keyfiles import read_private
from drivers.osdp.bus import read_key
from drivers.osdp.commission import Found, NotDoneError, Place, Visit, search
from drivers.osdp.commission import move as move_device
from drivers.ports import PortError
from protocols.osdp.codes import ANY_ADDRESS, BAUD_RATES, HIGHEST_ADDRESS
from protocols.osdp.happenings import Security
from protocols.osdp.secure import weakness

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from protocols.osdp.identity import Identity

EX_OK = 0
WIPED = "\r\x1b[K"
"""What a terminal makes an empty line of."""


def find(args: argparse.Namespace) -> int:
    """Print who is on the line; 69 when nobody is."""
    progress = sys.stderr.isatty()

    def tell(baud: int, address: int) -> None:
        if progress:
            print(
                "\r" + say("bus.searching", baud=baud, address=address), end=" ", file=sys.stderr, flush=True
            )

    def wipe() -> None:
        if progress:
            print(WIPED, end="", file=sys.stderr, flush=True)

    count = 0
    with port_trouble():
        addresses: Iterable[int] = range(HIGHEST_ADDRESS + 1)
        if args.address is not None:
            addresses = [each for each in args.address if each <= HIGHEST_ADDRESS]
        bauds = BAUD_RATES if args.baud is None else [each for each in args.baud if each in BAUD_RATES]
        if args.alone:  # no board is asked by an address that only OSDP has
            addresses, args.kind = (ANY_ADDRESS,), "osdp"
        readers = search(args.port, bauds, addresses, SystemClock().monotonic, tell)
        for found in readers if args.kind != "modbus" else ():
            count += 1
            wipe()
            _print_found(found, as_json=args.json)
        for board in boards(args, tell) if args.kind != "osdp" else ():
            count += 1
            wipe()
            print_board(board, as_json=args.json)
    wipe()
    if not count and not args.json:
        print(say("bus.nothing"), file=sys.stderr)
    return EX_OK if count else EX_UNAVAILABLE


def _print_found(found: Found, *, as_json: bool) -> None:
    identity = {} if found.identity is None else texts(found.identity)
    if as_json:
        name = "collision" if found.several else "found"
        line = {"ev": name, "address": found.address, "baud": found.baud, **identity}
        print(json.dumps(line), flush=True)
    else:
        key = "bus.collision" if found.several else "bus.found"
        print(say(key, baud=found.baud, address=found.address, **identity), flush=True)


def texts(identity: Identity) -> dict[str, str]:
    """Return what a device says of itself, as it is shown."""
    return {
        "maker": identity.oui.hex(),
        "model": str(identity.model),
        "serial": f"{identity.serial:08x}",
        "firmware": ".".join(str(part) for part in identity.firmware),
    }


def move(args: argparse.Namespace) -> int:
    """Give one device another address or speed, and see it there."""
    key = None if args.key_file is None else key_in(args.key_file)
    old = Place(args.address, args.baud)
    new = Place(
        args.address if args.to_address is None else args.to_address,
        args.baud if args.to_baud is None else args.to_baud,
    )

    def visit_at(place: Place) -> Visit:
        security = Security.OFF if key is None else Security.REQUIRED
        return Visit(
            args.port, place.baud, place.address, key=key, security=security, clock=SystemClock().monotonic
        )

    def taken(place: Place) -> bool:
        clock = SystemClock().monotonic
        return any(search(args.port, (place.baud,), (place.address,), clock, lambda _baud, _address: None))

    with port_trouble():
        try:
            identity, new = move_device(visit_at, taken, old, new)
        except NotDoneError as error:
            raise Unavailable(say("bus.move_failed", why=why(error))) from error
    if args.json:
        told = {"ev": "moved", "address": new.address, "baud": new.baud, **texts(identity)}
        print(json.dumps(told), flush=True)
    else:
        print(say("bus.moved", address=new.address, baud=new.baud))
    return EX_OK


@contextmanager
def port_trouble() -> Iterator[None]:
    """Say what is wrong with the port, and end."""
    try:
        yield
    except PortError as error:
        raise Unavailable(why(error)) from error


def key_in(path: Path) -> bytes:
    """Return the key in a file that only its owner can read. Raises BadInput or KeyExposed, without it."""
    content = read_private(path)
    try:
        return read_key(content, path.name)
    except ValueError as error:
        raise BadInput(str(error)) from error


def given_key(args: argparse.Namespace) -> bytes | None:
    """Return the key of `--key` or `--key-file`; None where neither is given. Raises as `key_in`."""
    if args.key_file is not None:
        return key_in(args.key_file)
    key: bytes | None = args.key
    if key is not None and (weak := weakness(key)) is not None:
        raise BadInput(say("bus.key_refused", why=why(weak)))
    return key
