"""Log lines as data: JSON for machines, colour for a person, and nothing in them that must stay secret.

Event names are dotted, lower-case, past or state: `reader.offline`. Card numbers are masked here, whoever
wrote them; keys have no business in a log at all, so what is called like one is left out.
"""

from __future__ import annotations

import json
import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Literal, TextIO

import structlog

from protocols.wiegand.formats import SPACES

if TYPE_CHECKING:
    from agent.clock import Clock

Style = Literal["auto", "json", "human"]

HIDDEN = "…"
LEFT_VISIBLE = 2
"""Digits of a card number that stay, so that a person can tell two cards apart: 1 of 256 has the same."""

DEEPEST = 6
"""Values nested deeper than a log line has reason to be are hidden whole."""

SECRET_NAMES = frozenset(
    {
        "bits",
        "card",
        "card_number",
        "key",
        "keys",
        "number",
        "password",
        "pin",
        "private_key",
        "secret",
        "token",
    }
)

_SPACE = "|".join([*map(re.escape, sorted(SPACES)), r"site\.[a-z0-9-]+\.\d+"])
_CARD = re.compile(rf"\b((?:{_SPACE}):)[0-9A-F]*([0-9A-F]{{{LEFT_VISIBLE}}})\b")
_FRAME = re.compile(r"(?<![0-9A-Za-z])[01]{24,128}(?![0-9A-Za-z])")
_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


def configure(clock: Clock, stream: TextIO, *, level: str = "info", style: Style = "auto") -> None:
    """Set up structlog and the standard library's logging for this process, onto `stream`.

    level: debug, info, warning or error. style "auto": colour where `stream` is a terminal, JSON elsewhere.
    Libraries' own lines are taken from "warning" up, as `library.said`.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    human = style == "human" or (style == "auto" and stream.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            partial(_stamp, clock),
            structlog.processors.format_exc_info,
            mask,
            _for_people(colors=stream.isatty()) if human else structlog.processors.JSONRenderer(_one_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(_Unfailing(stream)),  # type: ignore[arg-type] # writes only
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Libraries()], level=max(number, logging.WARNING), force=True)


def mask(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Hide card numbers, tokens and keys in every value, however deep: a processor for structlog."""
    return {name: _masked(name, value, DEEPEST) for name, value in event.items()}


def _masked(name: str, value: object, deeper: int) -> object:
    if name in SECRET_NAMES and not isinstance(value, (bool, int, float, type(None))):
        return HIDDEN
    match value:
        case str():
            return masked_text(value)
        case bytes() | bytearray():
            return f"<{len(value)} bytes>"
        case dict() if deeper:
            return {str(key): _masked(str(key), inner, deeper - 1) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset() if deeper:
            return [_masked("", inner, deeper - 1) for inner in value]
        case bool() | int() | float() | None:
            return value
        case dict() | list() | tuple() | set() | frozenset():
            return HIDDEN
        case _:
            return masked_text(str(value))


def masked_text(text: str) -> str:
    """Return `text` with card numbers cut to their last digits, and frames, tokens and keys left out."""
    text = _PEM.sub("<key>", text)
    text = _TOKEN.sub("<token>", text)
    text = _FRAME.sub(lambda found: f"<{len(found[0])} bits>", text)
    return _CARD.sub(rf"\1{HIDDEN}\2", text)


def _stamp(
    clock: Clock, _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    at = clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"at": at, **event}


def _one_line(event: dict[str, object], **_: object) -> str:
    return json.dumps(event, ensure_ascii=False, default=str)


def _for_people(*, colors: bool) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=colors, timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
    )


class _Unfailing:
    """A stream whose reader may be gone: a log that cannot be written must not stop a door."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            return

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


class _Libraries(logging.Handler):
    """Hands what libraries log to structlog, so that it is masked and written like the rest."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = record.getMessage()
        except (TypeError, ValueError):  # a library's own mistake in its arguments
            said = str(record.msg)
        log = structlog.get_logger()
        log.log(record.levelno, "library.said", by=record.name, said=said, exc_info=record.exc_info)
