"""What all payloads share: how a time, a name and a document are written and read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)

from protocols.mqtt.errors import MessageError
from protocols.mqtt.topics import LARGEST_NUMBER, NAME_CHARS

VERSION: Final = 1

_STAMP: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def stamp(at: datetime) -> str:
    """Return `at` (aware) as RFC 3339 in UTC with milliseconds, such as 2026-11-22T08:15:30.250Z."""
    if at.tzinfo is None:
        raise ValueError("a time on the wire is aware")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_stamp(text: str) -> datetime:
    """Return the time in an RFC 3339 `text` as UTC, cut to milliseconds. Raises ValueError.

    A leap second (:60) is refused: nothing of ours writes one, and no calendar of Python's holds it.
    """
    found = _STAMP.fullmatch(text)
    if found is None:
        raise ValueError("a time is RFC 3339 with its offset")
    day, clock, fraction, offset = found.groups()
    at = datetime.fromisoformat(f"{day}T{clock}" + ("+00:00" if offset in "Zz" else offset))
    at += timedelta(milliseconds=int((fraction or "0").ljust(3, "0")[:3]))
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time before the first or after the last year") from error


def _to_instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return read_stamp(stamp(value))  # ours: cut to what the wire can say
    if isinstance(value, str):
        return read_stamp(value)
    raise ValueError("a time is text")


Instant = Annotated[
    datetime,
    BeforeValidator(_to_instant),
    PlainSerializer(stamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time on the wire: aware UTC, whole milliseconds."""

Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS, pattern=r"^[^+#/\x00-\x1f\x7f]+$")]
"""A name of a gateway, door, person, group or schedule: fit to stand in a topic."""

Number = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
"""A sequence number, a revision, an epoch, a count."""

Text = Annotated[str, Field(max_length=512)]
"""Words for a person or a program, bounded."""


Clock = Literal["synced", "holdover", "unset"]
"""How far the gateway's clock is to be believed."""


class Document(BaseModel):
    """A payload, or a part of one: frozen; unknown fields are passed over when read, and never sent."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, populate_by_name=True, serialize_by_alias=True
    )

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the document in the JSON text `body`. Raises MessageError, and nothing else."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise MessageError(f"{cls.__name__}: {_first_defect(error)}") from None

    def as_object(self) -> dict[str, Any]:
        """Return this document as what JSON can say: to be signed, or to be part of another."""
        return self.model_dump(mode="json")

    def encode(self) -> bytes:
        """Return this document as JSON text, its fields in the order of their declaration."""
        return self.model_dump_json().encode()


def _first_defect(error: ValidationError) -> str:
    """Name the first field that is wrong and how, without what stood in it."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part)[:NAME_CHARS] for part in first["loc"]) or "the whole"
    return f"{where}: {first['type']} ({error.error_count()} in all)"
