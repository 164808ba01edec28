"""One question and its one answer on a shared line, whatever the wire does.

Modbus RTU has no transaction number, so a late reply can be taken for the answer to the next question. Four
things prevent it. What waits on the line is thrown away before each question. A reply counts only when it
repeats what it must of the question. After a silence, a board is not asked anything that the reply it still
owes would also answer: a *probe* of another shape goes first, and since a board answers in order, its answer
proves that nothing is owed. And where no probe helps, time does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from protocols.boards.messages import (
    Reply,
    Request,
    WriteCoil,
    WriteRegister,
    WriteRegisters,
    decode,
    reply_head,
)
from protocols.boards.rtu import LONGEST_REPLY, frame_seconds, quiet_seconds
from protocols.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.contract import Monotonic
    from drivers.modbus.framing import Framing

LATEST_REPLY_S = 0.5  # no board or serial server that we have heard of answers later than this
REPLY_BYTES = 32  # a reply of the longest kind that boards here give, for the time it takes on the wire
ECHO_GONE_AFTER = 3  # answers in a row without an echo: one lost echo is ordinary, a changed adapter is not
MOST_LISTENED_BYTES = 4096  # a line that never falls silent is not waited for


class Wire(Protocol):
    """A serial line or a connection, opened. Every method may raise drivers.ports.PortError."""

    def read(self, within_s: float) -> bytes:
        """Return what has come, waiting at most so long for the first byte; empty when nothing did."""

    def write(self, data: bytes) -> None:
        """Put all of `data` on the line."""

    def close(self) -> None:
        """Let go of the port."""


class Silent(Exception):  # noqa: N818 - what the board is
    """The board did not answer in time."""


class TooLate(Exception):  # noqa: N818 - what the question is
    """The question's own deadline passed before it could be put on the wire; nothing was sent."""


@dataclass(slots=True)
class Counts:
    """What happened on the line since start."""

    questions: int = 0
    answers: int = 0
    timeouts: int = 0
    refusals: int = 0
    noise_bytes: int = 0
    slowest_reply_ms: float = 0.0


@dataclass(slots=True)
class _Debt:
    """What a board may still owe: the heads of questions that it has not answered, and since when."""

    heads: dict[bytes, float]
    last: bytes  # of the newest: a board that is always one behind answers this one next


class Exchange:
    """The line as its owner's thread uses it. Not for two threads.

    probes: for each address, harmless questions of different shapes that its board can answer.
    """

    def __init__(
        self,
        wire: Wire,
        clock: Monotonic,
        framing: Framing,
        *,
        baud: int,
        reply_within_s: float,
        counts: Counts,
        probes: Mapping[int, tuple[Request, ...]],
    ) -> None:
        self.counts = counts
        self._wire = wire
        self._clock = clock
        self._framing = framing
        self._baud = baud
        self._give_up_s = reply_within_s + frame_seconds(REPLY_BYTES, baud)
        self._quiet_s = quiet_seconds(baud)
        self._quiet_at = clock()
        self._probes = probes
        self._debts: dict[int, _Debt] = {}
        self._echoes = False
        self._unechoed = 0

    def ask(self, unit: int, request: Request, not_after: float | None = None) -> Reply:
        """Return the board's answer.

        Raises Silent, TooLate, protocols' Refused when the board says no, and PortError.
        """
        debt = self._debts.get(unit)
        if debt is not None and self._owed(debt, request):
            self._clear(unit, debt)
        return self._exchange(unit, request, not_after)

    def _owed(self, debt: _Debt, request: Request) -> bool:
        head = reply_head(request)
        since = debt.heads.get(head)
        recent = since is not None and self._clock() < since + LATEST_REPLY_S
        return recent or head == debt.last

    def _clear(self, unit: int, debt: _Debt) -> None:
        """Make sure that nothing is owed. Raises Silent when the board does not answer the probe either."""
        for probe in self._probes.get(unit, ()):
            if not self._owed(debt, probe):
                try:
                    self._exchange(unit, probe, None)
                except Refused:  # looks the same for every question of its kind, so it proves nothing
                    continue
                return
        self._listen(max(debt.heads.values()) + LATEST_REPLY_S)
        self._debts.pop(unit, None)

    def _exchange(self, unit: int, request: Request, not_after: float | None) -> Reply:
        self._listen(self._quiet_at)
        asked = self._framing.wrap(unit, request)
        self.counts.noise_bytes += len(self._wire.read(0))
        at = self._clock()
        if not_after is not None and at > not_after:
            raise TooLate
        self._wire.write(asked)
        self.counts.questions += 1
        message = self._await(unit, request, asked, at)
        at_end = self._clock()
        self._quiet_at = at_end + self._quiet_s
        if message is None:
            debt = self._debts.setdefault(unit, _Debt({}, b""))
            debt.last = reply_head(request)
            debt.heads[debt.last] = at
            self.counts.timeouts += 1
            raise Silent
        self.counts.answers += 1
        self.counts.slowest_reply_ms = max(self.counts.slowest_reply_ms, round((at_end - at) * 1000, 1))
        return self._decoded(unit, request, message)

    def _decoded(self, unit: int, request: Request, message: bytes) -> Reply:
        try:
            reply = decode(request, message)
        except Refused:
            self.counts.refusals += 1
            raise
        self._debts.pop(unit, None)
        return reply

    def _await(self, unit: int, request: Request, asked: bytes, at: float) -> bytes | None:
        """Return the reply's message, or None when its time is over."""
        held = b""
        # A write's echo is its own confirmation, byte for byte: it must not count. A question's is no answer.
        writes = isinstance(request, WriteCoil | WriteRegister | WriteRegisters)
        give_up_at = at + frame_seconds(len(asked), self._baud) + self._give_up_s
        while (wait_s := give_up_at - self._clock()) > 0:
            held = (held + self._wire.read(wait_s))[-LONGEST_REPLY:]
            answer = held
            if self._echoes and writes:
                _, asked_again, answer = held.partition(asked)
                if not asked_again:
                    continue
            found = self._framing.find(answer, unit, request)
            if found is not None:
                skipped = answer[: found.skipped]
                if not writes:
                    skipped = self._less_echo(asked, skipped)
                self.counts.noise_bytes += len(skipped)
                return found.message
        self.counts.noise_bytes += len(held)
        return None

    def _less_echo(self, asked: bytes, skipped: bytes) -> bytes:
        """Learn from what came ahead of an answer whether the line echoes; return what else there was."""
        if asked in skipped:
            self._echoes, self._unechoed = True, 0
            return skipped.replace(asked, b"", 1)
        self._unechoed += 1
        if self._unechoed >= ECHO_GONE_AFTER:
            self._echoes = False
        return skipped

    def _listen(self, until: float) -> None:
        """Take what comes until then; a line that speaks is listened to until it falls silent."""
        listened = 0
        while (wait_s := until - self._clock()) > 0 and listened < MOST_LISTENED_BYTES:
            stray = self._wire.read(wait_s)
            listened += len(stray)
            if stray:
                until = max(until, self._clock() + self._quiet_s)
        self.counts.noise_bytes += listened
