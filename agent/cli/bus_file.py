"""`menshen bus file`: a file, such as a reader's firmware, to one device."""

from __future__ import annotations

import json
import queue
import sys
from typing import TYPE_CHECKING, Literal

from agent.cli.bus_commission import key_in
from agent.cli.why import why
from agent.cli.words import say
from agent.clock import SystemClock
from agent.errors import BadInput, Unavailable
from drivers.contract import Offline, Online
from drivers.osdp.bus import OsdpBus
from drivers.osdp.sending import Progress
from drivers.osdp.settings import OsdpBusSettings, OsdpReader
from protocols.osdp.transfer import Transfer

if TYPE_CHECKING:
    import argparse

    from drivers.contract import Event

NAME = "device"
STOP_WITHIN_S = 2.0


def send(args: argparse.Namespace) -> int:
    """Send the file and show how far it is. Returns an exit code."""
    if args.port is None or args.address is None:
        raise BadInput(say("bus.file_needs"))
    try:
        transfer = Transfer(args.file.read_bytes(), args.kind, may_be_clear=args.allow_clear)
    except (OSError, ValueError) as error:
        raise BadInput(str(error)) from error
    key = None if args.key_file is None else key_in(args.key_file)
    ended = _carry(args, transfer, key)
    if ended.wants_clear:
        _show_clear(as_json=args.json)
        transfer.go_on_clear()
        ended = _carry(args, transfer, None)
    if ended.failed is not None:
        raise Unavailable(say("bus.not_sent", why=why(ended.failed)))
    return 0


def _carry(args: argparse.Namespace, transfer: Transfer, key: bytes | None) -> Progress:
    """Send what is left of the file, in the secure channel where there is a key. Returns its end."""
    secret = b"" if key is None else key.hex().encode()
    bus = OsdpBus(_settings(args, secure=key is not None), SystemClock().monotonic, lambda _: secret)
    news: queue.Queue[Event | Progress] = queue.Queue()
    bus.start(news.put)
    came = False
    try:
        bus.send_file(NAME, transfer, news.put)
        while True:
            told = news.get()
            came = came or isinstance(told, Online)
            if isinstance(told, Offline):
                if not came:
                    raise Unavailable(say("bus.not_sent", why=why(told.why)))
                _show_waiting(told.why, as_json=args.json)  # it goes on where it was when the device is back
            if isinstance(told, Progress):
                _show(told, as_json=args.json)
                if told.done or told.failed is not None:
                    return told
    finally:
        bus.stop(STOP_WITHIN_S)


def _settings(args: argparse.Namespace, *, secure: bool) -> OsdpBusSettings:
    how: Literal["required", "off"] = "required" if secure else "off"
    reader = OsdpReader(
        name=NAME,
        address=args.address,
        secure=how,
        key_credential="key" if secure else None,
    )
    return OsdpBusSettings.model_validate(
        {"kind": "osdp", "name": "bus", "device": args.port, "baud": args.baud, "readers": [reader]}
    )


def _show_clear(*, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"ev": "clear"}), flush=True)
    else:
        print(say("bus.file_clear"), file=sys.stderr, flush=True)


def _show_waiting(reason: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"ev": "waiting", "why": reason}), flush=True)
    else:
        print(say("bus.file_waits", why=why(reason)), file=sys.stderr, flush=True)


def _show(progress: Progress, *, as_json: bool) -> None:
    if as_json:
        told = {"ev": "progress", "bytes": progress.taken_bytes, "of": progress.total_bytes}
        print(json.dumps({**told, "done": progress.done}), flush=True)
    elif progress.done:
        print(say("bus.sent"))
    elif sys.stderr.isatty():
        text = say("bus.sending", taken=progress.taken_bytes, total=progress.total_bytes)
        print("\r" + text, end=" ", file=sys.stderr, flush=True)
