"""What the configuration says of this machine: devices, credentials and files that must be there."""

from __future__ import annotations

import stat
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent.config.problems import Problem
from agent.config.secrets import OTHERS
from drivers.registry import build, too_late_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agent.config import lines
    from agent.config.model import Tls
    from agent.config.secrets import Secrets
    from drivers.registry import PortSettings


def shared_lines(data: Mapping[str, Any], sound: Mapping[int, PortSettings]) -> Iterator[Problem]:
    """Give a problem for each port on a line that another port has. Links to devices are followed.

    A port that is not `sound` by itself is judged by what the file says of it.
    """
    taken: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for index, table in enumerate(tables(data.get("port"))):
        port = sound[index].model_dump() if index in sound else table
        if not isinstance(port, dict) or (line := _line_of(port)) is None:
            continue
        first, holder = taken.setdefault(line, (index, port))
        if first == index:
            continue
        if holder.get("kind") == port.get("kind"):
            mend = f"put its devices under port {holder.get('name')!r}: one port serves them all"
        else:
            mend = (
                f"give {port.get('kind')} an adapter and a pair of its own: a device of one protocol may "
                "take the other's bytes for its own and answer into them"
            )
        text = f"its line is the line of port {holder.get('name')!r} already — {mend}"
        yield Problem(("port", index, "tcp" if port.get("tcp") else "device"), text)


def _line_of(port: Mapping[str, Any]) -> str | None:
    device, tcp = port.get("device"), port.get("tcp")
    if isinstance(device, str | Path):
        return str(Path(device).resolve())
    return tcp if isinstance(tcp, str) else None


def tables(value: object) -> list[object]:
    """Return the tables of an array, or none where the file has something else there."""
    return value if isinstance(value, list) else []


def absent_devices(ports: Iterable[PortSettings]) -> Iterator[Problem]:
    """Give a warning for each device that is not there now: it may be unplugged, and come back."""
    for index, port in enumerate(ports):
        if port.device is not None and not _is_there(port.device):
            yield Problem(
                ("port", index, "device"), f"{port.device} is not there — is the adapter plugged in?"
            )


def slow_lines(ports: Iterable[PortSettings]) -> Iterator[Problem]:
    """Give a warning for each line with more boards than its speed has time for."""
    for index, port in enumerate(ports):
        if (late_s := too_late_s(port)) is not None:
            yield Problem(
                ("port", index, "baud"),
                f"at this speed a press of a button counts after up to {late_s * 1000:.0f} ms, so a shorter "
                "one may be missed — take a higher baud, a second pair for some of its boards, or fewer "
                "samples",
            )


def _is_there(device: Path) -> bool:
    try:
        return device.exists()
    except OSError:  # a name longer than any file's, a folder that may not be searched
        return False


KEY_BYTES = MappingProxyType(
    {"digest_key_credential": 32, "gateway_key_credential": 32, "key_credential": 16}
)
"""Settings that name a key, with the key's length. An OSDP reader's key has 16 bytes."""


def bad_credentials(named: Iterable[tuple[lines.Path, str]], secrets: Secrets) -> Iterator[Problem]:
    """Give a problem for each credential that is not there, that others can read, or that is no key."""
    for path, name in named:
        if (defect := secrets.defect(name, KEY_BYTES.get(str(path[-1])))) is not None:
            yield Problem(path, defect)


def unbuildable(ports: Iterable[PortSettings], secrets: Secrets) -> Iterator[Problem]:
    """Give a problem for each port whose driver cannot be made: only a driver knows a weak key.

    Nothing is opened or started. For ports whose credentials are there.
    """
    for index, port in enumerate(ports):
        try:
            build(port, lambda: 0.0, secrets.lookup)
        except ValueError as error:
            yield Problem(("port", index), f"its driver cannot be made: {error} — change what it names")


def credentials_named(data: object, path: lines.Path = ()) -> Iterator[tuple[lines.Path, str]]:
    """Give the place and the name of every credential in the file: the settings called …_credential."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key.endswith("_credential") and isinstance(value, str):
                yield (*path, key), value
            else:
                yield from credentials_named(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from credentials_named(item, (*path, index))


def tls_files(tls: Tls) -> Iterator[Problem]:
    """Give a problem for each file that is not there, and for a private key that others can read."""
    for key, file in (("ca", tls.ca), ("certificate", tls.certificate), ("key", tls.key)):
        if file is None:
            continue
        path = ("broker", "tls", key)
        try:
            mode = file.stat().st_mode
        except OSError as error:
            why = error.strerror or type(error).__name__
            yield Problem(path, f"{file} cannot be read ({why}) — `menshen provision` makes key and request")
            continue
        if not stat.S_ISREG(mode):
            yield Problem(path, f"{file} is no file — name the PEM file itself")
        elif key == "key" and mode & OTHERS:
            yield Problem(path, f"{file} can be read by others — run: chmod 600 {file}")
