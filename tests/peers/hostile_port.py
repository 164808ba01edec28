"""Serial ports whose far side does as it likes: noise, lies, floods, half a word, unplugging."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Self

from protocols.boards import rtu
from protocols.osdp.framing import Block, Deframer, Frame, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    Part = Callable[["HostilePort"], None]
    """What the far side does once; it is done again and again."""

LARGEST_READ_BYTES = 65_536
STEP_BYTES = 576
STEP_S = 0.05
"""So much in so long is 115200 baud at full rate."""
IDLE_S = 0.02
JOIN_S = 10.0


class HostilePort:
    """A pseudo-terminal at `path`, and a thread that plays a part on its far side."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.random = Random(seed)
        self.heard: list[bytes] = []
        """What the gateway wrote, in order."""
        self._ends: tuple[int, int] | None = None
        self._part: Part | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"hostile-{path.name}", daemon=True)

    def __enter__(self) -> Self:
        self.plug()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._thread.join(JOIN_S)
        self.unplug()

    def play(self, part: Part | None) -> None:
        """Play `part` from now on; None is silence."""
        self._part = part

    def plug(self) -> None:
        """Make the port appear, if it is not there."""
        if self._ends is None:
            master, slave = os.openpty()
            tty.setraw(slave)
            os.set_blocking(master, False)
            self._ends = master, slave
            self.path.symlink_to(os.ttyname(slave))

    def unplug(self) -> None:
        """Pull it out."""
        if self._ends is not None:
            self.path.unlink()
            for end in self._ends:
                os.close(end)
            self._ends = None

    def hear(self, within_s: float = 0.1) -> bytes:
        """Return what the gateway wrote, as soon as there is something."""
        if self._ends is None:
            time.sleep(within_s)
            return b""
        ready, _, _ = select.select([self._ends[0]], [], [], within_s)
        data = b""
        with suppress(OSError):  # nobody holds the other side open
            data = os.read(self._ends[0], LARGEST_READ_BYTES) if ready else b""
        if data:
            self.heard.append(data)
        elif ready:
            time.sleep(IDLE_S)
        return data

    def say(self, data: bytes) -> None:
        """Write as much as the line takes."""
        if self._ends is not None:
            with suppress(OSError):
                os.write(self._ends[0], data)

    def babble(self, data: bytes) -> None:
        """Write as fast as a line of 115200 baud carries, whoever speaks."""
        for at in range(0, len(data), STEP_BYTES):
            self.say(data[at : at + STEP_BYTES])
            self.hear(STEP_S)

    def _run(self) -> None:
        while not self._stopping:
            part = self._part
            if part is None:
                self.plug()
                self.hear()
            else:
                part(self)


# --- parts of any line -----------------------------------------------------------------------------------


def noise(port: HostilePort) -> None:
    """Say what means nothing."""
    port.babble(port.random.randbytes(port.random.randint(1, 1500)))


def echo(port: HostilePort) -> None:
    """Say what was heard."""
    port.say(port.hear())


def unplugged(port: HostilePort) -> None:
    """Come and go in the middle of a word."""
    port.hear(port.random.random() * 0.1)
    port.say(port.random.randbytes(port.random.randint(0, 100)))
    port.unplug()
    time.sleep(port.random.random() * 0.1)
    port.plug()


# --- parts of an OSDP line -------------------------------------------------------------------------------


def osdp(replies: Callable[[Random, Frame], Iterable[bytes]]) -> Part:
    """Return a part that answers each command with `replies`."""

    def part(port: HostilePort) -> None:
        deframer = Deframer()
        deframer.receive(port.hear())
        while (found := deframer.next()) is not None:
            if isinstance(found, Frame):
                for data in replies(port.random, found):
                    port.say(b"\xff" + data)

    return part


def said(asked: Frame, code: int, data: bytes = b"", sequence: int | None = None) -> bytes:
    """Return a reply of the device that was asked."""
    return encode(Frame(asked.address, True, asked.sequence if sequence is None else sequence, code, data))


def _mutant(random: Random, asked: Frame) -> Iterable[bytes]:
    block = random.choice((None, None, None, Block(random.randint(0x10, 0x1A), random.randbytes(1))))
    signed = block is not None and 0x15 <= block.kind <= 0x18
    frame = bytearray(
        encode(
            Frame(
                random.choice((asked.address, asked.address, random.randrange(128))),
                True,
                random.choice((asked.sequence, asked.sequence, random.randrange(4))),
                random.choice((0x40, 0x41, 0x45, 0x46, 0x48, 0x50, 0x51, 0x53, 0x76, 0x78, 0x79, 0x7A)),
                random.randbytes(random.choice((0, 1, 2, 4, 8, 12, 14, 200, 1200))),
                block,
                random.randbytes(4) if signed else b"",
                crc=random.random() < 0.7,
            )
        )
    )
    if random.random() < 0.3:
        frame[random.randrange(len(frame))] ^= 1 << random.randrange(8)
    yield bytes(frame[: random.choice((len(frame), len(frame), random.randint(1, len(frame))))])


