"""Modbus TCP framing, for gateways that speak it: a transaction number in front, no check behind.

The number ties a reply to its question, so a late one is simply passed over.
Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.boards.messages import exception_head, reply_head, reply_size
from protocols.boards.rtu import Found

if TYPE_CHECKING:
    from protocols.boards.messages import Request

LAST_TRANSACTION = 0xFFFF
_REFUSAL_BYTES = 2


def _header(transaction: int, unit: int, length: int) -> bytes:
    return transaction.to_bytes(2, "big") + b"\0\0" + (length + 1).to_bytes(2, "big") + bytes((unit,))


def find_reply(held: bytes, transaction: int, unit: int, request: Request) -> Found | None:
    """Return the reply to this very transaction in `held`, good or refusing; None while it is not there."""
    for head, size in (
        (reply_head(request), reply_size(request)),
        (exception_head(request), _REFUSAL_BYTES),
    ):
        header = _header(transaction, unit, size)
        start = held.find(header + head)
        if start >= 0 and len(held) >= start + len(header) + size:
            return Found(held[start + len(header) : start + len(header) + size], start)
    return None
