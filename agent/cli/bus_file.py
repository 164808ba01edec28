"""`menshen bus file`: a file, such as a reader's firmware, to one device."""

from __future__ import annotations

import json
import queue
import sys
from typing import TYPE_CHECKING, Literal

from agent.cli.words import say
from agent.clock import SystemClock
from agent.errors import BadInput, Unavailable
from drivers.contract import Offline
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
    try:
        transfer = Transfer(args.file.read_bytes(), args.kind)
        key = b"" if args.key_file is None else args.key_file.read_bytes()
        bus = OsdpBus(_settings(args), SystemClock().monotonic, lambda _: key)
    except (OSError, ValueError) as error:
        raise BadInput(str(error)) from error
    news: queue.Queue[Event | Progress] = queue.Queue()
    bus.start(news.put)
    try:
        bus.send_file(NAME, transfer, news.put)
        while True:
            told = news.get()
            if isinstance(told, Offline):
                raise Unavailable(say("bus.not_sent", why=told.why))
            if isinstance(told, Progress):
                _show(told, as_json=args.json)
                if told.failed is not None:
                    raise Unavailable(say("bus.not_sent", why=told.failed))
                if told.done:
                    return 0
    finally:
        bus.stop(STOP_WITHIN_S)


def _settings(args: argparse.Namespace) -> OsdpBusSettings:
    secure: Literal["required", "off"] = "off" if args.key_file is None else "required"
    return OsdpBusSettings.model_validate(
        {
            "kind": "osdp",
            "name": "bus",
            "device": args.port,
            "baud": args.baud,
            "readers": [
                OsdpReader(
                    name=NAME,
                    address=args.address,
                    secure=secure,
                    key_credential=None if args.key_file is None else args.key_file.name,
                )
            ],
        }
    )


def _show(progress: Progress, *, as_json: bool) -> None:
    if as_json:
        told = {"ev": "progress", "bytes": progress.taken_bytes, "of": progress.total_bytes}
        print(json.dumps({**told, "done": progress.done}), flush=True)
    elif progress.done:
        print(say("bus.sent"))
    elif sys.stderr.isatty():
        text = say("bus.sending", taken=progress.taken_bytes, total=progress.total_bytes)
        print("\r" + text, end=" ", file=sys.stderr, flush=True)
