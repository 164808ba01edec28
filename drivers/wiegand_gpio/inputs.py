"""Buttons and contacts at GPIO lines: the first edge counts at once, and its bounces do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import Event, InputChanged, InputState
from protocols.boards.inputs import Input, forget, sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivers.wiegand_gpio.lines import Edges, LineEdge, Pull
    from drivers.wiegand_gpio.settings import GpioInput


class InputLines:
    """All inputs of a chip. Used by the port's thread alone."""

    def __init__(self, settings: Mapping[str, GpioInput]) -> None:
        self.pulls: Mapping[int, Pull] = {each.line: each.pull for each in settings.values()}
        self.close_at: float | None = None
        self._settings = settings
        self._points = {each.line: point for point, each in settings.items()}
        self._states = {point: Input(each.debounce_ms / 1000) for point, each in settings.items()}
        self._levels: dict[int, int] = {}

    def opened(self, edges: Edges, at: float) -> list[Event]:
        """Begin anew: tell every input's state."""
        self._states = {point: forget(state) for point, state in self._states.items()}
        self._levels = {line: edges.level(line) for line in self.pulls}
        return self._sample_all(at)

    def receive(self, edges: Sequence[LineEdge], at: float) -> list[Event]:
        """Take edges that were read at `at`."""
        events: list[Event] = []
        for edge in edges:
            self._levels[edge.line] = edge.level
            events += self._sample(self._points[edge.line], at)
        self._set_deadline()
        return events

    def pass_time(self, at: float) -> list[Event]:
        """Look again at what changed while an input was deaf."""
        return self._sample_all(at)

    def _sample_all(self, at: float) -> list[Event]:
        events = [event for point in self._settings for event in self._sample(point, at)]
        self._set_deadline()
        return events

    def _sample(self, point: str, at: float) -> list[Event]:
        settings = self._settings[point]
        closed = self._closed(point)
        state, changed = sample(self._states[point], closed=closed, at=at)
        self._states[point] = state
        if not changed:
            return []
        active = closed != (settings.normally == "closed")
        return [InputChanged(point, InputState.ACTIVE if active else InputState.INACTIVE, at)]

    def _closed(self, point: str) -> bool:
        settings = self._settings[point]
        return bool(self._levels[settings.line]) == (settings.closed == "high")

    def _set_deadline(self) -> None:
        """Look at an input that differs from what was told again when its deaf time ends."""
        differing = [
            state.deaf_until for point, state in self._states.items() if state.closed != self._closed(point)
        ]
        self.close_at = min(differing, default=None)
