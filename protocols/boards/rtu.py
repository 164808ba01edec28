"""Modbus RTU framing: address, message, check; and a reply found among noise.

The length of the one reply that can come is known from the request, so the search needs no silence on the
line and no trust in a byte count. Bytes in front of the reply, as an unbiased pair gives them when the
direction turns, are skipped and counted.
Source: MODBUS over Serial Line V1.02, section 2.5.1 and appendix B (CRC); checked against published frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.boards.messages import encode, exception_head, reply_head, reply_size

if TYPE_CHECKING:
    from protocols.boards.messages import Request

CHECK_BYTES = 2
LONGEST_REPLY = 256  # the longest frame that Modbus RTU allows
LONGEST_CHARACTER_BITS = 11  # start, eight, parity, stop; the specification counts so also without parity
_EXCEPTION_FRAME = 5  # address, function, code, check


def _table() -> tuple[int, ...]:
    rows = []
    for value in range(256):
        row = value
        for _ in range(8):
            row = row >> 1 ^ (0xA001 if row & 1 else 0)
        rows.append(row)
    return tuple(rows)


_CRC = _table()


def crc(data: bytes) -> bytes:
    """Return the check of `data`, low byte first, as it goes on the wire."""
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return value.to_bytes(2, "little")


def frame(unit: int, message: bytes) -> bytes:
    """Put a message on the line: the board's address in front, the check behind."""
    if not 0 <= unit <= 0xFF:  # noqa: PLR2004 - an address is one byte
        raise ValueError(f"{unit} is no Modbus address")
    body = bytes((unit,)) + message
    return body + crc(body)


@dataclass(frozen=True, slots=True)
class Found:
    """A reply: its message, without address and check, and how many bytes of noise stood before it."""

    message: bytes
    skipped: int


def find_reply(held: bytes, unit: int, request: Request) -> Found | None:
    """Return the first whole frame in `held` that answers `request`, good or refusing; or None.

    Anything else is passed over: noise, a frame of another board, a late reply to something else.
    """
    good = bytes((unit,)) + reply_head(request)
    good_bytes = 1 + reply_size(request) + CHECK_BYTES
    refusal = bytes((unit,)) + exception_head(request)
    for start in range(len(held)):
        for head, length in ((good, good_bytes), (refusal, _EXCEPTION_FRAME)):
            if held.startswith(head, start) and len(held) >= start + length:
                body = held[start : start + length - CHECK_BYTES]
                if crc(body) == held[start + length - CHECK_BYTES : start + length]:
                    return Found(body[1:], start)
    return None


def stranger(held: bytes, unit: int, request: Request) -> int | None:
    """Return another board's address under which a whole good answer to `request` stands in `held`, or None.

    Such an answer is never believed; it is worth telling, because somebody has set an address.
    """
    head, length = reply_head(request), 1 + reply_size(request) + CHECK_BYTES
    for start in range(len(held) - length + 1):
        whole = held[start : start + length]
        if (
            whole[0] != unit
            and whole.startswith(head, 1)
            and crc(whole[:-CHECK_BYTES]) == whole[-CHECK_BYTES:]
        ):
            return whole[0]
    return None


def frame_seconds(count: int, baud: int, bits: int = LONGEST_CHARACTER_BITS) -> float:
    """Return how long `count` bytes take at `baud`. bits: of one byte on the wire, with its frame."""
    return count * bits / baud


def question_bytes(request: Request) -> int:
    """Return how long `request` is on the wire."""
    return 1 + len(encode(request)) + CHECK_BYTES


def answer_bytes(request: Request) -> int:
    """Return how long the good answer to `request` is on the wire."""
    return 1 + reply_size(request) + CHECK_BYTES


def quiet_seconds(baud: int) -> float:
    """Return the silence that must stand between two frames: 3.5 characters, never under 1.75 ms."""
    return max(frame_seconds(7, baud) / 2, 0.00175)
