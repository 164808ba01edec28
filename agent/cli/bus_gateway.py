"""What `menshen bus` does for a reader of the gateway's configuration: find it, and act as its owner."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from agent.cli.words import say
from agent.config.shape import sound_parts
from agent.errors import EX_NOPERM, AgentError, BadInput
from drivers.osdp.settings import OsdpBusSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drivers.osdp.settings import OsdpReader


class NotOwner(AgentError):  # noqa: N818 - what it is
    """Somebody else's data directory: what is written there could not be read by the daemon."""

    exit_code = EX_NOPERM


def reader_named(data: Mapping[str, Any], name: str) -> tuple[OsdpBusSettings, OsdpReader]:
    """Return the OSDP line and the reader of this name, whatever else is wrong in the configuration's tables.

    Raises BadInput, which names those that there are.
    """
    lines = [each for each in sound_parts(data).ports.values() if isinstance(each, OsdpBusSettings)]
    for line in lines:
        for reader in line.devices_here:
            if reader.name == name:
                return line, reader
    known = ", ".join(reader for line in lines for reader in line.devices)
    raise BadInput(say("bus.no_reader", reader=name, known=known or "-"))


def own(data_dir: Path) -> None:
    """See that what is written there can be read by the daemon. Raises NotOwner, or BadInput without it."""
    try:
        owner = data_dir.stat().st_uid
    except OSError as error:
        raise BadInput(f"{data_dir}: {error.strerror}") from error
    if owner != os.geteuid():
        raise NotOwner(say("bus.not_owner", data_dir=data_dir))
