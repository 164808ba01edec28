"""A TOML file into a Config, or every problem of it at once with its place and the mend."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from agent.config.crosscheck import cross_check
from agent.config.lines import Lines
from agent.config.machine import (
    absent_devices,
    bad_credentials,
    credentials_named,
    shared_lines,
    slow_lines,
    tls_files,
    unbuildable,
)
from agent.config.model import Config, GatewayId
from agent.config.problems import Page, Problem
from agent.config.secrets import Secrets
from agent.config.shape import read_shape, sound_parts
from agent.config.stepdowns import step_downs
from agent.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST_FILE = 1024 * 1024
"""A building of 64 doors takes some 30 KB; a megabyte is not a configuration."""

_GATEWAY = TypeAdapter(GatewayId)

DIGEST_KEY = "digest_key_credential"

_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used, and what a person should know of it all the same.

    `warnings`: what is not as it should be but may come right by itself (an adapter that is unplugged).
    `step_downs`: security given up by the file, in words: shown by `check` and `status`.
    """

    config: Config
    secrets: Secrets
    warnings: tuple[str, ...]
    step_downs: tuple[str, ...]


def load(path: Path, environ: Mapping[str, str]) -> Loaded:
    """Read the configuration at `path`. `environ` says where systemd put the credentials.

    Raises ConfigError with every problem: types, references, credentials and files, as far as each can be
    judged beside the others.
    """
    text = _text(path)
    page = Page(str(path), Lines(text), _parsed(path, text))
    config, shape = read_shape(page.data)
    parts = sound_parts(page.data)
    secrets = Secrets.of(_data_dir(page.data), environ)
    credentials = dict(credentials_named(page.data))
    credentials.setdefault((DIGEST_KEY,), Config.model_fields[DIGEST_KEY].default)
    problems = [
        *shape,
        *cross_check(parts),
        *shared_lines(page.data, parts.ports),
        *bad_credentials(credentials.items(), secrets),
    ]
    if parts.tls is not None:
        problems += tls_files(parts.tls)
    if config is not None and not problems:
        problems += unbuildable(config.ports, secrets)
    if problems or config is None:
        raise ConfigError(_shown(page, problems))
    warnings = [*absent_devices(config.ports), *slow_lines(config.ports)]
    return Loaded(config, secrets, _shown(page, warnings), _shown(page, step_downs(config)))


def read_tables(path: Path) -> dict[str, Any]:
    """Return the file's tables as they stand, for those who need one setting whatever else is wrong.

    Raises ConfigError where the file cannot be read as TOML.
    """
    return _parsed(path, _text(path))


def data_dir_of(path: Path) -> Path:
    """Return the data directory that the configuration at `path` names. Raises as `read_tables`."""
    return _data_dir(read_tables(path))


def gateway_of(data: Mapping[str, Any]) -> str | None:
    """Return the gateway's id where `data` has one that can stand in topics and certificates."""
    try:
        return _GATEWAY.validate_python(data.get("gateway"))
    except ValidationError:
        return None


def _data_dir(data: Mapping[str, Any]) -> Path:
    given = data.get("data_dir")
    return Path(given) if isinstance(given, str) else Config.model_fields["data_dir"].default


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError((f"{path}: cannot be read ({why}) — name the file with -c FILE",)) from error
    if len(content) > LARGEST_FILE:
        raise ConfigError((f"{path}: is larger than {LARGEST_FILE} bytes — this is no configuration",))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError((f"{path}:{line}: is no UTF-8 text — save the file as UTF-8",)) from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        found = _AT_LINE.search(said)
        place = f"{path}:{found[1]}" if found else str(path)
        column = f", column {found[2]}" if found else ""
        what = _AT_LINE.sub("", said).strip()
        message = f"{place}: is no TOML: {what}{column} — mend the line; the rest is read after that"
        raise ConfigError((message,)) from error
    except RecursionError as error:
        raise ConfigError((f"{path}: is nested without end — this is no configuration",)) from error
    if _holds_nul(tables):
        raise ConfigError(
            (f"{path}: holds a NUL character (\\u0000), which no name or path has — remove it",)
        )
    return tables


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(each) for each in (*value, *value.values()))
    if isinstance(value, list):
        return any(_holds_nul(each) for each in value)
    return isinstance(value, str) and "\0" in value


def _shown(page: Page, problems: Iterable[Problem]) -> tuple[str, ...]:
    return tuple(page.show(problem) for problem in sorted(problems, key=page.order))
