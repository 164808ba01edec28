"""The two ways in which a question travels: on a serial line, and to a gateway that speaks Modbus TCP.

pymodbus puts questions into frames. Answers are found by our own search (`protocols.boards`): its framer
throws a good reply away when one stray byte stands before it, as on an unbiased pair, and gives a late one
to the next question; and its decoder makes a truth value of the time in a pulse's echo, which is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU

from protocols.boards import mbap, rtu
from protocols.boards.messages import encode

if TYPE_CHECKING:
    from protocols.boards.messages import Request
    from protocols.boards.rtu import Found

NO_TRANSACTION: Final = 0  # a serial line has no numbers


class Framing(Protocol):
    """How questions are put into bytes and answers found among them.

    on_the_line: what is read is the line itself, so that a stranger's whole frame would be seen on it.
    """

    on_the_line: bool

    def wrap(self, unit: int, request: Request) -> bytes:
        """Return the bytes of a new question."""

    def find(self, held: bytes, unit: int, request: Request) -> Found | None:
        """Return the answer to the question that was wrapped last."""


class RtuFraming:
    """Address in front, check behind."""

    on_the_line = True

    def __init__(self) -> None:
        self._framer = FramerRTU(DecodePDU(is_server=False))

    def wrap(self, unit: int, request: Request) -> bytes:
        """Return the bytes of a new question."""
        return bytes(self._framer.encode(encode(request), unit, NO_TRANSACTION))

    def find(self, held: bytes, unit: int, request: Request) -> Found | None:
        """Return the answer to the question that was wrapped last."""
        return rtu.find_reply(held, unit, request)


class TcpFraming:
    """A transaction number in front: a late reply bears an old one."""

    on_the_line = False

    def __init__(self) -> None:
        self._framer = FramerSocket(DecodePDU(is_server=False))
        self._transaction = 0

    def wrap(self, unit: int, request: Request) -> bytes:
        """Return the bytes of a new question."""
        self._transaction = self._transaction % mbap.LAST_TRANSACTION + 1
        return bytes(self._framer.encode(encode(request), unit, self._transaction))

    def find(self, held: bytes, unit: int, request: Request) -> Found | None:
        """Return the answer to the question that was wrapped last."""
        return mbap.find_reply(held, self._transaction, unit, request)
