"""The types of a file: what pydantic finds, as problems with a mend, and what is sound all the same."""

from __future__ import annotations

from copy import deepcopy
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from agent.config.crosscheck import Parts
from agent.config.door import Door
from agent.config.formats import SiteFormat
from agent.config.machine import tables
from agent.config.model import Config, Fire, Tls, Trust
from agent.config.problems import Problem
from drivers.registry import PortSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

    from agent.config.lines import Path

Part = TypeVar("Part")

_PORT: TypeAdapter[PortSettings] = TypeAdapter(PortSettings)
_DOOR = TypeAdapter(Door)
_FORMAT = TypeAdapter(SiteFormat)
_TRUST = TypeAdapter(Trust)
_FIRE = TypeAdapter(Fire)
_TLS = TypeAdapter(Tls)

_NO_TABLE = frozenset({"model_type", "model_attributes_type", "dict_type"})


def read_shape(data: dict[str, Any]) -> tuple[Config | None, tuple[Problem, ...]]:
    """Return the configuration, or None with every problem of its types. Values are never repeated."""
    try:
        return Config.model_validate(data), ()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return None, tuple(_problem(detail, data) for detail in details if not _follows(detail, data))


def sound_parts(data: Mapping[str, Any]) -> Parts:
    """Return those parts of `data` that are sound by themselves, so that these can be checked too."""
    ports, trust = _sound(_PORT, data.get("port")), _sound(_TRUST, data.get("trust"))
    broker = data.get("broker")
    unsound = [table for index, table in enumerate(tables(data.get("port"))) if index not in ports]
    unsound += [table for index, table in enumerate(tables(data.get("trust"))) if index not in trust]
    return Parts(
        ports=ports,
        doors=_sound(_DOOR, data.get("door")),
        formats=_sound(_FORMAT, data.get("format")),
        trust=trust,
        fire=_sound(_FIRE, [data.get("fire")]).get(0),
        tls=_sound(_TLS, [broker.get("tls") if isinstance(broker, dict) else None]).get(0),
        doubtful=frozenset(_texts(unsound)),
    )


def _sound(adapter: TypeAdapter[Part], array: object) -> dict[int, Part]:
    """Return what is sound of `array` by index; what is wrong is told already, when the whole was read."""
    found = {}
    for index, table in enumerate(tables(array)):
        try:
            found[index] = adapter.validate_python(table)
        except ValidationError as error:
            try:
                found[index] = adapter.validate_python(_without(table, error))
            except ValidationError:
                continue
    return found


def _without(table: object, error: ValidationError) -> object:
    """Return `table` without the values that are wrong: often the rest stands, and can be checked."""
    rest = deepcopy(table)
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        path = _path(detail, table)
        holder: Any = rest
        for part in path[:-1]:
            holder = holder[part] if _has(holder, part) else None
        if path and isinstance(holder, dict):
            holder.pop(path[-1], None)
    return rest


def _texts(value: object) -> Iterator[str]:
    """Give every text in `value`, however deep. TOML nests no deeper than its reader recursed."""
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield key
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)


def _follows(detail: ErrorDetails, data: dict[str, Any]) -> bool:
    """Say whether this is no mistake of its own: a list is "too short" when its tables were refused."""
    value: Any = data
    for part in _path(detail, data):
        value = value[part] if _has(value, part) else None
    return detail["type"] == "too_short" and isinstance(value, list) and len(value) > 0


def _problem(detail: ErrorDetails, data: dict[str, Any]) -> Problem:
    return Problem(_path(detail, data), _text(detail))


def _path(detail: ErrorDetails, data: object) -> Path:
    """Return where the file says it: the kind of a port, which pydantic puts into the place, left out."""
    path: Path = ()
    value: Any = data
    for part in detail["loc"]:
        if isinstance(value, dict) and part not in value and part == value.get("kind"):
            continue
        path += (part,)
        value = value[part] if _has(value, part) else None
    return path


def _has(value: object, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def _text(detail: ErrorDetails) -> str:
    """Return "what is wrong — the mend" for one of pydantic's findings."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            text = "is missing — add it"
        case "extra_forbidden":
            text = f"is no setting here — {_meant(str(detail['loc'][-1]))}"
        case "literal_error" | "enum":
            text = f"has no such choice — choose from {context['expected']}"
        case "union_tag_invalid":
            text = f"there is no kind {context['tag']!r} — choose from {context['expected_tags']}"
        case "union_tag_not_found":
            text = "does not say what it is — add kind = …"
        case "string_pattern_mismatch":
            text = f"is not written as it must be — {_spelling(str(context['pattern']))}"
        case "value_error":
            said = str(context["error"])
            text = said if "—" in said else f"cannot be — {said}"
        case kind if kind in _NO_TABLE:
            text = "is no table — write it as keys and values"
        case _:
            text = f"cannot be — it {detail['msg'].removeprefix('Input ')}"
    return text


def _meant(name: str) -> str:
    close = get_close_matches(name, _settings() - {name}, n=1, cutoff=0.75)
    return f"did you mean {close[0]!r}?" if close else "remove it"


def _spelling(pattern: str) -> str:
    """Return in words what a name's pattern allows."""
    if pattern.startswith("^[a-z0-9]"):
        return "lower-case letters, digits, - and _ only, at most 40, a letter or digit first"
    if pattern.startswith("^[A-Za-z0-9]["):
        return "letters, digits, -, _ and . only, a letter or digit first"
    return f"it must match {pattern}"


@cache
def _settings() -> frozenset[str]:
    """Return the names of all settings of all parts: what a misspelt one may have been meant to be."""
    schema = Config.model_json_schema(by_alias=True)
    tables = (schema, *schema.get("$defs", {}).values())
    return frozenset(name for table in tables for name in table.get("properties", {}))
