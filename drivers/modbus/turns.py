"""Whose turn it is on a line of boards: inputs in time first, everything else in the slack that they leave.

An exit button is pressed for a tenth of a second, so no two looks at one board's inputs may lie further
apart. What else there is to ask (a board that is silent, one that is being greeted, whether a relay is where
it should be) goes where it fits in between; where a line is so slow or so full that nothing ever fits, one
such question goes through now and then all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.modbus.exchange import LEAST_PATIENCE_S
from drivers.modbus.settings import PRESS_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.modbus.board import Board
    from drivers.modbus.exchange import Exchange
    from protocols.boards.messages import Request

LATE_S = 0.006  # what a busy box may be late at waking this thread, for each round
BLIND_S = PRESS_S - LATE_S  # no input goes unseen for longer, if the line can do it at all
QUICK_S = 0.012  # a silent board that used to answer at once; one answer that comes later does no harm
SLOW_S = 0.05  # the slowest of the cheap boards take so much
SQUEEZE_S = 0.25  # on a line without slack, a question that cannot wait is asked after so long, and so often
CHECK_SQUEEZE_S = 1.0  # and a mere look at the outputs of a board that does well


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that is due. patience_s: how long the board is given for its own part of the answer."""

    board: Board
    question: Request
    patience_s: float


class Turns:
    """The order of questions on one line. Used by the line's thread alone."""

    def __init__(self, boards: Sequence[Board], exchange: Exchange) -> None:
        self._boards = boards
        self._exchange = exchange
        self._squeezed_at = float("-inf")

    def next(self, at: float) -> Turn | None:
        """Return what to ask now, or None when nothing is due."""
        extra = min(self._boards, key=lambda each: each.extra_due)
        if extra.extra_due <= at:
            turn = self._extra(extra, at)
            if turn is not None:
                return turn
        return self.look(at)

    def look(self, at: float) -> Turn | None:
        """Return the look at inputs that is due longest, or None."""
        board = min(self._boards, key=lambda each: each.input_due)
        if board.input_due > at:
            return None
        return Turn(board, board.ask_inputs, self._exchange.usual_patience_s(board.address))

    def due(self) -> float:
        """Return when something is due next."""
        return min(min(each.extra_due, each.input_due) for each in self._boards)

    def slack_s(self, at: float) -> float:
        """Return how long the line can be used for something else before an input goes unseen for too long.

        Infinity where nobody's inputs are looked at; negative when one is late already.
        """
        slack, busy_until = float("inf"), at
        for board in sorted((each for each in self._boards if each.watched), key=lambda each: each.looked_at):
            slack = min(slack, board.looked_at + BLIND_S - busy_until)
            busy_until += self._exchange.cost_s(board.address, board.ask_inputs)
        return slack

    def _fits(self, cost_s: float, at: float, due: float, squeeze_s: float = SQUEEZE_S) -> bool:
        """Say whether something that takes so long, due since `due`, may go now.

        Notes it when it does so at the cost of the inputs.
        """
        if cost_s <= self.slack_s(at):
            return True
        if at < max(due, self._squeezed_at) + squeeze_s:
            return False
        self._squeezed_at = at
        return True

    def _extra(self, board: Board, at: float) -> Turn | None:
        """Return the question that is due of `board`, if it may be asked now."""
        question = board.extra_question
        usual_s = self._exchange.usual_patience_s(board.address)
        if board.online and not board.last_try:
            cost_s = self._exchange.cost_s(board.address, question)
            squeeze_s = CHECK_SQUEEZE_S if board.watched else SQUEEZE_S
            fits = self._fits(cost_s, at, board.extra_due, squeeze_s)
            return Turn(board, question, usual_s) if fits else None
        if board.long_look_due <= at:
            if not self._fits(0.0, at, board.extra_due):  # never one behind another: the inputs come between
                return None
            board.looks_long(at)
            return Turn(board, question, self._exchange.patience_s)
        # A silent board gets what it took when it was well; one that was never heard, what the others leave.
        wire_s = self._exchange.wire_s(question)
        left_s = min(self.slack_s(at) - wire_s, SLOW_S)
        quick_s = self._exchange.usual_patience_s(board.address, QUICK_S)
        patience_s = quick_s if self._exchange.knows(board.address) else max(LEAST_PATIENCE_S, left_s)
        fits = self._fits(wire_s + patience_s, at, board.extra_due)
        return Turn(board, question, patience_s) if fits else None
