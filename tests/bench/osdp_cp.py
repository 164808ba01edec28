"""The whole daemon as a control panel for a meter of panels: each card one JSON line, and OUT at its reader.

python -m tests.bench.osdp_cp --port PORT --address 1,2 [--scbk HEX] --baud N

A door for each reader, with the reader's output 0 as its lock; a signed list of the meter's cards, which have
26 bits and no parity, so the site has a format of its own; a broker, and a centre that hears the events. A
line is {"ev":"card","hex":…,"t":…,"recorded_t":…,"address":…}: t is when the centre had the event, recorded_t
when the daemon wrote it. This process becomes the daemon itself, so its processor time is the daemon's; all
else is a child that ends with it.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.doors.translate import card_digest
from protocols.mqtt import topics
from protocols.mqtt.roster_messages import ReceiptMessage
from protocols.mqtt.topics import Kind
from protocols.tokens.keys import public_text
from protocols.wiegand.identity import CardNumber
from tests.bench.house import AS_ADVISED, AS_DEPLOYED
from tests.peers.broker import Broker
from tests.peers.centre import Centre, until
from tests.peers.long_list import LongList

if TYPE_CHECKING:
    from collections.abc import Mapping

GATEWAY: Final = "meter"
CARDS: Final = 2000
"""The meter's swipes, and more."""

FIRST: Final = 0x1000_0000 >> 6
"""Its cards are the upper 26 bits of 10000000, 10000040, …, which is this and the numbers behind it."""

SPACE: Final = "site.meter26.26"
EVERY_S: Final = 0.0005
LIST_WITHIN_S: Final = 30.0

_CONFIG: Final = """\
gateway = "{gateway}"
data_dir = "{folder}/gateway"

[clock]
assume_synced = true

[broker]
host = "127.0.0.1"
port = {port}
cleartext = true

[[trust]]
name = "office"
key = "{office}"
scopes = ["roster"]

[[format]]
id = "METER26"
bits = 26
fields = {{ card = "0-25" }}

[[port]]
kind = "osdp"
name = "readers"
device = "{device}"
baud = {baud}
{readers}{doors}
[log]
format = "json"
"""

_READER: Final = """
[[port.readers]]
name = "r{address}"
address = {address}
outputs = {{ lock-{address} = 0 }}
{secure}
"""

_DOOR: Final = """
[[door]]
name = "door-{address}"
lock = "lock-{address}"
readers = [{{ reader = "r{address}", direction = "in", formats = ["METER26"] }}]
release_s = 1.0
"""


class MeterList(LongList):
    """The meter's cards, valid at every door."""

    @staticmethod
    def number(serial: int) -> CardNumber:
        return CardNumber(SPACE, FIRST + serial)


def write_config(folder: Path, args: argparse.Namespace, broker: int, office: str, digest_key: bytes) -> Path:
    """Write configuration and credentials; return the configuration's path."""
    credentials = folder / "gateway" / "credentials"
    credentials.mkdir(parents=True, mode=0o700)
    give(credentials / "digest.key", digest_key)
    give(credentials / "reader.key", args.scbk.encode())
    secure = 'key_credential = "reader.key"' if args.scbk else 'secure = "off"'
    text = _CONFIG.format(
        gateway=GATEWAY,
        folder=folder,
        port=broker,
        office=office,
        device=args.port,
        baud=args.baud,
        readers="".join(_READER.format(address=each, secure=secure) for each in args.address),
        doors="".join(_DOOR.format(address=each) for each in args.address),
    )
    config = folder / "config.toml"
    config.write_text(text, encoding="utf-8")
    return config


def give(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(content)


def hear(centre: Centre, cards: Mapping[str, str], daemon: int) -> None:
    """Print each card that the daemon let in, until the daemon is gone."""
    told = 0
    while os.getppid() == daemon:
        events = centre.heard(topics.plain(GATEWAY, Kind.LIVE))
        for one in events[told:]:
            at = time.monotonic()  # noqa: TID251 - the meter's clock
            event = json.loads(one.payload)
            if event["kind"] == "entry.granted":
                told_of = {"hex": cards[event["body"]["credential"]], "t": at}
                recorded = {"recorded_t": event["mono_ms"] / 1000, "address": int(event["door"][5:])}
                print(json.dumps({"ev": "card", **told_of, **recorded}), flush=True)  # noqa: T201 - its report
        told = len(events)
        time.sleep(EVERY_S)


def serve(broker: Broker, office: MeterList, cards: Mapping[str, str], daemon: int) -> None:
    """Be the centre: give out the list, and tell what happens."""
    centre = Centre(broker.port)
    with centre:
        for topic, payload in office.snapshot():
            centre.say(topic, payload, retain=True)
        topic = topics.plain(GATEWAY, Kind.RECEIPT)

        def enforced() -> bool:
            newest = centre.newest(topic)
            return newest is not None and ReceiptMessage.read(newest.payload).revision == office.revision

        until(enforced, LIST_WITHIN_S)
        centre.forget()
        hear(centre, cards, daemon)


def main() -> None:
    """Set all up, and become the daemon."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", required=True)
    parser.add_argument("--address", type=lambda text: [int(each) for each in text.split(",")], required=True)
    parser.add_argument("--scbk", default="")
    parser.add_argument("--baud", type=int, default=9600)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="menshen-meter-"))
    key, digest_key = Ed25519PrivateKey.generate(), secrets.token_bytes(32)
    doors = tuple(f"door-{address}" for address in args.address)
    phone = Ed25519PrivateKey.generate().public_key()
    office = MeterList(GATEWAY, doors, CARDS, key=key, digest_key=digest_key, phone=phone)
    cards = {
        card_digest(office.number(serial), digest_key).hex(): f"{(FIRST + serial) << 6:08x}"
        for serial in range(CARDS)
    }
    (folder / "broker").mkdir()
    broker = Broker(folder / "broker", AS_ADVISED)
    config = write_config(folder, args, broker.port, public_text(key.public_key()), digest_key)
    daemon = os.getpid()
    if os.fork() == 0:
        try:
            with broker:
                serve(broker, office, cards, daemon)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(0)
    os.execv(sys.executable, [sys.executable, "-c", AS_DEPLOYED, "run", "-c", str(config)])  # noqa: S606 - itself


if __name__ == "__main__":
    main()
