"""Bad wires under a running daemon: whatever comes over a line, no lock is released, and the rest goes on."""

from __future__ import annotations

import time
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import GARAGE, LOBBY
from drivers.simulator.line import NO_FAULTS, Faults
from drivers.simulator.relay_board import WELL, Mood
from protocols.boards import rtu
from protocols.osdp.framing import Frame, encode
from protocols.osdp.replies import Raw, code_of
from protocols.wiegand.formats import FORMATS
from tests.peers.site import NEIGHBOUR, RESIDENT, STRANGER, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from protocols.osdp.replies import Reply

SOON = (("baud = 115200\n\n[[port.readers]]", "baud = 115200\noffline_after_s = 1.5\n\n[[port.readers]]"),)
"""Readers are missed sooner, so that a test need not wait for eight seconds."""

ROUNDS = 60
LONGEST_NOISE = 3_000
PAUSE_S = 0.01
"""Between two bursts: about the time of a frame, so that some hit the middle of one."""
BAD_FOR_S = 2.0
TRIES = 5
TRY_S = 6.0
"""As long as a reader may need to have a new session."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site"), change=SOON) as made:
        made.start()
        made.push()
        yield made


@pytest.fixture
def released(site: Site) -> int:
    """Return how often a lock was released before the test. All devices are there."""
    all_there(site)
    return len(site.releases)


def all_there(site: Site) -> None:
    """Wait until all devices answer."""
    for device in ("lobby-in", "garage-in", "board-1"):
        site.until(partial(there, site, device), f"{device} online")


def there(site: Site, device: str) -> bool:
    """Say whether the newest record of `device` says that it answers."""
    said = [row.kind for row in site.rows() if row.kind in LIFE and row.data()["device"] == device]
    return said[-1] == "device.online"


LIFE = ("device.online", "device.offline")


def goes_on(site: Site, before: int) -> None:
    """Check that nothing was released until now, and that the readers and the locks of both doors work."""
    assert len(site.releases) == before
    for door in (LOBBY, GARAGE):
        opens(site, door)


def opens(site: Site, door: str) -> None:
    """Hold a card to the reader, again where a wire that was bad has swallowed it; in the end it opens."""
    opened = len(site.releases_of(door))
    for _ in range(TRIES):
        all_there(site)
        head = site.head()
        site.present(NEIGHBOUR, door)
        if came(site, "entry.granted", door, head) and came(site, "door.release", door, head):
            break
        time.sleep(BAD_FOR_S)  # a device that was not missed yet will be
    site.released(door, after=opened)


def came(site: Site, kind: str, door: str, after: int) -> bool:
    """Wait for a record whose kind begins with `kind`; say whether it came, and not for a failure."""
    give_up_at = site.clock.monotonic() + TRY_S
    while site.clock.monotonic() < give_up_at:
        for row in site.rows(door=door):
            if row.seq > after and row.kind.startswith(kind):
                return row.kind != "door.release_failed"
        time.sleep(PAUSE_S)
    return False


def reply(reply: Reply, address: int = 1, sequence: int = 1) -> bytes:
    """Return a reader's reply in clear."""
    return b"\xff" + encode(Frame(address, True, sequence, code_of(reply), reply.data(), None, crc=True))


CARD = reply(Raw(FORMATS["W34_CARD32"].encode({"card": RESIDENT}), format=1))
INPUTS_ALL = rtu.frame(1, b"\x02\x01\xff")
COIL_ON = rtu.frame(1, b"\x05\x00\x00\xff\x00")


def noise(random: Random) -> bytes:
    return random.randbytes(random.randint(1, LONGEST_NOISE))


def truncated(random: Random) -> bytes:
    frame = random.choice((CARD, INPUTS_ALL, COIL_ON))
    return frame[: random.randint(1, len(frame) - 1)]


def flipped(random: Random) -> bytes:
    frame = bytearray(random.choice((CARD, INPUTS_ALL, COIL_ON)))
    frame[random.randrange(len(frame))] ^= 1 << random.randrange(8)
    return bytes(frame)


