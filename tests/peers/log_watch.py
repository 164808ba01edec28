"""Keeps every log line a test causes, and says which of them hold what no log may hold.

A processor of our own: structlog's `capture_logs` replaces settings that other threads are reading.
"""

from __future__ import annotations

import logging
import re
from threading import Lock
from typing import TYPE_CHECKING, NoReturn

import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a key, a card number or a token looks like, whoever wrote it.
NEVER = (
    re.compile(r"\b(?:fc8cn16|uid32|[a-z]{2,8}\d{1,3}):[0-9A-F]{4,}\b"),  # a card's canonical number
    re.compile(r"(?<![0-9A-Za-z])[01]{24,128}(?![0-9A-Za-z])"),  # the bits of a frame
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{8,}"),  # a signed token
    re.compile(r"PRIVATE KEY-----"),
)


class LogWatch:
    """Every line of structlog and of the standard library's logging since it was set up."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lines: list[Mapping[str, object]] = []
        self._forbidden: set[str] = set()

    def __call__(self, _logger: object, method: str, event: structlog.types.EventDict) -> NoReturn:
        """Keep the line, and print nothing: a processor for structlog."""
        self.keep({"level": method, **event})
        raise structlog.DropEvent

    def keep(self, line: Mapping[str, object]) -> None:
        with self._lock:
            self._lines.append(line)

    @property
    def lines(self) -> tuple[Mapping[str, object], ...]:
        """What was logged so far, oldest first."""
        with self._lock:
            return tuple(self._lines)

    def events(self, name: str) -> tuple[Mapping[str, object], ...]:
        """Return the lines of one event name."""
        return tuple(line for line in self.lines if line.get("event") == name)

    def forbid(self, *texts: str) -> None:
        """Name what this test knows to be secret: it stands in no line, now or later."""
        self._forbidden |= {text for text in texts if text}

    def breaches(self) -> list[str]:
        """Return the lines that hold what they may not."""
        return [text for line in self.lines if self.leaks(text := repr(dict(line)))]

    def leaks(self, text: str) -> bool:
        """Say whether `text`, also of another process, holds what no log may hold."""
        return any(secret in text for secret in self._forbidden) or any(p.search(text) for p in NEVER)


class StandardLogs(logging.Handler):
    """Hands lines of libraries that use the standard library's logging to the watch."""

    def __init__(self, watch: LogWatch) -> None:
        super().__init__()
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.keep({"level": record.levelname.lower(), "event": record.getMessage(), "by": record.name})
