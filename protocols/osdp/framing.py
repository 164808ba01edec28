"""Frames on the wire: find them in received bytes, and make them.

A frame: 53, address, length (2, little-endian, 53 to check), control, security block if announced,
code, data, four bytes of MAC with blocks 15 to 18, then CRC-16 (or a checksum). A sender puts one FF
ahead of it, which belongs to no field. Source: see codes.py; the CRC and checksum vectors are those of
the annex E examples quoted publicly.
"""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass

from protocols.osdp.codes import BlockType

MARK = b"\xff"
"""Sent ahead of each frame, so that the line is at mark before the first start bit."""

START = 0x53
REPLY_BIT = 0x80
SEQUENCE_BITS = 0x03
CRC_BIT = 0x04
BLOCK_BIT = 0x08
FLAG_BITS = 0xF0
HEADER_BYTES = 5
CRC_START = 0x1D0F
CRC_BYTES = 2
CHECKSUM_BYTES = 1
MAC_BYTES = 4
SHORTEST_BLOCK = 2
SHORTEST_FRAME = HEADER_BYTES + 1 + CHECKSUM_BYTES
LONGEST_FRAME = 1440
"""The upper bound of the standard; a device takes 128 unless it says more."""
LENGTH_END = 4
MAC_BLOCKS = frozenset(
    {
        BlockType.COMMAND_MAC.value,
        BlockType.REPLY_MAC.value,
        BlockType.COMMAND_ENCRYPTED.value,
        BlockType.REPLY_ENCRYPTED.value,
    }
)


@dataclass(frozen=True, slots=True)
class Block:
    """A security block: its type and its data (empty with blocks 15 to 18)."""

    kind: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its check proven. `data` is as it travels: encrypted with blocks 17 and 18.

    address: 0..7F. sequence: 0..3. crc: CRC-16, or the checksum of old devices. flags: the control
    byte's upper four bits as they came.
    """

    address: int
    reply: bool
    sequence: int
    code: int
    data: bytes = b""
    block: Block | None = None
    mac: bytes = b""
    crc: bool = True
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that were no frame. Ordinary on RS-485: counted, never raised.

    why: "garbage" (no frame began), "length" (a length no frame has), "check" (a whole frame, damaged),
    "shape" (undamaged, but its inside contradicts itself).
    """

    dropped: bytes
    why: str


def signed_part(frame: Frame) -> bytes:
    """Return what the MAC covers: 53 to the last data byte; the length already counts MAC and check."""
    block = frame.block
    body = bytes((frame.code,)) + frame.data
    control = (frame.sequence & SEQUENCE_BITS) | (frame.flags & FLAG_BITS)
    if frame.crc:
        control |= CRC_BIT
    size = HEADER_BYTES + len(body) + (CRC_BYTES if frame.crc else CHECKSUM_BYTES)
    if block is not None:
        control |= BLOCK_BIT
        body = bytes((len(block.data) + SHORTEST_BLOCK, block.kind)) + block.data + body
        size += len(block.data) + SHORTEST_BLOCK
        if block.kind in MAC_BLOCKS:
            size += MAC_BYTES
    address = frame.address | (REPLY_BIT if frame.reply else 0)
    return bytes((START, address, size & 0xFF, size >> 8, control)) + body


def check_of(content: bytes, *, crc: bool) -> bytes:
    """Return the check characters that follow `content`."""
    if crc:
        return crc_hqx(content, CRC_START).to_bytes(CRC_BYTES, "little")
    return bytes((-sum(content) & 0xFF,))


def encode(frame: Frame) -> bytes:
    """Return the frame's bytes, without the mark ahead of it. Raises ValueError for what cannot travel."""
    wants_mac = frame.block is not None and frame.block.kind in MAC_BLOCKS
    if len(frame.mac) != (MAC_BYTES if wants_mac else 0):
        raise ValueError("a MAC belongs to blocks 15 to 18, with four bytes, and to nothing else")
    if not 0 <= frame.address < REPLY_BIT:
        raise ValueError(f"address {frame.address} is not in 0..127")
    content = signed_part(frame) + frame.mac
    wire = content + check_of(content, crc=frame.crc)
    if len(wire) > LONGEST_FRAME:
        raise ValueError(f"{len(wire)} bytes are more than a frame holds")
    return wire


def _parse(wire: bytes) -> Frame | None:
    """Return the frame in `wire`, whose check fits, or None where its inside contradicts itself."""
    control = wire[4]
    crc = bool(control & CRC_BIT)
    end = len(wire) - (CRC_BYTES if crc else CHECKSUM_BYTES)
    at = HEADER_BYTES
    block = None
    mac = b""
    if control & BLOCK_BIT:
        size = wire[at]
        if size < SHORTEST_BLOCK or at + size >= end:
            return None
        block = Block(wire[at + 1], wire[at + SHORTEST_BLOCK : at + size])
        at += size
        if block.kind in MAC_BLOCKS:
            mac = wire[end - MAC_BYTES : end]
            end -= MAC_BYTES
    if at >= end:
        return None
    return Frame(
        address=wire[1] & ~REPLY_BIT,
        reply=bool(wire[1] & REPLY_BIT),
        sequence=control & SEQUENCE_BITS,
        code=wire[at],
        data=wire[at + 1 : end],
        block=block,
        mac=mac,
        crc=crc,
        flags=control & FLAG_BITS,
    )


class Deframer:
    """Turn received bytes into frames, of both directions. Never reads, waits, sleeps or logs.

    A claim of length that never completes is ended by whoever waits: `reset` empties it. `longest` bounds
    what is held.
    """

    def __init__(self, longest: int = LONGEST_FRAME) -> None:
        self._held = bytearray()
        self._longest = longest

    @property
    def missing(self) -> int:
        """Bytes that the frame begun still needs; 0 when none has begun or its length is not known yet."""
        if len(self._held) < LENGTH_END or self._held[0] != START:
            return 0
        return max(0, int.from_bytes(self._held[2:LENGTH_END], "little") - len(self._held))

    @property
    def held(self) -> int:
        """Bytes kept, waiting for more."""
        return len(self._held)

    def receive(self, data: bytes) -> None:
        """Take bytes as they came."""
        self._held += data

    def reset(self) -> bytes:
        """Forget what is held, and return it."""
        held = bytes(self._held)
        self._held.clear()
        return held

    def next(self) -> Frame | Noise | None:
        """Return the next thing found, or None when more bytes are needed."""
        held = self._held
        while held and held[0] == MARK[0]:  # the mark, or an idle line read as characters
            del held[0]
        if not held:
            return None
        if held[0] != START:
            start = held.find(START)
            return self._drop(len(held) if start < 0 else start, "garbage")
        if len(held) < LENGTH_END:
            return None
        size = held[2] | held[3] << 8
        if not SHORTEST_FRAME <= size <= self._longest:
            return self._drop(1, "length")
        if len(held) < size:
            return None
        wire = bytes(held[:size])
        tail = CRC_BYTES if wire[4] & CRC_BIT else CHECKSUM_BYTES
        if check_of(wire[:-tail], crc=bool(wire[4] & CRC_BIT)) != wire[-tail:]:
            return self._drop(1, "check")  # the length itself may be the damaged part: look inside
        frame = _parse(wire)
        if frame is None:
            return self._drop(size, "shape")
        del held[:size]
        return frame

    def _drop(self, count: int, why: str) -> Noise:
        dropped = bytes(self._held[:count])
        del self._held[:count]
        return Noise(dropped, why)
