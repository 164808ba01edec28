"""`menshen bus osdp`: the driver that the daemon uses, with its events on the terminal or as JSON lines."""

from __future__ import annotations

import itertools
import json
import queue
import signal
from typing import TYPE_CHECKING, Literal

from agent.cli.bus_commission import given_key
from agent.clock import SystemClock
from drivers.contract import (
    CardRead,
    Done,
    Failed,
    InputChanged,
    InputState,
    KeysPressed,
    MakerTold,
    Offline,
    Online,
    OutputFound,
    Release,
    Trouble,
)
from drivers.osdp.bus import OsdpBus
from drivers.osdp.settings import OsdpBusSettings, OsdpInput, OsdpReader
from protocols.osdp.replies import KEYPAD_HEAD_BYTES, Keys

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from drivers.contract import Event, Monotonic

KEY_NAME = "given"
INPUTS_SHOWN = 8
"""More inputs than a reader or a door module has."""

OPEN_WITHIN_S = 1.0
"""A pulse later than this after its card surprises the person who waits."""

STOP_WITHIN_S = 2.0
BITS_PER_DIGIT = 4
Line = dict[str, object]


def watch(args: argparse.Namespace) -> int:
    """Show what the readers say until told to end. Returns an exit code."""
    clock = SystemClock().monotonic
    events: queue.Queue[Event | None] = queue.Queue()
    key = given_key(args)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: events.put(None))
    settings = settings_for(args, secure=key is not None)
    bus = OsdpBus(settings, clock, lambda _: b"" if key is None else key.hex().encode())
    ids = itertools.count(1)

    def emit(event: Event) -> None:
        if args.pulse is not None and isinstance(event, CardRead):  # before it is printed: the lock first
            point = f"{event.reader}-output"
            bus.do(Release(next(ids), point, args.pulse[1], clock() + OPEN_WITHIN_S))
        events.put(event)

    bus.start(emit)
    try:
        show = Show(settings, as_json=args.json)
        for event in _until_told(events, clock, args.seconds):
            for line in show.lines(event):
                print(line, flush=True)
    finally:
        bus.stop(STOP_WITHIN_S)
    return 0


def _until_told(
    events: queue.Queue[Event | None], clock: Monotonic, seconds: float | None
) -> Iterator[Event]:
    """Give events until None comes, or for so many seconds."""
    ends_at = None if seconds is None else clock() + seconds
    while True:
        try:
            event = events.get(timeout=None if ends_at is None else max(0.0, ends_at - clock()))
        except queue.Empty:
            return
        if event is None:
            return
        yield event


def settings_for(args: argparse.Namespace, *, secure: bool) -> OsdpBusSettings:
    """Return the line that the arguments describe. secure: with a key of the readers' own."""
    how: Literal["required", "install", "off"] = "install" if args.install else "off"
    if secure:
        how = "required"
    return OsdpBusSettings.model_validate(
        {
            "kind": "osdp",
            "name": "bus",
            "device": args.port,
            "baud": args.baud,
            "readers": [
                OsdpReader(
                    name=f"r{address}",
                    address=address,
                    secure=how,
                    key_credential=KEY_NAME if secure else None,
                    outputs={} if args.pulse is None else {f"r{address}-output": args.pulse[0]},
                    inputs={f"r{address}-input-{n}": OsdpInput(channel=n) for n in range(INPUTS_SHOWN)},
                )
                for address in args.address
            ],
        }
    )


class Show:
    """Events as lines: one JSON object each, or words."""

    def __init__(self, settings: OsdpBusSettings, *, as_json: bool) -> None:
        self._json = as_json
        self._addresses = {each.name: each.address for each in settings.devices_here}
        self._owners = {point: each.address for each in settings.devices_here for point in each.inputs}
        self._owners |= {point: each.address for each in settings.devices_here for point in each.outputs}

    def lines(self, event: Event) -> Iterator[str]:
        """Give the lines of `event`."""
        for name, fields in self._told(event):
            line: Line = {"ev": name, **fields, "t": round(event.at, 6)}
            if self._json:
                yield json.dumps(line)
            else:
                yield "  ".join([f"{name:8}", *(f"{key}={value}" for key, value in fields.items())])

    def _told(self, event: Event) -> Iterator[tuple[str, Line]]:
        match event:
            case CardRead(reader=reader, bits=bits):
                digits = -(-len(bits) // 8) * 2
                card = f"{int(bits.ljust(digits * BITS_PER_DIGIT, '0'), 2):0{digits}x}"
                yield "card", {"address": self._addresses[reader], "bits": len(bits), "hex": card}
            case KeysPressed(reader=reader, keys=keys):
                wire = Keys(keys).data()[KEYPAD_HEAD_BYTES:].hex()
                yield "key", {"address": self._addresses[reader], "keys": keys, "hex": wire}
            case InputChanged(point=point, state=state):
                if state is not InputState.UNKNOWN:
                    number = int(point.rpartition("-")[2])
                    told: Line = {"type": "input", "input": number, "state": str(state)}
                    yield "status", {"address": self._owners[point], **told}
            case OutputFound(point=point, on=on):
                yield "status", {"address": self._owners[point], "type": "output", "on": on}
            case _:
                yield from self._life(event)

    def _life(self, event: Event) -> Iterator[tuple[str, Line]]:
        match event:
            case Trouble(device=device, kind=kind, active=active, detail=detail):
                told: Line = {"type": kind, "active": active, "detail": detail}
                yield "status", {"address": self._addresses[device], **told}
            case Online(device=device, identity=identity):
                address = self._addresses[device]
                yield "online", {"address": address, **identity}
                if "cuid" in identity:
                    yield "secure", {"address": address, "active": True, "cuid": identity["cuid"]}
            case Offline(device=device, why=why):
                yield "offline", {"address": self._addresses[device], "why": why}
            case MakerTold(device=device, maker=maker, content=content):
                yield "maker", {"address": self._addresses[device], "maker": maker, "hex": content.hex()}
            case Done():
                yield "pulse", {"done": True}
            case Failed(why=failed, detail=detail):
                yield "pulse", {"done": False, "why": str(failed), "detail": detail}