def over_long(random: Random) -> bytes:
    claimed = b"\x53\x81" + random.choice((b"\xff\xff", b"\xff\x05", b"\x00\x10")) + b"\x0d"
    return random.choice((claimed, b"\x01\x02\xff")) + random.randbytes(random.randint(256, LONGEST_NOISE))


@pytest.mark.parametrize("line", ["readers", "relays"])
@pytest.mark.parametrize("kind", [noise, truncated, flipped, over_long], ids=lambda kind: kind.__name__)
def test_bytes_that_nobody_asked_for_release_nothing(
    site: Site, released: int, line: str, kind: Callable[[Random], bytes]
) -> None:
    random = Random(f"{line} {kind.__name__}")
    for _ in range(ROUNDS):
        site.line(line).say(kind(random))
        time.sleep(random.uniform(0.0, PAUSE_S))

    goes_on(site, released)


def test_a_card_said_in_clear_on_a_secure_line_opens_nothing(site: Site, released: int) -> None:
    for sequence in range(ROUNDS):
        site.line("readers").say(
            reply(Raw(FORMATS["W34_CARD32"].encode({"card": RESIDENT}), format=1), sequence=sequence % 4)
        )
        time.sleep(PAUSE_S)

    goes_on(site, released)


@pytest.mark.parametrize("line", ["readers", "relays"])
@pytest.mark.parametrize(
    "faults",
    [Faults(loss=0.2), Faults(flip=0.02), Faults(noise=0.8), Faults(echo=True), Faults(late_s=0.3)],
    ids=["loss", "flip", "noise", "echo", "late"],
)
def test_a_bad_wire_releases_nothing_that_no_record_asked_for(
    site: Site, released: int, line: str, faults: Faults
) -> None:
    head = site.head()
    site.line(line).faults = faults
    site.present(STRANGER, LOBBY)
    time.sleep(BAD_FOR_S)
    site.line(line).faults = NO_FAULTS

    assert [row for row in site.rows("entry.granted") if row.seq > head] == []
    goes_on(site, released)


def test_a_silent_reader_is_told_and_the_other_goes_on(site: Site, released: int) -> None:
    head = site.head()
    site.reader(LOBBY).silent = True

    row = site.row("device.offline", after=head)
    assert row.data()["device"] == "lobby-in"
    opened = len(site.releases_of(GARAGE))
    site.present(NEIGHBOUR, GARAGE)
    site.released(GARAGE, after=opened)

    site.reader(LOBBY).silent = False
    assert site.row("device.online", after=row.seq).data()["device"] == "lobby-in"
    goes_on(site, released + 1)


def test_a_silent_board_is_told_and_nobody_is_told_that_a_door_is_open(site: Site, released: int) -> None:
    head = site.head()
    site.building.board.mood = Mood(silent=True)

    row = site.row("device.offline", after=head)
    assert row.data()["device"] == "board-1"
    answer = site.ask(site.claims(site.phone_key, GARAGE), site.phone_key)
    assert answer.outcome == "failed"
    site.present(RESIDENT, LOBBY)
    site.row("entry.granted", LOBBY, after=row.seq)
    assert site.row("door.release_failed", LOBBY, after=row.seq).alarm

    time.sleep(BAD_FOR_S)  # what was asked of a silent board is not kept for when it is back
    site.building.board.mood = WELL
    assert site.row("device.online", after=row.seq).data()["device"] == "board-1"
    goes_on(site, released)


@pytest.mark.parametrize(
    ("line", "devices"), [("readers", {"lobby-in", "garage-in"}), ("relays", {"board-1"})]
)
def test_a_port_that_goes_and_comes_back_is_found_again(
    site: Site, released: int, line: str, devices: set[str]
) -> None:
    head = site.head()

    site.line(line).unplug()
    site.until(lambda: told(site, "device.offline", head) == devices, "all of the port offline")
    if line == "readers":
        answer = site.ask(site.claims(site.phone_key, GARAGE), site.phone_key)  # the locks hang elsewhere
        assert answer.outcome == "opened"
        released += 1
    site.line(line).plug()

    site.until(lambda: told(site, "device.online", head) == devices, "all of the port online")
    goes_on(site, released)


def told(site: Site, kind: str, after: int) -> set[object]:
    return {row.data()["device"] for row in site.rows(kind) if row.seq > after}
