"""GPIO lines through the kernel's character device: edges with the kernel's own times, and levels to set.

Both lines of a reader stand in one request: only within a request does the kernel keep the order of edges.
Its buffer is made large, because the usual one (sixteen events a line) is full after half a card.
Source: docs.kernel.org/userspace-api/gpio, the v2 line request and its events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from drivers.ports import PortError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import gpiod

Pull = Literal["as-is", "up", "down", "off"]
"""What the chip itself pulls a line to while nothing drives it. "as-is": what its firmware has set."""

EVENTS_KEPT = 512  # three cards of the longest kind, should this thread be kept from its work
CONSUMER = "menshen"


@dataclass(frozen=True, slots=True)
class LineEdge:
    """One edge. level: after it. sequence: counts all edges of the request; a step over one is a loss."""

    line: int
    level: int
    at_ns: int
    sequence: int


class Edges(Protocol):
    """A request of input lines. Every method may raise PortError."""

    def fileno(self) -> int:
        """Return what `select` waits for."""

    def read(self) -> Sequence[LineEdge]:
        """Return the edges that wait; call it when `select` says that there are some."""

    def level(self, line: int) -> int:
        """Return the level of a line now."""

    def close(self) -> None:
        """Let go of the lines."""


class Outputs(Protocol):
    """A request of output lines."""

    def set(self, line: int, level: int) -> None:
        """Set a line's level. May raise PortError."""

    def close(self) -> None:
        """Let go of the lines."""


class Chip(Protocol):
    """A GPIO chip, opened."""

    def edges(self, pulls: Mapping[int, Pull]) -> Edges:
        """Request input lines with both edges, each pulled so. May raise PortError."""

    def outputs(self, levels: Mapping[int, int]) -> Outputs:
        """Request output lines at these levels. May raise PortError."""

    def close(self) -> None:
        """Let go of the chip."""


class KernelChip:
    """A chip of the kernel, through libgpiod."""

    def __init__(self, path: Path) -> None:
        try:
            import gpiod  # noqa: PLC0415 - a box without GPIO never loads it
        except ImportError as error:
            raise PortError(f"GPIO needs the package gpiod: {error}") from error
        self._gpiod = gpiod
        try:
            self._chip = gpiod.Chip(str(path))
        except (OSError, ValueError) as error:
            raise PortError(f"cannot open {path}: {error}") from error

    def edges(self, pulls: Mapping[int, Pull]) -> Edges:
        """Request input lines with both edges, and a buffer that holds several cards."""
        line = self._gpiod.line
        bias = {
            "as-is": line.Bias.AS_IS,
            "up": line.Bias.PULL_UP,
            "down": line.Bias.PULL_DOWN,
            "off": line.Bias.DISABLED,
        }
        config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {
            each: self._gpiod.LineSettings(
                direction=line.Direction.INPUT,
                edge_detection=line.Edge.BOTH,
                event_clock=line.Clock.MONOTONIC,
                bias=bias[pull],
            )
            for each, pull in pulls.items()
        }
        try:
            request = self._chip.request_lines(config, consumer=CONSUMER, event_buffer_size=EVENTS_KEPT)
        except (OSError, ValueError) as error:
            raise PortError(f"lines {sorted(pulls)}: {error}") from error
        return KernelEdges(request)

    def outputs(self, levels: Mapping[int, int]) -> Outputs:
        """Request output lines; they have their levels from the first moment on."""
        line = self._gpiod.line
        config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {
            each: self._gpiod.LineSettings(
                direction=line.Direction.OUTPUT,
                output_value=line.Value.ACTIVE if level else line.Value.INACTIVE,
            )
            for each, level in levels.items()
        }
        try:
            request = self._chip.request_lines(config, consumer=CONSUMER)
        except (OSError, ValueError) as error:
            raise PortError(f"lines {sorted(levels)}: {error}") from error
        return KernelOutputs(request)

    def close(self) -> None:
        """Let go of the chip."""
        self._chip.close()


class KernelEdges:
    """Input lines of a kernel's chip."""

    def __init__(self, request: gpiod.LineRequest) -> None:
        import gpiod  # noqa: PLC0415 - loaded already; the name is needed here

        self._request = request
        self._rising = gpiod.EdgeEvent.Type.RISING_EDGE
        self._active = gpiod.line.Value.ACTIVE

    def fileno(self) -> int:
        """Return what `select` waits for."""
        return self._request.fd

    def read(self) -> Sequence[LineEdge]:
        """Return the edges that wait."""
        try:
            events = self._request.read_edge_events()
        except OSError as error:
            raise PortError(f"GPIO lines do not read: {error}") from error
        rising = self._rising
        return [
            LineEdge(
                event.line_offset, int(event.event_type is rising), event.timestamp_ns, event.global_seqno
            )
            for event in events
        ]

    def level(self, line: int) -> int:
        """Return the level of a line now."""
        try:
            return int(self._request.get_value(line) is self._active)
        except OSError as error:
            raise PortError(f"GPIO line {line} does not read: {error}") from error

    def close(self) -> None:
        """Let go of the lines."""
        self._request.release()


class KernelOutputs:
    """Output lines of a kernel's chip."""

    def __init__(self, request: gpiod.LineRequest) -> None:
        import gpiod  # noqa: PLC0415 - loaded already; the name is needed here

        self._request = request
        self._values = (gpiod.line.Value.INACTIVE, gpiod.line.Value.ACTIVE)

    def set(self, line: int, level: int) -> None:
        """Set a line's level."""
        try:
            self._request.set_value(line, self._values[level])
        except OSError as error:
            raise PortError(f"GPIO line {line} cannot be set: {error}") from error

    def close(self) -> None:
        """Let go of the lines: many chips leave them as they are, some let them float."""
        self._request.release()
