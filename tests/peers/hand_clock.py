"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.domain.moment import ClockConfidence, Moment, Proof

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday


class HandClock:
    """Both times move together by `advance`; `step_wall` moves the wall clock alone, as NTP may."""

    def __init__(
        self,
        utc: datetime = START,
        monotonic: float = 1000.0,
        confidence: ClockConfidence = ClockConfidence.SYNCED,
    ) -> None:
        self._utc = utc
        self._monotonic = monotonic
        self._confidence = confidence
        self._proof: Proof | None = None

    def monotonic(self) -> float:
        return self._monotonic

    def utc(self) -> datetime:
        return self._utc

    def confidence(self) -> ClockConfidence:
        return self._confidence

    def now(self) -> Moment:
        return Moment(self._monotonic, self._utc, self._confidence, self._proof)

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("time does not go back")
        self._monotonic += seconds
        self._utc += timedelta(seconds=seconds)

    def step_wall(self, seconds: float) -> None:
        self._utc += timedelta(seconds=seconds)

    def trust(self, confidence: ClockConfidence) -> None:
        self._confidence = confidence

    def prove(self) -> None:
        """Have a time source keep the clock at this instant."""
        self._proof = Proof(self._monotonic, self._utc)
