"""The two ways in which a question travels: on a serial line, and to a gateway that speaks Modbus TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from protocols.boards import mbap, rtu

if TYPE_CHECKING:
    from protocols.boards.messages import Request
    from protocols.boards.rtu import Found


class Framing(Protocol):
    """How questions are put into bytes and answers found among them."""

    def wrap(self, unit: int, request: Request) -> bytes:
        """Return the bytes of a new question."""

    def find(self, held: bytes, unit: int, request: Request) -> Found | None:
        """Return the answer to the question that was wrapped last."""


class RtuFraming:
    """Address in front, check behind."""

    def wrap(self, unit: int, request: Request) -> bytes:
        """Return the bytes of a new question."""
        return rtu.request_frame(unit, request)

    def find(self, held: bytes, unit: int, request: Request) -> Found | None:
        """Return the answer to the question that was wrapped last."""
        return rtu.find_reply(held, unit, request)


class TcpFraming:
    """A transaction number in front: a late reply bears an old one."""

    def __init__(self) -> None:
        self._transaction = 0

    def wrap(self, unit: int, request: Request) -> bytes:
        """Return the bytes of a new question."""
        self._transaction = self._transaction % mbap.LAST_TRANSACTION + 1
        return mbap.request_frame(self._transaction, unit, request)

    def find(self, held: bytes, unit: int, request: Request) -> Found | None:
        """Return the answer to the question that was wrapped last."""
        return mbap.find_reply(held, self._transaction, unit, request)
