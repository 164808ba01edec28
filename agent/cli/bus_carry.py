"""`menshen bus file --reader`: a file to a reader of the gateway, carried by the daemon between its polls.

This leaves the file and a slip where the daemon looks for them, and shows how far it is. Ctrl-C withdraws it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
import time
from typing import TYPE_CHECKING

from agent.alone import alone
from agent.cli.bus_gateway import own, reader_named
from agent.cli.options import CONFIG_FILE
from agent.cli.why import why
from agent.cli.words import say
from agent.config.load import data_dir_of, read_tables
from agent.doors.courier import CONTENT, FOLDER, LARGEST_FILE, PROGRESS, SLIP, Slip
from agent.errors import BadInput, Unavailable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

OWNER_ONLY = 0o600
LOOK_EVERY_S = 0.3
LOOKS_AT_DAEMON = 10
"""Whether it still runs is asked each so many looks: to ask is to take its lock, if it does not."""
Told = dict[str, object]


def carry(args: argparse.Namespace) -> int:
    """Have the daemon carry the file, and show how far it is. Returns an exit code."""
    config = args.config or CONFIG_FILE
    data = read_tables(config)
    data_dir = data_dir_of(config)
    reader_named(data, args.reader)
    own(data_dir)
    content = _content(args.file)
    if not _runs(data_dir):
        raise Unavailable(say("bus.carry_no_daemon"))
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    slip = folder / (args.reader + SLIP)
    if slip.exists():
        raise Unavailable(say("bus.carry_busy", reader=args.reader, slip=slip))
    (folder / (args.reader + PROGRESS)).unlink(missing_ok=True)
    _write(folder / (args.reader + CONTENT), content)
    _write(slip, Slip(args.kind, hashlib.sha256(content).hexdigest()).text().encode())
    try:
        for told in _progress(folder / (args.reader + PROGRESS), data_dir):
            _show(told, as_json=args.json)
            if isinstance(failed := told.get("failed"), str):
                raise Unavailable(say("bus.not_sent", why=why(failed)))
    except KeyboardInterrupt:
        slip.unlink(missing_ok=True)
        raise
    return 0


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    if not 0 < len(content) <= LARGEST_FILE:
        raise BadInput(say("bus.carry_size", file=path, most=LARGEST_FILE))
    return content


def _runs(data_dir: Path) -> bool:
    """Say whether the daemon serves this directory."""
    try:
        with alone(data_dir):
            return False
    except Unavailable:
        return True


def _write(path: Path, content: bytes) -> None:
    """Put a file there whole or not at all: the daemon may look at any moment."""
    half_done = path.with_name(path.name + ".new")
    with os.fdopen(os.open(half_done, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "wb") as file:
        file.write(content)
    half_done.replace(path)


def _progress(path: Path, data_dir: Path) -> Iterator[Told]:
    """Give what the daemon tells, as far as it is news, until it is through. Raises Unavailable."""
    last: Told | None = None
    for look in itertools.count(1):
        try:
            told: Told = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            told = {}
        if told and told != last:
            last = told
            yield told
        if told.get("done"):
            path.unlink(missing_ok=True)
            return
        if look % LOOKS_AT_DAEMON == 0 and not _runs(data_dir):
            raise Unavailable(say("bus.carry_stopped"))
        time.sleep(LOOK_EVERY_S)


def _show(told: Told, *, as_json: bool) -> None:
    taken, total, done = told.get("taken_bytes", 0), told.get("total_bytes", 0), bool(told.get("done"))
    if as_json:
        print(json.dumps({"ev": "progress", "bytes": taken, "of": total, "done": done}), flush=True)
    elif done:
        print(say("bus.sent"))
    elif sys.stderr.isatty():
        print("\r" + say("bus.sending", taken=taken, total=total), end=" ", file=sys.stderr, flush=True)
