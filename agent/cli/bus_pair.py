"""`menshen bus pair`: one person gives one reader a key of its own, and the journal knows of it.

With `--reader` it is a reader of the gateway's configuration: the act is recorded in the gateway's journal,
the key goes where the daemon reads it, and the reader that was paired is the one that belongs at its place.
The daemon must be stopped meanwhile: it has the line and the journal. Without `--reader` a key goes into a
file, and that is all.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from agent import plan
from agent.cli.bus_commission import EX_OK, key_in, port_trouble, texts
from agent.cli.bus_gateway import own, reader_named
from agent.cli.options import CONFIG_FILE
from agent.cli.why import why
from agent.cli.words import say
from agent.clock import SystemClock
from agent.config.load import data_dir_of, read_tables
from agent.config.model import Clock, Journal
from agent.doors.pairing import Pairing, PairingBook
from agent.errors import BadInput, Unavailable
from agent.keyfiles import write_private
from drivers.osdp.commission import NotDoneError, Visit, give_key
from protocols.osdp.expected import Expected
from protocols.osdp.happenings import Came, Security
from protocols.osdp.secure import KEY_BYTES, weakness

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

Part = TypeVar("Part", Clock, Journal)

LONGEST_WINDOW_S = 600.0
DEFAULT_BAUD = 9600
WAITING = ".new"
MOST_NEW_KEYS = 100
"""Keys waiting beside one that is in use: each is of a pairing that nothing proved."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is paired. final: where the key is in the end; fresh: where it is until the reader has proven it.

    book: the gateway's journal, where it is a reader of a gateway; its name is then `device`.
    """

    port: Path
    baud: int
    address: int
    crc: bool
    final: Path
    fresh: Path
    device: str = ""
    expected: Mapping[str, str] | None = None
    book: PairingBook | None = None


def pair(args: argparse.Namespace) -> int:
    """Give one reader a key of its own. Returns an exit code."""
    if not 0 < args.window <= LONGEST_WINDOW_S:
        raise BadInput(say("bus.bad_window", most=f"{LONGEST_WINDOW_S:.0f}"))
    target = _on_its_own(args) if args.reader is None else _of_gateway(args)
    old = None if args.old_key_file is None else key_in(args.old_key_file)
    if target.fresh.exists():
        raise BadInput(say("bus.key_is_there", file=target.fresh))
    held: AbstractContextManager[object] = nullcontext() if target.book is None else target.book
    with held, port_trouble():
        visit = Visit(
            target.port,
            target.baud,
            target.address,
            key=old,
            security=Security.INSTALL if old is None else Security.REQUIRED,
            clock=SystemClock().monotonic,
            crc=target.crc,
        )
        try:
            came = _come(visit, target, args.window, has_key=old is not None)
            row = _give(visit, target, came, rekeyed=old is not None)
        finally:
            visit.close()
    if old is not None and args.old_key_file.name.startswith(target.final.name + WAITING):
        args.old_key_file.unlink()  # it was of a pairing that nothing had proven, and is no key any more
    _show(target, came, row, as_json=args.json)
    return EX_OK


def _come(visit: Visit, target: Target, window_s: float, *, has_key: bool) -> Came:
    """Wait until the reader is there, and see that it is the one that was meant."""
    if sys.stderr.isatty():
        told = say("bus.pair_waits", seconds=f"{window_s:.0f}", address=target.address)
        print(told, file=sys.stderr, flush=True)
    try:
        came = visit.come(window_s)
    except NotDoneError as error:
        name = "bus.pair_not_come" if has_key else "bus.pair_not_open"
        raise Unavailable(say(name, why=why(error))) from error
    differs = Expected(target.expected).differences(came.identity, came.cuid)
    if differs:
        raise Unavailable(say("bus.pair_other", why=why(differs)))
    return came


def _give(visit: Visit, target: Target, came: Came, *, rekeyed: bool) -> int | None:
    """Give it a new key, and keep it; return the number of the record, where there is a journal."""
    key = secrets.token_bytes(KEY_BYTES)
    while weakness(key) is not None:  # never seen, and not to be ruled out
        key = secrets.token_bytes(KEY_BYTES)
    cuid = b"" if came.cuid is None else came.cuid
    identity = {"serial": f"{came.identity.serial:08x}", "cuid": cuid.hex()}
    pairing = Pairing(target.device, target.address, _user(), identity, rekeyed)
    if target.book is not None:
        target.book.begun(pairing)
    # On disk before it is in the device: a power cut between the two must not lock us out.
    write_private(target.fresh, key.hex().encode("ascii") + b"\n")
    try:
        give_key(visit, key)
    except NotDoneError as error:
        if target.book is not None:
            target.book.failed(pairing, str(error), unproven=error.unproven)
        if error.unproven:
            raise Unavailable(say("bus.pair_unproven", why=why(error), file=target.fresh)) from error
        target.fresh.unlink()
        raise Unavailable(say("bus.pair_failed", why=why(error))) from error
    target.fresh.replace(target.final)
    return None if target.book is None else target.book.paired(pairing)


def _user() -> int:
    """Return who does it, as a number: behind `sudo`, who called it."""
    behind = os.environ.get("SUDO_UID", "")
    return int(behind) if behind.isdecimal() else os.getuid()


def _on_its_own(args: argparse.Namespace) -> Target:
    missing = [name for name in ("port", "address", "key_file") if getattr(args, name) is None]
    if missing:
        options = ", ".join("--" + name.replace("_", "-") for name in missing)
        raise BadInput(say("bus.pair_needs", options=options))
    baud = args.baud or DEFAULT_BAUD
    return Target(args.port, baud, args.address, crc=True, final=args.key_file, fresh=args.key_file)


def _of_gateway(args: argparse.Namespace) -> Target:
    """Find the reader in the configuration, whatever else is not yet as it should be there."""
    config = args.config or CONFIG_FILE
    data = read_tables(config)
    data_dir = data_dir_of(config)
    settings, reader = reader_named(data, args.reader)
    if reader.key_credential is None:
        raise BadInput(say("bus.pair_no_credential", reader=reader.name))
    own(data_dir)
    final = args.key_file or data_dir / "credentials" / reader.key_credential
    expected = {"serial": reader.serial, "cuid": reader.cuid}
    clock = SystemClock(assume_synced=_part(Clock, data.get("clock")).assume_synced)
    return Target(
        args.port or settings.device,
        args.baud or settings.baud,
        reader.address if args.address is None else args.address,
        crc=reader.check == "crc",
        final=final,
        fresh=_beside(final),
        device=reader.name,
        expected={what: text for what, text in expected.items() if text is not None},
        book=PairingBook(data_dir, plan.limits(_part(Journal, data.get("journal"))), clock),
    )


def _part(kind: type[Part], table: object) -> Part:
    """Return a table of the configuration, or what it says by itself where the table is not sound."""
    try:
        return kind.model_validate({} if table is None else table)
    except ValidationError:
        return kind()


def _beside(final: Path) -> Path:
    """Return where a key waits until the reader has proven it, so that the one in use is kept until then."""
    if not final.exists():
        return final
    names = (final.with_name(f"{final.name}{WAITING}{number or ''}") for number in range(MOST_NEW_KEYS))
    return next((name for name in names if not name.exists()), final)


def _show(target: Target, came: Came, row: int | None, *, as_json: bool) -> None:
    cuid = "" if came.cuid is None else came.cuid.hex()
    told = {"address": target.address, "cuid": cuid, **texts(came.identity)}
    if as_json:
        line = {"ev": "paired", **told, "key_file": str(target.final), "recorded": row}
        print(json.dumps(line), flush=True)
        return
    print(say("bus.paired", file=target.final, **told))
    if row is None:
        print(say("bus.pair_unrecorded"), file=sys.stderr)
    else:
        print(say("bus.pair_recorded", row=row, reader=target.device))