mutants = osdp(_mutant)
"""Answers of every kind, in every shape, for every address."""

busy = osdp(lambda _random, asked: [said(asked, 0x79, sequence=0)])
"""Busy, for ever."""

refusals = osdp(lambda random, asked: [said(asked, 0x41, bytes((random.randrange(256),)))])
"""NAK, for every reason there is and those there are not."""

cards = osdp(
    lambda random, asked: [
        said(asked, 0x50, bytes((0, random.randrange(3))) + random.choice((b"\0\0", b"\xff\xff", b"\x22\0")))
        + random.randbytes(5),
        said(asked, 0x50, b"\0\1\x22\0" + random.randbytes(5)),
    ]
)
"""A card at every question, some of no bits and some of 65535."""

keys = osdp(lambda random, asked: [said(asked, 0x53, bytes((0, 255)) + random.randbytes(255))])
"""A keypad that babbles."""

states = osdp(
    lambda random, asked: [said(asked, random.choice((0x48, 0x49, 0x4A, 0x4B)), random.randbytes(99))]
)
"""Inputs and outputs that nobody has."""


def endless_frame(port: HostilePort) -> None:
    """Begin a longest frame again and again."""
    port.babble(b"\x53\x81\xa0\x05\x04" * 100)


# --- parts of a reader that only speaks ------------------------------------------------------------------


def long_line(port: HostilePort) -> None:
    """Say a line without end."""
    port.babble(b"0123456789ABCDEF" * 300)


def no_text(port: HostilePort) -> None:
    """Say what no reader prints."""
    port.babble(b"\0" * 300 + b"\n\xff\xfe\xc0\n" + port.random.randbytes(300) + b"\r\n")


def numbers(port: HostilePort) -> None:
    """Cards as fast as the line carries them."""
    port.babble(b"".join(b"%08X\r\n" % port.random.getrandbits(32) for _ in range(57)))


def half_a_line(port: HostilePort) -> None:
    """Say a digit now and then, and never an end."""
    port.say(b"1")
    port.hear()


def tokens(port: HostilePort) -> None:
    """Texts that look like passes from afar."""
    port.babble(
        b"eyJhbGciOiJFZERTQSJ9.e30." + b"A" * port.random.randint(1, 2500) + b"\r\n" + b"[" * 900 + b"\n"
    )


# --- parts of a relay board ------------------------------------------------------------------------------

READ_OUTPUTS, READ_INPUTS, WRITE_ONE = 1, 2, 5


def board(answers: Callable[[Random, bytes], bytes]) -> Part:
    """Return a part that answers each question with `answers`."""

    def part(port: HostilePort) -> None:
        asked = port.hear()
        if len(asked) >= 8:
            port.say(answers(port.random, asked))

    return part


def honest(asked: bytes, value: int = 0) -> bytes:
    """Return what a board would say whose outputs and inputs are all `value`."""
    address, function = asked[0], asked[1]
    if function > 4:
        return asked
    count = int.from_bytes(asked[4:6], "big")
    size = (count + 7) // 8 if function <= READ_INPUTS else 2 * count
    return rtu.frame(address, bytes((function, size)) + bytes((value,)) * size)


def _wrong_echo(random: Random, asked: bytes) -> bytes:
    answer = bytearray(honest(asked)[:-2])
    answer[random.randrange(len(answer))] ^= 1 << random.randrange(8)
    return rtu.frame(answer[0], bytes(answer[1:]))


wrong_echo = board(_wrong_echo)
exceptions = board(lambda random, asked: rtu.frame(asked[0], bytes((asked[1] | 0x80, random.randrange(256)))))
flapping = board(
    lambda random, asked: honest(asked, random.choice((0, 255)) if asked[1] == READ_INPUTS else 0)
)
stuck_on = board(lambda _random, asked: honest(asked, 255 if asked[1] == READ_OUTPUTS else 0))
too_long = board(lambda random, asked: rtu.frame(asked[0], bytes((asked[1], 255)) + random.randbytes(255)))


def one_late(port: HostilePort) -> None:
    """Answer each question with the answer to the one before."""
    late = b""
    while (asked := port.hear(0.5)) and len(asked) >= 8:
        port.say(late)
        late = honest(asked)
