"""The answers to orders: told to their senders when, and only when, they are true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.mqtt.payloads import CommandAnswer

if TYPE_CHECKING:
    from agent.clock import Clock
    from agent.domain.effects import Answer
    from agent.sync.sync import Sync


class Answers:
    """Hands answers to the line. Without a line there is nobody who could have asked."""

    def __init__(self, sync: Sync | None, clock: Clock) -> None:
        self._sync = sync
        self._clock = clock

    def give(self, answer: Answer) -> None:
        """Tell the sender of an order how it ended, if it said where to."""
        order = answer.order
        if self._sync is None or not order.reply:
            return
        said = CommandAnswer(
            id=order.id,
            outcome=answer.outcome.value,
            reason=answer.reason,
            door=answer.door,
            at=self._clock.utc(),
        )
        self._sync.answer(order.reply, order.correlation or None, said.encode())

    def pass_on(self, topic: str, correlation: bytes | None, payload: bytes) -> None:
        """Send an answer that is made already."""
        if self._sync is not None:
            self._sync.answer(topic, correlation, payload)
