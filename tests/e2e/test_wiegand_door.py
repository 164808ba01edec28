"""A door at GPIO lines under the real daemon: a card opens it, a typed code does not, a bad wire is named."""

from __future__ import annotations

import subprocess
import sys
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import LOBBY
from protocols.wiegand.formats import FORMATS
from tests.peers.daemon import ROOT
from tests.peers.gpio_daemon import D0, D1, LOCK
from tests.peers.site import RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

HALL = "hall-in"
CODE = 12_345_678
"""What somebody types, and what stands on a card of the list: eight digits are a number of 34 bits too."""

PORT = f"""
[[port]]
kind = "wiegand-gpio"
name = "chip"
device = "/dev/null"
held_outputs = "accepted"
outputs = {{ hall-lock = {{ line = {LOCK} }} }}

[[port.readers]]
name = "{HALL}"
d0 = {D0}
d1 = {D1}
keypad_codes = {{ frame = "34-number", shortest = 4, longest = 8 }}

[log]
"""
CHANGE = (
    ("\n[log]\n", PORT),
    (
        'lock = "garage-lock"\ncontact = "garage-contact"\nreaders = [{ reader = "garage-in",',
        f'lock = "hall-lock"\nreaders = [{{ reader = "{HALL}",',
    ),
)
QUIET_S = 1.0
WITHIN_S = 20.0


class Chip:
    """The daemon with a chip in its own process: what is shown to the reader, and whether its lock opens."""

    def __init__(self, site: Site) -> None:
        with (site.folder / "gpio.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.peers.gpio_daemon", "run", "-c", str(site.building.config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                text=True,
                bufsize=1,
            )
        self._opened: Queue[float] = Queue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def show(self, bits: str) -> None:
        """Hold a card before the reader."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{bits}\n")

    def opens(self, within_s: float) -> bool:
        """Say whether the lock's line is set within this time."""
        try:
            self._opened.get(timeout=within_s)
        except Empty:
            return False
        return True

    def stop(self) -> int:
        """Ask the daemon to end, and return its exit code."""
        self._process.terminate()
        code = self._process.wait(WITHIN_S)
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._opened.put(float(line))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("gpio"), change=CHANGE) as made:
        made.office.add_resident(CODE)
        yield made


@pytest.fixture(scope="module")
def chip(site: Site) -> Iterator[Chip]:
    assert site.centre is not None  # there to hear from the first word on
    made = Chip(site)
    try:
        site.event("device.online")
        site.push()
        yield made
    finally:
        assert made.stop() == 0


def card(number: int) -> str:
    return FORMATS["W34_CARD32"].encode({"card": number})


def test_a_card_of_the_list_opens_the_door_and_is_recorded(site: Site, chip: Chip) -> None:
    chip.show(card(RESIDENT))
    assert chip.opens(WITHIN_S)
    granted = site.event("entry.granted")
    assert granted.body["reader"] == HALL


def test_a_typed_code_is_no_card_even_where_a_card_of_the_list_has_its_number(site: Site, chip: Chip) -> None:
    seq = site.events()[-1].seq
    chip.show(card(CODE))
    assert not chip.opens(QUIET_S)
    assert [
        event.kind for event in site.events() if event.seq > seq and event.kind.startswith("entry.")
    ] == []
    site.present(CODE, LOBBY)  # the same number, of a reader that has no keypad: a card, and a good one
    assert site.event("entry.granted", LOBBY, after=seq)


def test_what_is_no_card_says_which_wire_to_look_at(site: Site, chip: Chip) -> None:
    seq = site.events()[-1].seq
    chip.show(card(RESIDENT)[1:])
    unreadable = site.event("entry.unreadable", after=seq)
    assert "one bit of 34 was lost" in str(unreadable.body)
    assert not chip.opens(0.1)
