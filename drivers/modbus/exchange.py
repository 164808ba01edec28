"""One question and its one answer on a shared line, whatever the wire does.

Modbus RTU has no transaction number, so a late reply can be taken for the answer to the next question. Four
things prevent it. What waits on the line is thrown away before each question. A reply counts only when it
repeats what it must of the question. After a silence, a board is not asked anything that the reply it still
owes would also answer: a *probe* of another shape goes first, and since a board answers in order, its answer
proves that nothing is owed. And where no probe helps, time does.

How long a reply may take is counted, not guessed: the bytes of question and answer at the line's speed, and
then the board's own time, `patience_s`. What that usually is, is learned from every answer.
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
from protocols.boards.rtu import (
    LONGEST_CHARACTER_BITS,
    LONGEST_REPLY,
    answer_bytes,
    frame_seconds,
    question_bytes,
    quiet_seconds,
    stranger,
)
from protocols.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.contract import Monotonic
    from drivers.modbus.framing import Framing

LATEST_REPLY_S = 0.5  # no board or serial server that we have heard of answers later than this
ECHO_GONE_AFTER = 3  # answers in a row without an echo: one lost echo is ordinary, a changed adapter is not
MOST_LISTENED_BYTES = 4096  # a line that never falls silent is not waited for
LEAST_PATIENCE_S = 0.02  # a board that answers at once is given this much, for adapters that collect bytes
PATIENCE_SHARE = 2.0  # of the longest that a board took of late: twice that is a lost reply, not a slow one
NOT_NOW = frozenset({5, 6, 10, 11})  # not done yet, busy, and a gateway's word that its board is silent
FADES = 0.98  # how much of the longest time is left after each answer: half of it after 34


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
    """What happened between us and one board since start."""

    questions: int = 0
    answers: int = 0
    timeouts: int = 0
    refusals: int = 0
    noise_bytes: int = 0
    strangers: int = 0  # whole answers that bore another board's address
    slowest_reply_ms: float = 0.0


@dataclass(slots=True)
class _Debt:
    """What a board may still owe: the heads of questions that it has not answered, and since when."""

    heads: dict[bytes, float]
    last: bytes  # of the newest: a board that is always one behind answers this one next


class Exchange:
    """The line as its owner's thread uses it. Not for two threads.

    reply_within_s: a board's own time at the longest. character_bits: of a byte on the wire, with its frame.
    counts: by address; a board that is not in it is added. probes: for each address, harmless questions of
    different shapes that its board can answer.
    """

    def __init__(
        self,
        wire: Wire,
        clock: Monotonic,
        framing: Framing,
        *,
        baud: int,
        reply_within_s: float,
        counts: dict[int, Counts],
        probes: Mapping[int, tuple[Request, ...]],
        character_bits: int = LONGEST_CHARACTER_BITS,
    ) -> None:
        self.patience_s = reply_within_s
        self._counts = counts
        self._wire = wire
        self._clock = clock
        self._framing = framing
        self._byte_s = frame_seconds(1, baud, character_bits)
        self._quiet_s = quiet_seconds(baud)
        self._quiet_at = clock()
        self._probes = probes
        self._debts: dict[int, _Debt] = {}
        self._took_s: dict[int, float] = {}  # of each board that ever answered: its own time, of late
        self._echoes = False
        self._unechoed = 0

    def ask(
        self, unit: int, request: Request, not_after: float | None = None, patience_s: float | None = None
    ) -> Reply:
        """Return the board's answer. patience_s: the board's own time, where not what the settings allow.

        Raises Silent, TooLate, protocols' Refused when the board says no, and PortError.
        """
        patience_s = self.patience_s if patience_s is None else min(patience_s, self.patience_s)
        debt = self._debts.get(unit)
        if debt is not None and self._owed(debt, request):
            self._clear(unit, debt, patience_s)
        return self._exchange(unit, request, not_after, patience_s)

    def clear_at(self, unit: int, request: Request) -> float:
        """Return from when `request` can be asked without waiting for what the board may still owe."""
        debt = self._debts.get(unit)
        if debt is None or not self._owed(debt, request) or self._probes_for(unit, debt):
            return 0.0
        return max(debt.heads.values()) + LATEST_REPLY_S

    def knows(self, unit: int) -> bool:
        """Say whether the board has answered since the port was opened, so that its usual time is known."""
        return unit in self._took_s

    def usual_patience_s(self, unit: int, least_s: float = LEAST_PATIENCE_S) -> float:
        """Return how long the board is given for its own part, by what it took of late."""
        took_s = self._took_s.get(unit)
        if took_s is None:
            return self.patience_s
        return min(self.patience_s, max(least_s, PATIENCE_SHARE * took_s))

    def wire_s(self, request: Request) -> float:
        """Return what a question and its answer take of the line at the least, with the silence behind."""
        return self._byte_s * (question_bytes(request) + answer_bytes(request)) + self._quiet_s

    def cost_s(self, unit: int, request: Request) -> float:
        """Return what asking a board that answers will take of the line."""
        return self.wire_s(request) + self._took_s.get(unit, LEAST_PATIENCE_S)

    def _owed(self, debt: _Debt, request: Request) -> bool:
        head = reply_head(request)
        since = debt.heads.get(head)
        recent = since is not None and self._clock() < since + LATEST_REPLY_S
        return recent or head == debt.last

    def _probes_for(self, unit: int, debt: _Debt) -> list[Request]:
        """Return the questions whose answer cannot be taken for what is owed."""
        return [probe for probe in self._probes.get(unit, ()) if not self._owed(debt, probe)]

    def _clear(self, unit: int, debt: _Debt, patience_s: float) -> None:
        """Make sure that nothing is owed. Raises Silent when the board does not answer the probe either."""
        for probe in self._probes_for(unit, debt):
            try:
                self._exchange(unit, probe, None, patience_s)
            except Refused:  # looks the same for every question of its kind, so it proves nothing
                continue
            return
        self._listen(max(debt.heads.values()) + LATEST_REPLY_S)
        self._debts.pop(unit, None)

    def _exchange(self, unit: int, request: Request, not_after: float | None, patience_s: float) -> Reply:
        counts = self._counts.setdefault(unit, Counts())
        counts.noise_bytes += self._listen(self._quiet_at)
        asked = self._framing.wrap(unit, request)
        counts.noise_bytes += len(self._wire.read(0))
        at = self._clock()
        if not_after is not None and at > not_after:
            raise TooLate
        self._wire.write(asked)
        counts.questions += 1
        wire_s = self._byte_s * (question_bytes(request) + answer_bytes(request))
        message = self._await(unit, request, asked, at + wire_s + patience_s)
        at_end = self._clock()
        self._quiet_at = at_end + self._quiet_s
        if message is None:
            debt = self._debts.setdefault(unit, _Debt({}, b""))
            debt.last = reply_head(request)
            debt.heads[debt.last] = at
            counts.timeouts += 1
            raise Silent
        counts.answers += 1
        took_s = at_end - at
        self._took_s[unit] = max(took_s - wire_s, self._took_s.get(unit, 0.0) * FADES, 0.0)
        counts.slowest_reply_ms = max(counts.slowest_reply_ms, round(took_s * 1000, 1))
        return self._decoded(unit, request, message)

    def _decoded(self, unit: int, request: Request, message: bytes) -> Reply:
        try:
            reply = decode(request, message)
        except Refused as error:
            self._counts[unit].refusals += 1
            if error.code in NOT_NOW:
                raise Silent from error
            raise
        self._debts.pop(unit, None)
        return reply

    def _await(self, unit: int, request: Request, asked: bytes, give_up_at: float) -> bytes | None:
        """Return the reply's message, or None when its time is over.

        What has come by then is looked at, however late this thread was woken; and an answer that is coming
        may come to its end.
        """
        held, overtime = b"", False
        counts = self._counts[unit]
        while True:
            left_s = give_up_at - self._clock()
            held = (held + self._wire.read(max(left_s, 0.0)))[-LONGEST_REPLY:]
            found = self._found(held, unit, request, asked, counts)
            if found is not None:
                return found
            if left_s > 0:
                continue
            if overtime or not held:
                break
            overtime, give_up_at = True, self._clock() + self._byte_s * answer_bytes(request)
        counts.noise_bytes += len(held)
        counts.strangers += self._framing.on_the_line and stranger(held, unit, request) is not None
        return None

    def _found(self, held: bytes, unit: int, request: Request, asked: bytes, counts: Counts) -> bytes | None:
        """Return the reply's message if it is in `held`."""
        # A write's echo is its own confirmation, byte for byte: it must not count. A question's is no answer.
        writes = isinstance(request, WriteCoil | WriteRegister | WriteRegisters)
        answer = held
        if self._echoes and writes:
            _, asked_again, answer = held.partition(asked)
            if not asked_again:
                return None
        found = self._framing.find(answer, unit, request)
        if found is None:
            return None
        skipped = answer[: found.skipped]
        if not writes:
            skipped = self._less_echo(asked, skipped)
        counts.noise_bytes += len(skipped)
        return found.message

    def _less_echo(self, asked: bytes, skipped: bytes) -> bytes:
        """Learn from what came ahead of an answer whether the line echoes; return what else there was."""
        if asked in skipped:
            self._echoes, self._unechoed = True, 0
            return skipped.replace(asked, b"", 1)
        self._unechoed += 1
        if self._unechoed >= ECHO_GONE_AFTER:
            self._echoes = False
        return skipped

    def _listen(self, until: float) -> int:
        """Take what comes until then; a line that speaks is listened to until it falls silent.

        Returns how many bytes came.
        """
        listened = 0
        while (wait_s := until - self._clock()) > 0 and listened < MOST_LISTENED_BYTES:
            stray = self._wire.read(wait_s)
            listened += len(stray)
            if stray:
                until = max(until, self._clock() + self._quiet_s)
        return listened
