"""`menshen bus find`, `pair` and `move`: commissioning of OSDP devices, one act of one person at a time."""

from __future__ import annotations

import binascii
import json
import os
import secrets
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.cli.bus_boards import boards, print_board
from agent.cli.words import say
from agent.clock import SystemClock
from agent.errors import EX_UNAVAILABLE, BadInput, Unavailable
from drivers.osdp.bus import read_key
from drivers.osdp.commission import Found, NotDoneError, Place, Visit, search
from drivers.osdp.commission import move as move_device
from drivers.osdp.commission import pair as pair_device
from drivers.ports import PortError
from protocols.osdp.codes import ANY_ADDRESS, BAUD_RATES, HIGHEST_ADDRESS
from protocols.osdp.happenings import Security
from protocols.osdp.secure import KEY_BYTES, weakness

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from protocols.osdp.identity import Identity

OWNER_ONLY = 0o600
EX_OK = 0


def find(args: argparse.Namespace) -> int:
    """Print who is on the line; 69 when nobody is."""
    progress = sys.stderr.isatty()

    def tell(baud: int, address: int) -> None:
        if progress:
            print(
                "\r" + say("bus.searching", baud=baud, address=address), end=" ", file=sys.stderr, flush=True
            )

    count = 0
    with port_trouble():
        addresses = args.address or range(HIGHEST_ADDRESS + 1)
        if args.alone:  # no board is asked by an address that only OSDP has
            addresses, args.kind = (ANY_ADDRESS,), "osdp"
        readers = search(args.port, args.baud or BAUD_RATES, addresses, SystemClock().monotonic, tell)
        for found in readers if args.kind != "modbus" else ():
            count += 1
            _print_found(found, as_json=args.json)
        for board in boards(args, tell) if args.kind != "osdp" else ():
            count += 1
            print_board(board, as_json=args.json)
    if progress:
        print(file=sys.stderr)
    if not count and not args.json:
        print(say("bus.nothing"), file=sys.stderr)
    return EX_OK if count else EX_UNAVAILABLE


def _print_found(found: Found, *, as_json: bool) -> None:
    identity = {} if found.identity is None else _texts(found.identity)
    if as_json:
        name = "collision" if found.several else "found"
        line = {"ev": name, "address": found.address, "baud": found.baud, **identity}
        print(json.dumps(line), flush=True)
    else:
        key = "bus.collision" if found.several else "bus.found"
        print(say(key, baud=found.baud, address=found.address, **identity), flush=True)


def _texts(identity: Identity) -> dict[str, str]:
    return {
        "maker": identity.oui.hex(),
        "model": str(identity.model),
        "serial": f"{identity.serial:08x}",
        "firmware": ".".join(str(part) for part in identity.firmware),
    }


def pair(args: argparse.Namespace) -> int:
    """Give one device a key of its own, and write the key for its owner only."""
    old = None if args.old_key_file is None else key_in(args.old_key_file)
    key = secrets.token_bytes(KEY_BYTES)
    while weakness(key) is not None:  # never seen, and not to be ruled out
        key = secrets.token_bytes(KEY_BYTES)
    with port_trouble():
        security = Security.INSTALL if old is None else Security.REQUIRED
        visit = Visit(
            args.port, args.baud, args.address, key=old, security=security, clock=SystemClock().monotonic
        )
        try:
            # On disk before it is in the device: a power cut between the two must not lock us out.
            _write_key(args.key_file, key)
            paired = pair_device(visit, key, args.window)
        except NotDoneError as error:
            if error.unproven:
                raise Unavailable(say("bus.pair_unproven", why=error, file=args.key_file)) from error
            args.key_file.unlink()
            raise Unavailable(say("bus.pair_failed", why=error)) from error
        finally:
            visit.close()
    told = {"address": paired.address, "cuid": paired.cuid.hex(), **_texts(paired.identity)}
    if args.json:
        print(json.dumps({"ev": "paired", **told, "key_file": str(args.key_file)}), flush=True)
    else:
        print(say("bus.paired", file=args.key_file, **told))
    return EX_OK


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

    with port_trouble():
        try:
            identity = move_device(visit_at, old, new)
        except NotDoneError as error:
            raise Unavailable(say("bus.move_failed", why=error)) from error
    if args.json:
        told = {"ev": "moved", "address": new.address, "baud": new.baud, **_texts(identity)}
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
        raise Unavailable(str(error)) from error


def key_in(path: Path) -> bytes:
    """Return the key in a file. Raises BadInput, which never shows it."""
    try:
        return read_key(path.read_bytes(), path.name)
    except (OSError, ValueError) as error:
        raise BadInput(str(error)) from error


def _write_key(path: Path, key: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(handle, "wb") as file:
            file.write(binascii.hexlify(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
