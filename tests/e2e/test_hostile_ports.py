"""Hostile devices on ports of their own: the doors of all other ports open, and nothing else does."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import GARAGE, LOBBY
from tests.peers import hostile_port as parts
from tests.peers.hostile_port import HostilePort
from tests.peers.log_watch import LogWatch
from tests.peers.site import NEIGHBOUR, RESIDENT, STRANGER, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.hostile_port import Part

PORTS = ("evil-osdp", "evil-serial", "evil-qr", "evil-board")
BACK = "back"
CONFIG = """
[[port]]
kind = "osdp"
name = "evil-osdp"
device = "{evil-osdp}"
baud = 115200

[[port.readers]]
name = "evil-clear"
address = 1
secure = "off"

[[port.readers]]
name = "evil-keyed"
address = 2
key_credential = "lobby-in.key"

[[port]]
kind = "wiegand-serial"
name = "evil-serial"
device = "{evil-serial}"
baud = 115200
reader = "evil-line"
shape = "line"
format = "W32_CSN"

[[port]]
kind = "qr-serial"
name = "evil-qr"
device = "{evil-qr}"
baud = 115200
reader = "evil-code"

[[port]]
kind = "modbus"
name = "evil-board"
device = "{evil-board}"
baud = 115200

[[port.boards]]
name = "evil-relays"
family = "waveshare"
address = 1
outputs = {{ back-lock = 1 }}

[port.boards.inputs]
back-contact = {{ channel = 2, normally = "closed" }}

[[door]]
name = "back"
lock = "back-lock"
contact = "back-contact"
readers = [
    {{ reader = "evil-clear", direction = "in", formats = ["H10301", "W34_CARD32"] }},
    {{ reader = "evil-keyed", direction = "in", formats = ["W34_CARD32"] }},
    {{ reader = "evil-line", direction = "in", formats = ["W32_CSN"] }},
    {{ reader = "evil-code", direction = "in" }},
]

[fire]
"""
CARDS = (NEIGHBOUR, RESIDENT, STRANGER)
MORE_MEMORY_BYTES = 32 * 1024 * 1024
"""More than the buffers of four ports; far less than a flood that is kept."""

ALL: dict[str, tuple[Part, Part, Part, Part]] = {
    "noise": (parts.noise, parts.no_text, parts.no_text, parts.noise),
    "mutants, and echoes that are wrong": (parts.mutants, parts.long_line, parts.long_line, parts.wrong_echo),
    "busy for ever, and half a line": (parts.busy, parts.half_a_line, parts.half_a_line, parts.exceptions),
    "floods": (parts.cards, parts.numbers, parts.tokens, parts.flapping),
    "keys, and relays that are on": (parts.keys, parts.numbers, parts.tokens, parts.stuck_on),
    "states, and answers one late": (parts.states, parts.no_text, parts.long_line, parts.one_late),
    "refusals, and answers too long": (parts.refusals, parts.noise, parts.noise, parts.too_long),
    "frames without end": (parts.endless_frame, parts.half_a_line, parts.noise, parts.noise),
    "echoes": (parts.echo, parts.echo, parts.echo, parts.echo),
    "ports that come and go": (parts.unplugged, parts.unplugged, parts.unplugged, parts.unplugged),
}


@dataclass(frozen=True)
class Town:
    """A site with four ports more, and what its daemon had at first."""

    site: Site
    ports: tuple[HostilePort, ...]
    rss_bytes: int
    threads: int


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        ports = [stack.enter_context(HostilePort(folder / name, seed)) for seed, name in enumerate(PORTS)]
        more = CONFIG.format(**{name: port.path for name, port in zip(PORTS, ports, strict=True)})
        site = stack.enter_context(Site(folder, change=(("\n[fire]\n", more),)))
        site.start()
        site.push()
        yield Town(site, tuple(ports), rss_bytes(site), threads(site))
        assert site.daemon.stop() == 0
        log = site.daemon.log()
        assert "Traceback" not in log
        assert not LogWatch().leaks(log)
        said = log + "".join(heard.payload.decode(errors="replace") for heard in site.centre.heard())
        assert not any(form.format(card) in said for card in CARDS for form in ("{:08X}", "{:08x}", "{}"))


@pytest.mark.parametrize("name", ALL)
def test_whatever_other_ports_say_the_doors_open_for_cards_and_for_nothing_else(
    town: Town, name: str
) -> None:
    site, head = town.site, town.site.head()
    before = len(site.releases)
    heard = [len(port.heard) for port in town.ports]
    for port, part in zip(town.ports, ALL[name], strict=True):
        port.play(part)
    try:
        for door in (LOBBY, GARAGE):
            opened = len(site.releases_of(door))
            site.present(NEIGHBOUR, door)
            site.released(door, after=opened)
        site.until(lambda: len(town.ports[0].heard) > heard[0], "a word on the hostile OSDP line")
        site.until(lambda: len(town.ports[3].heard) > heard[3], "a word to the hostile board")
    finally:
        for port in town.ports:
            port.play(None)
    assert len(site.releases) == before + 2
    assert [row.door for row in site.rows("entry.granted") if row.seq > head] == [LOBBY, GARAGE]
    assert not any(b"\x01\x05\x00\x00\xff\x00" in heard for heard in town.ports[3].heard)
    assert rss_bytes(site) < town.rss_bytes + MORE_MEMORY_BYTES
    assert threads(site) == town.threads


def rss_bytes(site: Site) -> int:
    """Return how much memory the daemon has."""
    pages = int(Path(f"/proc/{site.daemon.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def threads(site: Site) -> int:
    """Return how many threads the daemon has."""
    return len(list(Path(f"/proc/{site.daemon.pid}/task").iterdir()))
